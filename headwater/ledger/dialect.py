"""All that differs between databases: SQLite in a file, and what `postgres.py` knows of the other."""

import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, Row, Select, Table, create_engine, event, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, StatementError

from headwater.clock import utc_now
from headwater.errors import BusyError, HeadwaterError, StateError
from headwater.ledger import postgres

_STREAM = 1000


def sqlite_engine(path: Path, busy_seconds: float) -> Engine:
    """An engine on the file at `path`, which waits up to `busy_seconds` for other writers."""
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        connect_args={"timeout": busy_seconds},
        hide_parameters=True,  # titles and reasons stay out of tracebacks
        pool_size=4,
        max_overflow=-1,  # a thread never waits for a connection that another one streams from
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def for_writing(engine: Engine) -> Engine:
    """The same engine and pool, whose transactions take the write lock at once.

    A transaction that reads first and writes later may find that another one wrote in between, and then neither
    can go on; taken at the start, the lock is simply waited for.
    """
    return engine.execution_options(**{postgres.WRITING: True})


def for_reading(engine: Engine) -> Engine:
    """The same engine and pool, whose transactions see one state of the database from their first statement on."""
    return postgres.for_reading(engine) if engine.dialect.name == "postgresql" else engine


def now(connection: Connection) -> datetime:
    """By the database's clock, since those of its hosts may differ; a file belongs to one host."""
    if connection.dialect.name == "postgresql":
        moment: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
        return moment.astimezone(UTC)
    return datetime.now(UTC)


def told(connection: Connection) -> datetime:
    """`utc_now`, as every host of this database would be told it at this moment."""
    ahead = now(connection) - datetime.now(UTC) if connection.dialect.name == "postgresql" else timedelta()
    return utc_now() + ahead


def use_wal(engine: Engine, busy_seconds: float) -> bool:
    """Switch the file to write-ahead logging, once for good; False where the file system cannot do that."""
    deadline = time.monotonic() + busy_seconds
    while True:
        try:
            return _try_wal(engine)
        except sqlite3.OperationalError as error:
            # The switch needs the file alone and does not wait for it, whatever the busy timeout.
            if _code(error) != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def _try_wal(engine: Engine) -> bool:
    with closing(engine.raw_connection()) as connection:
        cursor = connection.cursor()
        if cursor.execute("PRAGMA journal_mode").fetchone()[0] == "wal":
            return True
        return bool(cursor.execute("PRAGMA journal_mode = WAL").fetchone()[0] == "wal")


def _prepare(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # or Python's module begins transactions of its own
    connection.execute("PRAGMA synchronous = FULL")  # a commit survives a power cut
    connection.execute("PRAGMA journal_size_limit = 67108864")


def _begin(connection: Connection) -> None:
    immediate = connection.get_execution_options().get(postgres.WRITING, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


def streamed(connection: Connection, query: Select[Any]) -> Iterator[Row[Any]]:
    """A bounded number of rows in memory at a time; a server that keeps the rest is told when nobody wants it."""
    with connection.execution_options(yield_per=_STREAM).execute(query) as rows:
        yield from rows


def upsert(connection: Connection, table: Table, keys: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert the rows, replacing those columns of a row with the same `keys` that are given."""
    if not rows:
        return
    statement = _insert(connection, table)
    changed = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    connection.execute(statement.on_conflict_do_update(index_elements=list(keys), set_=changed), list(rows))


def insert_new(connection: Connection, table: Table, row: Mapping[str, Any]) -> bool:
    """Insert the row unless one with its key exists; whether it was inserted."""
    statement = _insert(connection, table).on_conflict_do_nothing().execution_options(preserve_rowcount=True)
    return connection.execute(statement, dict(row)).rowcount == 1


def _insert(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)


@contextmanager
def translated(place: str) -> Iterator[None]:
    """Raise the database's errors as ours; `place` names the database to a person, without secrets.

    A value that no database stores (a moment without a time zone, say) is the caller's mistake: ValueError.
    """
    try:
        yield
    except DBAPIError as error:
        if isinstance(error.orig, sqlite3.Error):
            raise _translation(error.orig, place) from error
        raise postgres.translation(error, place) from error
    except StatementError as error:
        raise ValueError(f"a value cannot be stored: {error.orig}") from error
    except sqlite3.Error as error:
        raise _translation(error, place) from error


def _translation(error: BaseException | None, place: str) -> HeadwaterError:
    code = _code(error)
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return BusyError(
            f"the ledger {place} is being written by another process, for longer than we may wait",
            advice="Try again; if it stays like this, look for a process that hangs.",
        )
    if code == sqlite3.SQLITE_FULL:
        return StateError(f"the disk that holds the ledger {place} is full", advice="Free some space and run again.")
    if code == sqlite3.SQLITE_IOERR:
        return StateError(
            f"the ledger {place} could not be written or read: {error}",
            advice="Check the disk for free space, quotas and faults, then run again.",
        )
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH):
        return unwritable(place)
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return StateError(
            f"the ledger {place} is damaged, or is not a ledger: {error}",
            advice="Restore it from a backup; or move it and the index away, and the next run builds both anew.",
        )
    return StateError(
        f"the ledger {place} refused an operation: {error}", advice="Check that nothing else changed its tables."
    )


def unwritable(place: str) -> StateError:
    """What to say when file and folder do not let us write."""
    return StateError(
        f"the ledger {place} cannot be opened for writing",
        advice="Allow this user to write the file and its folder, or set HEADWATER_HOME to a folder that it may write.",
    )


def _code(error: BaseException | None) -> int:
    code = getattr(error, "sqlite_errorcode", None)
    return code & 0xFF if isinstance(code, int) else 0  # the other bytes say which variety of it
