"""Readers see every document whole, in its old or its new version, whatever becomes of the writer: a sample.

`test_atomicity_slow.py` does the same at every boundary, and with hundreds of kills.
"""

import random

import pytest

from tests.atomicity.arena import STATES, Arena, Totals

KILLED_AT = (
    *("after ledger.begin_publication", "after index.upsert", "after ledger.write_intent", "after index.stamp:from_"),
    *("after index.stamp:to", "after index.flush", "after ledger.commit"),
)
FAILED_AT = (
    ("before index.upsert", "IndexUnavailableError"),
    ("after ledger.commit", "StateError"),
    ("before index.stamp:to", "KeyboardInterrupt"),
    ("after index.set_access", "StateError"),
    ("before ledger.write_intent", "StateError+"),
)


def test_nothing_shows_of_a_writer_that_is_killed(arena: Arena, capsys: pytest.CaptureFixture[str]) -> None:
    arena.totals = Totals()
    chance = random.Random(7)
    arena.trial()
    for number, boundary in enumerate(KILLED_AT):
        last = arena.trial(at=boundary, reader_owns=bool(number % 2), processes=number == 0)
        assert last == ["killed", boundary]
    for _ in range(3):
        arena.trial(seconds=chance.uniform(0.02, 0.6), reader_owns=chance.random() < 0.5)
    arena.settle()
    assert arena.totals.kills >= 9
    assert set(arena.totals.backends) == {"edge", "remote"}
    with capsys.disabled():
        print(f"\n{arena.totals}")


@pytest.mark.parametrize(("boundary", "error"), FAILED_AT)
def test_nothing_shows_of_an_operation_that_fails(arena: Arena, boundary: str, error: str) -> None:
    arena.totals = Totals()
    for _ in range(STATES):  # not every run crosses it
        last = arena.trial(at=boundary, action=error, verified=error.endswith("+"))
        if last[2]:
            break
    assert last[0] == "done"
    assert last[2] == boundary
    assert last[1]["problems"] == []
    arena.settle()


def test_a_writer_goes_on_when_the_owner_of_the_index_dies(arena: Arena) -> None:
    arena.totals = Totals()
    last = arena.trial(reader_owns=True, reader_dies=0.1)
    assert last == ["done", {"exit": 0, "error": ""}, ""]
    arena.settle()
