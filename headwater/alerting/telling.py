"""Tell one receiver what began and what ended, and remember only what was delivered."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from headwater.alerting.tracking import Breach, Key, Tracked
from headwater.errors import HeadwaterError
from headwater.freshness.values import Finding, Severity

_WHILE_MADE = timedelta(hours=1)
"""So long a report may take; what is known of a later moment than that was written by a clock that was wrong."""


class Receiver(Protocol):
    """Somebody who is told; both raise HeadwaterError where that did not work."""

    @property
    def name(self) -> str:
        """The same in every run, without any secret in it."""
        ...

    def began(self, findings: Sequence[Finding]) -> None:
        """Worst first."""
        ...

    def ended(self, breaches: Sequence[Breach]) -> None:
        """Worst first; those that were not `told` began and ended while nothing could be delivered."""
        ...


class Memory(Protocol):
    """Where is kept what each receiver was told; what was saved is there after a crash."""

    def load(self, name: str) -> Tracked: ...
    def save(self, name: str, tracked: Tracked) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A report as far as it is told: findings worst first, the least severity, and the sources it speaks for.

    `aside` are the keys of those that somebody put aside: nothing is said of them until they come back, or end.
    """

    findings: Sequence[Finding]
    least: Severity
    as_of: datetime
    covered: Callable[[str], bool]
    aside: frozenset[Key] = frozenset()


@dataclass(frozen=True, slots=True)
class Told:
    """What one receiver was told; `problem` says why it was told less than there is to tell."""

    name: str
    began: int = 0
    ended: int = 0
    problem: str = ""
    advice: str = ""


def tell(receiver: Receiver, seen: Seen, memory: Memory) -> Told:
    """One message for everything that began, and one for everything that ended, where there is any.

    Each delivery is remembered before the next is tried, so that a crash doubles one message at most; what could not
    be delivered is tried again with the next report.
    """
    known = memory.load(receiver.name)
    if known.as_of is not None and timedelta(0) <= known.as_of - seen.as_of < _WHILE_MADE:
        return Told(receiver.name)  # a newer report was told while this one was made
    # The worst of those that a document has of one kind stands for all of them.
    findings = {one.key: one for one in reversed(seen.findings)}
    tracked = known.after(findings.values(), seen.least, seen.as_of, seen.covered, seen.aside)
    memory.save(receiver.name, tracked)
    fresh, over = tracked.to_begin(), tracked.to_end()
    told = Told(receiver.name)
    try:
        if fresh:
            receiver.began([one for one in seen.findings if one.key in fresh and findings[one.key] is one])
            tracked, told = tracked.told(fresh), Told(receiver.name, began=len(fresh))
            memory.save(receiver.name, tracked)
        if over:
            receiver.ended(over)
            memory.save(receiver.name, tracked.ended())
            told = Told(receiver.name, told.began, len(over))
    except HeadwaterError as error:
        return Told(receiver.name, told.began, told.ended, str(error), error.advice)
    return told
