"""Looks at whole sources, one line each."""

from collections.abc import Iterable
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, bindparam, insert, select

from headwater.ledger.freshness_tables import listings
from headwater.ledger.standing import Listing

_FIELDS = tuple(one.name for one in fields(Listing))
# Put together once: a search waits for it.
_VOUCHED = (
    select(listings.c.began_at)
    .where(listings.c.vouched, listings.c.source == bindparam("s"))
    .order_by(listings.c.seq.desc())
    .limit(1)
)


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


def vouched(connection: Connection, sources: Iterable[str]) -> dict[str, datetime]:
    """The newest that was noted of each."""
    found = {source: connection.execute(_VOUCHED, {"s": source}).scalar() for source in sources}
    return {source: began for source, began in found.items() if began is not None}
