"""What was learned of a source by looking at all of it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, delete, select

from headwater.ledger import schema
from headwater.ledger.dialect import upsert


def get(connection: Connection, source: str, name: str) -> Mapping[str, Any] | None:
    """None when nothing was learned."""
    table = schema.learned.c
    found = connection.execute(select(table.value).where(table.source == source, table.name == name)).first()
    return None if found is None else found.value


def put(connection: Connection, source: str, name: str, value: Mapping[str, Any]) -> None:
    """Insert or replace."""
    row = {"source": source, "name": name, "value": value, "learned_at": datetime.now(UTC)}
    upsert(connection, schema.learned, ("source", "name"), [row])


def forget(connection: Connection, source: str) -> None:
    """Everything learned of a source."""
    connection.execute(delete(schema.learned).where(schema.learned.c.source == source))
