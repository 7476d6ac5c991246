"""Rows of what was handed over."""

from collections.abc import Iterable
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, select

from headwater.ledger.dialect import upsert
from headwater.ledger.pushed import Pushed
from headwater.ledger.pushed_tables import pushed as table

_FIELDS = tuple(one.name for one in fields(Pushed))
_LIGHT = tuple(name for name in _FIELDS if name != "content")
_TOGETHER = 500


def one(connection: Connection, source: str, document: str, *, content: bool, lock: bool = False) -> Pushed | None:
    """`lock`: nobody else changes it before this transaction ends."""
    columns = table.c[_FIELDS] if content else table.c[_LIGHT]
    query = select(*columns).where(table.c.source == source, table.c.document == document)
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    return None if row is None else _pushed(row)


def versions(connection: Connection, source: str) -> dict[str, str]:
    """Of those that are there, by id."""
    query = select(table.c.document, table.c.version).where(table.c.source == source, table.c.removed_at.is_(None))
    return {row.document: row.version for row in connection.execute(query.order_by(table.c.document))}


def names(connection: Connection) -> list[tuple[str, str]]:
    query = select(table.c.source, table.c.document).order_by(table.c.source, table.c.document)
    return [(row.source, row.document) for row in connection.execute(query)]


def taken_back(connection: Connection, source: str, documents: Iterable[str]) -> set[str]:
    """Those of these."""
    wanted, found = list(documents), set[str]()
    for start in range(0, len(wanted), _TOGETHER):
        part = wanted[start : start + _TOGETHER]
        query = select(table.c.document).where(
            table.c.source == source, table.c.document.in_(part), table.c.removed_at.is_not(None)
        )
        found.update(connection.execute(query).scalars())
    return found


def put(connection: Connection, pushed: Pushed, *, before: Pushed | None = None) -> None:
    """Insert or replace; of what is there already (in `before`) neither the content nor since when is written again."""
    row = {name: getattr(pushed, name) for name in _FIELDS}
    if before is not None and (before.version, before.removed_at) == (pushed.version, None):
        changed = {name: row[name] for name in ("by", "sequence")}
        wanted = (table.c.source == pushed.source, table.c.document == pushed.document)
        connection.execute(table.update().where(*wanted).values(changed))
        return
    upsert(connection, table, ("source", "document"), [row])


def forget(connection: Connection, source: str) -> None:
    connection.execute(delete(table).where(table.c.source == source))


def forget_taken_back(connection: Connection, before: datetime) -> int:
    """How many were taken back before then."""
    return int(connection.execute(delete(table).where(table.c.removed_at < before)).rowcount)


def _pushed(row: Row[Any]) -> Pushed:
    return Pushed(**row._mapping)
