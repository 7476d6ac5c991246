"""What was announced and waits to be looked at: durable before it is answered, one row for each document, bounded work.

inbox.receive("docs", notice.delivery_id, asks)          # then answer 202
for row in inbox.take(20):                               # access changes first
    try: look at row.source, row.document                # "" is the whole source
    except HeadwaterError as error: inbox.failed(row, error)
    else: inbox.done(row)
"""

import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from headwater.clock import utc_now
from headwater.errors import HeadwaterError, LeaseLostError, RetriableError
from headwater.ledger.waiting import ANY, DEAD, WHOLE, Ask, Depth, InboxLedger, Timing, Waiting, Which

__all__ = ["DEBOUNCE", "WHOLE", "Ask", "Inbox", "Retry"]

DEBOUNCE = Timing(debounce=0.25, max_wait=5.0)
"""Long enough for the several deliveries of one change, short enough to be searchable within a second."""
CLAIM_SECONDS = 120.0
KEPT_DAYS = 30
"""How long deliveries are recognised: longer than any service sends one again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """Seconds between attempts: `first`, doubled each time up to `longest`, each shortened by up to half by chance.

    After `attempts` in a row, or `give_up` seconds after the first of them, no more is made.
    """

    first: float = 5.0
    longest: float = 900.0
    attempts: int = 12
    give_up: float = 86_400.0

    def pause(self, attempts: int, chance: float) -> timedelta:
        """After so many attempts; `chance` from 0 to 1."""
        return timedelta(seconds=min(self.longest, self.first * 2.0 ** min(attempts - 1, 60)) * (1 - chance / 2))

    def is_last(self, row: Waiting, now: datetime) -> bool:
        """Whether the attempt that is failing now is the last one."""
        lasted = (now - row.failed_at).total_seconds() if row.failed_at else 0.0
        return row.attempts + 1 >= self.attempts or lasted >= self.give_up


@dataclass(frozen=True, slots=True)
class Inbox:
    """Any number of them may stand before one ledger, in threads, processes and machines.

    With machines whose clocks may differ, `clock` is the ledger's `now`: else what one has taken, another may take too
    soon, and a document is looked at twice.
    """

    ledger: InboxLedger
    timing: Timing = DEBOUNCE
    retry: Retry = Retry()
    claim_seconds: float = CLAIM_SECONDS
    clock: Callable[[], datetime] = utc_now
    chance: Callable[[], float] = secrets.SystemRandom().random

    def receive(self, endpoint: str, delivery: str, asks: Iterable[Ask]) -> bool:
        """Safe on disk when it returns; `endpoint` is the source whose address the delivery came to.

        False for one that came before: it is answered like the first, and nothing is done. A delivery "" is never
        recognised.
        """
        now = self.clock()
        keep = now - timedelta(days=KEPT_DAYS)
        return self.ledger.receive(endpoint, delivery, asks, now=now, timing=self.timing, keep=keep)

    def take(self, limit: int = 20, which: Which = ANY) -> list[Waiting]:
        """Rows that are due, ours for `claim_seconds`; access changes first."""
        now = self.clock()
        until = now + timedelta(seconds=self.claim_seconds)
        return self.ledger.take_waiting(now=now, until=until, limit=limit, which=which)

    def prolong(self, rows: Iterable[Waiting]) -> list[Waiting]:
        """Those that are still ours, ours for `claim_seconds` from now: for work that takes longer."""
        return self.ledger.prolong_taken(rows, self.clock() + timedelta(seconds=self.claim_seconds))

    def done(self, row: Waiting) -> bool:
        """False when the claim ran out and somebody else has it: then that is where it ends."""
        return self.ledger.finish_taken(row)

    def postponed(self, row: Waiting, seconds: float) -> bool:
        """Nothing was tried, because the source is busy, say; that counts as no attempt."""
        return self.ledger.put_back(row, self.clock() + timedelta(seconds=seconds))

    def given_back(self) -> int:
        """What anybody has taken is anybody's again; how many rows. Whoever goes on with one finds that out."""
        now = self.clock()
        taken = [row for row in self.rows() if row.token is not None and row.taken_until and row.taken_until > now]
        return sum(self.ledger.put_back(row, row.due_at) for row in taken)

    def failed(self, row: Waiting, error: HeadwaterError) -> bool:
        """Tried again after a pause where that may help; else, or when nothing helped, dead with the error's words.

        False when the claim ran out and somebody else has it.
        """
        now = self.clock()
        last = not _passing(error) or self.retry.is_last(row, now)
        words = f"{type(error).__name__}: {error.in_full}"
        due_at = now + self.retry.pause(row.attempts + 1, self.chance())
        return self.ledger.fail_taken(row, words, now=now, due_at=due_at, last=last)

    def replay(self, ids: Sequence[int] | None = None) -> int:
        """Try dead rows again, all of them when none is named; how many."""
        return self.ledger.replay_dead(ids, self.clock())

    def drop(self, ids: Sequence[int]) -> int:
        """Forget rows; how many there were."""
        return self.ledger.drop_waiting(ids)

    def rows(self, source: str | None = None, limit: int | None = None) -> list[Waiting]:
        """All there are, dead ones too."""
        return self.ledger.waiting(source=source, limit=limit)

    def dead(self, limit: int | None = None) -> list[Waiting]:
        """Those that wait for a person."""
        return self.ledger.waiting(DEAD, limit=limit)

    def depth(self, source: str | None = None) -> Depth:
        """How many wait, are worked on, and are dead, and since when the oldest waits."""
        return self.ledger.inbox_depth(self.clock(), source)


def _passing(error: HeadwaterError) -> bool:
    """A lease that was lost belongs to another process now, which will give it back."""
    return isinstance(error, RetriableError | LeaseLostError)
