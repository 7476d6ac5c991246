"""A search answers from one state, or again from a newer one, whatever happens between its steps."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from headwater.errors import BusyError
from headwater.index.base import Index
from headwater.interfaces import SparseVector, Vectors
from headwater.publishing.collect import collect
from headwater.retrieval.search import ATTEMPTS, Searcher
from tests.publishing.conftest import DIMENSIONS, Instead, Room, document
from tests.support.hash_embedder import WordTokens


class Dense:
    """Every question means the same."""

    fingerprint, dimensions, tokens = "e", DIMENSIONS, WordTokens(48)

    def embed_query(self, text: str) -> Vectors:
        return np.full(DIMENSIONS, 0.5, np.float32)


class Sparse:
    fingerprint = "s"

    def encode_query(self, text: str, languages: Sequence[str] = ()) -> SparseVector:
        return SparseVector((1,), (1.0,))


def searching(room: Room, happens: Callable[[], Any], *, times: int = 1) -> list[str]:
    """What a search finds when something happens after it read E, and before it asks the index."""
    left = [happens] * times

    def index_of(generation: str) -> Index:
        if left:
            left.pop()()
        return room.store.open(generation, dimensions=DIMENSIONS)

    dense: Any = Dense()
    sparse: Any = Sparse()
    found = Searcher(room.ledger, index_of, dense, sparse).search("anything", frozenset())
    return sorted(passage.text for passage in found)


def publish_and_collect(room: Room) -> None:
    room.publish(document("a", f"after {room.ledger.epoch()}"))
    collect(room.index, room.ledger, room.generation, room.holder, now=room.later())


def test_a_publication_in_between_is_not_seen(room: Room) -> None:
    room.publish(document("a", "old"))
    assert searching(room, lambda: room.publish(document("a", "new"))) == ["old"]


def test_a_collection_in_between_makes_it_start_again(room: Room) -> None:
    room.publish(document("a", "old"))
    assert searching(room, lambda: publish_and_collect(room)) == ["after 1"]


def test_who_is_overtaken_again_and_again_says_so(room: Room) -> None:
    room.publish(document("a", "old"))
    with pytest.raises(BusyError, match="too busy"):
        searching(room, lambda: publish_and_collect(room), times=ATTEMPTS)
    assert searching(room, lambda: publish_and_collect(room), times=ATTEMPTS - 1) == ["after 5"]


def switch(room: Room) -> None:
    new = room.store.open("g2", dimensions=DIMENSIONS)
    identity = room.index.identity()
    assert identity is not None
    new.write_identity(identity)
    writer = room.publisher(index=new, generation="g2")
    writer.stage([document("a", "rebuilt")])
    writer.publish(switch_to="g2")
    room.store.drop(room.generation)


def test_a_rebuild_that_ends_in_between_makes_it_start_again(room: Room) -> None:
    """The old generation is dropped, and asking for it makes a new and empty one."""
    room.publish(document("a", "old"))
    assert searching(room, lambda: switch(room)) == ["rebuilt"]


def test_a_search_between_generation_and_epoch_of_a_rebuild_starts_again(room: Room) -> None:
    """Read in two steps, they may be of different states."""
    room.publish(document("a", "old"), document("b", "other"))
    ledger: Any = room.ledger
    real, done = ledger.epoch, []

    def epoch() -> int:
        if not done:
            done.append(switch(room))
        return int(real())

    dense: Any = Dense()
    sparse: Any = Sparse()
    searcher = Searcher(
        Instead(ledger, epoch=epoch), lambda name: room.store.open(name, dimensions=DIMENSIONS), dense, sparse
    )
    assert [passage.text for passage in searcher.search("anything", frozenset())] == ["rebuilt"]
