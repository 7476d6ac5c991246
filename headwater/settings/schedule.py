"""When a source is due: a cron line or an interval, on the clocks of a time zone."""

import re
import zoneinfo
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cronsim import CronSim, CronSimError

from headwater.settings.durations import parse_duration
from headwater.settings.names import nearest

ANCHOR = datetime(2024, 1, 1)
"""Midnight of a Monday on the clocks of a schedule's zone: intervals are counted from there, whenever they were set."""
SHORTEST = timedelta(minutes=1)
_EVERY = re.compile(r"every\s+(?=\S)", re.IGNORECASE)
_ISO = re.compile(r"P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEKLY = re.compile(r"([a-z]{3})[a-z]*\s+([01]?\d|2[0-3]):([0-5]\d)")


@dataclass(frozen=True, slots=True)
class Weekly:
    """A time of the week; `weekday` 0 is Monday."""

    weekday: int
    hour: int
    minute: int

    def last(self, now: datetime, timezone: str) -> datetime:
        """The newest such moment that is not after `now`, on the clocks of that zone."""
        local = now.astimezone(zoneinfo.ZoneInfo(timezone))
        back = (local.weekday() - self.weekday) % 7
        day = (local - timedelta(days=back)).replace(
            hour=self.hour, minute=self.minute, second=0, microsecond=0, fold=0
        )
        return day if day.astimezone(UTC) <= now else day - timedelta(days=7)


def checked_weekly(text: str) -> Weekly | None:
    """`mon 09:00`; "" means never. ValueError otherwise."""
    if not text.strip():
        return None
    match = _WEEKLY.fullmatch(text.strip().lower())
    if match is None or match[1] not in _DAYS:
        raise ValueError(f"{text!r} is not a time of the week; write for example mon 09:00")
    return Weekly(_DAYS.index(match[1]), int(match[2]), int(match[3]))


def checked_schedule(text: str) -> str:
    """Five cron fields as Prefect takes them, or an interval; "" means no schedule. ValueError otherwise."""
    line = " ".join(text.split())
    if not line:
        return ""
    if interval_of(line) is None:
        _check_cron(line)
    return line


def interval_of(schedule: str) -> timedelta | None:
    """Of `every 15 minutes`, `15m`, `1h 30m` or `PT15M`; None for what is meant as a cron line.

    ValueError for what is neither, for less than a minute, and for months, which are not equally long.
    """
    if (iso := _ISO.fullmatch(schedule)) and any(iso.groups()):
        weeks, days, hours, minutes, seconds = (int(part or 0) for part in iso.groups())
        found = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    elif (every := _EVERY.match(schedule)) or re.match(r"\d+\s*[A-Za-z]", schedule):
        found = _length(schedule[every.end() :] if every else schedule)
    else:
        return None
    if found < SHORTEST:
        raise ValueError(f"{schedule!r} is too often: a minute is the shortest interval")
    return found


def _length(text: str) -> timedelta:
    # "every hour" is every 1 hour.
    duration = parse_duration(text if text[0].isdigit() else f"1 {text}")
    if duration.months:
        raise ValueError(f"{text!r} is no fixed time; write a cron line for months, such as 0 3 1 * *")
    return timedelta(days=duration.days, seconds=duration.seconds)


def anchor(timezone: str) -> datetime:
    """From where the intervals of a schedule on the clocks of that zone are counted, in UTC."""
    return ANCHOR.replace(tzinfo=zoneinfo.ZoneInfo(timezone)).astimezone(UTC)


def next_run(schedule: str, timezone: str, after: datetime) -> datetime | None:
    """The first moment after that one (aware) at which a source with this schedule is due; None without a schedule."""
    if not schedule:
        return None
    zone = zoneinfo.ZoneInfo(timezone)
    interval = interval_of(schedule)
    if interval is None:
        return next(CronSim(schedule, after.astimezone(zone)), None)
    # Elapsed time: a day later is another hour of the day when clocks changed.
    start = anchor(timezone)
    return (start + ((after - start) // interval + 1) * interval).astimezone(zone)


def _check_cron(line: str) -> None:
    fields = len(line.split(" "))
    if fields != 5:
        raise ValueError(
            f"{line!r} has {fields} fields; a schedule has five: minute hour day month weekday, such as */30 * * * *, "
            "or it is an interval such as 15m"
        )
    try:
        CronSim(line, datetime(2024, 1, 1, tzinfo=UTC))
    except CronSimError as error:
        raise ValueError(f"{line!r} is not a cron schedule ({str(error).lower()}); */30 * * * * is one") from error


def checked_timezone(text: str) -> str:
    """The name of a zone in the IANA database; ValueError names the nearest one."""
    try:
        return zoneinfo.ZoneInfo(text).key
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        near = nearest(text, zoneinfo.available_timezones())
        hint = f"; did you mean {near}?" if near else "; write for example Europe/Madrid or UTC"
        raise ValueError(f"{text!r} is not a time zone{hint}") from error
