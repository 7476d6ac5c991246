"""Opening a ledger: the only place that knows which database a setting means."""

import os
from functools import partial
from pathlib import Path

from sqlalchemy import Engine

from headwater.errors import ConfigError, StateError
from headwater.ledger import dialect, migrations, postgres
from headwater.ledger.base import Ledger
from headwater.ledger.sql import SqlLedger

BUSY_SECONDS = 30.0


def open_ledger(url_or_path: str | Path, *, busy_seconds: float = BUSY_SECONDS) -> Ledger:
    """The ledger in a SQLite file (a path or `sqlite:///PATH`) or in Postgres, created or upgraded as needed.

    A call that waits longer than `busy_seconds` for another process's write raises BusyError. StateError when the
    file cannot be used, LedgerUnavailableError when the server does not answer, ConfigError for another database.
    """
    if isinstance(url_or_path, str) and url_or_path.partition("://")[0] in postgres.SCHEMES:
        url = postgres.parsed(url_or_path)
        place, engine = postgres.place_of(url), postgres.postgres_engine(url, busy_seconds)
        prepare = partial(_prepare_server, engine, place)
    else:
        path = _path(url_or_path)
        _create_private(path)
        place, engine = str(path), dialect.sqlite_engine(path, busy_seconds)
        prepare = partial(_prepare_file, engine, place, busy_seconds)
    try:
        with dialect.translated(place):
            prepare()
            _upgrade(engine, place)
    except BaseException:
        engine.dispose()
        raise
    return SqlLedger(engine, place)


def _path(url_or_path: str | Path) -> Path:
    if isinstance(url_or_path, Path) or "://" not in url_or_path:
        return Path(url_or_path).absolute()
    scheme, _, rest = url_or_path.partition("://")
    if scheme == "sqlite" and rest.startswith("/") and len(rest) > 1:
        return Path(rest[1:]).absolute()
    # The rest of the address may hold a password.
    raise ConfigError(
        f"a ledger is kept in a SQLite file or in Postgres, not in {scheme}",
        advice="Leave ledger.url empty, or write sqlite:///PATH or postgresql://USER:PASSWORD@HOST/NAME.",
    )


def _create_private(path: Path) -> None:
    """Titles and access lists are in it: others do not read it unless someone allows them to.

    One that is there is left alone: closing a file takes away all locks that this process holds on it, those of a
    ledger that is open already among them.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        return
    except OSError as error:
        raise dialect.unwritable(f"{path} ({error.strerror})") from error


def _prepare_file(engine: Engine, place: str, busy_seconds: float) -> None:
    if not dialect.use_wal(engine, busy_seconds):
        raise StateError(
            f"the file system does not allow several processes to share the ledger {place}",
            advice="Keep it on a local disk, not on a network drive.",
        )


def _prepare_server(engine: Engine, place: str) -> None:
    with engine.connect() as connection:
        postgres.check(connection, place)


def _upgrade(engine: Engine, place: str) -> None:
    newest = migrations.MIGRATIONS[-1].number
    with dialect.for_reading(engine).begin() as connection:
        if migrations.current(connection) == newest:
            return
    with dialect.for_writing(engine).begin() as connection:
        migrations.upgrade(connection, place)
