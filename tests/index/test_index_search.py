"""Hybrid search: the same everywhere, and moved by nothing that the reader may not see."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headwater.index.base import NEVER, RRF_K, Hit, Index, IndexStore, Point
from headwater.index.edge import EdgeStore
from headwater.index.fusion import Candidate, cut_is_certain, fuse, ranked
from headwater.index.lock import read_owner
from headwater.index.memory import MemoryStore
from headwater.index.permitted import permitted_condition
from headwater.index.query import AllOf, OneOf, Query
from headwater.index.remote import RemoteStore
from headwater.interfaces import SparseVector

READER = permitted_condition(frozenset({"group:a"}), 5)


def query_for(seed: int, **changes: Any) -> Query:
    rng = np.random.default_rng(seed)
    words = sorted(rng.choice(40, size=3, replace=False).tolist())
    given = {
        "filter": READER,
        "dense": rng.standard_normal(8).astype(np.float32),
        "sparse": SparseVector(tuple(words), (1.0,) * 3),
        "limit": 10,
        "candidates": 20,
    }
    return Query(**{**given, **changes})


def exactly(hits: list[Hit]) -> list[tuple[object, ...]]:
    """Order and fused scores to the last bit, raw scores as far as engines agree."""
    rounded = [tuple(None if s is None else round(s, 4) for s in (hit.dense, hit.sparse)) for hit in hits]
    return [(hit.id, hit.score, *raw, hit.payload) for hit, raw in zip(hits, rounded, strict=True)]


# Fusion alone ---------------------------------------------------------------------------------------------


def candidate(id: str, score: float, position: int = 0) -> Candidate:
    return Candidate(id, score, {"source": "s", "document": "d", "position": position})


def test_fusion_is_reciprocal_rank_with_k_60() -> None:
    assert RRF_K == 60
    dense = [candidate("a", 0.9, 1), candidate("b", 0.8, 2)]
    sparse = [candidate("b", 7.0, 2), candidate("c", 6.0, 3)]
    hits = fuse(dense, sparse, candidates=10, limit=10)
    assert [(hit.id, hit.score, hit.dense, hit.sparse) for hit in hits] == [
        ("b", 1 / 62 + 1 / 61, 0.8, 7.0),
        ("a", 1 / 61, 0.9, None),
        ("c", 1 / 62, None, 6.0),
    ]
    assert fuse([], [], candidates=10, limit=10) == []
    assert [hit.id for hit in fuse(dense, sparse, candidates=1, limit=1)] == ["a"]


def test_equal_scores_go_by_source_document_position() -> None:
    keys = [("b", "x", 1), ("a", "y", 2), ("a", "x", 10), ("a", "x", 9)]
    found = [
        Candidate(f"id{n}", 1.0 + n * 1e-8, {"source": source, "document": document, "position": position})
        for n, (source, document, position) in enumerate(keys)
    ]
    assert [c.key[:3] for c in ranked(found, 1e-6)] == sorted(keys)
    assert [hit.payload["position"] for hit in fuse(found, [], candidates=4, limit=4)] == [9, 10, 2, 1]


def test_equal_scores_on_either_side_of_a_rounding_step_are_equal() -> None:
    found = [candidate("later", 0.50000051, 2), candidate("first", 0.50000049, 1), candidate("better", 0.500002, 3)]
    assert [c.id for c in ranked(found, 1e-6)] == ["better", "first", "later"]


def test_the_cut_is_certain_only_when_nothing_left_behind_can_tie() -> None:
    scores = [candidate(str(n), score) for n, score in enumerate([3.0, 2.0, 2.0])]
    assert cut_is_certain(scores, asked=4, wanted=2, tolerance=1e-4)
    assert not cut_is_certain(scores, asked=3, wanted=2, tolerance=1e-4)
    assert cut_is_certain(scores, asked=3, wanted=1, tolerance=1e-4)


# On every backend -----------------------------------------------------------------------------------------


def test_one_list_is_enough(index: Index, make_point) -> None:
    index.upsert([make_point(n) for n in range(30)])
    dense = index.search(query_for(1, sparse=None))
    assert len(dense) == 10
    assert all(hit.sparse is None and hit.dense is not None for hit in dense)
    assert [hit.score for hit in dense] == [1 / (60 + rank) for rank in range(1, 11)]
    sparse = index.search(query_for(1, dense=None))
    assert sparse
    assert all(hit.dense is None and hit.sparse is not None for hit in sparse)
    assert index.search(query_for(1, dense=None, sparse=None)) == []
    assert index.search(query_for(1, dense=None, sparse=SparseVector((), ()))) == []


def test_cosine_and_bm25_are_what_their_definitions_say(index: Index, make_point) -> None:
    points = [make_point(n) for n in range(40)]
    index.upsert(points)
    query = query_for(3, candidates=100, limit=100)
    hits = {hit.id: hit for hit in index.search(query)}
    frequency = {word: sum(word in point.sparse.indices for point in points) for word in query.sparse.indices}
    for point in points:
        cosine = point.dense @ query.dense / np.linalg.norm(point.dense) / np.linalg.norm(query.dense)
        assert hits[point.id].dense == pytest.approx(cosine, abs=1e-5)
        weights = dict(zip(point.sparse.indices, point.sparse.values, strict=True))
        shared = [word for word in query.sparse.indices if word in weights]
        idf = {word: np.log((40 - frequency[word] + 0.5) / (frequency[word] + 0.5) + 1) for word in shared}
        expected = sum(weights[word] * idf[word] for word in shared) if shared else None
        assert hits[point.id].sparse == (expected if expected is None else pytest.approx(expected, abs=1e-4))


def test_identical_passages_come_in_document_order_wherever_the_cut_runs(index: Index, make_point) -> None:
    """More ties than any margin: the engine alone would return those it happens to keep first."""
    same = make_point(0)
    points = [make_point(n, dense=same.dense, sparse=same.sparse, document=f"doc-{n:04}") for n in range(700)]
    order = np.random.default_rng(0).permutation(700)
    index.upsert([points[n] for n in order])
    hits = index.search(query_for(1, dense=same.dense, sparse=same.sparse, limit=5, candidates=8))
    assert [hit.payload["document"] for hit in hits] == [f"doc-{n:04}" for n in range(5)]


def invisible(make_point, kind: str, position: int, words: SparseVector) -> Point:
    """Near the query and full of its words, and not for this reader."""
    changes: dict[str, dict[str, Any]] = {
        "staged": {"from_": NEVER},
        "dead": {"to": 3},
        "future": {"from_": 6},
        "forbidden": {"allow": ["group:b"]},
        "denied": {"deny": ["group:a"]},
        "nobody": {"allow": []},
    }
    return make_point(10_000 + position, source="other", sparse=words, **changes[kind])


@pytest.mark.parametrize("kind", ["staged", "dead", "future", "forbidden", "denied", "nobody"])
def test_what_a_reader_may_not_see_moves_neither_scores_nor_order(index: Index, make_point, kind: str) -> None:
    index.upsert([make_point(n) for n in range(0, 60, 2)])
    queries = [query_for(seed) for seed in range(5)]
    before = [exactly(index.search(query)) for query in queries]
    hidden = [invisible(make_point, kind, n, queries[n % 5].sparse) for n in range(200)]
    index.upsert(hidden)
    assert [exactly(index.search(query)) for query in queries] == before
    index.upsert([make_point(n) for n in range(0, 60, 2)])
    index.delete([point.id for point in hidden])
    assert [exactly(index.search(query)) for query in queries] == before


def test_the_statistics_of_the_words_are_those_of_the_filter(index: Index, make_point) -> None:
    rare, common = SparseVector((1,), (1.0,)), SparseVector((2,), (1.0,))
    index.upsert([make_point(n, kind="help", sparse=common if n else rare) for n in range(20)])
    index.upsert([make_point(n, kind="sop", sparse=rare) for n in range(100, 400)])
    both = SparseVector((1, 2), (1.0, 1.0))
    narrow = AllOf((READER, OneOf("kind", ("help",))))
    first = index.search(query_for(1, filter=narrow, dense=None, sparse=both))[0]
    assert first.payload["position"] == 0, "rare among what this reader asks for, however common elsewhere"


# Between backends -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def all_stores(module_folder: Path, start_owner: Callable[..., object]) -> Iterator[list[IndexStore]]:
    folder = module_folder
    start_owner(folder / "remote")
    owner = read_owner(folder / "remote" / "index")
    assert owner is not None
    stores: list[IndexStore] = [EdgeStore(folder / "edge"), RemoteStore(owner), MemoryStore()]
    yield stores
    for store in stores:
        store.close()


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(data=st.data())
def test_all_backends_give_the_same_hits(all_stores: list[IndexStore], make_point, data: st.DataObject) -> None:
    allow = st.lists(st.sampled_from(["public", "group:a", "group:b"]), max_size=2, unique=True)
    deny = st.lists(st.sampled_from(["group:a", "group:b"]), max_size=1)
    epochs = st.sampled_from([1, 5, 6, NEVER])
    drawn = st.tuples(st.integers(0, 80), allow, deny, epochs, st.sampled_from([3, 6, NEVER]))
    rows = data.draw(st.lists(drawn, min_size=1, max_size=60, unique_by=lambda row: row[0]))
    # Positions share vectors in threes, so that ties are part of it.
    points = [
        make_point(n, dense=make_point(n // 3).dense, sparse=make_point(n // 3).sparse, allow=a, deny=d, from_=f, to=t)
        for n, a, d, f, t in rows
    ]
    query = query_for(data.draw(st.integers(0, 50)), candidates=data.draw(st.integers(1, 30)))
    answers = []
    for store in all_stores:
        index = store.open("equal", dimensions=8)
        index.delete_where(OneOf("source", ("handbook",)))
        index.upsert(points)
        answers.append([(hit.id, hit.score) for hit in index.search(query)])
    assert answers[0] == answers[1] == answers[2]


def test_raw_scores_agree_between_backends(all_stores: list[IndexStore], make_point) -> None:
    points = [make_point(n) for n in range(500)]
    queries = [query_for(seed, limit=50, candidates=50) for seed in range(20)]
    answers = []
    for store in all_stores:
        index = store.open("raw", dimensions=8)
        index.upsert(points)
        answers.append([exactly(index.search(query)) for query in queries])
    assert answers[0] == answers[1]
    for ours, theirs in zip(answers[0], answers[2], strict=True):
        assert [row[:2] for row in ours] == [row[:2] for row in theirs]
        for one, other in zip(ours, theirs, strict=True):
            assert one[2:4] == pytest.approx(other[2:4], abs=1e-3)
            assert one[4] == other[4]
