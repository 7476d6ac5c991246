"""Deleted is what nobody can see any more, and nothing else."""

from typing import Any, cast

from headwater.ledger.base import Block, Holder
from headwater.publishing.collect import READER_SECONDS, collect
from headwater.publishing.publisher import Publisher, settle
from tests.publishing.conftest import NOON, SOURCE, Instead, Room, document


def collected(room: Room, seconds: float = 3600) -> int:
    return collect(room.index, room.ledger, room.generation, room.holder, now=room.later(seconds))


def test_superseded_points_stay_as_long_as_a_reader_may_hold_their_epoch(room: Room) -> None:
    first = room.publish(document("a", "old"))
    second = room.publish(document("a", "new"))
    assert collected(room, READER_SECONDS - 5) == 0
    assert room.seen(first) == ["old"]
    assert collected(room, READER_SECONDS + 5) == second
    assert (room.seen(first), room.seen(second), room.points) == ([], ["new"], 1)


def test_the_mark_says_up_to_which_epoch_nothing_may_be_read(room: Room) -> None:
    room.publish(document("a", "old"))
    second = room.publish(document("a", "new"))
    collected(room)
    identity = room.index.identity()
    assert identity is not None
    assert identity.collected == second
    collect(room.index, room.ledger, room.generation, room.holder, now=NOON)
    assert room.index.identity() == identity, "it never goes back"


def test_a_mark_without_its_deletion_is_followed_by_it(room: Room) -> None:
    room.publish(document("a", "old"))
    room.publish(document("a", "new"))
    stopped: Any = Instead(room.index, delete_where=lambda condition: None)
    collect(stopped, room.ledger, room.generation, room.holder, now=room.later())
    assert room.points == 2
    collected(room)
    assert room.points == 1


def staged_by(room: Room, holder: Holder, *texts: str) -> Publisher:
    publisher = Publisher(room.index, room.ledger, generation=room.generation, holder=holder, index_of=room.index_of)
    publisher.stage([document("staged", *texts)])
    return publisher


def test_staged_points_of_a_live_writer_survive(room: Room) -> None:
    writer = staged_by(room, room.holder, "one", "two")
    collected(room)
    assert writer.publish().epoch == room.ledger.epoch()
    assert room.seen() == ["one", "two"]


def test_staged_points_of_a_dead_writer_go(room: Room, dead: Holder) -> None:
    staged_by(room, dead, "one", "two")
    assert room.points == 2
    collected(room)
    assert (room.points, room.ledger.open_publications()) == (0, [])


def test_staged_points_that_were_given_up_go(room: Room) -> None:
    staged_by(room, room.holder, "one").discard()
    collected(room)
    assert (room.points, room.ledger.open_publications()) == (0, [])


def test_what_failed_in_this_run_is_left_for_the_next_one(room: Room) -> None:
    began = room.later(0)
    staged_by(room, room.holder, "one").discard()
    collect(room.index, room.ledger, room.generation, room.holder, since=began)
    [hash] = [chunk.chunk.embedded_hash for chunk in document("staged", "one").chunks]
    assert hash in room.index.vectors_of([hash])
    collect(room.index, room.ledger, room.generation, room.holder, since=room.later(0))
    assert room.points == 0


def test_what_a_dead_writer_was_stamping_stays_until_it_is_undone(room: Room, dead: Holder) -> None:
    room.publish(document("staged", "old"))
    writer = staged_by(room, dead, "new")
    stamped_and_died(writer)
    collected(room)
    assert (room.points, room.seen()) == (2, ["old"])
    assert settle(room.ledger, room.index_of) == 1
    collected(room)
    assert (room.points, room.seen()) == (1, ["old"])


def stamped_and_died(writer: Publisher) -> None:
    """As if killed just before the commit."""

    class Died(BaseException):
        pass

    def die(*_: object) -> None:
        raise Died

    real: Any = writer.ledger
    writer.ledger = cast(Any, Instead(real, commit=die))
    try:
        writer.publish()
    except Died:
        writer.ledger = real


def test_points_of_a_document_that_was_blocked_before_it_was_published_go(room: Room) -> None:
    writer = staged_by(room, room.holder, "secret")
    room.ledger.block(Block(SOURCE, "staged", "wrong", NOON))
    assert writer.publish().blocked == ((SOURCE, "staged"),)
    assert room.points == 1
    collected(room)
    assert room.points == 0


def test_points_that_arrive_after_their_writer_was_collected_go(room: Room, dead: Holder) -> None:
    staged_by(room, dead, "one")
    late = document("staged", "late").points(room.ledger.open_publications()[0].number)
    collected(room)
    room.index.upsert(late)
    alive = staged_by(room, room.holder, "two")
    collected(room)
    assert room.points == 1
    alive.publish()
    assert room.seen() == ["two"]


def test_a_few_superseded_points_wait_for_more(room: Room) -> None:
    for text in ("one", "two", "three"):
        room.publish(document("a", text))
    later = room.later()
    collect(room.index, room.ledger, room.generation, room.holder, now=later, worth=3)
    assert room.points == 3
    identity = room.index.identity()
    assert identity is not None
    assert identity.collected == 0, "nothing was deleted, so every epoch can still be read"
    collect(room.index, room.ledger, room.generation, room.holder, now=later, worth=2)
    assert room.points == 1
