"""What every index does, on every backend."""

import uuid

import numpy as np
import pytest

from headwater.errors import ConfigError, IndexMismatchError, IndexUnavailableError, SkippableError
from headwater.index.base import NEVER, Index, IndexIdentity, IndexStore, Point
from headwater.index.engine import EngineIndex
from headwater.index.permitted import permitted_condition
from headwater.index.points import IDENTITY_ID, point_id, point_ids
from headwater.index.query import AllOf, AnyOf, Between, HasId, Not, OneOf, Query
from headwater.interfaces import SparseVector
from headwater.model import Access

ALL = Between(field="to", gt=0)


def test_a_point_reads_back_as_it_was_written(index: Index, make_point) -> None:
    payload = {
        "content": 'Größe 日本語 \U0001f600 \x00 "quoted" \n\t',
        "metadata": {"nested": {"list": [1, 2.5, None, ["a"], {"!": "t"}], "flag": True}, "empty": {}},
        "tags": ["a", "b"],
        "updated": 1_700_000_000,
        "from": NEVER,
        "to": NEVER,
    }
    point = Point(str(uuid.uuid4()), make_point(1).dense, make_point(1).sparse, payload)
    index.upsert([point])
    [stored] = index.retrieve([point.id], vectors=True)
    assert stored.id == point.id
    assert stored.payload == payload
    assert stored.dense is not None
    assert stored.dense.dtype == np.float32
    np.testing.assert_allclose(stored.dense, point.dense, atol=1e-6)
    assert stored.sparse == point.sparse
    [bare] = index.retrieve([point.id])
    assert bare.dense is None
    assert bare.sparse is None


def test_a_passage_without_words_has_an_empty_sparse_vector(index: Index, make_point) -> None:
    index.upsert([make_point(1, sparse=SparseVector((), ()), embedded_hash="h")])
    assert index.vectors_of(["h"])["h"][1] == SparseVector((), ())


def test_upsert_replaces(index: Index, make_point) -> None:
    index.upsert([make_point(1, product="old", owner="someone")])
    index.upsert([make_point(1, product="new")])
    [stored] = index.retrieve([make_point(1).id])
    assert stored.payload["product"] == "new"
    assert "owner" not in stored.payload
    assert index.count(ALL) == 1


def test_retrieve_keeps_the_order_and_leaves_out_what_is_not_there(index: Index, make_point) -> None:
    points = [make_point(n) for n in range(300)]
    index.upsert(points)
    wanted = [point.id for point in reversed(points)]
    wanted.insert(7, str(uuid.uuid4()))
    assert [stored.id for stored in index.retrieve(wanted)] == [point.id for point in reversed(points)]
    assert index.retrieve([]) == []


def test_stamp_sets_epochs_of_those_that_exist(index: Index, make_point) -> None:
    points = [make_point(n, from_=NEVER) for n in range(400)]
    index.upsert(points)
    ids = [point.id for point in points[:300]]
    index.stamp([*ids, str(uuid.uuid4())], from_=7)
    index.stamp(ids[:10], to=9)
    index.stamp([], from_=8)
    index.stamp(ids)
    assert index.count(Between(field="from", gte=7, lte=7)) == 300
    assert index.count(Between(field="to", lte=9)) == 10
    assert index.retrieve([ids[0]])[0].payload == {**points[0].payload, "from": 7, "to": 9}


def test_stamp_where_a_condition_holds(index: Index, make_point) -> None:
    points = [make_point(n, from_=NEVER) for n in range(6)]
    index.upsert(points)
    ids = [point.id for point in points]
    index.stamp(ids[:2], fence=7)
    index.stamp([*ids, str(uuid.uuid4())], from_=7, where=Not(Between(field="fence", gte=7)))
    assert [point.payload["from"] for point in index.retrieve(ids)] == [NEVER, NEVER, 7, 7, 7, 7]
    index.stamp(ids, from_=8, where=Not(Between(field="fence", gte=8)))
    index.stamp(ids[:1], from_=9, where=OneOf("position", (5,)))
    assert [point.payload["from"] for point in index.retrieve(ids)] == [8] * 6
    assert index.retrieve(ids[:1])[0].payload == {**points[0].payload, "from": 8, "fence": 7}


def test_set_access_replaces_both_sides_and_nothing_else(index: Index, make_point) -> None:
    points = [make_point(n) for n in range(3)]
    index.upsert(points)
    index.set_access(
        [points[0].id, str(uuid.uuid4())], Access(frozenset({"group:b", "group:a"}), frozenset({"public"}))
    )
    index.set_access([points[1].id], Access())
    assert index.retrieve([points[0].id])[0].payload == {
        **points[0].payload,
        "allow": ["group:a", "group:b"],
        "deny": ["public"],
    }
    assert index.count(permitted_condition(frozenset({"group:a"}), 5)) == 1


def test_delete_by_ids_and_by_condition(index: Index, make_point) -> None:
    points = [make_point(n) for n in range(20)]
    index.upsert(points)
    index.delete([points[0].id, str(uuid.uuid4())])
    index.delete([])
    assert index.count(ALL) == 19
    index.delete_where(OneOf("document", ("doc-1", "doc-2")))
    assert sorted(point.payload["position"] for point in index.scroll(ALL)) == [1, 2, 3, 4, *range(15, 20)]


@pytest.mark.parametrize("page", [1, 7, 50, 1000])
def test_scroll_returns_every_match_once(index: Index, make_point, page: int) -> None:
    index.upsert([make_point(n, kind="help" if n % 2 else "sop") for n in range(50)])
    found = [point.payload["position"] for point in index.scroll(OneOf("kind", ("help",)), page=page)]
    assert sorted(found) == list(range(1, 50, 2))
    with_vectors = next(iter(index.scroll(ALL, vectors=True, page=page)))
    assert with_vectors.dense is not None
    assert list(index.scroll(OneOf("kind", ("none",)), page=page)) == []
    fields = ("position", "kind", "nowhere")
    chosen = [dict(point.payload) for point in index.scroll(OneOf("kind", ("help",)), page=page, fields=fields)]
    assert sorted(chosen, key=lambda payload: payload["position"]) == [
        {"position": n, "kind": "help"} for n in range(1, 50, 2)
    ]


def test_vectors_of_finds_any_stored_point(index: Index, make_point) -> None:
    staged = make_point(1, from_=NEVER, embedded_hash="staged")
    dead = make_point(2, to=1, embedded_hash="dead")
    index.upsert([staged, dead, *(make_point(n, embedded_hash="many") for n in range(10, 40))])
    found = index.vectors_of(iter(["staged", "dead", "many", "missing", "staged"]))
    assert found.keys() == {"staged", "dead", "many"}
    np.testing.assert_allclose(found["staged"][0], staged.dense, atol=1e-6)
    assert found["dead"][1] == dead.sparse
    assert index.vectors_of([]) == {}


def test_vectors_of_many_hashes(index: Index, make_point) -> None:
    index.upsert([make_point(n, embedded_hash=f"h{n % 600}") for n in range(900)])
    assert len(index.vectors_of(f"h{n}" for n in range(700))) == 600


def test_identity_is_kept_and_no_condition_sees_it(fresh_index: Index, make_point) -> None:
    index = fresh_index
    assert index.identity() is None
    identity = IndexIdentity("ledger-1", "minilm", 8, collected=2**53 - 1)
    index.write_identity(IndexIdentity("ledger-1", "minilm", 8))
    index.write_identity(identity)
    index.upsert([make_point(1)])
    assert index.identity() == identity
    assert index.info().points == 1
    conditions = [
        *(Not(OneOf("source", ("none",))), Between(field="to", lte=NEVER), Between(field="from", gte=0)),
        *(HasId((IDENTITY_ID, make_point(1).id)), Not(HasId(()))),
        AnyOf((Between(field="to", lte=5), OneOf("source", ("handbook",)))),
    ]
    for condition in conditions:
        assert index.count(condition) == 1
        assert [point.id for point in index.scroll(condition)] == [make_point(1).id]
        query = Query(filter=condition, dense=make_point(1).dense, sparse=make_point(1).sparse)
        assert [hit.id for hit in index.search(query)] == [make_point(1).id]
    assert index.retrieve([IDENTITY_ID]) == []
    index.stamp([IDENTITY_ID], from_=0, to=5)
    index.set_access([IDENTITY_ID], Access(frozenset({"public"})))
    index.delete([IDENTITY_ID])
    index.delete_where(Between(field="to", lte=NEVER))
    assert index.identity() == identity
    assert index.info().points == 0
    if isinstance(index, EngineIndex):
        [raw] = index._engine.retrieve([IDENTITY_ID], vectors=False)
        assert (raw.payload["from"], raw.payload["to"], raw.payload.get("allow")) == (NEVER, 0, None)


def test_what_cannot_be_stored_is_refused_by_name(index: Index, make_point) -> None:
    with pytest.raises(SkippableError):
        index.upsert([make_point(1, content="\udcff")])
    with pytest.raises(SkippableError):
        index.upsert([make_point(1, content={1, 2})])
    with pytest.raises(ValueError, match="dimensions"):
        index.upsert([make_point(1, dense=np.ones(3, np.float32))])
    with pytest.raises(ValueError, match="dimensions"):
        index.write_identity(IndexIdentity("a", "b", 99))
    with pytest.raises(ValueError, match="index itself"):
        index.upsert([Point(IDENTITY_ID, make_point(1).dense, make_point(1).sparse, {})])
    assert index.count(ALL) == 0


@pytest.mark.parametrize("field", ["from", "tags", "product"])
@pytest.mark.parametrize("value", [True, [True]])
def test_no_booleans_in_filterable_fields(index: Index, make_point, field: str, value: object) -> None:
    with pytest.raises(TypeError, match="boolean"):
        index.upsert([make_point(1, **{field: value})])
    with pytest.raises(TypeError, match="boolean"):
        index.stamp([make_point(1).id], from_=True)


def test_epochs_are_exact_up_to_never(index: Index, make_point) -> None:
    epochs = [NEVER - 2, NEVER - 1, NEVER]
    index.upsert([make_point(n, to=epoch) for n, epoch in enumerate(epochs)])
    for epoch in epochs:
        assert index.count(Between(field="to", gt=epoch)) == sum(other > epoch for other in epochs)
        assert index.count(Between(field="to", lte=epoch)) == sum(other <= epoch for other in epochs)
        assert index.count(OneOf("to", (epoch,))) == 1
    assert index.retrieve([make_point(2).id])[0].payload["to"] == NEVER


def test_generations_stand_beside_each_other(store: IndexStore, make_point, dimensions: int) -> None:
    names = [f"side-{uuid.uuid4().hex[:8]}" for _ in range(2)]
    first, second = (store.open(name, dimensions=dimensions) for name in names)
    first.upsert([make_point(1)])
    assert set(names) <= set(store.generations())
    assert (first.count(ALL), second.count(ALL)) == (1, 0)
    first.close()
    again = store.open(names[0], dimensions=dimensions)
    assert again.count(ALL) == 1
    with pytest.raises(IndexMismatchError, match="dimensions"):
        store.open(names[0], dimensions=dimensions + 1)
    for name in names:
        store.drop(name)
        store.drop(name)
    assert not set(names) & set(store.generations())
    assert store.open(names[0], dimensions=dimensions + 1).count(ALL) == 0
    store.drop(names[0])


def test_a_handle_does_not_bring_back_what_was_dropped(store: IndexStore, make_point, dimensions: int) -> None:
    name = f"dropped-{uuid.uuid4().hex[:8]}"
    index = store.open(name, dimensions=dimensions)
    store.drop(name)
    query = Query(filter=ALL, dense=make_point(1).dense)
    for call in (lambda: index.count(ALL), lambda: index.upsert([make_point(1)]), lambda: index.search(query)):
        with pytest.raises(IndexUnavailableError):
            call()
    assert name not in store.generations()


@pytest.mark.parametrize("name", ["", "../other", "a/b", "live.new", "x" * 65])
def test_names_that_are_no_generations(store: IndexStore, name: str, dimensions: int) -> None:
    with pytest.raises(ConfigError, match="generation"):
        store.open(name, dimensions=dimensions)
    with pytest.raises(ConfigError, match="generation"):
        store.drop(name)


def test_flush_and_info(index: Index, make_point) -> None:
    index.upsert([make_point(n) for n in range(3)])
    index.flush()
    info = index.info()
    assert info.points == 3
    assert info.backend in ("edge", "remote", "memory", "server")


def test_one_of_no_values_matches_nothing_and_not_that_everything(index: Index, make_point) -> None:
    index.upsert([make_point(n) for n in range(3)])
    for nothing in (OneOf("allow", ()), HasId(())):
        assert index.count(nothing) == 0
        assert index.count(AllOf((ALL, nothing))) == 0
        assert index.count(AnyOf((ALL, nothing))) == 3
        assert index.count(Not(nothing)) == 3
        assert index.search(Query(filter=nothing, dense=make_point(1).dense)) == []
        index.delete_where(nothing)
    assert index.count(ALL) == 3


def test_deny_beats_allow_in_arrays(index: Index, make_point) -> None:
    index.upsert([make_point(1, allow=["public", "group:a"], deny=["group:b", "group:c"])])
    assert index.count(permitted_condition(frozenset(), 1)) == 1
    assert index.count(permitted_condition(frozenset({"group:a"}), 1)) == 1
    assert index.count(permitted_condition(frozenset({"group:a", "group:c"}), 1)) == 0


def test_point_ids_are_told_apart() -> None:
    ids = {
        *(point_id(1, "a", "b|c", 1), point_id(1, "a|b", "c", 1), point_id(1, "a", "b", 11), point_id(11, "a", "b", 1)),
        *(point_id(1, "a", "b1", 1), point_id(1, "a", "b\udcff", 1)),
    }
    assert len(ids) == 6
    assert point_ids(3, "s", "d", 2) == (point_id(3, "s", "d", 0), point_id(3, "s", "d", 1))


def test_a_generation_of_unknown_length_is_opened_and_never_made(
    store: IndexStore, make_point, dimensions: int
) -> None:
    name = f"length-{uuid.uuid4().hex[:8]}"
    with pytest.raises(IndexUnavailableError):
        store.open(name, dimensions=0)
    assert name not in store.generations()
    point = make_point(1)
    store.open(name, dimensions=dimensions).upsert([point])
    opened = store.open(name, dimensions=0)
    assert [stored.id for stored in opened.retrieve([point.id])] == [point.id]
    opened.stamp([point.id], to=7)
    assert opened.retrieve([point.id])[0].payload["to"] == 7
    store.drop(name)
