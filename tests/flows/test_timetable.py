"""What Prefect makes of a schedule is when we say that a source is due."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from flows.timetable import as_prefect
from headwater.settings import SourceSettings, load
from headwater.settings.schedule import next_run

pytestmark = pytest.mark.prefect

SOURCE = '[[source]]\nname = "docs"\nkind = "folder"\npath = "docs"\ndefault_access = ["public"]\n'


@pytest.fixture
def source(tmp_path: Path) -> SourceSettings:
    (tmp_path / "headwater.toml").write_text(SOURCE)
    return load(tmp_path / "headwater.toml", home=tmp_path / "home").sources[0]


@pytest.mark.parametrize("schedule", ["15m", "90m", "1d", "7d", "0 3 * * *", "*/20 6-9 * * 1-5"])
@pytest.mark.parametrize("zone", ["UTC", "Europe/Madrid", "America/New_York"])
def test_it_is_due_when_prefect_runs_it(source: SourceSettings, schedule: str, zone: str) -> None:
    # Imported here: whoever runs no test of Prefect is spared it.
    from prefect.server.schemas.schedules import CronSchedule, IntervalSchedule

    (made,) = as_prefect(replace(source, schedule=schedule, timezone=zone))
    kind = IntervalSchedule if hasattr(made, "interval") else CronSchedule
    theirs = kind.model_validate(made.model_dump(exclude_none=True))
    for day in (datetime(2026, 3, 28, 22, 7, tzinfo=UTC), datetime(2026, 10, 24, 22, 7, tzinfo=UTC)):
        for moment in (day, day + timedelta(days=1), day + timedelta(days=9)):
            (first,) = asyncio.run(theirs.get_dates(1, start=moment + timedelta(seconds=1)))
            assert next_run(schedule, zone, moment) == first


def test_no_schedule_is_none(source: SourceSettings) -> None:
    assert as_prefect(source) == []
