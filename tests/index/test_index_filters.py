"""The filter vocabulary against its plain meaning, with hypothesis, and the traps in its compilation."""

import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import qdrant_edge as edge
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from qdrant_client import models

from headwater.index import compile_client, compile_edge
from headwater.index.base import NEVER, Index, IndexStore, Point
from headwater.index.edge import EdgeStore
from headwater.index.memory import MemoryStore
from headwater.index.permitted import permitted_condition
from headwater.index.permitted_client import permitted_filter
from headwater.index.query import AllOf, AnyOf, Between, Condition, HasId, Not, OneOf
from headwater.interfaces import SparseVector
from headwater.model import Access

WORDS = ["public", "group:a", "group:b", "user:a@b", "", "ü"]
IDS = [str(uuid.UUID(int=n + 1)) for n in range(12)]
NUMBERS = [0, 1, 5, NEVER - 1, NEVER]

words = st.sampled_from(WORDS)
numbers = st.sampled_from(NUMBERS)
payloads = st.fixed_dictionaries(
    {},
    optional={
        "allow": st.lists(words, max_size=3),
        "deny": st.lists(words, max_size=2),
        "kind": words,
        "tags": st.one_of(words, st.lists(words, max_size=3)),
        "from": numbers,
        "updated": st.one_of(numbers, st.lists(numbers, max_size=2)),
        "unindexed": st.one_of(words, numbers, st.none()),
    },
)
keyword_fields = st.sampled_from(["allow", "deny", "kind", "tags", "unindexed", "product"])
number_fields = st.sampled_from(["from", "updated", "unindexed", "to"])
bounds = st.dictionaries(st.sampled_from(["gt", "gte", "lt", "lte"]), numbers, min_size=1, max_size=2)
leaves = st.one_of(
    st.builds(OneOf, keyword_fields, st.lists(words, max_size=3).map(tuple)),
    st.builds(OneOf, number_fields, st.lists(numbers, max_size=3).map(tuple)),
    st.builds(lambda field, bounds: Between(field=field, **bounds), number_fields, bounds),
    st.builds(HasId, st.lists(st.sampled_from(IDS), max_size=4).map(tuple)),
)
conditions: st.SearchStrategy[Condition] = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(AllOf, st.lists(inner, min_size=1, max_size=3).map(tuple)),
        st.builds(AnyOf, st.lists(inner, min_size=1, max_size=3).map(tuple)),
    ),
    max_leaves=6,
)


def holds(condition: Condition, id: str, payload: Mapping[str, Any]) -> bool:
    """What the vocabulary means."""
    match condition:
        case OneOf(field=field, values=values):
            return any(
                type(value) is type(other) and value == other for value in values_of(payload, field) for other in values
            )
        case Between(field=field, gt=gt, gte=gte, lt=lt, lte=lte):
            return any(
                (gt is None or value > gt)
                and (gte is None or value >= gte)
                and (lt is None or value < lt)
                and (lte is None or value <= lte)
                for value in values_of(payload, field)
                if isinstance(value, int)
            )
        case HasId(ids=ids):
            return id in ids
        case Not(condition=inner):
            return not holds(inner, id, payload)
        case AllOf(conditions=parts):
            return all(holds(part, id, payload) for part in parts)
        case AnyOf(conditions=parts):
            return any(holds(part, id, payload) for part in parts)


def values_of(payload: Mapping[str, Any], field: str) -> list[Any]:
    value = payload.get(field)
    return value if isinstance(value, list) else [value]


@pytest.fixture(scope="module", params=["edge", "memory"])
def filtered(request: pytest.FixtureRequest, module_folder: Path) -> Iterator[Index]:
    store: IndexStore = EdgeStore(module_folder) if request.param == "edge" else MemoryStore()
    yield store.open("filters", dimensions=2)
    store.close()


def refill(index: Index, stored: Mapping[str, Mapping[str, Any]]) -> None:
    index.delete(IDS)
    vector, words = np.array([1, 0], np.float32), SparseVector((1,), (1.0,))
    index.upsert([Point(id, vector, words, payload) for id, payload in stored.items()])


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    stored=st.dictionaries(st.sampled_from(IDS), payloads, min_size=1),
    asked=st.lists(conditions, min_size=1, max_size=8),
)
def test_a_filter_means_what_it_says(
    filtered: Index, stored: dict[str, dict[str, Any]], asked: list[Condition]
) -> None:
    refill(filtered, stored)
    for condition in asked:
        expected = {id for id, payload in stored.items() if holds(condition, id, payload)}
        assert {point.id for point in filtered.scroll(condition, page=5)} == expected
        assert filtered.count(condition) == len(expected)


principals = st.frozensets(st.sampled_from(["group:a", "group:b", "user:a@b"]), max_size=2)
accesses = st.builds(
    Access, st.frozensets(st.sampled_from(WORDS[:4])), st.frozensets(st.sampled_from(WORDS[:4]), max_size=2)
)


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    stored=st.dictionaries(st.sampled_from(IDS), st.tuples(accesses, numbers, numbers), min_size=1),
    asker=principals,
    epoch=st.sampled_from([0, 1, 5, NEVER - 1]),
)
def test_permitted_is_what_access_admits_at_the_epoch(
    filtered: Index, stored: dict[str, tuple[Access, int, int]], asker: frozenset[str], epoch: int
) -> None:
    refill(
        filtered,
        {
            id: {"allow": sorted(access.allow), "deny": sorted(access.deny), "from": from_, "to": to}
            for id, (access, from_, to) in stored.items()
        },
    )
    expected = {id for id, (access, from_, to) in stored.items() if access.admits(asker) and from_ <= epoch < to}
    assert {point.id for point in filtered.scroll(permitted_condition(asker, epoch))} == expected


@pytest.mark.parametrize("asker", [frozenset({"support"}), frozenset({""}), frozenset({"group:"})])
def test_what_is_no_principal_is_refused(asker: frozenset[str]) -> None:
    with pytest.raises(ValueError, match="principal"):
        permitted_condition(asker, 1)


@pytest.mark.parametrize("epoch", [-1, NEVER, True])
def test_what_is_no_epoch_is_refused(epoch: int) -> None:
    with pytest.raises(ValueError, match="epoch"):
        permitted_condition(frozenset(), epoch)


def test_permitted_filter_is_the_same_rule() -> None:
    everyone = ["group:a", "public"]
    assert permitted_filter({"GROUP:A"}, 7) == models.Filter(
        must=[
            models.FieldCondition(key="from", range=models.Range(lte=7)),
            models.FieldCondition(key="to", range=models.Range(gt=7)),
            models.FieldCondition(key="allow", match=models.MatchAny(any=everyone)),
        ],
        must_not=[models.FieldCondition(key="deny", match=models.MatchAny(any=everyone))],
    )


def test_the_vocabulary_refuses_booleans_and_empty_conjunctions() -> None:
    for build in (
        *(lambda: OneOf("kind", (True,)), lambda: OneOf("from", (1, False))),
        *(lambda: Between(field="from", gt=True), lambda: Between(field="from", lte=False)),
    ):
        with pytest.raises(TypeError, match="boolean"):
            build()
    for empty in (lambda: AllOf(()), lambda: AnyOf(()), lambda: Between(field="from")):
        with pytest.raises(ValueError, match=r"empty|bound"):
            empty()


@pytest.mark.parametrize("compile_filter", [compile_edge.compile_filter, compile_client.compile_filter])
def test_the_compilers_refuse_what_got_past_the_vocabulary(compile_filter) -> None:
    smuggled = OneOf("kind", ())
    object.__setattr__(smuggled, "values", (True,))
    ranged = Between(field="from", gt=1)
    object.__setattr__(ranged, "gt", True)
    mixed = OneOf("kind", ("a", 1))  # type: ignore[arg-type]  # what the type forbids is what is tried here
    for condition in (smuggled, ranged, mixed, Not(smuggled), AllOf((HasId(()), Not(smuggled)))):
        with pytest.raises(TypeError):
            compile_filter(condition)
    for emptied in (AllOf((HasId(()),)), AnyOf((HasId(()),))):
        object.__setattr__(emptied, "conditions", ())
        for condition in (emptied, Not(emptied)):
            with pytest.raises(ValueError, match="empty"):
                compile_filter(condition)


def test_the_engine_still_has_the_traps_that_the_vocabulary_keeps_us_from(tmp_path) -> None:
    """When this fails, an upgrade of the engine changed something that our code was built around."""
    shard = edge.EdgeShard.create(
        str(tmp_path), edge.EdgeConfig(vectors={"v": edge.EdgeVectorParams(size=1, distance=edge.Distance.Cosine)})
    )
    update = edge.UpdateOperation
    for n, payload in enumerate([{"secret": True, "allow": ["a", "b"]}, {"secret": False, "allow": ["a"]}]):
        shard.update(update.upsert_points([edge.Point(IDS[n], {"v": [1.0]}, payload)]))

    def count(filter: edge.Filter) -> int:
        return shard.count(edge.CountRequest(exact=True, filter=filter))

    secret = edge.FieldCondition("secret", match=edge.MatchValue(True))
    assert count(edge.Filter(must_not=[secret])) == 2, "must_not on a boolean lets everything through"
    assert count(edge.Filter()) == 2, "an empty filter matches everything"
    except_a = edge.FieldCondition("allow", match=edge.MatchExcept(["a"]))
    assert count(edge.Filter(must=[except_a])) == 1, "MatchExcept asks for some element outside"
    with pytest.raises(Exception, match="No point with id"):
        shard.update(update.set_payload([IDS[5]], {"x": 1}))
    shard.close()
