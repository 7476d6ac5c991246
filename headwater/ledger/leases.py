"""Rows of leases: who holds what, until when; the background renewal is in `keeper.py`."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select, update

from headwater.ledger.base import Holder
from headwater.ledger.dialect import insert_new, now
from headwater.ledger.holder import gone
from headwater.ledger.schema import leases


def holder_values(holder: Holder) -> dict[str, Any]:
    """The columns that say who someone is, here and in publications."""
    return {
        "host": holder.host,
        "pid": holder.pid,
        "started": holder.started,
        "command": holder.command,
        "since": holder.since,
    }


def holder_of(row: Row[Any]) -> Holder:
    """The inverse of `holder_values`."""
    return Holder(row.host, row.pid, row.started, row.command, row.since)


def in_the_way(connection: Connection, name: str) -> Holder | None:
    """Who holds `name` now; None when it is free to take."""
    row = connection.execute(select(leases).where(leases.c.name == name)).one_or_none()
    return None if row is None or _free(row, now(connection)) else holder_of(row)


def take(connection: Connection, name: str, holder: Holder, token: str, seconds: float) -> bool:
    """Take `name` when it is free; whether it is ours now."""
    moment = now(connection)
    mine = {"token": token, "expires_at": moment + timedelta(seconds=seconds), **holder_values(holder)}
    row = connection.execute(select(leases).where(leases.c.name == name)).one_or_none()
    if row is None:
        return insert_new(connection, leases, {"name": name, **mine})
    if not _free(row, moment):
        return False
    replaced = update(leases).where(leases.c.name == name, leases.c.token == row.token).values(mine)
    return connection.execute(replaced).rowcount == 1


def renew(connection: Connection, token: str, seconds: float) -> bool:
    """Whether it was still ours; one that ran out but was not taken is renewed."""
    until = now(connection) + timedelta(seconds=seconds)
    renewed = update(leases).where(leases.c.token == token).values(expires_at=until)
    return connection.execute(renewed).rowcount == 1


def release(connection: Connection, token: str) -> bool:
    """Whether it was still ours."""
    return connection.execute(delete(leases).where(leases.c.token == token)).rowcount == 1


def all_held(connection: Connection, tokens: Sequence[str]) -> bool:
    """Whether nobody took any of these over."""
    held = select(func.count()).select_from(leases).where(leases.c.token.in_(tokens))
    return connection.execute(held).scalar_one() == len(tokens)


def live(connection: Connection) -> list[tuple[str, Holder]]:
    """Unexpired leases whose holder is not known to be gone, by name."""
    rows = connection.execute(select(leases).order_by(leases.c.name)).all()
    moment = now(connection)
    return [(row.name, holder_of(row)) for row in rows if not _free(row, moment)]


def any_live(connection: Connection, holder: Holder) -> bool:
    """Whether this process, under whatever command, holds any lease that did not run out."""
    mine = (leases.c.host == holder.host, leases.c.pid == holder.pid, leases.c.started == holder.started)
    query = select(leases.c.name).where(*mine, leases.c.expires_at > now(connection)).limit(1)
    return connection.execute(query).first() is not None


def _free(row: Row[Any], moment: datetime) -> bool:
    return row.expires_at <= moment or gone(holder_of(row))
