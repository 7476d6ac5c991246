"""Rows of keys and deeds."""

from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from headwater.ledger.dialect import insert_new
from headwater.ledger.keys import Deed, Key
from headwater.ledger.keys_tables import api_keys, deeds

_KEY = tuple(one.name for one in fields(Key))
_DEED = tuple(one.name for one in fields(Deed))


def add(connection: Connection, key: Key) -> bool:
    """Whether its id and its name were free."""
    return insert_new(connection, api_keys, asdict(key))


def one(connection: Connection, id: str) -> Key | None:
    row = connection.execute(select(api_keys).where(api_keys.c.id == id)).one_or_none()
    return None if row is None else _key(row)


def everything(connection: Connection) -> list[Key]:
    """By when they were made."""
    rows = connection.execute(select(api_keys).order_by(api_keys.c.made_at, api_keys.c.id))
    return [_key(row) for row in rows]


def revoke(connection: Connection, id: str, at: datetime) -> bool:
    """Whether it was good until now."""
    good = (api_keys.c.id == id, api_keys.c.revoked_at.is_(None))
    return connection.execute(update(api_keys).where(*good).values(revoked_at=at)).rowcount == 1


def note_used(connection: Connection, id: str, at: datetime) -> None:
    connection.execute(update(api_keys).where(api_keys.c.id == id).values(used_at=at))


def note(connection: Connection, deed: Deed) -> None:
    """One more line."""
    connection.execute(insert(deeds).values(**asdict(deed)))


def newest(connection: Connection, who: str | None, limit: int) -> list[Deed]:
    """Newest first."""
    query = select(*deeds.c[_DEED]).order_by(deeds.c.seq.desc()).limit(limit)
    if who is not None:
        query = query.where(deeds.c.who == who)
    return [Deed(**row._mapping) for row in connection.execute(query)]


def _key(row: Row[Any]) -> Key:
    return Key(**{name: getattr(row, name) for name in _KEY})
