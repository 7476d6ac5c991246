"""One process owns the embedded index, the others reach it through its socket, and any of them may die."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from headwater import errors
from headwater.errors import BusyError, FatalError, HeadwaterError, IndexMismatchError, IndexUnavailableError
from headwater.index import wire
from headwater.index.base import Hit, IndexIdentity, IndexInfo, IndexStore, Point, StoredPoint
from headwater.index.edge import EdgeStore
from headwater.index.engine import Page
from headwater.index.lock import LOCK_NAME, Owner, OwnerLock, read_owner
from headwater.index.owner import SOCKET_NAME, OwnedStore
from headwater.index.permitted import permitted_condition
from headwater.index.query import AllOf, AnyOf, Between, HasId, Not, OneOf, Query
from headwater.index.remote import RemoteStore
from headwater.index.store import open_store
from headwater.interfaces import SparseVector
from headwater.model import Access

ALL = Between(field="to", gt=0)
DIMENSIONS = 8


@pytest.fixture
def stores(state: Path) -> Iterator[list[IndexStore]]:
    """Whatever a test appends is closed."""
    opened: list[IndexStore] = []
    yield opened
    for store in reversed(opened):
        store.close()


def held(owner: subprocess.Popen[str], state: Path) -> Owner:
    found = read_owner(state / "index")
    assert found is not None
    assert found.pid == owner.pid
    return found


# The lock -------------------------------------------------------------------------------------------------


def test_a_second_owner_is_told_who_has_it(state: Path, start_owner) -> None:
    owner = start_owner(state)
    for attempt in (lambda: EdgeStore(state / "index"), lambda: OwnerLock.acquire(state / "index")):
        with pytest.raises(BusyError, match=rf"process {owner.pid} \(the owning process of a test\), since \d{{4}}-"):
            attempt()


def test_what_a_dead_owner_left_is_no_obstacle(state: Path, start_owner) -> None:
    owner = start_owner(state)
    owner.kill()
    owner.wait()
    assert held(owner, state).command == "the owning process of a test"
    store = EdgeStore(state / "index", command="next")
    assert store.lock.stale is not None
    assert store.lock.stale.pid == owner.pid
    assert read_owner(state / "index") == store.lock.owner
    store.close()
    assert read_owner(state / "index") is None
    (state / "index" / LOCK_NAME).write_text("{ not json")
    EdgeStore(state / "index").close()


def test_closing_frees_it_also_when_a_shard_will_not_close(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = EdgeStore(state / "index")
    store.open("live", dimensions=DIMENSIONS)
    monkeypatch.setattr(
        "headwater.index.edge_engine.EdgeEngine.close", lambda self: (_ for _ in ()).throw(FatalError("x"))
    )
    with pytest.raises(FatalError):
        store.close()
    OwnerLock.acquire(state / "index").release()


# Owner and remote -----------------------------------------------------------------------------------------


def test_only_this_user_can_open_the_socket(state: Path, stores: list[IndexStore]) -> None:
    stores.append(open_store(state, command="x"))
    mode = (state / SOCKET_NAME).stat().st_mode
    assert stat.S_ISSOCK(mode)
    assert stat.S_IMODE(mode) == 0o600
    assert stat.S_IMODE((state / "index").stat().st_mode) == 0o700
    stores.pop().close()
    assert not (state / SOCKET_NAME).exists()


def test_a_state_folder_too_deep_for_a_socket_uses_a_private_temporary_folder(tmp_path: Path, start_owner) -> None:
    state = tmp_path / ("deep" * 30)
    store = open_store(state, command="x")
    owner = read_owner(state / "index")
    assert owner is not None
    folder = Path(owner.socket).parent
    assert not folder.is_relative_to(state)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    remote = RemoteStore(owner)
    assert remote.generations() == []
    remote.close()
    store.close()
    assert not folder.exists()
    killed = start_owner(state)
    left = Path(held(killed, state).socket).parent
    killed.kill()
    killed.wait()
    open_store(state, command="y").close()
    assert not left.exists(), "the next owner clears what a killed one left"


def test_a_second_process_reads_and_writes_through_the_owner(state: Path, stores, start_owner, make_point) -> None:
    owner = start_owner(state)
    stores.append(open_store(state, command="second"))
    index = stores[0].open("live", dimensions=DIMENSIONS)
    index.upsert([make_point(n) for n in range(50)])
    index.flush()
    info = index.info()
    assert (info.backend, info.points) == ("remote", 50)
    assert f"process {owner.pid}" in info.detail["owner"]
    owner.stdin.close()
    owner.wait(timeout=10)
    assert index.info().backend == "edge", "the owner ended: this process owns the index now"
    assert index.count(ALL) == 50


def test_errors_of_the_owner_arrive_as_what_they_are(state: Path, stores, start_owner, make_point) -> None:
    start_owner(state)
    stores.append(open_store(state, command="second"))
    stores[0].open("live", dimensions=DIMENSIONS)
    with pytest.raises(IndexMismatchError, match="dimensions") as raised:
        stores[0].open("live", dimensions=4)
    assert "rebuild" in raised.value.advice
    with pytest.raises(TypeError, match="boolean"):
        stores[0].open("live", dimensions=DIMENSIONS).upsert([make_point(1, kind=True)])


def test_a_killed_owner_is_replaced_and_loses_nothing(state: Path, stores, start_owner, make_point) -> None:
    owner = start_owner(state)
    stores.append(open_store(state, command="second"))
    index = stores[0].open("live", dimensions=DIMENSIONS)
    index.write_identity(IndexIdentity("ledger", "model", DIMENSIONS))
    index.upsert([make_point(n) for n in range(300)])
    index.flush()
    index.upsert([make_point(n) for n in range(300, 600)])
    index.stamp([make_point(n).id for n in range(10)], to=3)
    index.delete([make_point(599).id])
    owner.send_signal(signal.SIGKILL)
    owner.wait()
    assert index.count(ALL) == 599, "flushed or not, what a call confirmed survives the kill"
    assert index.count(Between(field="to", lte=3)) == 10
    assert index.identity() == IndexIdentity("ledger", "model", DIMENSIONS)
    query = Query(
        filter=permitted_condition(frozenset(), 5), dense=make_point(400).dense, sparse=make_point(400).sparse
    )
    assert index.search(query)[0].id == make_point(400).id


def test_a_kill_in_the_middle_of_a_scroll_repeats_and_skips_nothing(
    state: Path, stores, start_owner, make_point
) -> None:
    owner = start_owner(state)
    stores.append(open_store(state, command="second"))
    index = stores[0].open("live", dimensions=DIMENSIONS)
    index.upsert([make_point(n) for n in range(100)])
    found = []
    for n, point in enumerate(index.scroll(ALL, page=10)):
        found.append(point.payload["position"])
        if n == 45:
            owner.kill()
            owner.wait()
    assert sorted(found) == list(range(100))


def test_several_processes_survive_one_owner_after_another(state: Path, stores, start_owner, make_point) -> None:
    """Four stores, each opened as by a process of its own; the owner goes while the others write and search."""
    killed = start_owner(state)
    opened = [open_store(state, wait=20, command=f"store {n}") for n in range(3)]
    stores.extend(opened)
    failures: list[BaseException] = []
    written: list[set[int]] = [set(), set(), set()]

    def work(number: int) -> None:
        index = opened[number].open("live", dimensions=DIMENSIONS)
        try:
            for n in range(number * 1000, number * 1000 + 60):
                index.upsert([make_point(n)])
                written[number].add(n)
                query = Query(filter=ALL, dense=make_point(n).dense, limit=1, candidates=1)
                assert index.search(query)[0].id == make_point(n).id
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    time.sleep(0.1)
    killed.kill()
    for thread in threads:
        thread.join(timeout=60)
    assert failures == []
    assert opened[0].open("live", dimensions=DIMENSIONS).count(ALL) == 180 == sum(map(len, written))


def test_threads_search_while_one_writes(state: Path, stores, start_owner, make_point) -> None:
    stores.append(open_store(state, command="first"))
    stores.append(open_store(state, command="second"))
    points = [make_point(n) for n in range(200)]
    stores[0].open("live", dimensions=DIMENSIONS).upsert(points)
    done = threading.Event()
    failures: list[BaseException] = []
    searches = [0] * 4

    def search(number: int) -> None:
        index = stores[number % 2].open("live", dimensions=DIMENSIONS)
        query = Query(filter=OneOf("publication", (1,)), dense=points[number].dense, sparse=points[number].sparse)
        expected = [hit.id for hit in index.search(query)]
        try:
            while not done.is_set():
                assert [hit.id for hit in index.search(query)] == expected
                searches[number] += 1
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=search, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    writer = stores[1].open("live", dimensions=DIMENSIONS)
    for round_ in range(10):
        staged = [make_point(n, publication=2 + round_) for n in range(100)]
        writer.upsert(staged)
        writer.stamp([point.id for point in staged], from_=2)
        writer.flush()
        writer.delete([point.id for point in staged[:50]])
    done.set()
    for thread in threads:
        thread.join(timeout=30)
    assert failures == []
    assert min(searches) > 0


def test_an_owner_that_hangs_is_named(state: Path, start_owner) -> None:
    owner = start_owner(state)
    remote = RemoteStore(held(owner, state), timeout=0.5)
    owner.send_signal(signal.SIGSTOP)
    os.waitpid(owner.pid, os.WUNTRACED)
    try:
        with pytest.raises(BusyError, match=f"process {owner.pid}"):
            remote.open("live", dimensions=DIMENSIONS)
    finally:
        owner.send_signal(signal.SIGCONT)
    assert remote.generations() in ([], ["live"]), "and after that the conversation is not a question behind"
    remote.close()


def test_an_owner_that_serves_nobody_is_waited_for_and_named(state: Path) -> None:
    alone = EdgeStore(state / "index", command="no socket")
    start = time.monotonic()
    with pytest.raises(BusyError, match=rf"process {os.getpid()} \(no socket\)"):
        open_store(state, wait=0.3, command="x")
    assert 0.3 <= time.monotonic() - start < 3
    alone.close()


def test_a_closed_store_stays_closed(state: Path, make_point) -> None:
    open_store(state, command="x").close()
    store = open_store(state, command="x")
    index = store.open("live", dimensions=DIMENSIONS)
    store.close()
    for call in (lambda: index.count(ALL), lambda: index.upsert([make_point(1)]), store.generations):
        with pytest.raises(IndexUnavailableError, match="closed"):
            call()


def test_a_dropped_generation_is_not_waited_for(state: Path, stores) -> None:
    """Its readers learn at once that they have to ask for the live one again, owner or not, and it stays gone."""
    stores.extend(open_store(state, wait=30, command=f"store {n}") for n in range(2))
    indexes = [store.open("old", dimensions=DIMENSIONS) for store in stores]
    stores[1].drop("old")
    for index in indexes:
        start = time.monotonic()
        with pytest.raises(IndexUnavailableError, match="old"):
            index.count(ALL)
        assert time.monotonic() - start < 5
    assert stores[0].generations() == []


def test_another_version_is_named_not_guessed_at(state: Path, stores, monkeypatch: pytest.MonkeyPatch) -> None:
    stores.append(open_store(state, command="first"))
    owner = read_owner(state / "index")
    assert owner is not None
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(owner.socket)
        wire.send(connection, {"protocol": 99, "call": "generations"})
        with pytest.raises(BusyError, match="another version"):
            wire.raise_error(wire.receive(connection)["error"])


def test_the_owner_answers_only_calls_of_an_index(state: Path, stores) -> None:
    stores.append(OwnedStore(state / "index", sockets=state))
    remote = RemoteStore(stores[0].lock.owner)
    for call in ("close", "__class__", "_engine", "_set"):
        with pytest.raises(ValueError, match="no call"):
            remote.call(call, generation="live", dimensions=8, args=[], named={})
    remote.close()


def test_rubbish_on_the_socket_disturbs_nobody(state: Path, stores) -> None:
    stores.append(open_store(state, command="first"))
    owner = read_owner(state / "index")
    assert owner is not None
    for rubbish in (b"", b"GET / HTTP/1.1\r\n\r\n", b"\xff" * 64, b"\x00\x00\x00\x04" + b"\x00" * 8 + b"nope"):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(owner.socket)
            connection.sendall(rubbish)
            connection.shutdown(socket.SHUT_WR)
            with suppress(ConnectionResetError):
                assert connection.recv(100) == b""
    remote = RemoteStore(owner)
    assert remote.generations() == []
    remote.close()


# The wire -------------------------------------------------------------------------------------------------


def test_everything_travels_unchanged() -> None:
    vector = SparseVector((1, 2**32 - 1), (0.5, float(np.float32(0.1))))
    payload = {"from": 2**53, "list": [["tuple", 1], [], None], "text": "ü\udcff\x00", "!": {"list": [True]}}
    every = AllOf((OneOf("a", ("b",)), AnyOf((OneOf("n", (1,)), Between(field="x", gte=1.5))), Not(HasId(("i",)))))
    messages = [
        *(None, True, 1.5, 2**53, "text", [], (), {}, [1, (2, [3])], {"k": (1,)}, frozenset({"a", "b"})),
        *(every, Query(filter=every, sparse=vector), Access(frozenset({"public"}), frozenset()), vector),
        *(Hit("i", 0.1, payload, None, 2.5), IndexIdentity("a", "b", 3), IndexInfo("edge", 3, {"a": "b"})),
        Page([StoredPoint("i", payload)], "next"),
    ]
    with_arrays = Point("i", np.arange(5, dtype=np.float32), vector, payload)
    left, right = socket.socketpair()
    with left, right:
        for message in messages:
            wire.send(left, message)
            assert wire.receive(right) == message
        wire.send(left, [with_arrays])
        [received] = wire.receive(right)
    assert replace(received, dense=with_arrays.dense) == with_arrays
    np.testing.assert_array_equal(received.dense, with_arrays.dense)
    assert received.dense.dtype == np.float32
    assert received.dense.flags.writeable


def test_vectors_travel_as_raw_floats() -> None:
    left, right = socket.socketpair()
    with left, right:
        wire.send(left, np.ones(1000, np.float32))
        assert len(right.recv(10_000)) < 4100


@pytest.mark.parametrize(
    "kind",
    [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, HeadwaterError)],
)
def test_every_error_travels_as_itself(kind: type[HeadwaterError]) -> None:
    with pytest.raises(kind) as raised:
        wire.raise_error(json.loads(json.dumps(wire.error_message(kind("what", advice="do")))))
    assert (type(raised.value), str(raised.value), raised.value.advice) == (kind, "what", "do")


@pytest.mark.parametrize("name", ["KeyError", "os", "annotations", "SystemExit"])
def test_other_errors_are_named_in_ours(name: str) -> None:
    with pytest.raises(FatalError, match=f"{name}: text"):
        wire.raise_error([name, "text", ""])


# What it costs to import ----------------------------------------------------------------------------------


def test_an_embedded_index_imports_nothing_heavy(tmp_path: Path) -> None:
    script = f"""
import sys
from pathlib import Path
from headwater.index.store import open_store
from headwater.index.permitted import permitted_condition
store = open_store(Path({str(tmp_path)!r}), command="x")
store.open("live", dimensions=4).count(permitted_condition(frozenset(), 1))
store.close()
heavy = {{"qdrant_client", "fastembed", "httpx", "pydantic", "pandas", "onnxruntime", "prefect", "unstructured"}}
print(sorted(heavy & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("name", ["headwater-prod", "headwater-socket-x"])
def test_a_state_folder_of_any_name_is_still_there_after_its_owner(tmp_path: Path, name: str) -> None:
    home = tmp_path / name
    home.mkdir()
    (home / "ledger.db").write_bytes(b"everything")
    store = open_store(home, command="test")
    store.open("g1", dimensions=DIMENSIONS).close()
    store.close()
    assert (home / "ledger.db").read_bytes() == b"everything"
    assert not list(home.rglob(SOCKET_NAME))
