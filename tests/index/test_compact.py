"""Compaction changes where points are and nothing else, whatever is written meanwhile and wherever it is killed."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headwater.errors import IndexUnavailableError, StateError
from headwater.index import compactor
from headwater.index.base import NEVER, IndexIdentity, StoredPoint
from headwater.index.compact import FLOOR, Compaction, DiskUse, worth_noting
from headwater.index.compactor import Compactor
from headwater.index.edge import EdgeIndex, EdgeStore, create_shard
from headwater.index.editions import POINTER, shard_folder
from headwater.index.lock import read_owner
from headwater.index.memory import MemoryStore
from headwater.index.permitted import permitted_condition
from headwater.index.query import Between, HasId, Not, Query
from headwater.index.record import read_record
from headwater.index.remote import RemoteStore
from headwater.index.store import open_store
from headwater.model import Access
from tests.index.compacting_process import DIMENSIONS, POINTS, some_point
from tests.index.conftest import scratch

EVERYTHING = Not(HasId(()))
IDENTITY = IndexIdentity("ledger", "model", DIMENSIONS)
_SLOW = pytest.mark.slow
BOUNDARIES = [
    pytest.param(name, number, marks=[] if quick else _SLOW)
    for name, number, quick in (
        *(("begun", 1, False), ("made", 1, False), ("page", 1, False), ("page", 3, True), ("copied", 1, False)),
        *(("flushed", 1, True), ("switched", 1, True), ("closed", 1, False), ("swept", 1, False)),
    )
]


def plain(point: StoredPoint) -> tuple[Any, ...]:
    assert point.dense is not None
    return point.id, dict(point.payload), point.dense.tobytes(), point.sparse


def everything(index: EdgeIndex) -> list[tuple[Any, ...]]:
    return [plain(point) for point in index.scroll(EVERYTHING, vectors=True)]


def compact(store: EdgeStore, generation: str = "g1", step: Callable[[str], None] | None = None) -> Compaction:
    """To its end, with `step` in its thread at each boundary."""
    index, folder = store.open(generation, dimensions=0), store.path / generation
    making = Compactor(store._open[generation][0], folder, partial(create_shard, dimensions=index.dimensions), step)
    making.start()
    making._thread.join(60)
    return making.status


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compactor, "PAGE", 8)
    monkeypatch.setattr(compactor, "FLUSHED_TOGETHER", 16)


@pytest.fixture
def store(state: Path) -> Iterator[EdgeStore]:
    """Forty points, some deleted."""
    made = EdgeStore(state / "index")
    index = made.open("g1", dimensions=DIMENSIONS)
    index.write_identity(IDENTITY)
    index.upsert([some_point(n) for n in range(POINTS)])
    index.delete([some_point(n).id for n in range(0, POINTS, 7)])
    index.flush()
    yield made
    made.close()


def test_every_point_is_the_same_to_the_byte(store: EdgeStore, state: Path, small_pages: None) -> None:
    index = store.open("g1", dimensions=DIMENSIONS)
    index.stamp([some_point(1).id], from_=3)
    before, record = everything(index), read_record(state / "index" / "g1")
    status = compact(store)
    assert (status.state, status.copied) == ("done", len(before) + 1), status
    assert everything(index) == before
    store.close()
    again = EdgeStore(state / "index")
    try:
        index = again.open("g1", dimensions=DIMENSIONS)
        assert everything(index) == before
        assert index.identity() == IDENTITY
        assert read_record(state / "index" / "g1") == record
        assert compact(again).state == "done"
        assert everything(index) == before
        index.upsert([some_point(100)])
        assert index.count(EVERYTHING) == len(before) + 1
    finally:
        again.close()


def test_what_was_before_is_gone(store: EdgeStore, state: Path) -> None:
    folder = state / "index" / "g1"
    for number in (1, 2):
        assert compact(store).state == "done"
        assert sorted(path.name for path in folder.iterdir()) == [f"edition-{number}", POINTER, "headwater.json"]
        assert shard_folder(folder) == folder / f"edition-{number}"
    assert store.generations() == ["g1"]
    store.drop("g1")
    assert store.generations() == []


@pytest.mark.parametrize(("boundary", "number"), BOUNDARIES)
def test_a_kill_leaves_the_old_or_the_new(state: Path, boundary: str, number: int) -> None:
    script = Path(__file__).with_name("compacting_process.py")
    killed = subprocess.run(
        [sys.executable, str(script), str(state), boundary, str(number)],
        capture_output=True, text=True, env={"PYTHONPATH": str(Path(__file__).parents[2])}, timeout=60,
    )  # fmt: skip
    assert killed.returncode == -9, killed.stdout + killed.stderr
    stamped = boundary not in ("begun", "made") and (boundary, number) != ("page", 1)
    expected = {some_point(n).id: 9 if stamped else NEVER for n in range(POINTS) if n % 7}
    again = EdgeStore(state)
    try:
        index = again.open("g1", dimensions=DIMENSIONS)
        assert {point.id: point.payload["to"] for point in index.scroll(EVERYTHING)} == expected
        folder = state / "g1"
        left = {path.name for path in folder.iterdir()} - {POINTER, f"{POINTER}.new", "headwater.json"}
        new = boundary in ("switched", "closed", "swept")
        assert left == ({"edition-1"} if new else {"segments", "wal", "edge_config.json"})
        assert compact(again).state == "done"
        assert {point.id: point.payload["to"] for point in index.scroll(EVERYTHING)} == expected
    finally:
        again.close()


Operation = tuple[str, int]
OPERATIONS = st.tuples(
    st.sampled_from(["upsert", "again", "from", "to", "fence", "access", "delete", "collect", "identity", "flush"]),
    st.integers(0, 30),
)
STEPS = ("begun", "made", "page", "copied")


def do(index: EdgeIndex, operation: Operation) -> None:
    """One call as publishing makes it."""
    kind, n = operation
    ids = [some_point(n + k).id for k in range(5)]
    match kind:
        case "upsert":
            index.upsert([some_point(n + k) for k in range(5)])
        case "again":
            index.upsert([some_point(n + k, publication=2) for k in range(5)])
        case "from":
            index.stamp(ids, from_=n, where=Not(Between(field="fence", gte=n)))
        case "to":
            index.stamp(ids, to=n, where=Not(Between(field="fence", gte=n)))
        case "fence":
            index.stamp(ids, fence=n)
        case "access":
            index.set_access(ids, Access(frozenset({"group:sre"}), frozenset({"user:a@example.com"})))
        case "delete":
            index.delete(ids)
        case "collect":
            index.delete_where(Between(field="to", lte=n))
        case "identity":
            index.write_identity(IndexIdentity("ledger", "model", DIMENSIONS, collected=n))
        case _:
            index.flush()


@pytest.fixture(scope="module")
def two_stores() -> Iterator[tuple[EdgeStore, EdgeStore]]:
    with scratch() as folder:
        stores = EdgeStore(folder / "a"), EdgeStore(folder / "b")
        for store in stores:
            store.open("g1", dimensions=DIMENSIONS).write_identity(IDENTITY)
        yield stores
        for store in stores:
            store.close()


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=st.lists(OPERATIONS, max_size=10), meanwhile=st.lists(st.lists(OPERATIONS, max_size=3), max_size=12))
def test_compaction_between_publications_is_no_other_than_none(
    two_stores: tuple[EdgeStore, EdgeStore],
    small_pages: None,
    first: list[Operation],
    meanwhile: list[list[Operation]],
) -> None:
    compacted, left_alone = two_stores
    indexes = [store.open("g1", dimensions=DIMENSIONS) for store in two_stores]
    for index in indexes:
        index.delete_where(EVERYTHING)
        for operation in first:
            do(index, operation)
    waiting = list(meanwhile)

    def step(name: str) -> None:
        if name in STEPS and waiting:
            for operation in waiting.pop(0):
                do(indexes[0], operation)

    status = compact(compacted, step=step)
    assert status.state == "done", status
    for operations in meanwhile[: len(meanwhile) - len(waiting)]:
        for operation in operations:
            do(indexes[1], operation)
    assert everything(indexes[0]) == everything(indexes[1])
    assert indexes[0].identity() == indexes[1].identity()
    assert indexes[0].count(EVERYTHING) == indexes[1].count(EVERYTHING)
    left_alone.open("g1", dimensions=DIMENSIONS).flush()


def test_searches_go_on_and_see_whole_documents(store: EdgeStore, small_pages: None) -> None:
    """A writer replaces all points epoch by epoch while the index is compacted over and over."""
    index, epoch, problems = store.open("g1", dimensions=DIMENSIONS), [1], list[str]()
    dense = np.ones(DIMENSIONS, np.float32)
    ending = threading.Event()
    index.delete_where(EVERYTHING)
    index.upsert([some_point(n) for n in range(20)])

    def search() -> None:
        while not ending.is_set():
            now = epoch[0]
            wanted = Query(
                filter=permitted_condition(frozenset({"group:sre"}), now), dense=dense, limit=100, candidates=100
            )
            found = {hit.payload["publication"] for hit in index.search(wanted)}
            count = len(index.search(wanted))
            if (len(found) != 1 or count != 20) and epoch[0] == now:
                problems.append(f"epoch {now}: {count} points of publications {found}")

    def write() -> None:
        number = 1
        while not ending.is_set():
            number += 1
            index.upsert([some_point(n, number, from_=NEVER) for n in range(20)])
            index.stamp([some_point(n, number).id for n in range(20)], from_=number)
            index.stamp([some_point(n, number - 1).id for n in range(20)], to=number)
            index.flush()
            epoch[0] = number
            index.delete_where(Between(field="to", lte=number - 2))

    threads = [threading.Thread(target=search), threading.Thread(target=search), threading.Thread(target=write)]
    try:
        for thread in threads:
            thread.start()
        states = [compact(store).state for _ in range(4)]
    finally:
        ending.set()
        for thread in threads:
            thread.join()
    assert states == ["done"] * 4
    assert problems == []
    assert epoch[0] > 3


# what may go wrong ----------------------------------------------------------------------------------------


def test_a_write_that_the_copy_cannot_follow_gives_it_up(store: EdgeStore, state: Path, small_pages: None) -> None:
    index = store.open("g1", dimensions=DIMENSIONS)
    engine, _ = store._open["g1"]

    def step(name: str) -> None:
        if name == "made":
            assert engine._copy is None
        if name == "page" and engine._copy is not None:
            engine._copy.shard.close()
            index.upsert([some_point(50)])

    status = compact(store, step=step)
    assert status.state == "failed"
    assert "the index in" in status.problem
    assert index.count(HasId((some_point(50).id,))) == 1
    assert not list((state / "index" / "g1").glob("edition-*"))
    assert compact(store).state == "done"
    assert index.count(HasId((some_point(50).id,))) == 1


def test_closing_and_dropping_do_not_wait_for_its_end(store: EdgeStore, state: Path, small_pages: None) -> None:
    index = store.open("g1", dimensions=DIMENSIONS)
    before = everything(index)
    reached, going_on = threading.Event(), threading.Event()

    def step(name: str) -> None:
        if name == "page":
            reached.set()
            going_on.wait(20)

    making = Compactor(store._open["g1"][0], state / "index" / "g1", partial(create_shard, dimensions=DIMENSIONS), step)
    store._compactors["g1"] = making
    making.start()
    assert reached.wait(20)
    assert store.compact("g1").state == "running", "the one under way is joined"
    threading.Timer(0.1, going_on.set).start()
    store.close()
    assert not making.alive
    assert making.status.state == "failed"
    assert "stopped" in making.status.problem
    again = EdgeStore(state / "index")
    assert everything(again.open("g1", dimensions=DIMENSIONS)) == before
    assert [path.name for path in (state / "index" / "g1").glob("edition-*")] == []
    again.compact("g1")
    again.drop("g1")
    assert again.generations() == []
    assert again.compaction("g1").state == "none"
    again.close()


def test_a_file_that_names_no_edition_is_refused(store: EdgeStore, state: Path) -> None:
    assert compact(store).state == "done"
    store.close()
    (state / "index" / "g1" / POINTER).write_text('{"edition": "../../etc", "bytes": 1}')
    assert read_record(state / "index" / "g1") is None
    again = EdgeStore(state / "index")
    with pytest.raises(StateError, match="cannot be read"):
        again.open("g1", dimensions=DIMENSIONS)
    assert again.generations() == ["g1"]
    again.drop("g1")
    assert again.open("g1", dimensions=DIMENSIONS).count(EVERYTHING) == 0
    again.close()


def test_there_has_to_be_room_for_a_copy(store: EdgeStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compactor, "RESERVE_TO_CREATE", 2**60)
    status = compact(store)
    assert status.state == "failed"
    assert "full" in status.problem


# whoever owns it ------------------------------------------------------------------------------------------


def test_the_owner_does_it_for_other_processes(state: Path, start_owner: Any) -> None:
    owner = start_owner(state)
    store = open_store(state, command="second")
    index = store.open("g1", dimensions=DIMENSIONS)
    index.write_identity(IDENTITY)
    index.upsert([some_point(n) for n in range(POINTS)])
    before = [plain(point) for point in index.scroll(EVERYTHING, vectors=True)]
    assert not store.owned
    assert store.compaction("g1").state == "none"
    status = store.compact("g1")
    while status.state == "running":
        status = store.compaction("g1")
    assert (status.state, status.copied) == ("done", POINTS + 1)
    assert [plain(point) for point in index.scroll(EVERYTHING, vectors=True)] == before
    use = store.disk("g1")
    assert use is not None
    assert use.points == POINTS
    owner.kill()
    owner.wait()
    assert [plain(point) for point in index.scroll(EVERYTHING, vectors=True)] == before, "this process owns it now"
    assert store.compaction("g1").state == "none"
    assert store.owned
    store.close()


def test_an_owner_that_goes_is_told_apart_from_one_that_knows_none(state: Path, start_owner: Any) -> None:
    start_owner(state)
    found = read_owner(state / "index")
    assert found is not None
    remote = RemoteStore(found)
    with pytest.raises(IndexUnavailableError, match="was dropped"):
        remote.compact("nothing")
    remote.close()


def test_a_server_compacts_itself() -> None:
    store = MemoryStore()
    store.open("g1", dimensions=DIMENSIONS)
    assert store.compact("g1").state == store.compaction("g1").state == "unneeded"
    assert "server" in store.compact("g1").problem
    assert store.disk("g1") is None
    store.close()


# when it is worth while -----------------------------------------------------------------------------------


def test_when_it_is_worth_while() -> None:
    mb = 2**20
    assert DiskUse(held=210 * mb, journal=0, live=100 * mb, points=1).worth_compacting
    assert not DiskUse(held=190 * mb, journal=60 * mb, live=100 * mb, points=1).worth_compacting
    assert not DiskUse(held=3 * mb, journal=60 * mb, live=0, points=0).worth_compacting, "an empty one"
    assert not DiskUse(held=FLOOR, journal=0, live=1 * mb, points=1).worth_compacting, "a small one"
    # Where it takes more than twice the live data however often it is compacted.
    assert not DiskUse(held=240 * mb, journal=0, live=100 * mb, points=1, made=230 * mb).worth_compacting
    assert DiskUse(held=300 * mb, journal=0, live=100 * mb, points=1, made=230 * mb).worth_compacting
    # In memory every hole of a file is filled, and sizes say nothing.
    assert not DiskUse(2**40, 0, 1, 1, made=worth_noting(58 * mb, 60 * mb)).worth_compacting


def test_what_is_live_is_told_from_what_is_not(state: Path) -> None:
    store = EdgeStore(state / "index")
    index = store.open("g1", dimensions=DIMENSIONS)
    index.write_identity(IDENTITY)
    index.upsert([some_point(n) for n in range(50)])
    index.upsert([some_point(n, 2, from_=NEVER) for n in range(50)])
    index.stamp([some_point(n).id for n in range(10)], to=5)
    index.flush()
    use = store.disk("g1")
    assert use.points == 40
    assert 40 * 200 < use.live < 40 * 600
    assert use.held > 2**19
    assert use.made > 0
    assert not use.worth_compacting
    store.close()
