"""Writers on several machines, killed and paused: no document is lost or mixed, and no reader sees half of anything."""

import random

import pytest

from tests.several.machines import Machines, Totals

PAUSED_AT = ("after index.stamp:from_", "within commit")
MORE_ROUNDS = 5
MORE = ("after ledger.write_intent", "after index.stamp:to", "before ledger.commit", "after ledger.commit")
HARMLESS = ("after ledger.commit", "after index.upsert")
"""It has published then, or has yet to begin."""


@pytest.mark.parametrize(
    "rounds", [2, pytest.param(40, marks=[pytest.mark.slow, pytest.mark.timeout(1800)])], ids=["sample", "many"]
)
def test_three_writers_are_killed_at_any_moment(
    machines: Machines, rounds: int, capsys: pytest.CaptureFixture[str]
) -> None:
    machines.totals, chance = Totals(), random.Random(rounds)
    for _ in range(rounds):
        machines.killed_round(chance)
    machines.settle()
    assert machines.totals.kills >= rounds
    with capsys.disabled():
        print(f"\n{machines.totals}")


@pytest.mark.parametrize(
    "rounds", [1, pytest.param(15, marks=[pytest.mark.slow, pytest.mark.timeout(1800)])], ids=["sample", "many"]
)
def test_answers_are_lost_and_late_as_well(machines: Machines, rounds: int, capsys: pytest.CaptureFixture[str]) -> None:
    machines.totals, chance, before = Totals(), random.Random(rounds), machines.stand_in.met()
    for _ in range(rounds):
        machines.killed_round(chance, faults=True)
    for _ in range(MORE_ROUNDS):
        # Writers may be killed before they meet one.
        if machines.stand_in.met() - before < rounds:
            machines.killed_round(chance, faults=True)
    machines.settle()
    met = machines.stand_in.met() - before
    assert met >= rounds
    with capsys.disabled():
        print(f"\n{machines.totals}, {met} answers lost or late")


@pytest.mark.parametrize(
    "boundary", [*PAUSED_AT, *(pytest.param(one, marks=pytest.mark.slow) for one in (*MORE, "after index.upsert"))]
)
def test_a_writer_that_was_paused_past_its_lease_cannot_publish(machines: Machines, boundary: str) -> None:
    machines.totals = Totals()
    last = machines.paused_round(boundary)
    assert last is not None, "it was never there"
    assert machines.totals.pauses == {boundary: 1}
    if boundary not in HARMLESS:
        assert last[1]["exit"] == 1, "it was told that it is too late"
    machines.settle()
