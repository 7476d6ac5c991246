"""Backups while another process owns the index and publishes into it, and backups that are killed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from flows.workshop import Workshop
from headwater.backup.archive import pack
from headwater.backup.taking import take, visible_at
from headwater.errors import BusyError, StateError
from headwater.index.base import Index, StoredPoint
from headwater.index.points import point_ids
from headwater.model import Access
from headwater.publishing.publisher import PUBLISH_LEASE
from headwater.publishing.records import Carried
from tests.backup.conftest import Room, answers

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def ingesting(room: Room) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-m", "tests.backup.ingesting_over_and_over", str(room.project.folder)]
    child = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield child
        _, _ = child.communicate(timeout=60)
        assert child.returncode == 0
    finally:
        child.kill()
        child.wait()


def to_those_who_read_all(workshop: Workshop, epoch: int) -> object:
    """Answers at an epoch, even after a later run took readers away, which it does in place."""
    return {
        question: [
            replace(hit, payload={name: value for name, value in hit.payload.items() if name not in ("allow", "deny")})
            for hit in hits
        ]
        for (question, asker), hits in answers(workshop, epoch).items()
        if "group:sre" in asker
    }


def assert_whole(workshop: Workshop) -> None:
    """Each document in one version, all of it, and nobody reads it whom the ledger does not know to."""
    rows = {row.id: row for row in workshop.ledger.documents("g1")}
    points: dict[str, list[StoredPoint]] = {}
    for point in workshop.index().scroll(visible_at(workshop.ledger.epoch())):
        points.setdefault(point.payload["document"], []).append(point)
    assert points.keys() == rows.keys()
    for id, found in points.items():
        assert {point.payload["publication"] for point in found} == {rows[id].publication}
        assert sorted(point.payload["position"] for point in found) == list(range(rows[id].chunks))
        assert all(set(point.payload["allow"]) <= rows[id].access.allow for point in found)


def test_a_backup_is_the_state_at_its_epoch_whatever_goes_on(room: Room) -> None:
    with ingesting(room) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "1\n"
        made = []
        for number in range(4):
            made.append(room.back_up(f"{number}.tar.gz"))
            time.sleep(0.4)
        epochs = [one.manifest.epoch for one in made]
        assert len(set(epochs)) > 1, "nothing was published meanwhile"
    with room.project.open() as workshop:
        expected = {epoch: to_those_who_read_all(workshop, epoch) for epoch in epochs}
        assert workshop.ledger.epoch() > epochs[0]
    for number, one in enumerate(made):
        restored = Room(room.project, f"restored-{number}")
        restored.restore(one.file)
        with restored.open_restored() as workshop:
            assert to_those_who_read_all(workshop, one.manifest.epoch) == expected[one.manifest.epoch]
            assert_whole(workshop)
            assert workshop.index().info().points == one.manifest.points, "what is visible, and nothing else"
            assert not workshop.ledger.holders()
            assert not workshop.ledger.open_publications()


class Between:
    """A real index, but that something happens between the copy of the ledger and that of the points."""

    def __init__(self, index: Index, happens: Callable[[], None]) -> None:
        self._index, self._happens = index, happens

    def __getattr__(self, name: str) -> Any:
        return getattr(self._index, name)

    def scroll(self, *arguments: Any, **options: Any) -> Iterator[StoredPoint]:
        self._happens()
        yield from self._index.scroll(*arguments, **options)


def test_nothing_is_published_or_collected_between_the_copies(room: Room) -> None:
    parts = room.project.folder / "parts"
    parts.mkdir()
    room.write(4)
    room.project.ingest()
    room.write(2, "version two")
    room.project.ingest()
    happened = []
    with room.project.open() as workshop:
        other = replace(workshop.holder, command="another")

        def meanwhile() -> None:
            with pytest.raises(BusyError, match="publish"), workshop.ledger.lease(PUBLISH_LEASE, other, seconds=60):
                raise AssertionError("somebody else could publish")
            # What needs no lease: points that nobody sees yet, and readers who are taken away.
            rows = {row.id: row for row in workshop.ledger.documents("g1")}
            publisher = workshop.publisher()
            points = workshop.index().retrieve(point_ids(rows["3.md"].publication, "docs", "3.md", 1), vectors=True)
            publisher.stage([Carried(rows["3.md"], tuple(points))])
            narrowed = publisher.narrow([(rows["1.md"], Access(frozenset({"group:sre"})))])
            publisher.confirm(narrowed)
            happened.append(len(narrowed))

        index = Between(workshop.index(), meanwhile)
        manifest = take(workshop.ledger, room.home / "ledger.db", lambda _: index, workshop.holder, parts)
    assert happened == [1]
    file = room.project.folder / "taken.tar.gz"
    pack(parts, manifest, file)
    room.restore(file)
    with room.open_restored() as workshop:
        assert_whole(workshop)
        assert workshop.index().info().points == manifest.points
        before = workshop.ledger.document("g1", "docs", "1.md")
        assert before is not None
        assert "public" in before.access.allow, "the ledger was copied first"
        ids = point_ids(before.publication, "docs", "1.md", before.chunks)
        assert {tuple(point.payload["allow"]) for point in workshop.index().retrieve(ids)} == {("group:sre",)}


def test_a_backup_that_is_killed_leaves_nothing_that_could_be_restored(room: Room) -> None:
    room.write(60)
    room.project.ingest()
    command = [sys.executable, "-m", "tests.backup.backing_up", str(room.project.folder)]
    whole = 0
    for delay in (0.0, 0.01, 0.04):
        target = room.project.folder / f"killed-{delay}.tar.gz"
        left = set(room.project.folder.glob(".headwater-backup-*"))
        child = subprocess.Popen([*command, str(target)], cwd=ROOT, stdout=subprocess.PIPE)
        assert child.stdout is not None
        child.stdout.readline()
        while child.poll() is None and left.issuperset(room.project.folder.glob(".headwater-backup-*")):
            time.sleep(0.001)
        time.sleep(delay)
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        child.stdout.close()
        if target.exists():
            whole += 1
            Room(room.project, target.name.removesuffix(".tar.gz")).restore(target)
        left = set(room.project.folder.glob(".headwater-backup-*"))
    assert left, "none was killed in the middle"
    for folder in left:
        for path in folder.iterdir():
            with pytest.raises(StateError, match="is damaged"):
                Room(room.project, "never").restore(path)
    # The next one is not kept waiting by the lease of a dead process.
    room.restore(room.back_up("after.tar.gz").file)


def test_what_was_left_by_the_dead_goes_after_a_day(room: Room) -> None:
    room.write(1)
    room.project.ingest()
    for name, age in (("old", 100_000), ("young", 10)):
        left = room.project.folder / f".headwater-backup-{name}"
        left.mkdir()
        os.utime(left, (time.time() - age,) * 2)
    room.back_up()
    assert [path.name for path in room.project.folder.glob(".headwater-backup-*")] == [".headwater-backup-young"]
