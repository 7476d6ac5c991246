"""How live documents stand, and the history of what was published."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    bindparam,
    delete,
    func,
    insert,
    select,
    type_coerce,
)
from sqlalchemy.types import NULLTYPE

from headwater.clock import utc_now
from headwater.ledger.base import DocumentRow
from headwater.ledger.dialect import streamed, upsert
from headwater.ledger.freshness_tables import changes, links, standings
from headwater.ledger.schema import documents, head, restored
from headwater.ledger.standing import AT_SOURCE, REBUILT, REMOVED, Change, PastChange, Standing, facts_of
from headwater.metadata.dates import moment_of

_TOGETHER = 400
_LONGEST_LINK = 1024
_KEYS = ("generation", "source", "document")
_WRITTEN_ANEW = Change("reprocessed")
_CHANGE = tuple(one.name for one in fields(PastChange))
_OF_DOCUMENT = ("title", "kind", "uri", "updated")


# what is written with a publication -----------------------------------------------------------------------


def published(connection: Connection, generation: str, rows: Sequence[DocumentRow], epoch: int) -> None:
    """Bring the standings of these documents up to date, and add to the history."""
    live = str(connection.execute(select(head.c.generation)).scalar_one())
    names = [(row.source, row.id) for row in rows]
    before = {**_before(connection, live, names), **_before(connection, generation, names)}
    values = [_standing(generation, row, before.get((row.source, row.id))) for row in rows]
    upsert(connection, standings, _KEYS, values)
    _put_links(connection, generation, rows)
    if rows:
        connection.execute(insert(changes), [_line(row, epoch, rebuilt=generation != live) for row in rows])


def removed(connection: Connection, generation: str, pairs: Iterable[tuple[str, str]], epoch: int) -> None:
    """Forget how these (source, document) pairs stand; the history keeps a line of those that were live."""
    names = list(pairs)
    gone, now = _before(connection, generation, names), utc_now()
    if names:
        keys = [{"g": generation, "s": source, "d": id} for source, id in names]
        for table in (standings, links):
            is_this = (table.c.source == bindparam("s"), table.c.document == bindparam("d"))
            connection.execute(delete(table).where(table.c.generation == bindparam("g"), *is_this), keys)
    if gone:
        line = {"at": now, "what": REMOVED, "changed_at": None, "changed_after": None, "detected_at": now, "facts": {}}
        connection.execute(
            insert(changes), [{**line, "source": source, "document": id, "epoch": epoch} for source, id in gone]
        )


def drop(connection: Connection, generation: str) -> None:
    """Forget a generation; the history stays."""
    for table in (standings, links):
        connection.execute(delete(table).where(table.c.generation == generation))


def _standing(generation: str, row: DocumentRow, before: Row[Any] | None) -> dict[str, Any]:
    change = row.change or _WRITTEN_ANEW
    values = {"generation": generation, "source": row.source, "document": row.id, "facts": facts_of(row.meta)}
    if change.what in AT_SOURCE or before is None:
        lag = {"changed_at": change.changed_at, "changed_after": change.changed_after}
        return {**values, **lag, "detected_at": change.detected_at, "searchable_at": row.published_at}
    kept = ("changed_at", "changed_after", "detected_at", "searchable_at")
    return {**values, **{name: getattr(before, name) for name in kept}}


def _line(row: DocumentRow, epoch: int, *, rebuilt: bool) -> dict[str, Any]:
    change = row.change or _WRITTEN_ANEW
    said = {"title": row.title, "kind": row.kind, "uri": row.uri}
    updated = {"updated": row.updated_at.isoformat()} if row.updated_at else {}
    return {
        "at": row.published_at,
        "source": row.source,
        "document": row.id,
        "what": REBUILT if rebuilt and change.what not in AT_SOURCE else change.what,
        "changed_at": change.changed_at,
        "changed_after": change.changed_after,
        "detected_at": change.detected_at,
        "epoch": epoch,
        "facts": {**facts_of(row.meta), **said, **updated},
    }


def _put_links(connection: Connection, generation: str, rows: Sequence[DocumentRow]) -> None:
    known = [row for row in rows if row.change is not None and row.change.links is not None]
    if not known:
        return
    keys = [{"g": generation, "s": row.source, "d": row.id} for row in known]
    table = links.c
    is_this = (table.generation == bindparam("g"), table.source == bindparam("s"), table.document == bindparam("d"))
    connection.execute(delete(links).where(*is_this), keys)
    found = [
        {"generation": generation, "source": row.source, "document": row.id, "target": target}
        for row in known
        for target in dict.fromkeys(row.change.links or () if row.change else ())
        # A picture within an address, say: longer than some databases index, and no document.
        if len(target.encode("utf-8", "replace")) <= _LONGEST_LINK
    ]
    if found:
        connection.execute(insert(links), found)


def _before(
    connection: Connection, generation: str, names: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], Row[Any]]:
    found: dict[tuple[str, str], Row[Any]] = {}
    for source, ids in _by_source(names).items():
        for start in range(0, len(ids), _TOGETHER):
            table = standings.c
            part = table.document.in_(ids[start : start + _TOGETHER])
            query = select(standings).where(table.generation == generation, table.source == source, part)
            found.update({(source, row.document): row for row in connection.execute(query)})
    return found


def _by_source(names: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    ids: dict[str, list[str]] = {}
    for source, id in names:
        ids.setdefault(source, []).append(id)
    return ids


# reading --------------------------------------------------------------------------------------------------

_MOMENTS = ("changed_at", "changed_after", "detected_at", "searchable_at")
# Values as the driver gives them: a hundred thousand rows of six moments each cost seconds to convert one by one.
_NARROW = (
    select(
        *(type_coerce(documents.c[name], NULLTYPE) for name in ("source", "id", "kind", "title", "uri")),
        *(type_coerce(documents.c[name], NULLTYPE) for name in ("updated_at", "published_at", "verified_at")),
        *(type_coerce(standings.c[name], NULLTYPE) for name in _MOMENTS),
        type_coerce(standings.c.facts, NULLTYPE),
    )
    .select_from(
        documents.outerjoin(
            standings,
            and_(
                standings.c.generation == documents.c.generation,
                standings.c.source == documents.c.source,
                standings.c.document == documents.c.id,
            ),
        )
    )
    .order_by(documents.c.source, documents.c.id)
)
# Put together once: a search waits for it.
_NAMED = _NARROW.where(
    documents.c.generation == bindparam("g"),
    documents.c.source == bindparam("s"),
    documents.c.id.in_(bindparam("ids", expanding=True)),
)


def stream(connection: Connection, generation: str, source: str | None) -> Iterator[Standing]:
    """A bounded number of rows in memory at a time."""
    query = _NARROW.where(documents.c.generation == generation)
    if source is not None:
        query = query.where(documents.c.source == source)
    return map(_as_standing, streamed(connection, query))


def named(connection: Connection, generation: str, names: Iterable[tuple[str, str]]) -> list[Standing]:
    """By source and id."""
    found: list[Standing] = []
    for source, ids in _by_source(names).items():
        for start in range(0, len(ids), _TOGETHER):
            values = {"g": generation, "s": source, "ids": ids[start : start + _TOGETHER]}
            found.extend(map(_as_standing, connection.execute(_NAMED, values)))
    return found


def _as_standing(row: Row[Any]) -> Standing:
    (source, id, kind, title, uri, updated, published, verified, changed, after, detected, searchable, facts) = row
    published = _moment(published)
    return Standing(
        source=restored(source),
        document=restored(id),
        kind=restored(kind),
        title=restored(title),
        uri=restored(uri),
        updated_at=_moment(updated),
        published_at=published,
        verified_at=_moment(verified),
        changed_at=_moment(changed),
        changed_after=_moment(after),
        detected_at=_moment(detected),
        searchable_at=_moment(searchable) or published,
        facts=_facts(facts) if facts else {},
    )


def _moment(stored: Any) -> Any:
    """What `Moment` makes of it: SQLite stores text in UTC, other databases moments."""
    if stored is None:
        return None
    return datetime.fromisoformat(f"{stored}+00:00") if isinstance(stored, str) else stored.astimezone(UTC)


# Many documents state the same: an owner, a product.
@lru_cache(maxsize=4096)
def _facts(stored: str) -> Mapping[str, Any]:
    return dict(json.loads(stored))


def stream_at(connection: Connection, moment: datetime, source: str | None) -> Iterator[Standing]:
    """From the newest line of every document at `moment`, and the newest that tells of a change at its source."""
    past = changes.c
    wanted: list[ColumnElement[bool]] = [past.at <= moment]
    if source is not None:
        wanted.append(past.source == source)
    # What a rebuild writes is live only after it, if ever.
    last = newest_lines([*wanted, past.what != REBUILT])
    told = newest_lines([*wanted, past.what.in_(sorted(AT_SOURCE))])
    lag = changes.alias("told")
    query = (
        select(
            changes,
            *(lag.c[name].label(f"told_{name}") for name in ("at", "changed_at", "changed_after", "detected_at")),
        )
        .join(last, last.c.seq == past.seq)
        .outerjoin(told, and_(told.c.source == past.source, told.c.document == past.document))
        .outerjoin(lag, lag.c.seq == told.c.seq)
        .where(past.what != REMOVED)
        .order_by(past.source, past.document)
    )
    return map(_as_past_standing, streamed(connection, query))


def newest_lines(wanted: Sequence[ColumnElement[bool]]) -> Any:
    """(source, document, seq) of the last line of each document among these."""
    past = changes.c
    newest = select(past.source, past.document, func.max(past.seq).label("seq"))
    return newest.where(*wanted).group_by(past.source, past.document).subquery()


def _as_past_standing(row: Row[Any]) -> Standing:
    facts: Mapping[str, Any] = row.facts
    return Standing(
        source=row.source,
        document=row.document,
        kind=str(facts.get("kind", "")),
        title=str(facts.get("title", "")),
        uri=str(facts.get("uri", "")),
        updated_at=moment_of(facts.get("updated")),
        published_at=row.at,
        verified_at=row.at,
        changed_at=row.told_changed_at,
        changed_after=row.told_changed_after,
        detected_at=row.told_detected_at,
        searchable_at=row.told_at or row.at,
        facts={name: value for name, value in facts.items() if name not in _OF_DOCUMENT},
    )


def history(
    connection: Connection,
    source: str | None,
    document: str | None,
    within: tuple[datetime | None, datetime | None],
    what: Collection[str] | None,
    limit: int | None,
    *,
    facts: bool,
) -> Iterator[PastChange]:
    """Newest first."""
    wanted = _CHANGE if facts else tuple(name for name in _CHANGE if name != "facts")
    query: Select[Any] = select(*changes.c[wanted]).order_by(changes.c.seq.desc()).limit(limit)
    for column, value in ((changes.c.source, source), (changes.c.document, document)):
        if value is not None:
            query = query.where(column == value)
    since, until = within
    if since is not None:
        query = query.where(changes.c.at > since)
    if until is not None:
        query = query.where(changes.c.at <= until)
    if what is not None:
        query = query.where(changes.c.what.in_(sorted(what)))
    for row in streamed(connection, query):
        yield PastChange(**row._mapping)


def begins(connection: Connection) -> datetime | None:
    """When its oldest line was written."""
    return connection.execute(select(changes.c.at).order_by(changes.c.seq).limit(1)).scalar()


def all_links(connection: Connection, generation: str, *, unresolved: bool) -> Iterator[tuple[str, str, str]]:
    """By source and document."""
    table = links.c
    query = select(*(type_coerce(table[name], NULLTYPE) for name in ("source", "document", "target")))
    query = query.where(table.generation == generation).order_by(table.source, table.document, table.target)
    if unresolved:
        here = (documents.c.generation == generation, documents.c.source == table.source)
        query = query.outerjoin(documents, and_(*here, documents.c.id == table.target)).where(documents.c.id.is_(None))
    rows = streamed(connection, query)
    return ((restored(source), restored(document), restored(target)) for source, document, target in rows)
