"""What is remembered of sources, and the documents that a person took out of search."""

from dataclasses import asdict, fields

from sqlalchemy import Connection, delete, select

from headwater.ledger import schema
from headwater.ledger.base import Block, SourceRow
from headwater.ledger.dialect import upsert

_SOURCE = tuple(field.name for field in fields(SourceRow))
_BLOCK = tuple(field.name for field in fields(Block))


def everything(connection: Connection) -> list[SourceRow]:
    """By name."""
    query = select(*schema.sources.c[_SOURCE]).order_by(schema.sources.c.name)
    return [SourceRow(**row._mapping) for row in connection.execute(query)]


def save(connection: Connection, row: SourceRow) -> None:
    """Insert or replace."""
    upsert(connection, schema.sources, ("name",), [asdict(row)])


def forget(connection: Connection, name: str) -> None:
    """Its documents, blocks and history stay."""
    connection.execute(delete(schema.sources).where(schema.sources.c.name == name))


def blocks(connection: Connection) -> list[Block]:
    """By source and document."""
    query = select(*schema.blocks.c[_BLOCK]).order_by(schema.blocks.c.source, schema.blocks.c.document)
    return [Block(*row) for row in connection.execute(query)]


def block(connection: Connection, block: Block) -> None:
    """Blocking again replaces the reason."""
    upsert(connection, schema.blocks, ("source", "document"), [asdict(block)])


def unblock(connection: Connection, source: str, document: str) -> bool:
    """Whether it was blocked."""
    table = schema.blocks
    gone = connection.execute(delete(table).where(table.c.source == source, table.c.document == document))
    return gone.rowcount > 0
