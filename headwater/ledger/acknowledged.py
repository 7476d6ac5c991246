"""Findings that a person put aside: acknowledged until they end, or snoozed until a moment."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeAlias

ACKNOWLEDGED, SNOOZED = "acknowledged", "snoozed"
REPLACED = "replaced"
"""How one ended that another of the same finding took the place of."""

Key: TypeAlias = tuple[str, str, str]
"""`Finding.key`: rule, source, document."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement:
    """Who put a finding aside, when and why; `until` is None for one that lasts as long as the finding.

    `severity` and `title` are those that the finding had. `who` is the id of a key, or a command, and `name` that of
    the key, or of the user who typed it. `id` is 0 before it is kept. `ending` says why it does not hold any more.
    """

    kind: str
    source: str
    document: str
    severity: int
    title: str
    reason: str
    who: str
    name: str
    at: datetime
    until: datetime | None = None
    ended_at: datetime | None = None
    ending: str = ""
    id: int = 0

    @property
    def key(self) -> Key:
        return (self.kind, self.source, self.document)

    @property
    def state(self) -> str:
        return ACKNOWLEDGED if self.until is None else SNOOZED


class AcknowledgedLedger(Protocol):
    """The part of a ledger that knows what was put aside; of each finding, one at a time holds."""

    def acknowledge(self, one: Acknowledgement) -> int:
        """Its id; what held of the same finding ends with it, as `REPLACED`."""
        ...

    def acknowledgements(self, at: datetime | None = None) -> list[Acknowledgement]:
        """Those that did not end (by `at`, and were made by then), in the order in which they were made."""
        ...

    def past_acknowledgements(self, key: Key | None = None, limit: int = 100) -> list[Acknowledgement]:
        """Of one finding, or of all: those that ended too, newest first."""
        ...

    def end_acknowledgements(self, ids: list[int], at: datetime, ending: str) -> int:
        """How many of them did hold until now."""
        ...
