"""Looks at whole sources, one line each."""

from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, insert, select

from headwater.ledger.freshness_tables import listings
from headwater.ledger.standing import Listing

_FIELDS = tuple(one.name for one in fields(Listing))


def note(connection: Connection, listing: Listing) -> None:
    """Add one line."""
    connection.execute(insert(listings).values(**asdict(listing)))


def newest(
    connection: Connection, source: str | None, since: datetime | None, until: datetime | None, limit: int | None
) -> list[Listing]:
    """Newest first."""
    table = listings.c
    query: Select[Any] = select(*table[_FIELDS]).order_by(table.seq.desc()).limit(limit)
    if source is not None:
        query = query.where(table.source == source)
    if since is not None:
        query = query.where(table.began_at > since)
    if until is not None:
        query = query.where(table.began_at <= until)
    return [Listing(**row._mapping) for row in connection.execute(query)]
