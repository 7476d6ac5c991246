"""What a network does to the server adapter: late and lost answers, and writers that begin at the same moment."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing

import pytest

from headwater.errors import IndexUnavailableError
from headwater.index.base import Index, Point
from headwater.index.points import IDENTITY_ID
from headwater.index.query import Between, HasId, Not
from headwater.index.server import ServerStore
from tests.support.qdrant_process.running import StandIn, running_stand_in

EVERYTHING = Not(HasId((IDENTITY_ID,)))


@pytest.fixture(scope="module")
def stand_in() -> Iterator[StandIn]:
    with running_stand_in() as running:
        yield running


@pytest.fixture
def far(stand_in: StandIn, dimensions: int) -> Iterator[Index]:
    """An empty index behind a network."""
    with closing(ServerStore(stand_in.url)) as store:
        store.drop("far")
        yield store.open("far", dimensions=dimensions)
        stand_in.plan()


def test_writers_that_begin_at_once_share_one_new_generation(
    stand_in: StandIn, dimensions: int, make_point: Callable[..., Point]
) -> None:
    with ExitStack() as stack:
        stores = [stack.enter_context(closing(ServerStore(stand_in.url))) for _ in range(4)]
        # Slow enough for all of them to find that it is not there.
        stand_in.plan({"kind": "delay_reply", "path": "/exists", "seconds": 0.3, "times": 4})
        with ThreadPoolExecutor(4) as pool:
            indexes = list(pool.map(lambda store: store.open("at-once", dimensions=dimensions), stores))
        assert stand_in.met() >= 4
        for position, index in enumerate(indexes):
            index.upsert([make_point(position)])
        assert [index.count(EVERYTHING) for index in indexes] == [4] * 4
        stores[0].drop("at-once")


@pytest.mark.parametrize("kind", ["lose_reply", "lose_request", "refuse"])
def test_a_lost_answer_is_an_error_that_may_pass(
    far: Index, stand_in: StandIn, make_point: Callable[..., Point], kind: str
) -> None:
    point = make_point(1)
    stand_in.plan({"kind": kind, "path": "/points"})
    with pytest.raises(IndexUnavailableError):
        far.upsert([point])
    assert far.count(EVERYTHING) == (kind == "lose_reply"), "only a lost reply means that it was done"
    far.upsert([point])
    assert far.count(EVERYTHING) == 1


def test_a_stamp_that_arrives_after_the_fence_does_nothing(
    far: Index, stand_in: StandIn, make_point: Callable[..., Point]
) -> None:
    points = [make_point(position) for position in range(5)]
    ids = [point.id for point in points]
    far.upsert(points)
    stand_in.plan({"kind": "delay", "path": "/points/payload", "contains": '"to"', "seconds": 1.0})
    late = threading.Thread(target=far.stamp, args=(ids,), kwargs={"to": 7, "where": open_to(7)})
    met = stand_in.met()
    late.start()
    while stand_in.met() == met:
        time.sleep(0.01)
    far.stamp(ids, fence=7)
    late.join()
    assert far.count(Between(field="to", lte=7)) == 0
    far.stamp(ids, to=8, where=open_to(8))
    assert far.count(Between(field="to", gte=8, lte=8)) == 5


def open_to(epoch: int) -> Not:
    return Not(Between(field="fence", gte=epoch))


def test_a_reader_comes_in_between_the_points_of_one_update(far: Index, make_point: Callable[..., Point]) -> None:
    points = [make_point(position) for position in range(200)]
    far.upsert(points)
    seen: set[int] = set()
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            seen.add(far.count(Between(field="to", lte=9)))

    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(20):
        far.stamp([point.id for point in points], to=9)
        far.stamp([point.id for point in points], to=2**53)
    done.set()
    reader.join()
    assert len(seen - {0, 200}) > 0, "the stand-in is no more atomic than a server"
