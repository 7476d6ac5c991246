"""What is announced of a source while a run of it is under way: the run looks at it between its micro-batches.

Nobody else can, because the run holds the lease of the source; and what is announced is wanted sooner than the rest.
"""

import logging
import time
from collections.abc import Callable, Collection
from typing import TypeAlias

from flows.taken import Refreshed, work_off
from flows.workshop import Workshop
from headwater.errors import HeadwaterError
from headwater.inbox.inbox import Inbox
from headwater.ledger.waiting import Waiting, Which

ASK_SECONDS = 0.2
TOGETHER = 4
LONGEST_SECONDS = 10.0
"""In a flood of announcements, too, the run itself goes on."""

Look: TypeAlias = Callable[[Workshop, str, str, float], Refreshed]
"""(the workshop of the run, source, document, seconds since the change was announced)"""

log = logging.getLogger("headwater.drain")


class Drain:
    """Call it between micro-batches; it asks the inbox a few times a second at most."""

    def __init__(self, workshop: Workshop, look: Look, names: Collection[str] = ()) -> None:
        """`names`: sources that nobody else can look at, besides those that a run of the workshop is under way of."""
        self._workshop, self._look, self._names = workshop, look, names
        self._inbox = Inbox(workshop.ledger, clock=workshop.ledger.now)
        self._asked = time.monotonic()
        self._at_it = False

    def __call__(self) -> None:
        if self._at_it or time.monotonic() - self._asked < ASK_SECONDS:
            return
        self._at_it = True
        try:
            for source in dict.fromkeys([*self._workshop.runs, *self._names]):
                self._drain(source)
        except HeadwaterError as error:
            # The run goes on; what was taken is taken again when the claim ends.
            log.warning("the inbox cannot be worked off: %s", error)
        finally:
            self._asked, self._at_it = time.monotonic(), False

    def _drain(self, source: str) -> None:
        """Documents alone: a wish to have the source looked at as a whole waits for the end of this run."""
        until = time.monotonic() + LONGEST_SECONDS
        which = Which(source=source, documents=True)
        while time.monotonic() < until and (rows := self._inbox.take(TOGETHER, which)):
            for number, row in enumerate(rows):
                self._inbox.prolong(rows[number:])
                self._one(row)

    def _one(self, row: Waiting) -> None:
        self._overtake(row)
        work_off(
            self._inbox,
            row,
            lambda fresh: self._look(self._workshop, row.source, row.document, fresh),
        )
        self._overtake(row)

    def _overtake(self, row: Waiting) -> None:
        if row.source in self._workshop.runs:
            self._workshop.runs[row.source].overtake(row.document)
