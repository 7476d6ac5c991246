"""Which documents had failed or were held back at some moment, from the history of outcomes."""

from datetime import datetime

from sqlalchemy import Connection, func, select

from headwater.ledger.schema import events
from headwater.ledger.standing import PastTrouble

_BAD = ("failed", "quarantined")
_OVER = ("indexed", "removed")


def at(connection: Connection, moment: datetime) -> list[PastTrouble]:
    """Those that came right again without being written anew count until the next time they are written."""
    table = events.c
    over = (
        select(table.source, table.document, func.max(table.seq).label("seq"))
        .where(table.at <= moment, table.outcome.in_(_OVER))
        .group_by(table.source, table.document)
        .subquery()
    )
    query = (
        select(table.source, table.document, table.at, table.outcome, table.reason)
        .outerjoin(over, (over.c.source == table.source) & (over.c.document == table.document))
        .where(table.at <= moment, table.outcome.in_(_BAD), (over.c.seq.is_(None)) | (table.seq > over.c.seq))
        .order_by(table.source, table.document, table.seq)
    )
    found: dict[tuple[str, str], PastTrouble] = {}
    for source, document, when, outcome, reason in connection.execute(query):
        before = found.get((source, document))
        found[source, document] = PastTrouble(
            source=source,
            document=document,
            outcome=outcome,
            since=before.since if before else when,
            attempts=before.attempts + 1 if before else 1,
            reason=reason,
        )
    return list(found.values())
