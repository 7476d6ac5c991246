"""Rows of live documents."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, bindparam, case, delete, func, literal, or_, select, update

from headwater.ledger.base import DocumentRow
from headwater.ledger.dialect import streamed, upsert
from headwater.ledger.schema import Words, documents, storable
from headwater.model import Access

_TOGETHER = 500
_KEYS = ("generation", "source", "id")


def stream(connection: Connection, generation: str, source: str | None) -> Iterator[DocumentRow]:
    """In the order of (source, id), a bounded number of rows in memory at a time."""
    query = select(documents).where(documents.c.generation == generation)
    if source is not None:
        query = query.where(documents.c.source == source)
    query = query.order_by(documents.c.source, documents.c.id)
    for row in streamed(connection, query):
        yield _document(row)


def versions(connection: Connection, generation: str, source: str) -> dict[str, tuple[str, str]]:
    """id -> (version, fingerprint)."""
    columns = select(documents.c.id, documents.c.version, documents.c.fingerprint)
    found = connection.execute(columns.where(documents.c.generation == generation, documents.c.source == source))
    return {id: (version, fingerprint) for id, version, fingerprint in found}


def one(connection: Connection, generation: str, source: str, id: str) -> DocumentRow | None:
    """The live document with this id."""
    row = connection.execute(select(documents).where(*_is(generation, source, id))).one_or_none()
    return None if row is None else _document(row)


def named(
    connection: Connection, generation: str, names: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], DocumentRow]:
    """Live documents by (source, id); asked for a few hundred at a time, since databases limit parameters."""
    ids: dict[str, list[str]] = {}
    for source, id in names:
        ids.setdefault(source, []).append(id)
    found: dict[tuple[str, str], DocumentRow] = {}
    for source, wanted in ids.items():
        for start in range(0, len(wanted), _TOGETHER):
            part = documents.c.id.in_(wanted[start : start + _TOGETHER])
            query = select(documents).where(documents.c.generation == generation, documents.c.source == source, part)
            found.update({(source, row.id): _document(row) for row in connection.execute(query)})
    return found


def count(connection: Connection, generation: str, source: str) -> int:
    """Live documents of one source."""
    of_source = select(func.count()).where(documents.c.generation == generation, documents.c.source == source)
    return int(connection.execute(of_source).scalar_one())


def find(connection: Connection, generation: str, text: str) -> list[DocumentRow]:
    """Whole matches before ids that only end in `text`; nothing for an empty text."""
    if not text:
        return []
    id, source = documents.c.id, documents.c.source
    wanted = literal(text, Words)
    whole = or_(id == wanted, source + "/" + id == wanted)
    tail = func.substr(id, func.length(id) - len(storable(text)) + 1) == wanted
    query = select(documents).where(documents.c.generation == generation, or_(whole, tail))
    found = connection.execute(query.order_by(case((whole, 0), else_=1), source, id))
    return [_document(row) for row in found]


def put(connection: Connection, generation: str, rows: Sequence[DocumentRow]) -> None:
    """Insert or replace."""
    upsert(connection, documents, _KEYS, [_values(generation, row) for row in rows])


def remove(connection: Connection, generation: str, pairs: Iterable[tuple[str, str]]) -> None:
    """Drop the rows of these (source, id) pairs."""
    keys = [{"g": generation, "s": source, "i": id} for source, id in pairs]
    if keys:
        connection.execute(delete(documents).where(*_is_bound()), keys)


def touch(
    connection: Connection, generation: str, source: str, versions: Mapping[str, str], verified_at: datetime
) -> None:
    """Set version and time of verification of those that exist."""
    keys = [{"g": generation, "s": source, "i": id, "v": version} for id, version in versions.items()]
    if keys:
        values = {"version": bindparam("v", type_=Words), "verified_at": verified_at}
        connection.execute(update(documents).where(*_is_bound()).values(values), keys)


def set_access(connection: Connection, generation: str, source: str, id: str, access: Access) -> None:
    """Replace who may read."""
    changed = update(documents).where(*_is(generation, source, id)).values(allow=access.allow, deny=access.deny)
    connection.execute(changed)


def outdate(connection: Connection, generation: str, source: str, ids: Iterable[str]) -> None:
    """No fingerprint is current that is empty."""
    keys = [{"g": generation, "s": source, "i": id} for id in ids]
    if keys:
        connection.execute(update(documents).where(*_is_bound()).values({"fingerprint": ""}), keys)


def drop(connection: Connection, generation: str) -> None:
    """Forget every row of a generation."""
    connection.execute(delete(documents).where(documents.c.generation == generation))


def _is(generation: str, source: str, id: str) -> tuple[ColumnElement[bool], ...]:
    columns = documents.c
    return columns.generation == generation, columns.source == source, columns.id == id


def _is_bound() -> tuple[ColumnElement[bool], ...]:
    columns = documents.c
    return columns.generation == bindparam("g"), columns.source == bindparam("s"), columns.id == bindparam("i")


def _values(generation: str, row: DocumentRow) -> dict[str, Any]:
    return {
        "generation": generation,
        "source": row.source,
        "id": row.id,
        "version": row.version,
        "fingerprint": row.fingerprint,
        "content_hash": row.content_hash,
        "publication": row.publication,
        "chunks": row.chunks,
        "kind": row.kind,
        "allow": row.access.allow,
        "deny": row.access.deny,
        "updated_at": row.updated_at,
        "detected_at": row.detected_at,
        "published_at": row.published_at,
        "verified_at": row.verified_at,
        "title": row.title,
        "uri": row.uri,
        "meta": row.meta,
    }


def _document(row: Row[Any]) -> DocumentRow:
    return DocumentRow(
        source=row.source,
        id=row.id,
        version=row.version,
        content_hash=row.content_hash,
        fingerprint=row.fingerprint,
        access=Access(row.allow, row.deny),
        publication=row.publication,
        chunks=row.chunks,
        kind=row.kind,
        title=row.title,
        uri=row.uri,
        updated_at=row.updated_at,
        detected_at=row.detected_at,
        published_at=row.published_at,
        verified_at=row.verified_at,
        meta=row.meta,
    )
