from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.settings import Duration, parse_duration

MADRID = ZoneInfo("Europe/Madrid")
moments = st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.sampled_from([UTC, MADRID]))


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("15m", (0, 0, 900)),
        ("24h", (0, 0, 86400)),
        ("180d", (0, 180, 0)),
        ("6 months", (6, 0, 0)),
        ("3 weeks", (0, 21, 0)),
        ("1 year 6 months", (18, 0, 0)),
        ("1h30m", (0, 0, 5400)),
        (" 2 Days, 1 hour and 5 seconds ", (0, 2, 3605)),
        ("1 month", (1, 0, 0)),
        ("2w", (0, 14, 0)),
    ],
)
def test_what_people_write(text: str, parts: tuple[int, int, int]) -> None:
    found = parse_duration(text)
    assert (found.months, found.days, found.seconds) == parts
    assert str(found) == " ".join(text.split())


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "not a length of time"),
        ("0d", "not a length of time"),
        ("soon", "not a duration"),
        ("12", "not a duration"),
        ("-3d", "not a duration"),
        ("1.5h", "not a duration"),
        ("5 fortnights", "unknown unit 'fortnights'"),
        ("6M", "minutes or months"),
        ("3d x", "not a duration"),
        ("99999 years", "longer than 200 years"),
        ("999999999d", "longer than 200 years"),
    ],
)
def test_what_is_none(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse_duration(text)


def test_months_follow_the_calendar() -> None:
    end = datetime(2024, 1, 31, 9, tzinfo=MADRID)
    assert end + parse_duration("1 month") == datetime(2024, 2, 29, 9, tzinfo=MADRID)
    assert end - parse_duration("2 months") == datetime(2023, 11, 30, 9, tzinfo=MADRID)
    assert datetime(2024, 2, 29, tzinfo=UTC) + parse_duration("1 year") == datetime(2025, 2, 28, tzinfo=UTC)


def test_a_day_is_not_24_hours_when_clocks_change() -> None:
    before = datetime(2026, 3, 28, 12, tzinfo=MADRID)
    assert (before + parse_duration("1d")).hour == 12
    assert (before + parse_duration("24h")).hour == 13
    assert (before + parse_duration("24h")).astimezone(UTC) - before.astimezone(UTC) == timedelta(hours=24)


def test_the_second_of_two_equal_hours_stays_the_second() -> None:
    second = datetime(2020, 10, 25, 2, 30, fold=1, tzinfo=MADRID)
    assert (second + parse_duration("1m")).astimezone(UTC) == datetime(2020, 10, 25, 1, 31, tzinfo=UTC)


def test_a_datetime_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        datetime(2026, 1, 1) + parse_duration("1d")


@given(moments, st.integers(1, 400))
def test_days_and_seconds_go_back_where_they_came_from(moment: datetime, number: int) -> None:
    for unit in ("d", "w"):
        length = parse_duration(f"{number}{unit}")
        assert (moment + length) - length == moment
    length = parse_duration(f"{number}m")
    assert ((moment + length) - length).astimezone(UTC) == moment.astimezone(UTC)
    assert (moment + length).astimezone(UTC) - moment.astimezone(UTC) == length.approximate


@given(moments, st.integers(1, 1000))
def test_months_land_in_the_right_month_and_never_in_the_next(moment: datetime, number: int) -> None:
    later = moment + parse_duration(f"{number} months")
    assert (later.year * 12 + later.month) - (moment.year * 12 + moment.month) == number
    assert later.day <= moment.day


def test_equal_when_they_mean_the_same() -> None:
    assert parse_duration("2w") == parse_duration("14 days")
    assert len({parse_duration("60s"), parse_duration("1m"), Duration(0, 0, 60)}) == 1
    assert parse_duration("24h") != parse_duration("1d")
