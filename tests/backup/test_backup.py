"""What is restored answers as what was backed up; what cannot be trusted is refused, and nothing is left behind."""

import gzip
import io
import json
import shutil
import sqlite3
import tarfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from headwater.backup.manifest import LEDGER, MANIFEST, POINTS
from headwater.clock import utc_now
from headwater.errors import ConfigError, HeadwaterError, IndexMismatchError, StateError
from headwater.index.points import point_ids
from headwater.ledger.base import Block
from headwater.ledger.keys import Key
from headwater.ledger.pushed import Pushed, version_of
from tests.backup.conftest import Room, answers
from tests.support.state import run_all


@pytest.fixture
def filled(room: Room) -> Room:
    room.write(7)
    room.project.ingest()
    return room


def test_everything_is_answered_as_before(filled: Room) -> None:
    filled.write(3, "version two")
    (filled.project.folder / "docs" / "5.md").unlink()
    filled.project.ingest()  # leaves superseded points behind
    made = filled.back_up()
    restored = filled.restore(made.file)
    assert (made.manifest, made.manifest.epoch) == (restored.manifest, restored.epoch)
    with filled.project.open() as workshop:
        epoch, before = workshop.ledger.epoch(), answers(workshop, workshop.ledger.epoch())
        rows = list(workshop.ledger.documents("g1"))
        history = workshop.ledger.history(limit=1000)
        everything = workshop.index().info().points
    assert any(before.values())
    with filled.open_restored() as workshop:
        assert workshop.ledger.epoch() == epoch
        assert answers(workshop, epoch) == before
        assert list(workshop.ledger.documents("g1")) == rows
        assert workshop.ledger.history(limit=1000) == history
        assert workshop.index().info().points < everything


def test_a_run_over_what_was_restored_finds_nothing_to_do(filled: Room) -> None:
    filled.restore(filled.back_up().file)
    with filled.open_restored() as workshop:
        report = run_all(workshop)
        assert (report.sources[0].indexed, report.sources[0].unchanged) == (0, 7)
        assert "store" not in vars(workshop), "its record lets it stay closed"
    filled.write(2, "version two")
    with filled.open_restored() as workshop:
        assert run_all(workshop).sources[0].indexed == 2


def test_files_are_for_their_owner_alone(filled: Room) -> None:
    made = filled.back_up()
    filled.restore(made.file)
    assert made.file.stat().st_mode & 0o077 == 0
    assert (filled.elsewhere / LEDGER).stat().st_mode & 0o077 == 0
    assert sorted(path.name for path in filled.elsewhere.iterdir()) == ["index", LEDGER]
    assert not list(made.file.parent.glob(".*headwater*"))


def test_a_folder_gets_one_file_for_each(filled: Room) -> None:
    (filled.project.folder / "kept").mkdir()
    first = filled.back_up("kept")
    assert first.file.parent.name == "kept"
    assert first.file.name.startswith("epoch-1-")
    filled.restore(first.file)


def test_a_file_is_never_replaced(filled: Room) -> None:
    file = filled.back_up().file
    before = file.read_bytes()
    with pytest.raises(ConfigError, match="is there already"):
        filled.back_up()
    assert file.read_bytes() == before


@pytest.mark.parametrize("name", ["ledger.db", "notes.txt", "index/x"])
def test_a_place_that_is_not_empty_is_refused_and_left_alone(filled: Room, name: str) -> None:
    file = filled.back_up().file
    there = filled.elsewhere / name
    there.parent.mkdir(parents=True)
    there.write_text("mine")
    with pytest.raises(ConfigError, match="is not empty"):
        filled.restore(file)
    assert there.read_text() == "mine"


def test_an_empty_state_can_be_backed_up(room: Room) -> None:
    with room.project.open() as workshop:
        workshop.ledger.block(Block("docs", "0.md", "private", utc_now()))
    restored = room.restore(room.back_up().file)
    assert (restored.manifest.points, restored.manifest.blocks) == (0, 1)
    room.write(2)
    with room.open_restored() as workshop:
        assert run_all(workshop).sources[0].indexed == 1


def test_no_state_is_no_backup(room: Room) -> None:
    with pytest.raises(ConfigError, match="no state"):
        room.back_up()


# damage -----------------------------------------------------------------------------------------------------


def members(file: Path) -> dict[str, bytes]:
    with tarfile.open(file) as archive:
        return {entry.name: archive.extractfile(entry).read() for entry in archive}  # type: ignore[union-attr]


def written(file: Path, parts: dict[str, bytes]) -> Path:
    with tarfile.open(file, "w:gz") as archive:
        for name, data in parts.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return file


def refused(room: Room, file: Path, match: str) -> None:
    with pytest.raises(StateError, match=match) as caught:
        room.restore(file)
    assert caught.value.advice
    assert not list(room.elsewhere.iterdir())


def test_any_byte_that_was_changed_is_noticed(filled: Room) -> None:
    file = filled.back_up().file
    data = file.read_bytes()
    plain = gzip.decompress(data)
    for place in range(0, len(data), len(data) // 20):
        file.write_bytes(data[:place] + bytes([data[place] ^ 0x55]) + data[place + 1 :])
        try:
            same = gzip.decompress(file.read_bytes()) == plain
        except Exception:
            same = False
        if not same:  # a byte of the header means nothing
            refused(filled, file, "is damaged")


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_a_file_that_was_cut_off_is_refused(filled: Room, share: float) -> None:
    file = filled.back_up().file
    data = file.read_bytes()
    file.write_bytes(data[: int(len(data) * share)])
    refused(filled, file, "is damaged")


Change = Callable[[dict[str, bytes]], Any]


def _manifest(**changes: Any) -> Change:
    def change(parts: dict[str, bytes]) -> None:
        parts[MANIFEST] = json.dumps({**json.loads(parts[MANIFEST]), **changes}).encode()

    return change


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda parts: parts.pop(MANIFEST), "never finished"),
        (lambda parts: parts.pop(POINTS), "points.jsonl is not what was written"),
        (lambda parts: parts.update({POINTS: parts[POINTS].replace(b"Invoice", b"INVOICE")}), "points.jsonl is not"),
        (lambda parts: parts.update({"../outside": b"x"}), "holds '../outside'"),
        (lambda parts: parts.update({MANIFEST: b"[]"}), "makes no sense"),
        (_manifest(extra=1), "makes no sense"),
        (_manifest(parts={}), "does not name the parts"),
        (_manifest(epoch=99), "not the one that its manifest describes"),
        (_manifest(identity="other"), "not the one that its manifest describes"),
        (_manifest(points=3), "do not belong together"),
        (_manifest(schema=99), "newer release"),
        (_manifest(format=2), "newer release"),
    ],
)
def test_what_does_not_fit_is_refused(filled: Room, change: Change, match: str) -> None:
    file = filled.back_up().file
    parts = members(file)
    change(parts)
    refused(filled, written(file, parts), match)
    assert not (filled.project.folder / "outside").exists()


def test_something_else_is_no_backup(filled: Room) -> None:
    file = filled.project.folder / "x"
    file.write_text("hello")
    refused(filled, file, "is damaged")
    refused(filled, file.with_name("nowhere"), "cannot be restored")


def test_an_index_that_lost_points_is_not_backed_up(filled: Room) -> None:
    with filled.project.open() as workshop:
        (row, *_) = workshop.ledger.documents("g1")
        workshop.index().delete(point_ids(row.publication, row.source, row.id, row.chunks))
        workshop.index().flush()
    with pytest.raises(IndexMismatchError, match="passages") as caught:
        filled.back_up()
    assert "audit" in caught.value.advice
    assert not list(filled.project.folder.glob("*.tar.gz"))


def test_servers_are_named_with_what_to_use_instead(filled: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    file = filled.back_up().file
    monkeypatch.setenv("HEADWATER_LEDGER__URL", "postgresql://user:secret@host/name")
    with pytest.raises(ConfigError, match=r"ledger\.url name") as caught:
        filled.restore(file)
    assert "pg_dump" in caught.value.advice
    assert "secret" not in str(caught.value) + caught.value.advice


# who may not read --------------------------------------------------------------------------------------------


def test_what_was_blocked_stays_blocked(filled: Room) -> None:
    with filled.project.open() as workshop:
        workshop.ledger.block(Block("docs", "1.md", "private", utc_now()))
        workshop.begin_run()
        workshop.publisher().publish(removed=[("docs", "1.md")])
    filled.restore(filled.back_up().file)
    with filled.open_restored() as workshop:
        run_all(workshop)
        assert [block.document for block in workshop.ledger.blocks()] == ["1.md"]
        assert workshop.ledger.document("g1", "docs", "1.md") is None


def test_what_was_taken_away_since_is_carried_over(filled: Room) -> None:
    with filled.project.open() as workshop:
        workshop.ledger.add_key(Key(id="k", name="bot", hash="0", scopes=frozenset({"search"}), made_at=utc_now()))
    file = filled.back_up().file
    filled.project.write("2.md", "---\naccess: [group:sre]\n---\n\n# Article 2\n\nVersion two.\n")
    filled.project.ingest()
    with filled.project.open() as workshop:
        workshop.ledger.revoke_key("k", utc_now())
        workshop.ledger.block(Block("docs", "1.md", "private", utc_now()))
        workshop.begin_run()
        workshop.publisher().publish(removed=[("docs", "1.md")])
    before = (filled.home / LEDGER).read_bytes()
    restored = filled.restore(file, newer=filled.home)
    assert restored.since is not None
    assert (restored.since.blocks, restored.since.keys, restored.since.narrowed) == (1, 1, 1)
    assert (filled.home / LEDGER).read_bytes() == before
    with filled.open_restored() as workshop:
        key = workshop.ledger.api_key("k")
        assert key is not None
        assert key.revoked_at
        seen = {hit.payload["document"] for hits in answers(workshop, workshop.ledger.epoch()).values() for hit in hits}
        public = answers(workshop, workshop.ledger.epoch())["article", frozenset()]
        assert "1.md" not in seen
        assert "2.md" in seen
        assert "2.md" not in {hit.payload["document"] for hit in public}
        assert run_all(workshop).sources[0].indexed == 1, "the narrowed one is looked at again"


def test_what_was_put_is_in_it_and_what_was_put_since_is_carried_over(room: Room) -> None:
    file = room.project.folder / "headwater.toml"
    file.write_text(file.read_text().replace('kind = "folder"\npath = "docs"', 'kind = "push"'))

    def keep(id: str, text: str, *, gone: bool = False) -> None:
        now = utc_now()
        one = Pushed(source="docs", document=id, media_type="text/markdown", content=text.encode(), pushed_at=now)
        one = replace(one, content=b"", removed_at=now) if gone else one
        with room.project.open() as workshop:
            workshop.ledger.keep_pushed(replace(one, version=version_of(one)))

    for number in range(3):
        keep(f"{number}.md", f"Article {number}.")
    room.project.ingest()
    made = room.back_up().file
    room.restore(made)
    with room.open_restored() as workshop:
        assert workshop.ledger.pushed_versions("docs").keys() == {"0.md", "1.md", "2.md"}
        assert run_all(workshop).sources[0].unchanged == 3
    keep("0.md", "", gone=True)
    keep("1.md", "Another article.")
    keep("3.md", "Article 3.")
    room.project.ingest()
    later = replace(room, place="later")
    restored = later.restore(made, newer=room.home)
    assert restored.since is not None
    assert restored.since.pushed == 3
    with later.open_restored() as workshop:
        report = run_all(workshop).sources[0]
        assert (report.indexed, report.removed, report.unchanged) == (2, 1, 1)
        assert {row.id for row in workshop.ledger.documents("g1")} == {"1.md", "2.md", "3.md"}


def test_the_ledger_of_another_state_is_not_carried_over(filled: Room) -> None:
    file = filled.back_up().file
    other = filled.project.folder / "other"
    shutil.copytree(filled.home, other, ignore=shutil.ignore_patterns("index*"))
    connection = sqlite3.connect(other / LEDGER)
    connection.execute("UPDATE head SET identity = 'x'")
    connection.commit()
    connection.close()
    with pytest.raises(ConfigError, match="not a later ledger"):
        filled.restore(file, newer=other)
    assert not list(filled.elsewhere.iterdir())


# one side alone ----------------------------------------------------------------------------------------------


def put_back(room: Room, older: Path, name: str) -> None:
    """One half of the state from another place, as somebody might copy it by hand."""
    for path in room.home.glob(f"{name}*"):
        if path.name.startswith("index.sock"):
            continue
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    source = older / name
    shutil.copytree(source, room.home / name) if source.is_dir() else shutil.copy2(source, room.home / name)


CHANGES = {
    "an edit": lambda room: room.write(1, "version two"),
    "a removal": lambda room: (room.project.folder / "docs" / "1.md").unlink(),
    "a new document": lambda room: room.project.write("new.md", "# New\n\nArticle.\n"),
}


@pytest.mark.parametrize("name", ["ledger.db", "index"])
@pytest.mark.parametrize("change", CHANGES)
def test_one_side_of_a_backup_is_refused(filled: Room, name: str, change: str) -> None:
    filled.restore(filled.back_up().file)
    CHANGES[change](filled)
    filled.project.ingest()
    put_back(filled, filled.elsewhere, name)
    side = "the ledger is older than its index" if name == "ledger.db" else "the index is older than its ledger"
    for _ in range(2):
        with pytest.raises(HeadwaterError, match=side) as caught:
            filled.project.ingest()
        assert "from one backup" in caught.value.advice
    if name == "index":
        with pytest.raises(IndexMismatchError, match=side):
            filled.project.search("article")


def test_both_sides_of_it_are_taken(filled: Room) -> None:
    filled.restore(filled.back_up().file)
    filled.write(1, "version two")
    filled.project.ingest()
    for name in ("ledger.db", "index"):
        put_back(filled, filled.elsewhere, name)
    assert not filled.project.ingest().sources[0].error


def test_a_publication_without_points_does_not_make_an_index_old(filled: Room) -> None:
    with filled.project.open() as workshop:
        workshop.begin_run()
        workshop.publisher().publish()
        assert workshop.ledger.epoch() == 2
    for _ in range(2):
        assert not filled.project.ingest().sources[0].error
        assert filled.project.search("article", "group:sre")
    with filled.project.open() as workshop:
        run_all(workshop)
        assert "store" not in vars(workshop), "counted once"
