"""What time it is, for everything that documents are measured by; leases and locks keep to the machine's own clock."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime


def _machine() -> datetime:
    return datetime.now(UTC)


_now: Callable[[], datetime] = _machine


def utc_now() -> datetime:
    """Aware, in UTC."""
    return _now()


def _aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError(f"{moment.isoformat()} has no time zone")
    return moment.astimezone(UTC)


@contextmanager
def told_by(clock: Callable[[], datetime]) -> Iterator[None]:
    """Within this, the whole process is told the time by `clock` (aware datetimes): to replay what happened before."""
    global _now
    before, _now = _now, lambda: _aware(clock())
    try:
        yield
    finally:
        _now = before
