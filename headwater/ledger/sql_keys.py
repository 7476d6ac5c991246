"""The part of a SQL ledger that knows keys."""

from datetime import datetime

from headwater.ledger import key_rows
from headwater.ledger.keys import Deed, Key
from headwater.ledger.transactions import Transactions


class SqlKeys(Transactions):
    """Hashes alone, and the account of who did what."""

    def add_key(self, key: Key) -> bool:
        """Names of revoked keys stay taken, so that the account stays clear."""
        with self._write() as connection:
            return key_rows.add(connection, key)

    def api_key(self, id: str) -> Key | None:
        """Whether it is good is for the caller to see."""
        with self._read() as connection:
            return key_rows.one(connection, id)

    def api_keys(self) -> list[Key]:
        """Whether they are good is for the caller to see."""
        with self._read() as connection:
            return key_rows.everything(connection)

    def revoke_key(self, id: str, at: datetime) -> bool:
        """For good: no key comes back."""
        with self._write() as connection:
            return key_rows.revoke(connection, id, at)

    def note_key_used(self, id: str, at: datetime) -> None:
        """Replaces what was noted."""
        with self._write() as connection:
            key_rows.note_used(connection, id, at)

    def note_deed(self, deed: Deed) -> None:
        """One more line."""
        with self._write() as connection:
            key_rows.note(connection, deed)

    def deeds(self, who: str | None = None, limit: int = 100) -> list[Deed]:
        """In the order in which they were noted, newest first."""
        with self._read() as connection:
            return key_rows.newest(connection, who, limit)
