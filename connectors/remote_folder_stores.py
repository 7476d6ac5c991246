"""What a folder somewhere else has to answer: what lies in it, and what is in a file."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

from headwater.model import Unreadable

SETTLED = timedelta(seconds=10)
"""Times of remote files may be counted in seconds, by another clock: two writes within this time may share one."""
MAX_BYTES = 200 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A file of the store, by its path below the root.

    `tag` is what the store itself changes with the content (an ETag, a hash), "" where it has none. `asked` is False
    while nothing but the name is known.
    """

    path: str
    size: int | None = None
    tag: str = ""
    modified: datetime | None = None
    asked: bool = True

    @property
    def marker(self) -> str:
        """Changes with the content; "" where the store has nothing that does."""
        if self.tag:
            return self.tag
        if self.modified is None or self.size is None:
            return ""
        return f"{self.size:x}-{self.modified.timestamp():.6f}"

    @property
    def certain(self) -> bool:
        """Whether an equal marker means equal content."""
        if self.tag:
            return True
        return self.modified is not None and self.size is not None and self.modified < datetime.now(UTC) - SETTLED

    def sized(self, size: int) -> "Stored":
        return replace(self, size=size)


class ClosedPlace(Unreadable):
    """A folder of the store that could not be listed: what is below it is neither present nor absent."""


class Store(Protocol):
    """Raises only our errors: GoneError where a file is not there, FatalError where the root is not."""

    def entries(self) -> Iterator[Stored | Unreadable]:
        """Everything below the root, or an error; never a part of it without a `ClosedPlace`."""
        ...

    def stat(self, path: str) -> Stored: ...

    def read(self, path: str, most: int = MAX_BYTES) -> tuple[Stored, bytes]:
        """One consistent state of a file; FetchError for more than `most` bytes."""
        ...

    def rules(self, folder: str, name: str) -> Stored | None:
        """The file of rules in a folder, looked for without a listing."""
        ...

    def uri(self, path: str) -> str: ...


def aware(value: object) -> datetime | None:
    """A time as stores tell it: a datetime, seconds since 1970, or ISO text."""
    try:
        if isinstance(value, int | float):
            return datetime.fromtimestamp(value, UTC)
        found = datetime.fromisoformat(value) if isinstance(value, str) else value
    except (ValueError, OverflowError, OSError):
        return None
    if not isinstance(found, datetime):
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
