"""The part of a SQL ledger that knows which findings were put aside."""

from datetime import datetime

from headwater.ledger import acknowledged_rows
from headwater.ledger.acknowledged import Acknowledgement, Key
from headwater.ledger.transactions import Transactions


class SqlAcknowledged(Transactions):
    """With who did, and until when."""

    def acknowledge(self, one: Acknowledgement) -> int:
        """Two at the same moment take turns, and the later one holds."""
        with self._write() as connection:
            return acknowledged_rows.put(connection, one)

    def acknowledgements(self, at: datetime | None = None) -> list[Acknowledgement]:
        """Snoozes whose time has come too, until somebody ends them."""
        with self._read() as connection:
            return acknowledged_rows.holding(connection, at)

    def past_acknowledgements(self, key: Key | None = None, limit: int = 100) -> list[Acknowledgement]:
        """In the order in which they were made, newest first."""
        with self._read() as connection:
            return acknowledged_rows.newest(connection, key, limit)

    def end_acknowledgements(self, ids: list[int], at: datetime, ending: str) -> int:
        """Those that ended before stay as they are."""
        with self._write() as connection:
            return acknowledged_rows.end(connection, ids, at, ending)
