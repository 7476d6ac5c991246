"""What waits to be looked at because a service announced it: one row for each document, however often it was told."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

WAITING, DEAD = "waiting", "dead"
WHOLE = ""
"""In place of a document's id: the whole source."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A wish to have a document looked at, or with `document` `WHOLE` all of its source; `access`: before others."""

    source: str
    document: str
    reason: str
    access: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Seconds: a row is due `debounce` after its newest notice, and at most `max_wait` after its oldest."""

    debounce: float
    max_wait: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """One row; `generation` counts notices ever, `notices` those since it was last finished.

    `token` is set while somebody works on it, until `taken_until` unless that is prolonged. `attempts` failed in a row
    since `failed_at`, the newest of them with `error`. A `dead` row waits for a person, or for the next notice.
    """

    id: int
    source: str
    document: str
    reason: str
    delivery: str
    access: bool
    state: str
    notices: int
    generation: int
    first_at: datetime
    last_at: datetime
    due_at: datetime
    token: str | None = None
    taken_until: datetime | None = None
    attempts: int = 0
    failed_at: datetime | None = None
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Which:
    """Of the rows that are due: those of `source` and of no source in `without`, with `access` only access changes.

    `documents`: none that ask for a whole source.
    """

    source: str | None = None
    without: frozenset[str] = frozenset()
    access: bool = False
    documents: bool = False


ANY = Which()


@dataclass(frozen=True, slots=True, kw_only=True)
class Depth:
    """How many rows there are; `oldest` is the oldest notice of those that wait or are worked on."""

    waiting: int
    working: int
    dead: int
    oldest: datetime | None


class InboxLedger(Protocol):
    """The part of a ledger that remembers what was announced; all moments are the caller's, so that tests have time."""

    def receive(
        self, endpoint: str, delivery: str, asks: Iterable[Ask], *, now: datetime, timing: Timing, keep: datetime
    ) -> bool:
        """Durable when it returns. False, and nothing done, for a delivery that came to `endpoint` before.

        A `delivery` "" cannot be recognised. Deliveries from before `keep` are forgotten.
        """
        ...

    def take_waiting(self, *, now: datetime, until: datetime, limit: int, which: Which = ANY) -> list[Waiting]:
        """Rows that are due and that nobody works on, access changes first; ours until then."""
        ...

    def prolong_taken(self, rows: Iterable[Waiting], until: datetime) -> list[Waiting]:
        """Those that are still ours, ours until then."""
        ...

    def finish_taken(self, row: Waiting) -> bool:
        """Gone, or due again when a notice came since it was taken. False when it is not ours any more."""
        ...

    def put_back(self, row: Waiting, due_at: datetime) -> bool:
        """Not worked on after all, and not failed. False when it is not ours any more."""
        ...

    def fail_taken(self, row: Waiting, error: str, *, now: datetime, due_at: datetime, last: bool) -> bool:
        """Due again then; or dead, when this was the `last` attempt and no notice came since it was taken.

        False when it is not ours any more.
        """
        ...

    def replay_dead(self, ids: Sequence[int] | None, now: datetime) -> int:
        """Dead rows (all of them, or those named) are due at once; how many there were."""
        ...

    def drop_waiting(self, ids: Sequence[int]) -> int:
        """Forget them, whatever their state; how many there were."""
        ...

    def waiting(self, state: str | None = None, source: str | None = None, limit: int | None = None) -> list[Waiting]:
        """In the order in which they are due."""
        ...

    def inbox_depth(self, now: datetime, source: str | None = None) -> Depth: ...
