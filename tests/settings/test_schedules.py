"""When a source is due, in cron lines and intervals, and across the days on which clocks change."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.settings.schedule import checked_schedule, interval_of, next_run

MADRID = "Europe/Madrid"


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("15m", 15),
        ("every 15 minutes", 15),
        ("Every 6 hours", 360),
        ("every hour", 60),
        ("every day", 1440),
        ("1h 30m", 90),
        ("2 weeks", 20160),
        ("PT15M", 15),
        ("P1DT12H", 2160),
    ],
)
def test_an_interval_is_written_as_people_write_it(text: str, minutes: int) -> None:
    assert interval_of(checked_schedule(f" {text} ")) == timedelta(minutes=minutes)


@pytest.mark.parametrize("text", ["*/30 * * * *", "0 3 * * MON", "0 0 29 2 *"])
def test_a_cron_line_is_none(text: str) -> None:
    assert checked_schedule(text) == text
    assert interval_of(text) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("30s", "a minute is the shortest"),
        ("PT30S", "a minute is the shortest"),
        ("every 2 months", "cron line for months"),
        ("15 parsecs", "unknown unit"),
        ("every", "has 1 fields"),
        ("hourly", "has 1 fields"),
        ("P", "has 1 fields"),
        ("* * * * * *", "has 6 fields"),
        ("61 * * * *", "not a cron schedule"),
    ],
)
def test_what_is_neither_is_refused_in_words(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        checked_schedule(text)


def test_no_schedule_is_never_due() -> None:
    assert checked_schedule("  ") == ""
    assert next_run("", "UTC", datetime.now(UTC)) is None


@pytest.mark.parametrize(
    ("schedule", "after", "due"),
    [
        ("*/30 * * * *", "2026-11-22T18:31:00+00:00", "2026-11-22T19:00:00+00:00"),
        ("0 3 * * *", "2026-11-22T18:31:00+00:00", "2026-11-23T03:00:00+01:00"),
        ("15m", "2026-11-22T18:31:00+00:00", "2026-11-22T18:45:00+00:00"),
        ("15m", "2026-11-22T18:45:00+00:00", "2026-11-22T19:00:00+00:00"),
        # Clocks change on 25 October 2026: an interval is elapsed time, a cron line keeps its hour of the day.
        ("1d", "2026-10-24T12:00:00+00:00", "2026-10-25T01:00:00+02:00"),
        ("1d", "2026-10-25T12:00:00+00:00", "2026-10-26T00:00:00+01:00"),
        ("7d", "2026-11-22T18:31:00+00:00", "2026-11-23T00:00:00+01:00"),
        ("0 3 * * *", "2026-10-25T12:00:00+00:00", "2026-10-26T03:00:00+01:00"),
    ],
)
def test_it_is_due_next(schedule: str, after: str, due: str) -> None:
    assert next_run(schedule, MADRID, moment(after)) == moment(due)


@given(
    after=st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)),
    minutes=st.sampled_from([1, 7, 15, 60, 90, 1440, 2880, 10080]),
    zone=st.sampled_from(["UTC", MADRID, "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"]),
)
def test_the_next_is_the_first_after(after: datetime, minutes: int, zone: str) -> None:
    due = next_run(f"{minutes}m", zone, after)
    assert due is not None
    assert after < due.astimezone(UTC) <= after + timedelta(minutes=minutes)
    before = next_run(f"{minutes}m", zone, due - timedelta(seconds=1))
    assert before == due
