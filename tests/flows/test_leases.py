"""One `headwater serve` for each state folder, however many share a ledger."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from flows.leases import fires_schedules, schedules_lease, serve_lease
from headwater.settings import LedgerSettings, Secret, Settings


@pytest.mark.parametrize("lease", [serve_lease, schedules_lease])
def test_several_may_serve_a_ledger_on_a_server(tmp_path: Path, lease: Callable[[Settings], str]) -> None:
    alone = Settings(home=tmp_path / "a", base=tmp_path)
    assert lease(alone) == lease(replace(alone, home=tmp_path / "b"))
    shared = replace(alone, ledger=LedgerSettings(url=Secret("postgresql://db.example.com/headwater")))
    assert lease(shared) != lease(replace(shared, home=tmp_path / "b"))


def test_who_serves_need_not_fire_schedules(tmp_path: Path) -> None:
    alone = Settings(home=tmp_path, base=tmp_path)
    shared = replace(alone, ledger=LedgerSettings(url=Secret("postgresql://db.example.com/headwater")))
    for settings in (alone, shared):
        assert fires_schedules(schedules_lease(settings))
        assert not fires_schedules(serve_lease(settings))
    assert not fires_schedules("source:schedules")
