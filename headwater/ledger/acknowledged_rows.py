"""Rows of findings that were put aside."""

from collections.abc import Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, insert, or_, select, update

from headwater.ledger.acknowledged import REPLACED, Acknowledgement, Key
from headwater.ledger.acknowledged_tables import acknowledgements

_FIELDS = tuple(one.name for one in fields(Acknowledgement))
_AT_ONCE = 400


def put(connection: Connection, one: Acknowledgement) -> int:
    """One more; the one before it ends."""
    table = acknowledgements.c
    before = update(acknowledgements).where(*_of(one.key), table.ended_at.is_(None))
    connection.execute(before.values(ended_at=one.at, ending=REPLACED))
    values = {name: value for name, value in asdict(one).items() if name != "id"}
    made = connection.execute(insert(acknowledgements).values(**values)).inserted_primary_key
    return int(made[0]) if made else 0


def holding(connection: Connection, at: datetime | None) -> list[Acknowledgement]:
    """In the order in which they were made."""
    table = acknowledgements.c
    query = select(acknowledgements).order_by(table.id)
    if at is None:
        query = query.where(table.ended_at.is_(None))
    else:
        query = query.where(table.at <= at, or_(table.ended_at.is_(None), table.ended_at > at))
    return [_read(row) for row in connection.execute(query)]


def newest(connection: Connection, key: Key | None, limit: int) -> list[Acknowledgement]:
    """Newest first."""
    query = select(acknowledgements).order_by(acknowledgements.c.id.desc()).limit(limit)
    if key is not None:
        query = query.where(*_of(key))
    return [_read(row) for row in connection.execute(query)]


def end(connection: Connection, ids: Sequence[int], at: datetime, ending: str) -> int:
    """How many there were to end."""
    table, ended = acknowledgements.c, 0
    for start in range(0, len(ids), _AT_ONCE):
        these = (table.id.in_(ids[start : start + _AT_ONCE]), table.ended_at.is_(None))
        ended += connection.execute(update(acknowledgements).where(*these).values(ended_at=at, ending=ending)).rowcount
    return ended


def forget(connection: Connection, before: datetime) -> int:
    """Those that ended by then."""
    return connection.execute(delete(acknowledgements).where(acknowledgements.c.ended_at <= before)).rowcount


def _of(key: Key) -> tuple[ColumnElement[bool], ...]:
    kind, source, document = key
    table = acknowledgements.c
    return table.source == source, table.document == document, table.kind == kind


def _read(row: Row[Any]) -> Acknowledgement:
    return Acknowledgement(**{name: getattr(row, name) for name in _FIELDS})
