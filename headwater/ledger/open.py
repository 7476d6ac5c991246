"""Opening a ledger: the only place that knows which database a setting means."""

import os
from pathlib import Path

from sqlalchemy import Engine

from headwater.errors import ConfigError, StateError
from headwater.ledger import dialect, migrations
from headwater.ledger.base import Ledger
from headwater.ledger.sql import SqlLedger

BUSY_SECONDS = 30.0


def open_ledger(url_or_path: str | Path, *, busy_seconds: float = BUSY_SECONDS) -> Ledger:
    """The ledger in a SQLite file (a path or `sqlite:///PATH`), created or upgraded as needed.

    A call that waits longer than `busy_seconds` for another process's write raises BusyError. StateError when the
    file cannot be used, ConfigError for another database.
    """
    path = _path(url_or_path)
    place = str(path)
    _create_private(path)
    engine = dialect.sqlite_engine(path, busy_seconds)
    try:
        with dialect.translated(place):
            _prepare(engine, place, busy_seconds)
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
        f"this release keeps its ledger in a SQLite file, not in {scheme}",
        advice="Leave ledger.url empty, or write sqlite:///PATH.",
    )


def _create_private(path: Path) -> None:
    # Titles and access lists are in it: others do not read it unless someone allows them to.
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise dialect.unwritable(f"{path} ({error.strerror})") from error


def _prepare(engine: Engine, place: str, busy_seconds: float) -> None:
    if not dialect.use_wal(engine, busy_seconds):
        raise StateError(
            f"the file system does not allow several processes to share the ledger {place}",
            advice="Keep it on a local disk, not on a network drive.",
        )
    newest = migrations.MIGRATIONS[-1].number
    with engine.begin() as connection:
        if migrations.current(connection) == newest:
            return
    with dialect.for_writing(engine).begin() as connection:
        migrations.upgrade(connection, place)
