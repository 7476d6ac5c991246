"""A minute's worth of `bench/soak.py`: changes, late and lost webhooks, troubles, kills; and that it finds faults."""

from dataclasses import replace
from pathlib import Path

import pytest

from bench.soak import Plan, Soak

QUICK = Plan(
    seconds=5, documents=25, changes=4, restless=0.8, kill_every=2.5, run_every=1000, trouble_every=1000,
    trouble_seconds=0.5, compact_every=1000, sampled=2.0, searched=0.5, settle=120, full_every=1, first_run=False,
)  # fmt: skip
LONGER = replace(
    QUICK,
    seconds=60,
    documents=150,
    kill_every=12,
    run_every=15,
    trouble_every=10,
    compact_every=20,
    sampled=0.5,
    searched=0.1,
    first_run=True,
)


def test_it_survives_a_rough_day(tmp_path: Path) -> None:
    result = Soak(QUICK, tmp_path).soak()
    assert result["problems"] == []
    assert result["documents"] > 12
    assert result["counted"]["deliveries answered 202"] > 5
    assert result["counted"].get("SIGTERM", 0) + result["counted"].get("SIGKILL", 0) >= 1


@pytest.mark.slow
def test_it_survives_rough_weeks(tmp_path: Path) -> None:
    result = Soak(LONGER, tmp_path).soak()
    assert result["problems"] == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("broken", "said"), [("inbox", "were not seen"), ("descriptors", "descriptors grew"), ("stop", "a search waited")]
)
def test_it_finds_what_is_broken(tmp_path: Path, broken: str, said: str) -> None:
    plan = replace(
        LONGER, seconds=40, documents=40, restless=0.0, run_every=1000, trouble_every=1000, compact_every=1000
    )
    problems = Soak(plan, tmp_path, broken).soak()["problems"]
    assert any(said in problem for problem in problems), problems
