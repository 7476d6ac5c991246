"""Lengths of time as people write them: `15m`, `24h`, `180d`, `3 weeks`, `6 months`, `1 year 6 months`."""

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

_SECONDS: Final = {"s": 1, "sec": 1, "second": 1, "m": 60, "min": 60, "minute": 60, "h": 3600, "hour": 3600}
_DAYS: Final = {"d": 1, "day": 1, "w": 7, "week": 7}
_MONTHS: Final = {"mo": 1, "month": 1, "y": 12, "year": 12}
_UNITS: Final = frozenset((*_SECONDS, *_DAYS, *_MONTHS))
_PART: Final = re.compile(r"\s*(\d{1,9})\s*([A-Za-z]+)\s*(?:,|and\b)?")
_LONGEST: Final = timedelta(days=366 * 200)
_HOW_TO: Final = "write for example 15m, 24h, 180d, 3 weeks or 6 months"


@dataclass(frozen=True, slots=True)
class Duration:
    """Can be added to or subtracted from an aware datetime.

    Months and days move on the calendar of the datetime's own zone (31 January + 1 month is the last day of
    February), seconds are elapsed time, so that `24h` and `1d` differ when clocks change. Two durations are
    equal when they mean the same, however written.
    """

    months: int
    days: int
    seconds: int
    text: str = ""

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Duration):
            return NotImplemented
        return (self.months, self.days, self.seconds) == (other.months, other.days, other.seconds)

    def __hash__(self) -> int:
        return hash((self.months, self.days, self.seconds))

    def __radd__(self, moment: datetime) -> datetime:
        return self._moved(moment, 1)

    def __rsub__(self, moment: datetime) -> datetime:
        return self._moved(moment, -1)

    def __str__(self) -> str:
        return self.text

    @property
    def approximate(self) -> timedelta:
        """For sorting and for rough comparison: a month counts as 30.44 days."""
        return timedelta(days=self.months * 30.44 + self.days, seconds=self.seconds)

    def _moved(self, moment: datetime, sign: int) -> datetime:
        if moment.tzinfo is None:
            raise ValueError("a duration can only be added to a datetime with a time zone")
        moved = self._by_months(moment, sign) if self.months else moment
        moved += timedelta(days=sign * self.days)
        # Adding loses which of two equal hours is meant when clocks go back.
        if moment.fold:
            moved = moved.replace(fold=1)
        if not self.seconds:
            return moved
        elapsed = moved.astimezone(UTC) + timedelta(seconds=sign * self.seconds)
        return elapsed.astimezone(moment.tzinfo)

    def _by_months(self, moment: datetime, sign: int) -> datetime:
        year, month = divmod(moment.year * 12 + moment.month - 1 + sign * self.months, 12)
        last = calendar.monthrange(year, month + 1)[1]
        return moment.replace(year=year, month=month + 1, day=min(moment.day, last))


def parse_duration(text: str) -> Duration:
    """Whole numbers with units, largest first or not; ValueError in plain words for anything else, and for zero."""
    months = days = seconds = position = 0
    while position < len(text.rstrip()):
        match = _PART.match(text, position)
        if match is None:
            raise ValueError(f"{text!r} is not a duration; {_HOW_TO}")
        number, unit = int(match[1]), _unit(match[2], text)
        months += number * _MONTHS.get(unit, 0)
        days += number * _DAYS.get(unit, 0)
        seconds += number * _SECONDS.get(unit, 0)
        position = match.end()
    if not (months or days or seconds):
        raise ValueError(f"{text!r} is not a length of time; {_HOW_TO}")
    duration = Duration(months, days, seconds, " ".join(text.split()))
    if months > 12 * 200 or duration.approximate > _LONGEST:
        raise ValueError(f"{text!r} is longer than 200 years")
    return duration


def _unit(word: str, text: str) -> str:
    if word == "M":
        raise ValueError(f"{text!r} could mean minutes or months; write m for minutes, months for months")
    lower = word.lower()
    for unit in (lower, lower.removesuffix("s")):
        if unit in _UNITS:
            return unit
    raise ValueError(f"{text!r} has the unknown unit {word!r}; {_HOW_TO}")
