"""Index and ledger belong together, or nothing is read or written."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from headwater.errors import FingerprintError, IndexMismatchError
from headwater.index.base import IndexIdentity
from headwater.publishing.attach import attach, check_ledger_not_older
from headwater.publishing.collect import collect
from tests.publishing.conftest import DIMENSIONS, Room, document

MakeRoom = Callable[..., Room]


def attached(room: Room, embedding: str = "e") -> None:
    attach(room.index, room.ledger, embedding=embedding, dimensions=DIMENSIONS, generation=room.generation)


def test_a_new_index_takes_the_ledgers_identity(room: Room) -> None:
    assert room.index.identity() == IndexIdentity(room.ledger.identity(), "e", DIMENSIONS)
    attached(room)


def test_an_index_of_another_ledger_is_refused(make_room: MakeRoom) -> None:
    make_room("one", "one").publish(document("a", "text"))
    with pytest.raises(IndexMismatchError, match="another ledger"):
        make_room("one", "other")


def test_vectors_of_another_model_are_refused(room: Room) -> None:
    with pytest.raises(FingerprintError, match="another embedding"):
        attached(room, embedding="other")
    assert room.index.identity() == IndexIdentity(room.ledger.identity(), "e", DIMENSIONS)


def test_an_empty_index_is_refused_when_the_ledger_knows_documents(make_room: MakeRoom) -> None:
    make_room("one", "one").publish(document("a", "text"))
    with pytest.raises(IndexMismatchError, match="empty or missing"):
        make_room("lost", "one")


def test_an_empty_index_is_taken_when_the_ledger_knows_no_documents_any_more(make_room: MakeRoom) -> None:
    first = make_room("one", "one")
    first.publish(document("a", "text"))
    first.publish(removed=("a",))
    assert make_room("new", "one").seen() == []


@pytest.mark.parametrize("since", ["an edit", "a removal"])
def test_a_ledger_from_a_backup_is_not_written_with(make_room: MakeRoom, scratch: Path, since: str) -> None:
    room = make_room()
    room.publish(document("a", "old"), document("b", "other"))
    room.ledger.close()
    shutil.copytree(scratch / "one", scratch / "backup", ignore=shutil.ignore_patterns("index*"))
    room = make_room()
    room.publish(document("a", "new")) if since == "an edit" else room.publish(removed=("a",))
    check_ledger_not_older(room.index, room.ledger)

    restored = make_room("one", "backup")
    assert restored.seen() == ["old", "other"], "readers still see the state of the backup, whole"
    with pytest.raises(IndexMismatchError, match="older than its index"):
        check_ledger_not_older(restored.index, restored.ledger)


def test_a_ledger_from_a_backup_is_not_read_with_once_its_points_are_deleted(
    make_room: MakeRoom, scratch: Path
) -> None:
    room = make_room()
    room.publish(document("a", "old"))
    room.ledger.close()
    shutil.copytree(scratch / "one", scratch / "backup", ignore=shutil.ignore_patterns("index*"))
    room = make_room()
    room.publish(document("a", "new"))
    collect(room.index, room.ledger, room.generation, room.holder, now=room.later())
    with pytest.raises(IndexMismatchError, match="collected up to 2"):
        make_room("one", "backup")
