import ast
from pathlib import Path

import pytest

from connectors.registry import CONNECTORS, build, check, connector_class
from headwater.errors import ConfigError
from headwater.model import PUBLIC
from headwater.settings import SourceSettings, load


def suites() -> set[str]:
    """Kinds that a class in this folder's tests, derived from the contract, names as its own."""
    kinds = set()
    for file in Path(__file__).parent.glob("test_*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ClassDef) and any(ast.unparse(base) == "ConnectorContract" for base in node.bases):
                kinds |= {
                    ast.literal_eval(line.value)
                    for line in node.body
                    if isinstance(line, ast.Assign) and ast.unparse(line.targets[0]) == "kind"
                }
    return kinds


def source(**changes: object) -> SourceSettings:
    values: dict[str, object] = {"name": "docs", "kind": "folder", "default_access": PUBLIC, "place": "the place"}
    return SourceSettings(**(values | changes))  # type: ignore[arg-type]


def test_every_connector_has_a_contract_suite() -> None:
    assert set(CONNECTORS) == suites()


def test_every_connector_can_be_imported() -> None:
    for kind in CONNECTORS:
        assert connector_class(source(kind=kind)).Options


def test_an_unknown_kind_names_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"the place: there is no connector 'fodler'; did you mean folder\?"):
        build(source(kind="fodler"), None)


def test_an_unknown_key_names_the_nearest_own_or_common_one() -> None:
    with pytest.raises(ConfigError, match=r"the place: pth is not a setting; did you mean path\?"):
        build(source(options={"pth": "x", "path": "x"}), None)
    with pytest.raises(ConfigError, match=r"exlude is not a setting; did you mean exclude\?"):
        build(source(options={"exlude": ["x"], "path": "x"}), None)


def test_a_missing_key_says_what_to_write() -> None:
    with pytest.raises(ConfigError, match=r'path is missing; name the folder, such as path = "docs"'):
        build(source(), None)


def test_a_wrong_pattern_is_an_error() -> None:
    with pytest.raises(ConfigError, match="not a path pattern"):
        build(source(options={"path": "x"}, exclude=("!",)), None)


def test_a_connector_of_another_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    info = tmp_path / "elsewhere-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: elsewhere\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[headwater.connectors]\nshelf = connectors.folder:FolderConnector\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert build(source(kind="shelf", options={"path": str(tmp_path)}), None).name == "docs"


def test_folders_inside_one_another_are_reported(tmp_path: Path) -> None:
    (tmp_path / "a/b").mkdir(parents=True)
    file = tmp_path / "headwater.toml"
    table = '[[source]]\nname = "{0}"\nkind = "folder"\npath = "{1}"\ndefault_access = ["public"]\n'
    file.write_text(table.format("one", "a") + table.format("two", "a/b") + table.format("three", "c"))
    (found,) = check(load(file))
    assert found.startswith("sources one and two overlap")
