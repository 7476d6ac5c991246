"""Dates as people state them in documents; what could be read in two ways is refused."""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

EARLIEST, LATEST = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)
"""Between these, a moment can be told in every time zone. Beyond them lie ways to write "not set" and "never"."""
_FORMATS = (
    "%d %B %Y",
    "%d %b %Y",
    "%d-%b-%Y",
    "%B %d, %Y",
    "%b %d, %Y",
    "%B %d %Y",
    "%b %d %Y",
    "%Y/%m/%d",
    "%Y.%m.%d",
    "%a, %d %b %Y %H:%M:%S %z",
)
_ORDINAL = re.compile(r"(?<=\d)(?:st|nd|rd|th)\b", re.IGNORECASE)


def stated_date(text: str, timezone: str) -> datetime:
    """Aware; a date without a time is its first moment in `timezone`, as is a time without an offset.

    ISO 8601, `6 October 2026`, `October 6th, 2026` and `2026/10/06` are read; ValueError for the rest.
    """
    words = _ORDINAL.sub("", " ".join(text.split()))
    moment = _parsed(words)
    if moment is None:
        raise ValueError(f"{text[:60]!r} is not a date; write it as 2026-10-06")
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=ZoneInfo(timezone))


def moment_of(value: object) -> datetime | None:
    """A stored date, aware (UTC where it has no zone) and `reachable`; None for anything else."""
    if not isinstance(value, str) or not value:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return reachable(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def reachable(moment: datetime) -> datetime:
    """The nearest one between `EARLIEST` and `LATEST`: `0001-01-01` and `9999-12-31` are dates that people write."""
    if EARLIEST.year < moment.year < LATEST.year:
        return moment
    return max(EARLIEST, min(LATEST, moment))


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
