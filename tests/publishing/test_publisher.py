"""One epoch at a time, whole or not at all, also against writers that come late."""

from collections.abc import Callable
from typing import Any

import pytest

from headwater.errors import BusyError, IndexUnavailableError, LeaseLostError, StateError
from headwater.index.base import NEVER
from headwater.index.points import point_ids
from headwater.index.query import OneOf
from headwater.ledger.base import Block, Intent
from headwater.model import PUBLIC, Access
from headwater.publishing.collect import collect
from headwater.publishing.publisher import settle, undo
from headwater.publishing.records import Carried
from tests.publishing.conftest import DIMENSIONS, NOON, SOURCE, Instead, Room, document

A, B = (Access(frozenset({f"group:{name}"})) for name in "ab")


def fails(error: BaseException | None = None) -> Callable[..., Any]:
    def fail(*_: object, **__: object) -> None:
        raise error or StateError("on purpose")

    return fail


class Recorded:
    """An index whose stamps do not arrive yet: `deliver` lets them in."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self.waiting: list[tuple[Any, Any]] = []

    def stamp(self, *args: Any, **named: Any) -> None:
        self.waiting.append((args, named))

    def deliver(self) -> None:
        for args, named in self.waiting:
            self._inner.stamp(*args, **named)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


def test_a_new_version_takes_the_place_of_the_old_in_one_epoch(room: Room) -> None:
    first = room.publish(document("a", "old one", "old two"), document("b", "other"))
    second = room.publish(document("a", "new"))
    assert room.seen(first) == ["old one", "old two", "other"]
    assert room.seen(second) == room.seen() == ["new", "other"]
    row = room.ledger.document(room.generation, SOURCE, "a")
    assert row is not None
    assert (row.chunks, row.publication) == (1, 2)


def test_a_renamed_document_goes_as_its_new_name_comes(room: Room) -> None:
    first = room.publish(document("old name", "text"))
    second = room.publish(document("new name", "text"), removed=("old name", "never there"))
    assert (room.seen(first), room.seen(second), second) == (["text"], ["text"], first + 1)
    assert [row.id for row in room.ledger.documents(room.generation)] == ["new name"]


def test_a_document_may_come_in_parts_but_not_stay_in_part(room: Room) -> None:
    publisher = room.publisher()
    first, second = document("a", "one", "two", last=False), document("a", "one", "two")
    publisher.stage([type(first)(first.row, first.chunks[:1], last=False)])
    assert not publisher.ready
    publisher.stage([type(second)(second.row, second.chunks[1:])])
    assert publisher.ready
    publisher.publish()
    assert room.seen() == ["one", "two"]
    publisher.stage([first])
    with pytest.raises(ValueError, match="whole documents"):
        publisher.publish()
    assert (room.seen(), [p.state for p in room.ledger.open_publications()]) == (["one", "two"], ["undone"])


def test_others_may_be_staged_between_the_parts_of_a_document(room: Room) -> None:
    """A document whose readers alone changed needs no model, and so overtakes the rest of a long one."""
    publisher = room.publisher()
    whole = document("a", "one", "two")
    publisher.stage([type(whole)(whole.row, whole.chunks[:1], last=False)])
    publisher.stage([document("b", "three")])
    assert not publisher.ready
    publisher.stage([type(whole)(whole.row, whole.chunks[1:])])
    assert publisher.ready
    publisher.publish()
    assert room.seen() == ["one", "three", "two"]


def test_the_same_document_twice_in_one_publication_is_refused(room: Room) -> None:
    publisher = room.publisher()
    publisher.stage([document("a", "one"), document("a", "two")])
    with pytest.raises(ValueError, match="each of them once"):
        publisher.publish()
    assert room.seen() == []


def test_points_that_did_not_arrive_are_missed(room: Room) -> None:
    publisher = room.publisher()
    publisher.stage([document("a", "one", "two")])
    room.index.delete(point_ids(1, SOURCE, "a", 1))
    with pytest.raises(IndexUnavailableError, match="1 of 2 points"):
        publisher.publish()
    assert (room.seen(), room.ledger.epoch()) == ([], 0)


def test_what_fails_is_undone_and_its_vectors_are_kept(room: Room) -> None:
    room.publish(document("a", "old"))
    publisher = room.publisher(ledger=Instead(room.ledger, commit=fails()))
    publisher.stage([document("a", "new")])
    with pytest.raises(StateError, match="on purpose"):
        publisher.publish()
    assert (room.seen(), room.seen(99)) == (["old"], ["old"])
    new = document("a", "new").chunks[0].chunk.embedded_hash
    assert new in room.index.vectors_of([new])
    assert room.publish(document("a", "newer")) == room.ledger.epoch()
    assert room.seen() == ["newer"]


def test_a_commit_that_happened_counts_although_its_answer_was_lost(room: Room) -> None:
    def commit(made: Any) -> None:
        room.ledger.commit(made)
        raise BusyError("no answer in time")

    publisher = room.publisher(ledger=Instead(room.ledger, commit=commit))
    publisher.stage([document("a", "new")])
    assert publisher.publish().epoch == room.ledger.epoch() == 1
    assert room.seen() == ["new"]


def test_a_publication_that_others_undid_and_collected_does_not_count(room: Room) -> None:
    """It is as little among the open ones as a committed one is."""

    def commit(made: Any) -> None:
        settle(room.ledger, room.index_of)
        room.ledger.forget_publication(made.publication)
        room.ledger.commit(made)

    publisher = room.publisher(ledger=Instead(room.ledger, commit=commit))
    publisher.stage([document("a", "new")])
    with pytest.raises(LeaseLostError):
        publisher.publish()
    assert room.seen(99) == []


def test_a_writer_stopped_between_its_stamps_is_undone_by_the_next(room: Room) -> None:
    room.publish(document("a", "old"), document("b", "old b"))
    publisher = room.publisher(index=Instead(room.index, flush=fails(KeyboardInterrupt())))
    publisher.stage([document("a", "new")])
    with pytest.raises(KeyboardInterrupt):
        publisher.publish()
    assert room.seen() == ["old", "old b"]
    room.publish(document("b", "new b"))
    assert room.seen() == ["new b", "old"], "the epoch passed the dead writer's, and shows nothing of it"


def test_stamps_that_arrive_after_they_were_undone_change_nothing(room: Room) -> None:
    """A killed writer's request may still wait in the owner's queue."""
    room.publish(document("a", "old"), document("b", "old b"))
    late = Recorded(room.index)
    publisher = room.publisher(index=late, ledger=Instead(room.ledger, commit=fails(KeyboardInterrupt())))
    publisher.stage([document("a", "new")])
    with pytest.raises(KeyboardInterrupt):
        publisher.publish()
    room.publish(document("b", "new b"))
    assert len(late.waiting) == 2
    late.deliver()
    assert room.seen() == ["new b", "old"]
    assert room.seen(room.ledger.epoch() + 10) == ["new b", "old"]


def test_who_undoes_too_late_undoes_nothing_of_others(room: Room) -> None:
    """A writer that was suspended finds its publication taken over, and the documents published anew."""
    room.publish(document("a", "old"))
    publisher = room.publisher(ledger=Instead(room.ledger, commit=fails(KeyboardInterrupt())))
    publisher.stage([document("a", "mine")])
    with pytest.raises(KeyboardInterrupt):
        publisher.publish()
    [publication] = room.ledger.open_publications()
    assert isinstance(publication.intent, Intent)
    room.publish(document("a", "theirs"))
    undo(room.ledger, room.index, publication.intent)
    assert room.seen() == ["theirs"]
    room.publish(document("a", "last"))
    assert room.seen() == ["last"]


def test_a_writer_of_another_generation_is_undone_as_well(room: Room) -> None:
    """E is one number for all generations."""
    other = room.store.open("g9", dimensions=DIMENSIONS)
    publisher = room.publisher(
        index=other, ledger=Instead(room.ledger, commit=fails(KeyboardInterrupt())), generation="g9"
    )
    publisher.stage([document("a", "new")])
    with pytest.raises(KeyboardInterrupt):
        publisher.publish()
    room.publish(document("b", "other"))
    [staged] = other.scroll(OneOf("source", (SOURCE,)))
    assert staged.payload["from"] == NEVER


def test_a_writer_of_a_generation_that_is_gone_is_forgotten(room: Room) -> None:
    number = room.ledger.begin_publication("gone", room.holder)
    epoch = room.ledger.next_epoch()
    room.ledger.write_intent(Intent(publication=number, generation="gone", epoch=epoch, new_ids=(), old_ids=()))
    assert settle(room.ledger, room.index_of) == 1
    assert room.ledger.open_publications() == []


def test_a_writer_is_told_that_a_rebuild_replaced_its_generation(room: Room) -> None:
    publisher = room.publisher()
    publisher.stage([document("a", "new")])
    rebuild = room.publisher(index=room.store.open("g9", dimensions=DIMENSIONS), generation="g9")
    rebuild.publish(switch_to="g9")
    with pytest.raises(LeaseLostError, match="rebuilt meanwhile"):
        publisher.publish()
    assert rebuild.publish().epoch == room.ledger.epoch(), "who rebuilt goes on"


def test_what_was_blocked_meanwhile_is_not_published_and_goes(room: Room) -> None:
    room.publish(document("a", "old"), document("b", "other"))
    publisher = room.publisher()
    publisher.stage([document("a", "new"), document("b", "new other")])
    room.ledger.block(Block(SOURCE, "a", "wrong", NOON))
    done = publisher.publish()
    assert (done.blocked, done.removed) == (((SOURCE, "a"),), ((SOURCE, "a"),))
    assert room.seen() == ["new other"]


def test_a_failure_before_the_intent_leaves_nothing_to_collect_for_long(room: Room) -> None:
    publisher = room.publisher(ledger=Instead(room.ledger, next_epoch=fails()))
    publisher.stage([document("a", "new")])
    with pytest.raises(StateError):
        publisher.publish()
    collect(room.index, room.ledger, room.generation, room.holder)
    assert (room.points, room.ledger.open_publications()) == (0, [])


# access -------------------------------------------------------------------------------------------------------


def test_narrowing_shows_at_once_and_only_ever_narrows(room: Room) -> None:
    both = Access(A.allow | B.allow)
    room.publish(document("a", "text", access=both))
    publisher, row = room.publisher(), room.ledger.document(room.generation, SOURCE, "a")
    assert row is not None
    assert publisher.narrow([(row, PUBLIC)]) == [], "a wider access waits for its epoch"
    narrowed = publisher.narrow([(row, A)])
    assert [changed.access for changed in narrowed] == [A]
    assert (room.seen(asker=A.allow), room.seen(asker=B.allow)) == (["text"], [])
    publisher.confirm(narrowed)
    known = room.ledger.document(room.generation, SOURCE, "a")
    assert known is not None
    assert (known.access, known.version) == (A, row.version)


@pytest.mark.parametrize("stopped_by", ["set_access", "flush"])
def test_narrowing_that_was_stopped_is_in_doubt_until_written_anew(room: Room, stopped_by: str) -> None:
    room.publish(document("a", "text", version="v1", access=Access(A.allow | B.allow)))
    row = room.ledger.document(room.generation, SOURCE, "a")
    assert row is not None
    publisher = room.publisher(index=Instead(room.index, **{stopped_by: fails()}))
    with pytest.raises(StateError):
        publisher.confirm(publisher.narrow([(row, A)]))
    doubtful = room.ledger.document(room.generation, SOURCE, "a")
    assert doubtful is not None
    assert (doubtful.version, doubtful.access) == ("", row.access), "no listing has this version: it is looked at again"
    stored = room.index.retrieve(point_ids(row.publication, SOURCE, "a", 1), vectors=True)
    publisher = room.publisher()
    publisher.stage([Carried(row, tuple(stored))])
    publisher.publish()
    assert room.seen(asker=B.allow) == ["text"]
