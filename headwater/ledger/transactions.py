"""What every part of a SQL ledger writes and reads through."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine

from headwater.ledger import dialect, migrations
from headwater.ledger.keeper import Keeper


class Transactions:
    """One connection at a time; `place` names the database in messages."""

    def __init__(self, engine: Engine, place: str) -> None:
        self._engine = engine
        self._reader = dialect.for_reading(engine)
        self._writer = dialect.for_writing(engine)
        self._place = place
        self._keeper = Keeper(self._read, self._write)

    @contextmanager
    def _read(self) -> Iterator[Connection]:
        with dialect.translated(self._place), self._reader.begin() as connection:
            yield connection

    @contextmanager
    def _write(self) -> Iterator[Connection]:
        with dialect.translated(self._place), self._writer.begin() as connection:
            # A newer release may have upgraded the ledger while this process was running.
            migrations.refuse_newer(connection, self._place)
            yield connection
