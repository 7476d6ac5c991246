import ast
import inspect
import json
import sys
from pathlib import Path

import pytest

from app.cli import run
from connectors.catalogue import UNKNOWN, kinds, settings
from connectors.registry import CONNECTORS, build, check, class_of, connector_class
from flows.workshop import Workshop
from headwater.errors import ConfigError
from headwater.model import PUBLIC
from headwater.settings import SourceSettings, load
from headwater.settings.schema import SourceTable
from tests.connectors.contract import ConnectorContract
from tests.connectors.trouble import TroubleContract
from tests.support.hash_embedder import HashDense

UNSERVED = {"TestFolderContract", "TestFolderOfAStoreContract", "TestGitContract", "TestPushContract"}
"""Suites of sources that no service answers for, each of a kind that has another suite over HTTP, or of `push`."""
NEVER_ANSWERED = {"TestFolderOfObjectsContract"}
"""Suites of services that leave out a status of the contract, or of which an empty answer says nothing."""


def suites() -> list[tuple[str, str, set[str]]]:
    """Of every class in this folder's tests that is derived from the contract: its name, its kind, what it sets."""
    found = []
    for file in Path(__file__).parent.glob("test_*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            bases = {ast.unparse(base) for base in node.bases} if isinstance(node, ast.ClassDef) else set()
            if isinstance(node, ast.ClassDef) and bases & {"ConnectorContract", "TroubleContract"}:
                lines = [line for line in node.body if isinstance(line, ast.Assign)]
                set_here = {ast.unparse(line.targets[0]): line.value for line in lines}
                found.append((node.name, ast.literal_eval(set_here["kind"]), set(set_here)))
    return found


def source(**changes: object) -> SourceSettings:
    values: dict[str, object] = {"name": "docs", "kind": "folder", "default_access": PUBLIC, "place": "the place"}
    return SourceSettings(**(values | changes))  # type: ignore[arg-type]


def test_every_connector_has_a_contract_suite() -> None:
    assert set(CONNECTORS) == {kind for _, kind, _ in suites()}


def test_every_connector_is_tried_against_a_service_that_breaks() -> None:
    served = {kind for _, kind, names in suites() if "unserved" not in names}
    assert served | {"push"} == set(CONNECTORS)
    assert {name for name, _, names in suites() if "unserved" in names} == UNSERVED
    assert {name for name, _, names in suites() if names & {"statuses", "empty_is_empty"}} == NEVER_ANSWERED
    of_contract = {name for name in vars(TroubleContract) if name.startswith("test_")}
    of_contract |= {name for name in vars(ConnectorContract) if name.startswith("test_")}
    for file in Path(__file__).parent.glob("test_*.py"):
        again = {node.name for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.FunctionDef)}
        assert not again & of_contract, f"{file.name} replaces a test of the contract"


def test_every_connector_can_be_imported() -> None:
    for kind in CONNECTORS:
        assert connector_class(source(kind=kind)).Options


@pytest.mark.parametrize("kind", sorted(CONNECTORS))
def test_every_connector_describes_itself(kind: str) -> None:
    found = class_of(kind, "the place")
    for name in ("reads", "permissions", "changes", "removals"):
        text = getattr(found.about, name)
        assert len(text) > 10, name
        assert not text.endswith("."), name
    assert (inspect.getdoc(found) or "").strip() not in ("", inspect.getdoc(object))
    assert not (found.__doc__ or "").startswith(f"{found.__name__}("), "the docstring that dataclasses make"  # type: ignore[attr-defined]
    assert sys.modules[found.__module__].__doc__
    own = {one.name for one in settings(found)}
    assert set(found.about.fill_in) <= own
    assert not own & set(SourceTable.model_fields), "a setting that every source has means the same everywhere"


@pytest.mark.parametrize("kind", sorted(CONNECTORS))
def test_every_setting_is_described(kind: str) -> None:
    for setting in settings(class_of(kind, "the place")):
        assert len(setting.description) > 10, setting.name
        assert setting.type != "value", setting.name
        if any(word in setting.name for word in ("token", "password", "secret", "key")):
            assert setting.secret, setting.name


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


SHELF = '''"""Notes on a shelf. A second sentence."""

from dataclasses import dataclass

from pydantic import Field

from headwater.errors import GoneError
from headwater.model import Access, Complete, RawDocument, Ref
from headwater.settings.schema import Table


class Options(Table):
    note: str = Field(description="the text of the one note")


@dataclass(frozen=True)
class Shelf:
    Options = Options
    name: str
    note: str
    access: Access

    @classmethod
    def configured(cls, source, options, groups):
        return cls(source.name, options.note, source.default_access)

    def scan(self, resume=None):
        yield Ref("note.md", str(hash(self.note)))
        yield Complete()

    def fetch(self, id, known=None):
        if id != "note.md":
            raise GoneError(id)
        return RawDocument(
            source=self.name, id=id, version=str(hash(self.note)), uri="shelf:note", title="Note", kind="help",
            media_type="text/markdown", content=self.note.encode(), updated_at=None, access=self.access,
        )
'''


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A kind of source that an installed package brings."""
    site = tmp_path / "site"
    info = site / "elsewhere-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: elsewhere\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[headwater.connectors]\nshelf = shelf_of_a_test:Shelf\nbroken = no_such_module_of_a_test:Shelf\n"
        "folder = shelf_of_a_test:Shelf\n"
    )
    (site / "shelf_of_a_test.py").write_text(SHELF)
    monkeypatch.syspath_prepend(site)
    monkeypatch.delitem(sys.modules, "shelf_of_a_test", raising=False)
    return "shelf"


def test_a_connector_of_another_package_is_used_from_end_to_end(
    shelf: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.setattr(Workshop, "dense", HashDense(window=256))
    file = tmp_path / "headwater.toml"
    file.write_text("")
    place = ["-c", str(file)]
    assert run(["sources", "add", shelf, "--access", "public", *place]) == 0
    assert load(file).sources[0].options == {"note": "..."}
    file.write_text(file.read_text().replace('"..."', '"# Opening hours\\n\\nFrom nine to five."'))
    place += ["--home", str(tmp_path / "home")]
    assert run(["sources", "check", *place]) == 0
    assert run(["ingest", "--direct", *place]) == 0
    capfdbinary.readouterr()
    assert run(["search", "opening hours", "--json", *place]) == 0
    (passage,) = json.loads(capfdbinary.readouterr().out)["passages"]
    assert (passage["source"], passage["document"]) == (shelf, "note.md")
    assert "nine to five" in passage["text"]


def test_kinds_of_other_packages_are_described_as_far_as_they_can_be(shelf: str) -> None:
    found = {one.kind: one for one in kinds()}
    assert (found[shelf].about.reads, found[shelf].package) == ("Notes on a shelf", "shelf_of_a_test")
    assert found[shelf].about.permissions == UNKNOWN
    assert [setting.name for setting in found[shelf].settings] == ["note"]
    assert "cannot be loaded" in found["broken"].error
    assert found["folder"].package == "", "ours cannot be taken over"
    with pytest.raises(ConfigError, match=r"the place: the connector 'broken' .* cannot be loaded"):
        build(source(kind="broken"), None)


def test_folders_inside_one_another_are_reported(tmp_path: Path) -> None:
    (tmp_path / "a/b").mkdir(parents=True)
    file = tmp_path / "headwater.toml"
    table = '[[source]]\nname = "{0}"\nkind = "folder"\npath = "{1}"\ndefault_access = ["public"]\n'
    file.write_text(table.format("one", "a") + table.format("two", "a/b") + table.format("three", "c"))
    (found,) = check(load(file))
    assert found.startswith("sources one and two overlap")
