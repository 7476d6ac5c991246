"""Epochs and publications: which numbers were handed out, what is under way, and the moment of publication."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, Row, delete, func, insert, select, update

from headwater.errors import LeaseLostError, StateError
from headwater.ledger import documents, history, standings
from headwater.ledger.base import Commit, Holder, Intent, Publication
from headwater.ledger.dialect import told
from headwater.ledger.leases import holder_of, holder_values
from headwater.ledger.schema import epochs, head, publications

STAGING, INTENT, COMMITTED, UNDONE = "staging", "intent", "committed", "undone"


def value(connection: Connection, column: Column[Any]) -> Any:
    """One column of the single row that says where the ledger stands."""
    return connection.execute(select(column).select_from(head)).scalar_one()


def epoch_at(connection: Connection, moment: datetime) -> int:
    """The newest epoch committed by then, or 0."""
    found = select(func.max(epochs.c.epoch)).where(epochs.c.committed_at <= moment)
    return int(connection.execute(found).scalar_one() or 0)


def newest_of(connection: Connection, generation: str) -> int:
    """The newest epoch committed in a generation, or 0."""
    mine = (publications.c.generation == generation, publications.c.state == COMMITTED)
    return int(connection.execute(select(func.max(publications.c.epoch)).where(*mine)).scalar_one() or 0)


def begin(connection: Connection, generation: str, holder: Holder) -> int:
    """A new publication in staging."""
    number = _count_up(connection, head.c.publication)
    connection.execute(
        insert(publications).values(
            number=number,
            generation=generation,
            state=STAGING,
            started_at=told(connection),
            **holder_values(holder),
        )
    )
    return number


def holder(connection: Connection, number: int) -> Holder | None:
    """Who began the publication."""
    columns = publications.c["host", "pid", "started", "command", "since"]
    row = connection.execute(select(*columns).where(publications.c.number == number)).one_or_none()
    return None if row is None else holder_of(row)


def next_epoch(connection: Connection) -> int:
    """Handed out once, whatever becomes of it."""
    return _count_up(connection, head.c.attempted)


def _count_up(connection: Connection, column: Column[int]) -> int:
    connection.execute(update(head).values({column: column + 1}))
    return int(value(connection, column))


def write_intent(connection: Connection, intent: Intent) -> None:
    """LeaseLostError when the publication was undone meanwhile; a later intent replaces an earlier one."""
    row = _under_way(connection, intent.publication, (STAGING, INTENT))
    if row.generation != intent.generation:
        raise ValueError(f"publication {intent.publication} is of generation {row.generation}, not {intent.generation}")
    _check_epoch(connection, intent.epoch)
    connection.execute(
        update(publications)
        .where(publications.c.number == intent.publication)
        .values(state=INTENT, epoch=intent.epoch, ids={"new": intent.new_ids, "old": intent.old_ids})
    )


def commit(connection: Connection, commit: Commit) -> None:
    """All of it, in the caller's transaction."""
    publication = _under_way(connection, commit.publication, (INTENT,))
    if publication.epoch != commit.epoch:
        raise ValueError(f"publication {commit.publication} has an intent for {publication.epoch}, not {commit.epoch}")
    _check_epoch(connection, commit.epoch)
    documents.remove(connection, publication.generation, commit.removed)
    standings.removed(connection, publication.generation, commit.removed, commit.epoch)
    documents.put(connection, publication.generation, commit.rows)
    standings.published(connection, publication.generation, commit.rows, commit.epoch)
    history.append(connection, commit.events)
    connection.execute(insert(epochs).values(epoch=commit.epoch, committed_at=told(connection)))
    live = {} if commit.switch_to is None else {"generation": commit.switch_to}
    connection.execute(update(head).values(epoch=commit.epoch, **live))
    done = update(publications).where(publications.c.number == commit.publication)
    connection.execute(done.values(state=COMMITTED, ids=None))


def _under_way(connection: Connection, number: int, states: tuple[str, ...]) -> Row[Any]:
    # The row is locked until the transaction ends, so that nobody undoes what is just being committed.
    query = select(*publications.c["state", "generation", "epoch"]).where(publications.c.number == number)
    row = connection.execute(query.with_for_update()).one_or_none()
    if row is None or row.state not in states:
        found = "unknown, or was undone and collected" if row is None else row.state
        raise LeaseLostError(
            f"publication {number} cannot go on: it is {found}",
            advice="Another process took over because this one seemed dead; nothing was lost, run again.",
        )
    return row


def _check_epoch(connection: Connection, epoch: int) -> None:
    row = connection.execute(select(head.c.epoch, head.c.attempted).with_for_update()).one()
    if epoch > row.attempted:
        raise ValueError(f"epoch {epoch} was never handed out")
    if epoch <= row.epoch:
        raise LeaseLostError(
            f"epoch {epoch} cannot be published: {row.epoch} was, meanwhile",
            advice="Another process published at the same time; nothing was lost, run again.",
        )


def is_committed(connection: Connection, number: int) -> bool:
    """An undone publication may be forgotten already; a committed one never is."""
    state = connection.execute(select(publications.c.state).where(publications.c.number == number)).scalar()
    return state == COMMITTED


def abandon(connection: Connection, number: int) -> bool:
    """Whether the publication is undone now, or was; False when it is committed, and stays so."""
    undone = update(publications).where(publications.c.number == number, publications.c.state != COMMITTED)
    connection.execute(undone.values(state=UNDONE))
    state = connection.execute(select(publications.c.state).where(publications.c.number == number)).scalar()
    return state != COMMITTED


def forget(connection: Connection, number: int) -> None:
    """Only undone ones are forgotten."""
    connection.execute(delete(publications).where(publications.c.number == number, publications.c.state == UNDONE))


def unfinished(connection: Connection) -> list[Publication]:
    """In the order of their numbers."""
    query = select(publications).where(publications.c.state.in_((STAGING, INTENT, UNDONE)))
    return [_publication(row) for row in connection.execute(query.order_by(publications.c.number))]


def refuse_live(connection: Connection, generation: str) -> None:
    """StateError when `generation` is the one that readers see."""
    if value(connection, head.c.generation) == generation:
        raise StateError(
            f"{generation} is the live generation and cannot be dropped", advice="Switch to another one first."
        )


def _publication(row: Row[Any]) -> Publication:
    ids: Mapping[str, list[str]] | None = row.ids
    intent = None
    if ids is not None:
        intent = Intent(
            publication=row.number,
            generation=row.generation,
            epoch=row.epoch,
            new_ids=tuple(ids["new"]),
            old_ids=tuple(ids["old"]),
        )
    return Publication(
        number=row.number,
        generation=row.generation,
        state=row.state,
        holder=holder_of(row),
        intent=intent,
        started_at=row.started_at,
    )
