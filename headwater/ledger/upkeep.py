"""What searches served, and what is forgotten in time."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, and_, delete, func, select

from headwater.ledger import acknowledged_rows, pushed_rows
from headwater.ledger.dialect import upsert
from headwater.ledger.freshness_tables import changes, listings, served
from headwater.ledger.schema import events
from headwater.ledger.standing import AT_SOURCE, REMOVED
from headwater.ledger.standings import newest_lines


def count_served(connection: Connection, names: Iterable[tuple[str, str]], day: str) -> None:
    """One more for each."""
    table = served.c
    for source, document in dict.fromkeys(names):
        is_this = (table.source == source, table.document == document, table.day == day)
        before = connection.execute(select(table.times).where(*is_this).with_for_update()).scalar()
        row = {"source": source, "document": document, "day": day, "times": (before or 0) + 1}
        upsert(connection, served, ("source", "document", "day"), [row])


def times_served(connection: Connection, since: str, until: str) -> dict[tuple[str, str], int]:
    """Sums over these days."""
    table = served.c
    query = select(table.source, table.document, func.sum(table.times)).where(table.day >= since, table.day <= until)
    found = connection.execute(query.group_by(table.source, table.document))
    return {(source, document): int(times) for source, document, times in found}


def compact(connection: Connection, before: datetime) -> int:
    """Of every document that was live at `before`, the line that held then stays, and the last that tells of a change
    at its source."""
    past, held = changes.c, changes.alias("held")
    last = newest_lines([past.at <= before])
    told = newest_lines([past.at <= before, past.what.in_(sorted(AT_SOURCE))])
    live = last.join(held, held.c.seq == last.c.seq)
    same = and_(told.c.source == last.c.source, told.c.document == last.c.document)
    kept = (
        select(last.c.seq).select_from(live).where(held.c.what != REMOVED),
        select(told.c.seq).select_from(live.join(told, same)).where(held.c.what != REMOVED),
    )
    gone = connection.execute(
        delete(changes).where(past.at <= before, *(past.seq.not_in(one) for one in kept))
    ).rowcount
    gone += _forget_events(connection, before)
    newest = select(func.max(listings.c.seq)).group_by(listings.c.source, listings.c.vouched, listings.c.complete)
    gone += connection.execute(
        delete(listings).where(listings.c.began_at <= before, listings.c.seq.not_in(newest))
    ).rowcount
    gone += connection.execute(delete(served).where(served.c.day < before.date().isoformat())).rowcount
    gone += pushed_rows.forget_taken_back(connection, before)
    return int(gone) + acknowledged_rows.forget(connection, before)


def _forget_events(connection: Connection, before: datetime) -> int:
    """Of every document, the last outcome stays, however old it is."""
    last = select(func.max(events.c.seq)).group_by(events.c.source, events.c.document)
    return int(connection.execute(delete(events).where(events.c.at <= before, events.c.seq.not_in(last))).rowcount)
