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


@contextmanager
def told_by(clock: Callable[[], datetime]) -> Iterator[None]:
    """Within this, the whole process is told the time by `clock` (aware datetimes): to replay what happened before."""
    global _now
    before, _now = _now, lambda: clock().astimezone(UTC)
    try:
        yield
    finally:
        _now = before
