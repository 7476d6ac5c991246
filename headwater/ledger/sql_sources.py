"""The part of a SQL ledger that remembers sources, and what is never to be searchable."""

from collections.abc import Mapping
from typing import Any

from headwater.ledger import learned, sources
from headwater.ledger.base import Block, SourceRow
from headwater.ledger.transactions import Transactions


class SqlSources(Transactions):
    """Also what is learned from all the documents of one."""

    def sources(self) -> list[SourceRow]:
        """By name."""
        with self._read() as connection:
            return sources.everything(connection)

    def save_source(self, row: SourceRow) -> None:
        """Replaces what was remembered under that name."""
        with self._write() as connection:
            sources.save(connection, row)

    def forget_source(self, name: str) -> None:
        """Its documents, blocks and history stay."""
        with self._write() as connection:
            sources.forget(connection, name)
            learned.forget(connection, name)

    def blocks(self) -> list[Block]:
        """By source and document."""
        with self._read() as connection:
            return sources.blocks(connection)

    def block(self, block: Block) -> None:
        """Blocking again replaces the reason."""
        with self._write() as connection:
            sources.block(connection, block)

    def unblock(self, source: str, document: str) -> bool:
        """Whether it was blocked."""
        with self._write() as connection:
            return sources.unblock(connection, source, document)

    def learned(self, source: str, name: str) -> Mapping[str, Any] | None:
        """None when nothing was learned under this name."""
        with self._read() as connection:
            return learned.get(connection, source, name)

    def learn(self, source: str, name: str, value: Mapping[str, Any]) -> None:
        """Replaces what was learned before."""
        with self._write() as connection:
            learned.put(connection, source, name, value)
