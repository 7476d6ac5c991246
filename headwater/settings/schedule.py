"""Checks of when a source is due: a cron line and a time zone."""

import re
import zoneinfo
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cronsim import CronSim, CronSimError

from headwater.settings.names import nearest

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


def checked_cron(text: str) -> str:
    """Five cron fields, as Prefect takes them; "" means no schedule. ValueError otherwise."""
    line = " ".join(text.split())
    if not line:
        return ""
    fields = len(line.split(" "))
    if fields != 5:
        raise ValueError(
            f"{text!r} has {fields} fields; a schedule has five: minute hour day month weekday, such as */30 * * * *"
        )
    try:
        CronSim(line, datetime(2024, 1, 1, tzinfo=UTC))
    except CronSimError as error:
        raise ValueError(f"{text!r} is not a cron schedule ({str(error).lower()}); */30 * * * * is one") from error
    return line


def checked_timezone(text: str) -> str:
    """The name of a zone in the IANA database; ValueError names the nearest one."""
    try:
        return zoneinfo.ZoneInfo(text).key
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        near = nearest(text, zoneinfo.available_timezones())
        hint = f"; did you mean {near}?" if near else "; write for example Europe/Madrid or UTC"
        raise ValueError(f"{text!r} is not a time zone{hint}") from error
