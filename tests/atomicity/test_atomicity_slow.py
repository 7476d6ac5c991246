"""Readers see every document whole, in its old or its new version, whatever becomes of the writer: everywhere."""

import random
from collections.abc import Callable, Iterator

import pytest

from tests.atomicity.arena import STATES, Arena, Totals

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]

RANDOM_KILLS = 120
ERRORS = ("StateError", "IndexUnavailableError", "BusyError", "KeyboardInterrupt", "LeaseLostError", "StateError+")


@pytest.fixture(scope="module")
def all_of_them() -> Totals:
    return Totals()


@pytest.fixture(autouse=True)
def totals(arena: Arena, all_of_them: Totals, capsys: pytest.CaptureFixture[str]) -> Iterator[Totals]:
    """Those of one test, printed at its end."""
    arena.totals = Totals()
    yield arena.totals
    all_of_them.add(arena.totals)
    with capsys.disabled():
        print(f"\n{arena.totals}; up to here {all_of_them}")


def test_killed_at_every_boundary(arena: Arena, totals: Totals) -> None:
    """Until as many runs in a row as there are states have fewer boundaries than that."""
    at = quiet = 0
    while quiet < STATES:
        last = arena.trial(at=at, reader_owns=bool(at % 2))
        quiet = quiet + 1 if last[0] == "done" else 0
        at += 1
    arena.settle()
    assert totals.kills >= 100


def test_killed_at_any_time(arena: Arena, totals: Totals) -> None:
    chance = random.Random(11)
    while totals.kills < RANDOM_KILLS:
        arena.trial(
            seconds=chance.uniform(0.0, 1.2),
            reader_owns=chance.random() < 0.5,
            reader_dies=0.0 if chance.random() < 0.1 else None,
            processes=chance.random() < 0.1,
        )
    arena.settle()


def test_killed_in_the_very_first_run(arena: Arena, totals: Totals) -> None:
    at = 0
    while True:
        arena.restart()
        if arena.trial(at=at)[0] == "done":
            break
        at += 1
    assert totals.kills >= 30


def test_failed_at_every_boundary(arena: Arena, totals: Totals) -> None:
    """With each error in turn, so that a boundary meets all of them in some states."""
    at = quiet = 0
    while quiet < STATES:
        error = ERRORS[at % len(ERRORS)]
        last = arena.trial(at=at, action=error, verified=error.endswith("+"), reader_owns=bool(at % 2))
        assert last[1]["problems"] == [], (at, last)
        quiet = 0 if last[2] else quiet + 1
        at += 1
    arena.verify(arena.position, arena.position)
    arena.settle()
    assert totals.failures >= 100


def test_killed_while_nothing_is_collected_yet(make_arena: Callable[..., Arena], arena: Arena, totals: Totals) -> None:
    """With the real T: superseded points pile up, and writers find their way between them."""
    patient = make_arena(reader_seconds=60.0, seed=5)
    patient.totals = totals
    chance = random.Random(3)
    for _ in range(30):
        patient.trial(seconds=chance.uniform(0.0, 1.0))
    patient.settle()
