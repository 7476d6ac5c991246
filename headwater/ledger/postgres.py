"""A ledger in Postgres: how to connect and what its errors mean.

Writers take one lock at the start of their transaction, as they do in SQLite. So no two of ours can deadlock or fail to
serialise, and whoever holds the lock knows that no commit is still under way, not even one whose writer lost its
connection. Readers never wait: theirs are snapshots.
"""

import time
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry

from headwater.errors import BusyError, ConfigError, CredentialError, HeadwaterError, LedgerUnavailableError, StateError

SCHEMES = ("postgresql", "postgres", "postgresql+psycopg")
WRITING = "headwater_writing"

_LOCK_CLASS = 0x4857
_RECONNECT_SECONDS = 0.2
# A host that was cut off is noticed within half a minute, by either side of a read or a write.
_NETWORK = {
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}


def parsed(url: str) -> URL:
    """The address with its driver; ConfigError, which does not repeat it, when it is none."""
    try:
        found = make_url(url)
    except (ArgumentError, ValueError):
        found = None
    if found is None or not found.database:
        raise ConfigError(
            "ledger.url is no address of a database",
            advice='Write "postgresql://user:${PASSWORD}@host/name"; a password with special characters is %-encoded.',
        )
    return found.set(drivername="postgresql+psycopg")


def place_of(url: URL) -> str:
    """To name it to a person: without user, password and options."""
    port = f":{url.port}" if url.port else ""
    return f"postgresql://{url.host or ''}{port}/{url.database}"


def postgres_engine(url: URL, busy_seconds: float) -> Engine:
    """An engine that waits up to `busy_seconds` for other writers, and for a server that restarts."""
    try:
        engine = create_engine(
            url,
            connect_args={**_NETWORK, "application_name": "headwater", "options": _options(url)},
            hide_parameters=True,  # titles and reasons stay out of tracebacks
            pool_pre_ping=True,
            pool_size=4,
            max_overflow=-1,  # a thread never waits for a connection that another one streams from
        )
    except ImportError as error:
        raise ConfigError(
            "a ledger in Postgres needs the driver psycopg", advice="Install it: pip install 'headwater[postgres]'."
        ) from error
    event.listen(engine, "do_connect", _Reconnect(busy_seconds))
    event.listen(engine, "begin", _begin(busy_seconds))
    return engine


def _options(url: URL) -> str:
    """Those of the address as well: a search path, say."""
    given = url.query.get("options", "")
    return " ".join(["-c timezone=UTC", *([given] if isinstance(given, str) else given)]).strip()


class _Reconnect:
    """Once it had answered, a server that does not is waited for: it restarts, or another takes its place."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._answered = False

    def __call__(self, dialect: Dialect, _entry: ConnectionPoolEntry, args: list[Any], kwargs: dict[str, Any]) -> Any:
        deadline = time.monotonic() + self._seconds
        while True:
            try:
                connection = dialect.connect(*args, **kwargs)
            except dialect.loaded_dbapi.OperationalError:
                if not self._answered or time.monotonic() > deadline:
                    raise
                time.sleep(_RECONNECT_SECONDS)
            else:
                self._answered = True
                return connection


def _begin(busy_seconds: float) -> Any:
    # A writer that was stopped in the middle of a transaction keeps everyone from writing: it is cut off before others
    # lose their patience. What it had written is gone then, and it is told so when it goes on.
    wait, idle = int(busy_seconds * 1000), int(busy_seconds * 1000 * 2 / 3)
    # By schema, so that several ledgers may share a database.
    lock = f"SELECT pg_advisory_xact_lock({_LOCK_CLASS}, hashtext(current_schema()::text))"
    limits = f"SET LOCAL lock_timeout = {wait}; SET LOCAL idle_in_transaction_session_timeout = {idle}"

    def begin(connection: Connection) -> None:
        if connection.get_execution_options().get(WRITING, False):
            connection.exec_driver_sql(f"{limits}; {lock}")

    return begin


def for_reading(engine: Engine) -> Engine:
    """Transactions that see one state throughout."""
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def check(connection: Connection, place: str) -> None:
    """ConfigError for a database that cannot hold every text."""
    encoding = connection.exec_driver_sql("SHOW server_encoding").scalar_one()
    if encoding != "UTF8":
        raise ConfigError(
            f"the database {place} has the encoding {encoding}",
            advice="Create one with ENCODING 'UTF8' for the ledger.",
        )


def translation(error: DBAPIError, place: str) -> HeadwaterError:
    """By SQLSTATE; never with the values that a statement had, which may be in the server's detail."""
    state = getattr(error.orig, "sqlstate", None) or ""
    said = _said(error)
    if state in ("55P03", "40001", "40P01", "57014"):
        return BusyError(
            f"the ledger {place} is being written by another process, for longer than we may wait",
            advice="Nothing was written; try again. If it stays like this, look for a session that holds a lock.",
        )
    if state[:3] in ("28P", "280") or "authentication failed" in said:
        return CredentialError(
            f"the ledger {place} does not let us in: {said}", advice="Check user and password in ledger.url."
        )
    if state == "25006":
        return LedgerUnavailableError(
            f"the ledger {place} can only be read there: it is a standby",
            advice="Name the primary in ledger.url, or all hosts and ?target_session_attrs=read-write.",
        )
    if error.connection_invalidated or state[:2] in ("", "08", "57") or state in ("53200", "53300", "25P03", "25P04"):
        return LedgerUnavailableError(
            f"the ledger {place} does not answer, or cut the connection: {said}",
            advice="Check that Postgres runs and that ledger.url is right; what was committed stays committed.",
        )
    if state == "53100":
        return StateError(f"the disk that holds the ledger {place} is full", advice="Free some space and run again.")
    if state == "54000":
        return StateError(
            f"the ledger {place} cannot index a name this long: {said}",
            advice="Postgres takes ids of up to about 2,000 characters; shorten the id, or leave the document out.",
        )
    return StateError(
        f"the ledger {place} refused an operation: {said}",
        advice="Check that its user may create and change tables, and that nothing else changed them.",
    )


def _said(error: DBAPIError) -> str:
    """The server's first sentence; a client's own begins with which connection it was."""
    diagnosis = getattr(error.orig, "diag", None)
    primary = getattr(diagnosis, "message_primary", None)
    return str(primary or str(error.orig).partition("\n")[0])
