"""Times and lengths of time as a person reads them."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from headwater.metadata.dates import reachable

_DAY = timedelta(days=1)


def span(length: timedelta) -> str:
    """Two units at most: `45 s`, `12 min`, `5 h 20 min`, `3 d 4 h`, `266 d`."""
    seconds = int(length.total_seconds())
    days, hours, minutes = seconds // 86_400, seconds % 86_400 // 3_600, seconds % 3_600 // 60
    if days >= 14:
        return f"{days:,} d"
    if days:
        return f"{days} d {hours} h" if hours else f"{days} d"
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{minutes} min" if minutes else f"{seconds} s"


def moment(when: datetime, zone: str) -> str:
    """`2026-03-01 14:05 CET`, or `2026-03-01` for the first moment of a day."""
    local = reachable(when).astimezone(ZoneInfo(zone))
    if (local.hour, local.minute, local.second) == (0, 0, 0):
        return f"{local:%Y-%m-%d}"
    return f"{local:%Y-%m-%d %H:%M %Z}"


def days_ago(when: datetime, at: datetime) -> str:
    """`today`, `1 day ago`, `266 days ago`."""
    days = (at - when) // _DAY
    if days <= 0:
        return "today"
    return f"{days:,} day{'s' if days > 1 else ''} ago"


def counted(number: int, noun: str, plural: str = "") -> str:
    """`1 document`, `1,204 documents`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
