"""Names of live documents, by keyset: the page after a name costs as much as the first one."""

from collections.abc import Iterator

from sqlalchemy import ColumnElement, Connection, func, literal, or_, select, tuple_

from headwater.ledger.catalogue import Name, Wanted
from headwater.ledger.freshness_tables import links
from headwater.ledger.schema import Words, documents


def names(
    connection: Connection, generation: str, wanted: Wanted, limit: int, after: Name | None, before: Name | None
) -> list[Name]:
    """In order, whichever side they are asked for from."""
    table = documents.c
    query = select(table.source, table.id).where(*_wanted(generation, wanted)).limit(limit)
    place = tuple_(table.source, table.id)
    if before is not None:
        query = query.where(place < _bound(before)).order_by(table.source.desc(), table.id.desc())
    else:
        query = query.order_by(table.source, table.id)
        query = query if after is None else query.where(place > _bound(after))
    found = [(source, id) for source, id in connection.execute(query)]
    return found[::-1] if before is not None else found


def count(connection: Connection, generation: str, wanted: Wanted) -> int:
    """How many `names` there are."""
    query = select(func.count()).select_from(documents).where(*_wanted(generation, wanted))
    return int(connection.execute(query).scalar_one())


def links_of(connection: Connection, generation: str, name: Name, limit: int) -> list[str]:
    """In the order of addresses."""
    table, (source, document) = links.c, name
    query = select(table.target).where(
        table.generation == generation, table.source == source, table.document == document
    )
    return list(connection.execute(query.order_by(table.target).limit(limit)).scalars())


def linked_from(connection: Connection, generation: str, name: Name, limit: int) -> list[Name]:
    """In the order of ids."""
    table, (source, document) = links.c, name
    query = select(table.document).where(
        table.generation == generation, table.source == source, table.target == document, table.document != document
    )
    found = connection.execute(query.order_by(table.document).limit(limit)).scalars()
    return [(source, one) for one in found]


def _wanted(generation: str, wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    table = documents.c
    yield table.generation == generation
    if wanted.source is not None:
        yield table.source == wanted.source
    if wanted.text:
        has = (column.icontains(wanted.text, autoescape=True) for column in (table.id, table.title))
        yield or_(*has)


def _bound(name: Name) -> ColumnElement[tuple[str, str]]:
    return tuple_(*(literal(part, Words) for part in name))
