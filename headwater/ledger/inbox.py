"""Rows of the inbox.

A row that is being worked on may get notices all the while: its generation then goes past the one that was taken, and
whoever finishes it leaves it due again. A claim is a token and a time; nothing is done to a row under a claim without
its token, so that a worker whose claim ran out and was given to another can do no harm.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, Connection, Row, Select, delete, func, or_, select, update

from headwater.ledger.dialect import insert_new
from headwater.ledger.inbox_tables import deliveries, inbox
from headwater.ledger.waiting import DEAD, WAITING, WHOLE, Ask, Depth, Timing, Waiting, Which

_FIELDS = tuple(one.name for one in fields(Waiting))
_UNCLAIMED = {"taken": None, "token": None, "taken_until": None}
_UNFAILED = {"attempts": 0, "failed_at": None, "error": ""}
_TOGETHER = 500


# receiving ------------------------------------------------------------------------------------------------


def is_new(connection: Connection, endpoint: str, delivery: str, now: datetime) -> bool:
    """Whether it is the first time; remembered if so."""
    if not delivery:
        return True
    return insert_new(connection, deliveries, {"endpoint": endpoint, "delivery": delivery, "received_at": now})


def forget_deliveries(connection: Connection, before: datetime) -> None:
    connection.execute(delete(deliveries).where(deliveries.c.received_at < before))


def add(connection: Connection, delivery: str, asks: Iterable[Ask], now: datetime, timing: Timing) -> None:
    """One row for each document, in an order that keeps two transactions from waiting for each other."""
    merged: dict[tuple[str, str], Ask] = {}
    for ask in asks:
        before = merged.get((ask.source, ask.document))
        merged[ask.source, ask.document] = replace(ask, access=ask.access or (before is not None and before.access))
    for _, ask in sorted(merged.items()):
        while not (_inserted(connection, delivery, ask, now, timing) or _added(connection, delivery, ask, now, timing)):
            pass  # whoever had the row finished it between the two


def _inserted(connection: Connection, delivery: str, ask: Ask, now: datetime, timing: Timing) -> bool:
    return insert_new(
        connection,
        inbox,
        {
            "source": ask.source,
            "document": ask.document,
            "reason": ask.reason,
            "delivery": delivery,
            "access": ask.access,
            "state": WAITING,
            "notices": 1,
            "generation": 1,
            "first_at": now,
            "last_at": now,
            "due_at": _due(now, now, timing, access=ask.access),
            **_UNFAILED,
        },
    )


def _added(connection: Connection, delivery: str, ask: Ask, now: datetime, timing: Timing) -> bool:
    table = inbox.c
    found = connection.execute(
        select(inbox).where(table.source == ask.source, table.document == ask.document).with_for_update()
    ).one_or_none()
    if found is None:
        return False
    values = {
        "reason": ask.reason,
        "delivery": delivery,
        "access": found.access or ask.access,
        "state": WAITING,
        "notices": found.notices + 1,
        "generation": found.generation + 1,
        "last_at": max(now, found.last_at),
        **_renewed(found, ask, now, timing),
    }
    connection.execute(update(inbox).where(table.id == found.id).values(values))
    return True


def _renewed(found: Row[Any], ask: Ask, now: datetime, timing: Timing) -> Mapping[str, Any]:
    """When it is due after one more notice."""
    begins = found.state == DEAD or found.taken == found.generation
    first = now if begins else min(found.first_at, now)
    due = _due(first, now, timing, access=ask.access)
    if found.state == DEAD:
        return {"first_at": first, "due_at": due, **_UNFAILED}
    if found.attempts and not (ask.access and not found.access):
        # A flood must not undo the pauses between attempts.
        return {"first_at": first, "due_at": max(due, found.due_at)}
    return {"first_at": first, "due_at": min(due, found.due_at) if found.access and not begins else due}


def _due(first: datetime, now: datetime, timing: Timing, *, access: bool) -> datetime:
    if access:
        return now
    return min(first + timedelta(seconds=timing.max_wait), now + timedelta(seconds=timing.debounce))


# working --------------------------------------------------------------------------------------------------


def any_due(connection: Connection, now: datetime, which: Which) -> bool:
    """Whether `take` would find something."""
    return connection.execute(_due_rows(select(inbox.c.id), now, which).limit(1)).first() is not None


def take(connection: Connection, now: datetime, until: datetime, limit: int, which: Which) -> list[Waiting]:
    """Each under a token of its own."""
    table = inbox.c
    query = _due_rows(select(inbox), now, which)
    query = query.order_by(table.access.desc(), table.due_at, table.id).limit(limit)
    found = connection.execute(query.with_for_update(skip_locked=True)).all()
    taken = []
    for row in found:
        token = uuid4().hex
        mine = {"taken": row.generation, "token": token, "taken_until": until}
        connection.execute(update(inbox).where(table.id == row.id).values(mine))
        taken.append(replace(_waiting(row), token=token, taken_until=until))
    return taken


def _due_rows(query: Select[Any], now: datetime, which: Which) -> Select[Any]:
    table = inbox.c
    free = or_(table.taken_until.is_(None), table.taken_until <= now)
    query = query.where(table.state == WAITING, table.due_at <= now, free)
    if which.source is not None:
        query = query.where(table.source == which.source)
    if which.without:
        query = query.where(table.source.not_in(sorted(which.without)))
    if which.documents:
        query = query.where(table.document != WHOLE)
    return query.where(table.access.is_(True)) if which.access else query


def prolong(connection: Connection, rows: Iterable[Waiting], until: datetime) -> list[Waiting]:
    """Those that are still ours."""
    renewed = ((row, _changed(connection, row, {"taken_until": until})) for row in rows)
    return [replace(row, taken_until=until) for row, still in renewed if still]


def finish(connection: Connection, row: Waiting) -> bool:
    """Gone, or due again."""
    gone = delete(inbox).where(*_ours(row), inbox.c.generation == row.generation)
    if connection.execute(gone).rowcount == 1:
        return True
    notices = inbox.c.generation - row.generation
    return _changed(connection, row, {"notices": notices, **_UNCLAIMED, **_UNFAILED})


def put_back(connection: Connection, row: Waiting, due_at: datetime) -> bool:
    return _changed(connection, row, {"due_at": due_at, **_UNCLAIMED})


def fail(connection: Connection, row: Waiting, error: str, now: datetime, due_at: datetime, *, last: bool) -> bool:
    """With one attempt more."""
    told = {"attempts": row.attempts + 1, "failed_at": row.failed_at or now, "error": error, **_UNCLAIMED}
    if last and _changed(connection, row, {**told, "state": DEAD}, inbox.c.generation == row.generation):
        return True
    return _changed(connection, row, {**told, "due_at": due_at})


def _changed(connection: Connection, row: Waiting, values: Mapping[str, Any], *also: ColumnElement[bool]) -> bool:
    return connection.execute(update(inbox).where(*_ours(row), *also).values(dict(values))).rowcount == 1


def _ours(row: Waiting) -> tuple[ColumnElement[bool], ...]:
    return inbox.c.id == row.id, inbox.c.token == row.token


# a person -------------------------------------------------------------------------------------------------


def replay(connection: Connection, ids: Sequence[int] | None, now: datetime) -> int:
    """All of them when none is named."""
    values = {"state": WAITING, "first_at": now, "due_at": now, **_UNFAILED}
    dead = update(inbox).where(inbox.c.state == DEAD).values(values)
    if ids is None:
        return connection.execute(dead).rowcount
    parts = (ids[start : start + _TOGETHER] for start in range(0, len(ids), _TOGETHER))
    return sum(connection.execute(dead.where(inbox.c.id.in_(part))).rowcount for part in parts)


def drop(connection: Connection, ids: Sequence[int]) -> int:
    """Whatever their state."""
    parts = (ids[start : start + _TOGETHER] for start in range(0, len(ids), _TOGETHER))
    return sum(connection.execute(delete(inbox).where(inbox.c.id.in_(part))).rowcount for part in parts)


def listed(connection: Connection, state: str | None, source: str | None, limit: int | None) -> list[Waiting]:
    """By when they are due."""
    query: Select[Any] = select(inbox).order_by(inbox.c.access.desc(), inbox.c.due_at, inbox.c.id).limit(limit)
    for column, value in ((inbox.c.state, state), (inbox.c.source, source)):
        if value is not None:
            query = query.where(column == value)
    return [_waiting(row) for row in connection.execute(query)]


def depth(connection: Connection, now: datetime, source: str | None) -> Depth:
    """In one statement, so that its numbers belong together."""
    table = inbox.c
    live = table.state == WAITING
    working = live & (table.taken_until > now)
    query = select(
        func.count().filter(live), func.count().filter(working), func.count(), func.min(table.first_at).filter(live)
    )
    if source is not None:
        query = query.where(table.source == source)
    alive, busy, total, oldest = connection.execute(query).one()
    return Depth(waiting=alive - busy, working=busy, dead=total - alive, oldest=oldest)


def _waiting(row: Row[Any]) -> Waiting:
    return Waiting(**{name: getattr(row, name) for name in _FIELDS})
