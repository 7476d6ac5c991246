"""Dates as people state them in documents; what could be read in two ways is refused."""

from datetime import datetime
from zoneinfo import ZoneInfo

_FORMATS = (
    "%d %B %Y",
    "%d %b %Y",
    "%B %d, %Y",
    "%b %d, %Y",
    "%B %d %Y",
    "%Y/%m/%d",
    "%Y.%m.%d",
    "%a, %d %b %Y %H:%M:%S %z",
)


def stated_date(text: str, timezone: str) -> datetime:
    """Aware; a date without a time is its first moment in `timezone`, as is a time without an offset.

    ISO 8601, `6 October 2026`, `October 6, 2026` and `2026/10/06` are read; ValueError for the rest.
    """
    words = " ".join(text.split())
    moment = _parsed(words)
    if moment is None:
        raise ValueError(f"{text[:60]!r} is not a date; write it as 2026-10-06")
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=ZoneInfo(timezone))


def _parsed(words: str) -> datetime | None:
    try:
        return datetime.fromisoformat(words)
    except ValueError:
        pass
    for form in _FORMATS:
        try:
            return datetime.strptime(words, form)
        except ValueError:
            continue
    return None
