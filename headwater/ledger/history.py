"""What became of documents and runs; events are only ever added."""

from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from sqlalchemy import Connection, insert, select

from headwater.ledger.base import Event
from headwater.ledger.dialect import upsert
from headwater.ledger.schema import events, runs

_BATCH = 1000
_FIELDS = tuple(field.name for field in fields(Event))


def append(connection: Connection, new: Iterable[Event]) -> None:
    """In the order given."""
    rest = iter(new)
    while batch := [{name: getattr(event, name) for name in _FIELDS} for event in islice(rest, _BATCH)]:
        connection.execute(insert(events), batch)


def newest(connection: Connection, source: str | None, document: str | None, limit: int) -> list[Event]:
    """Newest first, in the order in which they were recorded."""
    query = select(*events.c[_FIELDS]).order_by(events.c.seq.desc()).limit(limit)
    if source is not None:
        query = query.where(events.c.source == source)
    if document is not None:
        query = query.where(events.c.document == document)
    return [Event(**row._mapping) for row in connection.execute(query)]


def save_run(connection: Connection, run: str, summary: Mapping[str, Any]) -> None:
    """Saving the same run again replaces its summary."""
    upsert(connection, runs, ("run",), [{"run": run, "saved_at": datetime.now(UTC), "summary": dict(summary)}])


def newest_runs(connection: Connection, limit: int) -> list[Mapping[str, Any]]:
    """Summaries as saved, each with its `run`, newest first."""
    query = select(runs.c.run, runs.c.summary).order_by(runs.c.seq.desc()).limit(limit)
    return [{"run": row.run, **row.summary} for row in connection.execute(query)]
