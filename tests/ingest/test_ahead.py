"""Running ahead: bounded, in order, errors in their place, and it stops when nobody listens any more."""

import threading
import time
from collections.abc import Iterator

import pytest

from headwater.ingest.ahead import ahead


def counting(upto: int, made: list[int]) -> Iterator[int]:
    for number in range(upto):
        made.append(number)
        yield number


def settle(made: list[int]) -> int:
    """How many items were made once the thread has nothing more to do."""
    before = -1
    while before != len(made):
        before = len(made)
        time.sleep(0.05)
    return before


def test_everything_comes_in_order() -> None:
    assert list(ahead(range(1000), most=3)) == list(range(1000))


def test_it_runs_at_most_so_far_ahead() -> None:
    made: list[int] = []
    items = ahead(counting(100, made), most=5)
    assert next(items) == 0
    # five in the buffer, and one in the hand of the thread that waits for room
    assert settle(made) == 1 + 5 + 1
    items.close()


def test_it_starts_before_anyone_asks_and_stops_although_nobody_did() -> None:
    made: list[int] = []
    items = ahead(counting(100, made), most=5)
    assert settle(made) == 5 + 1
    items.close()
    assert list(items) == []


def test_heavy_items_are_bounded_by_weight_and_one_too_heavy_still_passes() -> None:
    made: list[int] = []
    items = ahead(counting(100, made), most=50, weight=lambda _: 10, heaviest=25)
    assert next(items) == 0
    assert settle(made) == 1 + 2 + 1
    items.close()
    assert list(ahead([1, 2, 3], most=50, weight=lambda _: 100, heaviest=25)) == [1, 2, 3]


def test_an_error_comes_where_its_item_would_have_come() -> None:
    def broken() -> Iterator[int]:
        yield 1
        raise LookupError("gone")

    items = ahead(broken(), most=3)
    assert next(items) == 1
    with pytest.raises(LookupError, match="gone"):
        next(items)


def test_closing_stops_the_thread_and_closes_the_generator() -> None:
    closed = threading.Event()

    def endless() -> Iterator[int]:
        try:
            while True:
                yield 1
        finally:
            closed.set()

    before = threading.active_count()
    items = ahead(endless(), most=2)
    next(items)
    items.close()
    assert closed.wait(2)
    assert threading.active_count() == before
