"""Which documents say nearly the same, and which of them stands for the others."""

from collections.abc import Iterable
from dataclasses import asdict

from sqlalchemy import ColumnElement, Connection, and_, delete, select

from headwater.ledger.base import Likeness
from headwater.ledger.dialect import upsert
from headwater.ledger.schema import documents, likenesses

_KEYS = ("generation", "source", "document")
_AT_ONCE = 400

_LIVE = and_(
    documents.c.generation == likenesses.c.generation,
    documents.c.source == likenesses.c.source,
    documents.c.id == likenesses.c.document,
    documents.c.publication == likenesses.c.publication,
)


def everything(connection: Connection, generation: str) -> list[Likeness]:
    """Of live documents, by source and document."""
    return _found(connection, likenesses.c.generation == generation)


def missing(connection: Connection, generation: str) -> list[tuple[str, str]]:
    """(source, id) of the live documents that have none."""
    query = select(documents.c.source, documents.c.id).outerjoin(likenesses, _LIVE)
    found = connection.execute(query.where(documents.c.generation == generation, likenesses.c.document.is_(None)))
    return [(source, id) for source, id in found]


def clustered(connection: Connection, generation: str, clusters: Iterable[str] | None) -> list[Likeness]:
    """`everything` in one of these clusters; None: in any."""
    table = likenesses.c
    if clusters is None:
        return _found(connection, and_(table.generation == generation, table.cluster != ""))
    return _found(connection, and_(table.generation == generation, table.cluster.in_(sorted(set(clusters)))))


def _found(connection: Connection, which: ColumnElement[bool]) -> list[Likeness]:
    table = likenesses.c
    query = select(likenesses).join(documents, _LIVE).where(which)
    return [
        Likeness(
            source=row.source,
            document=row.document,
            publication=row.publication,
            signature=row.signature,
            cluster=row.cluster,
            canonical=bool(row.canonical),
        )
        for row in connection.execute(query.order_by(table.source, table.document))
    ]


def save(connection: Connection, generation: str, found: Iterable[Likeness]) -> None:
    """Insert or replace."""
    rows = [{"generation": generation, **asdict(one), "canonical": int(one.canonical)} for one in found]
    upsert(connection, likenesses, _KEYS, rows)


def alike(connection: Connection, generation: str, names: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Clusters of these documents, of those that are in one."""
    wanted, found = set(names), {}
    ids = sorted({document for _, document in wanted})
    for start in range(0, len(ids), _AT_ONCE):
        table = likenesses.c
        query = select(table.source, table.document, table.cluster).join(documents, _LIVE)
        of_these = (table.generation == generation, table.document.in_(ids[start : start + _AT_ONCE]))
        for source, document, cluster in connection.execute(query.where(*of_these, table.cluster != "")):
            if (source, document) in wanted:
                found[source, document] = cluster
    return found


def canonicals(connection: Connection, generation: str, clusters: Iterable[str]) -> dict[str, tuple[str, str]]:
    """The live document that stands for each of these clusters."""
    table = likenesses.c
    query = select(table.cluster, table.source, table.document).join(documents, _LIVE)
    of_these = (table.generation == generation, table.cluster.in_(sorted(set(clusters))), table.canonical == 1)
    return {cluster: (source, document) for cluster, source, document in connection.execute(query.where(*of_these))}


def drop(connection: Connection, generation: str) -> None:
    """Forget every likeness of a generation."""
    connection.execute(delete(likenesses).where(likenesses.c.generation == generation))
