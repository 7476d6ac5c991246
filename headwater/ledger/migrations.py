"""Numbered versions of the schema: a new ledger starts at the newest, an older one is brought there in one transaction.

A release that changes `schema.py` adds a `Migration` here whose `steps` do the same to an existing ledger.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

from sqlalchemy import Connection, func, insert, inspect, select

from headwater.errors import StateError
from headwater.ledger import acknowledged_tables, freshness_tables, inbox_tables, keys_tables, pushed_tables, schema
from headwater.ledger.standing import facts_of

FIRST_GENERATION = "g1"


@dataclass(frozen=True, slots=True)
class Migration:
    """Brings a ledger from `number` - 1 to `number`; `release` is the first one that reads the result."""

    number: int
    release: str
    steps: Callable[[Connection], None]


def _nothing(_connection: Connection) -> None:
    """The first schema has no predecessor."""


def _learned_and_likenesses(connection: Connection) -> None:
    schema.metadata.create_all(connection, tables=[schema.learned, schema.likenesses], checkfirst=False)


def _standings(connection: Connection) -> None:
    """Of documents that are live already, it is not known when they changed."""
    schema.metadata.create_all(connection, tables=list(freshness_tables.TABLES), checkfirst=False)
    live, found = schema.documents, freshness_tables.standings
    wanted = [live.c[name] for name in ("generation", "source", "id", "published_at", "meta")]
    rows = connection.execute(select(*wanted)).all()
    for start in range(0, len(rows), 1000):
        values = [
            {
                "generation": row.generation,
                "source": row.source,
                "document": row.id,
                "searchable_at": row.published_at,
                "facts": facts_of(row.meta),
            }
            for row in rows[start : start + 1000]
        ]
        connection.execute(insert(found), values)


def _inbox_and_keys(connection: Connection) -> None:
    schema.metadata.create_all(connection, tables=[*inbox_tables.TABLES, *keys_tables.TABLES], checkfirst=False)


def _acknowledgements(connection: Connection) -> None:
    schema.metadata.create_all(connection, tables=list(acknowledged_tables.TABLES), checkfirst=False)


def _pushed(connection: Connection) -> None:
    schema.metadata.create_all(connection, tables=list(pushed_tables.TABLES), checkfirst=False)


MIGRATIONS: tuple[Migration, ...] = (
    Migration(1, "0.1.0", _nothing),
    Migration(2, "0.2.0", _learned_and_likenesses),
    Migration(3, "0.3.0", _standings),
    Migration(4, "0.4.0", _inbox_and_keys),
    Migration(5, "0.5.0", _acknowledgements),
    Migration(6, "0.6.0", _pushed),
)


def current(connection: Connection) -> int:
    """Number of the schema found, 0 in an empty database."""
    if not inspect(connection).has_table(schema.versions.name):
        return 0
    return int(connection.execute(select(func.max(schema.versions.c.number))).scalar_one() or 0)


def refuse_newer(connection: Connection, place: str, known: int = MIGRATIONS[-1].number) -> None:
    """StateError when a newer release has changed the schema beyond `known`."""
    newest = select(schema.versions).order_by(schema.versions.c.number.desc()).limit(1)
    found = connection.execute(newest).one()
    if found.number > known:
        raise StateError(
            f"the ledger {place} was written by a newer release (schema {found.number}, this one reads up to {known})",
            advice=f"Use headwater {found.release} or later with it.",
        )


def upgrade(connection: Connection, place: str, migrations: Sequence[Migration] = MIGRATIONS) -> None:
    """Make the newest schema of an empty or older database, within the caller's transaction."""
    found = current(connection)
    if found == 0:
        _create(connection, migrations[-1])
        return
    refuse_newer(connection, place, migrations[-1].number)
    for migration in migrations:
        if migration.number > found:
            migration.steps(connection)
            _note(connection, migration)


def _create(connection: Connection, newest: Migration) -> None:
    schema.metadata.create_all(connection, checkfirst=False)
    connection.execute(
        insert(schema.head).values(
            id=1, identity=uuid4().hex, generation=FIRST_GENERATION, epoch=0, attempted=0, publication=0
        )
    )
    _note(connection, newest)


def _note(connection: Connection, migration: Migration) -> None:
    connection.execute(
        insert(schema.versions).values(number=migration.number, release=migration.release, applied_at=datetime.now(UTC))
    )
