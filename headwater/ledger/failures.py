"""Documents that could not be processed, and in which version, so that they are not tried without end."""

from collections.abc import Iterable
from dataclasses import asdict, fields

from sqlalchemy import Connection, bindparam, delete, select

from headwater.ledger.base import Failure
from headwater.ledger.dialect import upsert
from headwater.ledger.schema import failures

_TOGETHER = 400
_KEYS = ("generation", "source", "document")
_FIELDS = tuple(field.name for field in fields(Failure))
# Put together once: a search waits for it.
_NAMED = (
    select(*failures.c[_FIELDS])
    .where(
        failures.c.generation == bindparam("g"),
        failures.c.source == bindparam("s"),
        failures.c.document.in_(bindparam("ids", expanding=True)),
    )
    .order_by(failures.c.document)
)


def known(connection: Connection, generation: str, source: str | None) -> list[Failure]:
    """By source and document."""
    query = select(*failures.c[_FIELDS]).where(failures.c.generation == generation)
    if source is not None:
        query = query.where(failures.c.source == source)
    found = connection.execute(query.order_by(failures.c.source, failures.c.document))
    return [Failure(**row._mapping) for row in found]


def named(connection: Connection, generation: str, pairs: Iterable[tuple[str, str]]) -> list[Failure]:
    """By source and document."""
    found: list[Failure] = []
    for source, ids in sorted(_by_source(pairs).items()):
        for start in range(0, len(ids), _TOGETHER):
            values = {"g": generation, "s": source, "ids": ids[start : start + _TOGETHER]}
            rows = connection.execute(_NAMED, values)
            found.extend(Failure(**row._mapping) for row in rows)
    return found


def _by_source(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    ids: dict[str, list[str]] = {}
    for source, id in sorted(set(pairs)):
        ids.setdefault(source, []).append(id)
    return ids


def save(connection: Connection, generation: str, failed: Iterable[Failure]) -> None:
    """Insert or replace."""
    upsert(connection, failures, _KEYS, [{"generation": generation, **asdict(failure)} for failure in failed])


def clear(connection: Connection, generation: str, pairs: Iterable[tuple[str, str]]) -> None:
    """Drop those of these (source, document) pairs."""
    keys = [{"s": source, "d": document} for source, document in pairs]
    if keys:
        is_this = (failures.c.source == bindparam("s"), failures.c.document == bindparam("d"))
        connection.execute(delete(failures).where(failures.c.generation == generation, *is_this), keys)


def drop(connection: Connection, generation: str) -> None:
    """Forget every failure of a generation."""
    connection.execute(delete(failures).where(failures.c.generation == generation))
