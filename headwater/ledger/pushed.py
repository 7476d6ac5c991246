"""Documents that systems without a connector handed over: Headwater's own keeping of them."""

from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from headwater.ledger.keys import Deed
from headwater.ledger.waiting import Ask, Timing, Waiting
from headwater.model import Meta, digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushed:
    """A document as it was handed over by the key `by`, or with `removed_at` what is left of one that was taken back.

    `allow` is None where nothing was said of who may read. `sequence` is a number by which the system that pushes
    orders its writes. `content` is empty where only the rest was asked for; it is there since `pushed_at`.
    """

    source: str
    document: str
    media_type: str = ""
    title: str = ""
    uri: str = ""
    updated_at: datetime | None = None
    sequence: int | None = None
    allow: frozenset[str] | None = None
    deny: frozenset[str] = frozenset()
    meta: Meta = field(default_factory=dict)
    content: bytes = field(default=b"", repr=False)
    version: str = ""
    by: str = ""
    pushed_at: datetime
    removed_at: datetime | None = None


def version_of(pushed: Pushed) -> str:
    """Changes with everything that was handed over but the time and the order of it (sha256, hex)."""
    said = (
        pushed.media_type,
        pushed.title,
        pushed.uri,
        pushed.updated_at.isoformat() if pushed.updated_at else "",
        "unsaid" if pushed.allow is None else repr(sorted(pushed.allow)),
        repr(sorted(pushed.deny)),
        repr(sorted(pushed.meta.items())),
    )
    return digest(pushed.content, *said)


def is_late(new: Pushed, before: Pushed) -> bool:
    """Whether `new` was overtaken by what is kept already: by `sequence` where both have one, else by `updated_at`."""
    if new.sequence is not None and before.sequence is not None:
        return new.sequence < before.sequence
    return new.updated_at is not None and before.updated_at is not None and new.updated_at < before.updated_at


class PushedStore(Protocol):
    """What a connector of pushed documents reads; safe to call from several threads."""

    def pushed_versions(self, source: str) -> Mapping[str, str]:
        """id -> version of every document that is there."""
        ...

    def pushed(self, source: str, document: str) -> Pushed | None:
        """Without its content; one that was taken back, too."""
        ...

    def pushed_document(self, source: str, document: str) -> Pushed | None:
        """With its content; None for one that was taken back."""
        ...

    def taken_back(self, source: str, documents: Iterable[str]) -> Set[str]:
        """Those of these ids that whoever pushed them took back."""
        ...


class PushedLedger(PushedStore, Protocol):
    """The part of a ledger that keeps what is pushed."""

    def push(
        self,
        pushed: Pushed,
        *,
        check: Callable[[Pushed | None], None],
        ask: Ask,
        timing: Timing,
        delivery: str = "",
        deed: Deed | None = None,
    ) -> None:
        """Keep it in place of what is there, and have it looked at, in one transaction; durable when it returns.

        `check` is told what is there (without its content), and what it raises leaves everything as it was.
        """
        ...

    def keep_pushed(self, pushed: Pushed) -> None:
        """Insert or replace, and nothing else."""
        ...

    def waiting_of(self, source: str, document: str) -> Waiting | None:
        """Its row in the inbox, also a dead one."""
        ...

    def pushed_names(self) -> list[tuple[str, str]]:
        """(source, document) of everything that is kept, also of what was taken back."""
        ...

    def forget_pushed(self, source: str) -> None:
        """Everything that was pushed to a source."""
        ...
