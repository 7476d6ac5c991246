"""The part of a SQL ledger that remembers what was announced."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from headwater.ledger import inbox
from headwater.ledger.transactions import Transactions
from headwater.ledger.waiting import ANY, Ask, Depth, Timing, Waiting, Which


class SqlInbox(Transactions):
    """Rows wait, are worked on, and are done or dead."""

    def receive(
        self, endpoint: str, delivery: str, asks: Iterable[Ask], *, now: datetime, timing: Timing, keep: datetime
    ) -> bool:
        """The delivery and all that it asks for, or nothing."""
        with self._write() as connection:
            if not inbox.is_new(connection, endpoint, delivery, now):
                return False
            inbox.forget_deliveries(connection, keep)
            inbox.add(connection, delivery, asks, now, timing)
            return True

    def take_waiting(self, *, now: datetime, until: datetime, limit: int, which: Which = ANY) -> list[Waiting]:
        """Asks first without the right to write, which a worker that finds nothing does not need."""
        with self._read() as connection:
            if not inbox.any_due(connection, now, which):
                return []
        with self._write() as connection:
            return inbox.take(connection, now, until, limit, which)

    def prolong_taken(self, rows: Iterable[Waiting], until: datetime) -> list[Waiting]:
        """In their order."""
        with self._write() as connection:
            return inbox.prolong(connection, rows, until)

    def finish_taken(self, row: Waiting) -> bool:
        """Whether it was still ours."""
        with self._write() as connection:
            return inbox.finish(connection, row)

    def put_back(self, row: Waiting, due_at: datetime) -> bool:
        """Whether it was still ours."""
        with self._write() as connection:
            return inbox.put_back(connection, row, due_at)

    def fail_taken(self, row: Waiting, error: str, *, now: datetime, due_at: datetime, last: bool) -> bool:
        """Whether it was still ours."""
        with self._write() as connection:
            return inbox.fail(connection, row, error, now, due_at, last=last)

    def replay_dead(self, ids: Sequence[int] | None, now: datetime) -> int:
        """Those that are not dead are passed over."""
        with self._write() as connection:
            return inbox.replay(connection, ids, now)

    def drop_waiting(self, ids: Sequence[int]) -> int:
        """Those that are not there are passed over."""
        with self._write() as connection:
            return inbox.drop(connection, ids)

    def waiting(self, state: str | None = None, source: str | None = None, limit: int | None = None) -> list[Waiting]:
        """Access changes first, then by when they are due."""
        with self._read() as connection:
            return inbox.listed(connection, state, source, limit)

    def inbox_depth(self, now: datetime, source: str | None = None) -> Depth:
        """As of one moment."""
        with self._read() as connection:
            return inbox.depth(connection, now, source)
