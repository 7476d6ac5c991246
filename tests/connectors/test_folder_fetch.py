import os
from pathlib import Path

import pytest

from connectors import opened
from connectors.folder import FolderConnector
from connectors.policy import SourcePolicy
from headwater.errors import FatalError, FetchError, GoneError
from headwater.model import NOBODY, PUBLIC, Access, Complete, RawDocument
from headwater.settings import ContentRules

SUPPORT = Access(frozenset({"group:support", "group:sre"}))


def folder(root: Path, access: Access = SUPPORT, **changes: object) -> FolderConnector:
    groups = frozenset({"support", "sre"})
    policy = SourcePolicy(access=access, groups=groups, **changes)  # type: ignore[arg-type]
    return FolderConnector(name="docs", root=root, policy=policy)


def fetch(connector: FolderConnector, id: str) -> RawDocument:
    raw = connector.fetch(id)
    assert isinstance(raw, RawDocument)
    return raw


def readers(connector: FolderConnector, id: str) -> set[str]:
    return set(fetch(connector, id).access.allow)


def test_everything_that_is_stated_reaches_the_document(tmp_path: Path) -> None:
    (tmp_path / "guides").mkdir()
    (tmp_path / ".headwater.toml").write_text(
        'owner = "ann"\ntags = ["all"]\nproduct = "p"\nkind = "sop"\nversion = 2\n'
    )
    (tmp_path / "guides/.headwater.toml").write_text('access = ["group:sre"]\naudience = "admins"\nversion = "2.10"\n')
    (tmp_path / "guides/a.md").write_text("---\ntitle: Keys\ntags: [keys]\nupdated: 2026-10-06\n---\n# Keys\n")
    raw = fetch(folder(tmp_path, owner="bob"), "guides/a.md")
    assert (raw.title, raw.kind, raw.media_type, raw.content) == ("Keys", "sop", "text/markdown", b"# Keys\n")
    assert raw.access == Access(frozenset({"group:sre"}))
    assert raw.updated_at is not None
    assert raw.updated_at.isoformat() == raw.meta["updated"] == "2026-10-06T00:00:00+00:00"
    assert raw.uri == (tmp_path / "guides/a.md").as_uri()
    modified = raw.meta["modified"]
    assert isinstance(modified, str)
    assert modified.endswith("+00:00")
    assert {name: raw.meta[name] for name in ("owner", "tags", "product", "version", "audience")} == {
        "owner": "ann",
        "tags": ("all", "keys"),
        "product": "p",
        "version": "2.10",
        "audience": ("admins",),
    }


def test_times_of_files_are_not_ages_of_content(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("text")
    raw = fetch(folder(tmp_path), "a.md")
    assert raw.updated_at is None
    assert raw.title == "", "the parser finds the document's own"


def test_kinds_by_document_folder_rule_and_source(tmp_path: Path) -> None:
    for name in ("a.md", "rel/b.md", "rel/c.md", "rel/sub/d.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("---\nkind: sop\n---\n" if name == "rel/c.md" else "text")
    (tmp_path / "rel/sub/.headwater.toml").write_text('kind = "faq"')
    connector = folder(tmp_path, content=ContentRules(default="help", rules=(("rel/**", "release_note"),)))
    assert [fetch(connector, id).kind for id in ("a.md", "rel/b.md", "rel/c.md", "rel/sub/d.md")] == [
        "help",
        "release_note",
        "sop",
        "faq",
    ]


def test_folders_narrow_and_do_not_widen(tmp_path: Path) -> None:
    (tmp_path / "x/y").mkdir(parents=True)
    (tmp_path / "x/y/a.md").write_text("text")
    (tmp_path / "x/.headwater.toml").write_text('access = ["group:sre"]')
    assert readers(folder(tmp_path), "x/y/a.md") == {"group:sre"}
    (tmp_path / "x/y/.headwater.toml").write_text('access = ["public"]')
    raw = fetch(folder(tmp_path), "x/y/a.md")
    assert raw.access.allow == {"group:sre"}
    (finding,) = raw.meta["access_findings"]  # type: ignore[misc]
    assert finding.startswith(
        "x/y/.headwater.toml: public may not read this, because the level above allows only group:sre"
    )
    assert readers(folder(tmp_path, allow_widening=True), "x/y/a.md") == {"public"}


@pytest.mark.parametrize(
    "text",
    [
        "access = [",
        "acess = ['public']",
        "access = 5",
        "access = ['nobody']",
        "Access = 'public'\naccess = 'group:sre'",
        "\0",
    ],
)
def test_folder_rules_that_are_not_understood_close_what_is_below(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.md").write_text("---\naccess: public\n---\ntext")
    (tmp_path / ".headwater.toml").write_text(text)
    for connector in (folder(tmp_path, PUBLIC), folder(tmp_path, PUBLIC, allow_widening=True)):
        raw = fetch(connector, "a.md")
        assert raw.access == NOBODY
        assert raw.meta["access_findings"]


def test_folder_rules_that_cannot_be_read_close_what_is_below(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / "a.md").write_text("text")
    rules = root / ".headwater.toml"
    (tmp_path / "outside.toml").write_text('owner = "x"')
    for make in (
        rules.mkdir,
        lambda: rules.symlink_to(tmp_path / "outside.toml"),
        lambda: rules.symlink_to(root / "nowhere"),
        lambda: rules.write_text("#" * 70_000),
    ):
        make()
        raw = fetch(folder(root, PUBLIC), "a.md")
        assert raw.access == NOBODY
        assert raw.version == next(iter(folder(root, PUBLIC).scan())).version  # type: ignore[union-attr]
        rules.rmdir() if rules.is_dir() else rules.unlink()
    assert readers(folder(root, PUBLIC), "a.md") == {"public"}


def test_unknown_keys_of_a_folder_are_reported(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("text")
    (tmp_path / ".headwater.toml").write_text('ownr = "x"')
    (finding,) = fetch(folder(tmp_path), "a.md").meta["findings"]  # type: ignore[misc]
    assert finding.startswith(".headwater.toml: ownr is not one of access, kind, owner")


@pytest.mark.parametrize(
    "id", ["../a.md", "x/../../a.md", "/etc/passwd", "x//a.md", "./a.md", "a.md/..", "..", "", "a\0.md"]
)
def test_ids_that_leave_the_folder_are_refused(tmp_path: Path, id: str) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / "a.md").write_text("text")
    with pytest.raises(FetchError, match="not the path of a document"):
        folder(tmp_path / "x").fetch(id)


def test_links_out_are_refused(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / "a.md").write_text("text")
    (tmp_path / "x/a.md").symlink_to("../a.md")
    (tmp_path / "x/up").symlink_to("..")
    (tmp_path / "a longer name of a folder/.hidden").mkdir(parents=True)
    (tmp_path / "a longer name of a folder/.hidden/a.md").write_text("text")
    (tmp_path / "x/hidden.md").symlink_to("../a longer name of a folder/.hidden/a.md")
    (tmp_path / "x2/.hidden").mkdir(parents=True)
    (tmp_path / "x2/.hidden/a.md").write_text("text")
    (tmp_path / "x/beside.md").symlink_to("../x2/.hidden/a.md")
    assert list(folder(tmp_path / "x").scan()) == [Complete()]
    for id in ("a.md", "up/a.md", "hidden.md", "beside.md"):
        with pytest.raises(FetchError, match="link out of"):
            folder(tmp_path / "x").fetch(id)


def test_gone_is_not_said_of_a_folder_that_is_not_there(tmp_path: Path) -> None:
    root = tmp_path / "x"
    root.mkdir()
    for id in ("a.md", "a.md/b.md", "y/b.md", f"{'n' * 300}.md"):
        with pytest.raises(GoneError):
            folder(root).fetch(id)
    root.rmdir()
    with pytest.raises(FatalError):
        folder(root).fetch("a.md")


def test_large_files_are_not_read(tmp_path: Path) -> None:
    with (tmp_path / "a.pdf").open("wb") as stream:
        stream.truncate(opened.MAX_BYTES + 1)
    assert len(list(folder(tmp_path).scan())) == 2
    with pytest.raises(FetchError, match=r"a\.pdf has 210 MB"):
        folder(tmp_path).fetch("a.pdf")


def test_empty_and_binary_files_are_for_the_parser_to_judge(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_bytes(b"")
    (tmp_path / "b.docx").write_bytes(b"---\naccess: x\n---\n\0\xff")
    assert fetch(folder(tmp_path), "a.md").content == b""
    assert fetch(folder(tmp_path), "b.docx").content == b"---\naccess: x\n---\n\0\xff"


def test_a_link_swapped_in_behind_our_back_is_not_read(tmp_path: Path) -> None:
    root = os.path.realpath(tmp_path / "x")
    Path(root).mkdir()
    (tmp_path / "secret.md").write_text("secret")
    (tmp_path / "x/a.md").symlink_to("../secret.md")
    with pytest.raises(Exception, match="was replaced"), opened.opened(root, f"{root}/a.md", "a.md"):
        pass
