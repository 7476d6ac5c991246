"""A copy of a ledger in a file, as it stands at one moment, without what concerns running processes."""

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import delete, select

from headwater.errors import StateError
from headwater.ledger import dialect, migrations
from headwater.ledger.publications import COMMITTED
from headwater.ledger.schema import head, leases, metadata, publications

_BUSY_SECONDS = 30.0
SCHEMA = migrations.MIGRATIONS[-1].number
"""Of the ledgers that this release writes."""


def copy_file(source: Path, target: Path) -> None:
    """Copy a ledger of any release as it is, while others write; `target` must not exist yet."""
    if not source.is_file():
        raise StateError(f"there is no ledger {source}", advice="Check the name.")
    with dialect.translated(str(source)), closing(sqlite3.connect(source, timeout=_BUSY_SECONDS)) as connection:
        connection.execute("VACUUM INTO ?", (str(target),))
    target.chmod(0o600)


def copy_ledger(source: Path, target: Path) -> None:
    """`copy_file` for one that is open, in this release's schema.

    What only running processes know how to finish is left out: leases, publications that were never committed, and
    every generation but the live one.
    """
    copy_file(source, target)
    engine = dialect.sqlite_engine(target, _BUSY_SECONDS)
    try:
        with dialect.translated(str(target)), dialect.for_writing(engine).begin() as connection:
            live = connection.execute(select(head.c.generation)).scalar_one()
            connection.execute(delete(leases))
            connection.execute(delete(publications).where(publications.c.state != COMMITTED))
            for table in metadata.tables.values():
                if "generation" in table.c and table.name not in (head.name, publications.name):
                    connection.execute(delete(table).where(table.c.generation != live))
    finally:
        engine.dispose()


def check_ledger(path: Path) -> None:
    """StateError unless the database in this file is whole."""
    with dialect.translated(str(path)), closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        said = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if said != "ok":
        raise StateError(f"the ledger {path} is damaged: {said}", advice="Use another backup.")
