"""Times, lengths of time and shares, as people read them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from headwater.freshness.values import Day, SourceStanding
from headwater.settings import parse_duration

_BLOCKS = "▁▂▃▄▅▆▇"
BEYOND, NO_CHANGE = "█", "·"


def zone_of(name: str) -> tzinfo:
    """UTC for a zone that this machine does not know."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


def moment(at: datetime | None, zone: tzinfo, *, missing: str = "never") -> str:
    """As in `2026-11-22 15:05 CET`."""
    return missing if at is None else f"{at.astimezone(zone):%Y-%m-%d %H:%M %Z}"


def day(at: datetime | None, zone: tzinfo, *, missing: str = "") -> str:
    """As in `2026-11-22`: the day that it is in `zone`."""
    return missing if at is None else f"{at.astimezone(zone):%Y-%m-%d}"


def length(of: timedelta | None, *, missing: str = "-") -> str:
    """In the largest unit of which it has two, so that 47 hours are not `1 d`: `40 min`, `31 h`, `19 d`."""
    if of is None:
        return missing
    seconds = int(of.total_seconds())
    sign, seconds = ("-" if seconds < 0 else ""), abs(seconds)
    for unit, size in (("y", 365 * 86_400), ("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{sign}{seconds // size:,} {unit}"
    return f"{sign}{seconds} s"


def floored(part: int, whole: int) -> str:
    """A share as a percentage rounded down, so that only everything is 100%; `-` of nothing."""
    return _percent(part * 1000 // whole) if whole else "-"


def _percent(tenths: int) -> str:
    return "100%" if tenths == 1000 else f"{tenths // 10}.{tenths % 10}%"


def promised(of: SourceStanding) -> int:
    """How many of its documents anything was promised of."""
    return of.within + of.stale + of.unknown


def limit(max_lag: str) -> timedelta | None:
    """What `max_lag` comes to; None where none is promised."""
    try:
        return parse_duration(max_lag).approximate
    except ValueError:
        return None


def sparkline(days: Sequence[Day], max_lag: str) -> str:
    """The worst lag of each day as a share of what is promised, `█` beyond it, `·` without a change.

    Where nothing is promised, the worst of all days is the measure.
    """
    most = limit(max_lag)
    worst = [one.worst for one in days]
    measure = most or max((one for one in worst if one is not None), default=None) or timedelta(1)
    return "".join(_spark(one, measure, beyond=most is not None) for one in worst)


def _spark(worst: timedelta | None, measure: timedelta, *, beyond: bool) -> str:
    if worst is None:
        return NO_CHANGE
    if worst > measure and beyond:
        return BEYOND
    return _BLOCKS[min(len(_BLOCKS) - 1, max(0, int(worst / measure * len(_BLOCKS))))]
