import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from connectors.folder import FolderConnector
from connectors.globs import Selection
from connectors.opened import SETTLED_NS
from connectors.policy import SourcePolicy
from headwater.errors import FatalError
from headwater.model import PUBLIC, Complete, NotModified, RawDocument, Ref, Unreadable


def folder(root: Path, **changes: object) -> FolderConnector:
    selection = Selection(*(tuple(changes.pop(name, ())) for name in ("include", "exclude")))  # type: ignore[call-overload]
    policy = SourcePolicy(access=PUBLIC, **changes)  # type: ignore[arg-type]
    return FolderConnector(name="docs", root=root, policy=policy, selection=selection)


def write(root: Path, *names: str, text: str = "text") -> None:
    for name in names:
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


def ids(connector: FolderConnector) -> list[str]:
    return [item.id for item in connector.scan() if isinstance(item, Ref)]


def version(connector: FolderConnector, id: str) -> str:
    return next(item.version for item in connector.scan() if isinstance(item, Ref) and item.id == id)


@contextmanager
def unprivileged() -> Iterator[Path]:
    """A folder of a user whom permissions bind, as that user."""
    uid = os.geteuid()
    with tempfile.TemporaryDirectory() as name:
        root = Path(name).resolve()
        if uid == 0:
            os.chown(root, 65534, 65534)
            os.seteuid(65534)
        try:
            yield root
        finally:
            os.seteuid(uid)
            for path, _, _ in os.walk(root):
                Path(path).chmod(0o700)


def test_documents_in_a_fixed_order(tmp_path: Path) -> None:
    write(
        tmp_path,
        "b.md",
        "a.HTML",
        "z/b.txt",
        "z/a.rst",
        "c/deep/er/x.pdf",
        "c/y.docx",
        "photo.png",
        "Makefile",
        "x.csv",
    )
    assert ids(folder(tmp_path)) == ["a.HTML", "b.md", "x.csv", "c/y.docx", "c/deep/er/x.pdf", "z/a.rst", "z/b.txt"]
    assert folder(tmp_path).left_out() == {".png": 1, "no suffix": 1}


def test_hidden_names_are_left_alone(tmp_path: Path) -> None:
    write(tmp_path, ".hidden.md", ".headwater/x.md", ".git/x.md", ".headwater.toml", "a.md", text="")
    assert ids(folder(tmp_path)) == ["a.md"]


def test_patterns(tmp_path: Path) -> None:
    write(tmp_path, "a.md", "drafts/b.md", "x/drafts/c.md", "x/d.html", "x/e.md")
    assert ids(folder(tmp_path, include=["*.md"], exclude=["drafts/"])) == ["a.md", "x/e.md"]
    assert ids(folder(tmp_path, include=["/x/"])) == ["x/d.html", "x/e.md", "x/drafts/c.md"]
    assert ids(folder(tmp_path, exclude=["/x/**", "!x/e.md", "/drafts"])) == ["a.md", "x/e.md"]


def test_what_is_not_listed_cannot_be_fetched(tmp_path: Path) -> None:
    write(tmp_path, "a.md", "drafts/b.md", "drafts/keep/c.md", "x.png", ".h/x.md")
    connector = folder(tmp_path, exclude=["drafts/", "!drafts/keep/c.md"])
    assert ids(connector) == ["a.md", "drafts/keep/c.md"]
    assert isinstance(connector.fetch("drafts/keep/c.md"), RawDocument)
    for id in ("drafts/b.md", "x.png", ".h/x.md"):
        with pytest.raises(Exception, match="not among the documents"):
            connector.fetch(id)


def test_links(tmp_path: Path) -> None:
    root = tmp_path / "root"
    write(tmp_path, "outside/secret.md")
    write(root, "a.md", "real/b.md", ".store/v2/c.md", ".store/d.md")
    (root / "out.md").symlink_to(tmp_path / "outside/secret.md")
    (root / "out").symlink_to(tmp_path / "outside")
    (root / "copy.md").symlink_to(root / "a.md")
    (root / "copy").symlink_to(root / "real")
    (root / "current").symlink_to(".store/v2")
    (root / "again").symlink_to(".store/v2")
    (root / "d.md").symlink_to(".store/d.md")
    (root / "up").symlink_to("..")
    (root / "self").symlink_to("self")
    (root / "broken.md").symlink_to("nowhere.md")
    (root / ".store/v2/round").symlink_to("../v2")
    connector = folder(root)
    # In hidden places nothing is listed by itself, so what a link shows of them is listed, once.
    assert ids(connector) == ["a.md", "d.md", "again/c.md", "real/b.md"]
    assert isinstance(list(connector.scan())[-1], Complete)
    assert isinstance(connector.fetch("again/c.md"), RawDocument)
    for id in ("out.md", "out/secret.md", "copy.md", "copy/b.md", "self", "broken.md", "up/root/a.md"):
        with pytest.raises(Exception, match=r"link|not among"):
            connector.fetch(id)


def test_a_root_that_is_a_link(tmp_path: Path) -> None:
    write(tmp_path / "v1", "a.md")
    (tmp_path / "current").symlink_to("v1")
    connector = folder(tmp_path / "current")
    assert ids(connector) == ["a.md"]
    raw = connector.fetch("a.md")
    assert isinstance(raw, RawDocument)
    assert raw.uri == f"file://{tmp_path}/current/a.md"


@pytest.mark.parametrize(
    "name", [b"caf\xe9.md", "日本 %20#?.md".encode(), b"%E9.md", b"new\nline.md", b"\xff\xfe/\xe9.md"]
)
def test_names_in_odd_encodings(tmp_path: Path, name: bytes) -> None:
    file = os.fsencode(tmp_path) + b"/" + name
    Path(os.fsdecode(file)).parent.mkdir(exist_ok=True)
    Path(os.fsdecode(file)).write_text("text")
    connector = folder(tmp_path)
    (id,) = ids(connector)
    id.encode()
    raw = connector.fetch(id)
    assert isinstance(raw, RawDocument)
    assert raw.content == b"text"
    assert raw.version == version(connector, id)
    (raw.title + raw.uri).encode()


def test_two_names_that_are_one_as_text(tmp_path: Path) -> None:
    for name in (b"/caf\xe9.md", b"/caf%E9.md"):
        Path(os.fsdecode(os.fsencode(tmp_path) + name)).write_text(name.decode("latin-1"))
    *found, end = folder(tmp_path).scan()
    assert isinstance(end, Complete)
    assert sorted(type(item).__name__ for item in found) == ["Ref", "Unreadable"]
    assert len({item.id for item in found if isinstance(item, Ref | Unreadable)}) == 2


def test_a_folder_that_cannot_be_listed_is_not_complete() -> None:
    with unprivileged() as root:
        write(root, "a.md", "shut/b.md", "z.md")
        (root / "shut").chmod(0)
        a, z, shut = folder(root).scan()
    assert isinstance(a, Ref)
    assert isinstance(z, Ref)
    assert isinstance(shut, Unreadable)
    assert (shut.id, shut.error) == ("shut/", "PermissionError")
    assert "no removal" in shut.reason


def test_an_excluded_folder_need_not_be_readable() -> None:
    with unprivileged() as root:
        write(root, "a.md", "shut/b.md")
        (root / "shut").chmod(0)
        assert isinstance(list(folder(root, exclude=["shut/"]).scan())[-1], Complete)


def test_a_file_that_cannot_be_read_is_neither_present_nor_absent() -> None:
    with unprivileged() as root:
        write(root, "a.md", "b.md")
        (root / "b.md").chmod(0)
        items = list(folder(root).scan())
        assert [type(item) for item in items] == [Ref, Unreadable, Complete]
        with pytest.raises(Exception, match=r"b\.md could not be read: Permission denied"):
            folder(root).fetch("b.md")


def test_names_without_their_status_are_unreadable() -> None:
    with unprivileged() as root:
        write(root, "a/x.md")
        (root / "a").chmod(0o400)
        found, end = folder(root).scan()
        assert isinstance(found, Unreadable)
        assert found.id == "a/x.md"
        assert isinstance(end, Complete)


def test_a_root_that_cannot_be_read_is_fatal(tmp_path: Path) -> None:
    write(tmp_path, "file.md")
    for root in (tmp_path / "nowhere", tmp_path / "file.md"):
        for use in (lambda c: list(c.scan()), lambda c: c.fetch("a.md"), lambda c: c.left_out()):
            with pytest.raises(FatalError) as caught:
                use(folder(root))
            assert caught.value.advice
    with unprivileged() as root:
        (root / "shut").mkdir(mode=0)
        with pytest.raises(FatalError, match="Permission denied"):
            list(folder(root / "shut").scan())


def test_a_folder_a_thousand_levels_deep(tmp_path: Path) -> None:
    here = os.open(tmp_path, os.O_RDONLY)
    for _ in range(1100):
        os.mkdir("deep", dir_fd=here)
        below = os.open("deep", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(os.open("x.md", os.O_CREAT | os.O_WRONLY, dir_fd=here))
    os.close(here)
    write(tmp_path, "a.md")
    # Longer than a path may be: its end cannot be looked at, which is said.
    found, deep = folder(tmp_path).scan()
    assert isinstance(found, Ref)
    assert isinstance(deep, Unreadable)
    assert "File name too long" in deep.reason
    os.system(f"rm -rf '{tmp_path}/deep'")


def test_a_rewrite_of_the_same_size_and_time_is_seen(tmp_path: Path) -> None:
    write(tmp_path, "a.md", text="one")
    connector = folder(tmp_path)
    file = tmp_path / "a.md"
    seen = set()
    for text in ("one", "two", "six", "ten"):
        status = file.stat()
        with file.open("r+") as stream:
            stream.write(text)
        os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
        seen.add(version(connector, "a.md").rsplit("-", 1)[1])
    assert len(seen) == 4


def test_a_settled_file_keeps_its_version_and_needs_no_reading(tmp_path: Path) -> None:
    write(tmp_path, "a.md")
    connector = folder(tmp_path)
    young = version(connector, "a.md")
    time.sleep(SETTLED_NS / 1e9 + 0.05)
    settled = version(connector, "a.md")
    assert settled != young, "written within the granularity of the clock, it is read once more"
    assert settled == version(connector, "a.md")
    assert connector.fetch("a.md", settled) == NotModified(settled)
    assert connector.fetch("a.md", young) == NotModified(settled), "the same content, under the version it has now"
    write(tmp_path, "a.md", text="another text")
    raw = connector.fetch("a.md", young)
    assert isinstance(raw, RawDocument)


def test_rules_in_force_are_part_of_the_version(tmp_path: Path) -> None:
    write(tmp_path, "x/y/a.md", "b.md")
    plain = folder(tmp_path)
    before = version(plain, "x/y/a.md"), version(plain, "b.md")
    for changed in (
        folder(tmp_path, owner="ann"),
        folder(tmp_path, groups=frozenset()),
        folder(tmp_path, timezone="Europe/Madrid"),
    ):
        assert version(changed, "b.md") != before[1]
    (tmp_path / "x/.headwater.toml").write_text('owner = "ann"')
    assert version(plain, "x/y/a.md") != before[0]
    assert version(plain, "b.md") == before[1]


@pytest.mark.parametrize("name", ["pipe.md", "socket.md"])
def test_what_is_no_file_is_not_listed(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / name)
    assert ids(folder(tmp_path)) == []
    with pytest.raises(Exception, match="is not a file"):
        folder(tmp_path).fetch(name)


def test_ten_thousand_files_in_half_a_second(tmp_path: Path) -> None:
    for n in range(100):
        (tmp_path / f"d{n}").mkdir()
        for m in range(100):
            (tmp_path / f"d{n}/{m}.md").touch()
    connector = folder(tmp_path, include=["*.md"], exclude=["drafts/"])
    time.sleep(SETTLED_NS / 1e9 + 0.05)
    best = 9.0
    for _ in range(5):
        started = time.process_time()
        assert sum(1 for _ in connector.scan()) == 10_001
        best = min(best, time.process_time() - started)
    assert best < 0.5
