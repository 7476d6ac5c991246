"""The part of a SQL ledger that is looked through."""

from headwater.ledger import catalogue_rows
from headwater.ledger.catalogue import Name, Wanted
from headwater.ledger.transactions import Transactions


class SqlCatalogue(Transactions):
    """In pages, by what people filter for."""

    def names(
        self, generation: str, wanted: Wanted, *, limit: int, after: Name | None = None, before: Name | None = None
    ) -> list[Name]:
        """Code points decide the order, as everywhere in a ledger."""
        with self._read() as connection:
            return catalogue_rows.names(connection, generation, wanted, limit, after, before)

    def count_names(self, generation: str, wanted: Wanted) -> int:
        """All that `names` would go through."""
        with self._read() as connection:
            return catalogue_rows.count(connection, generation, wanted)

    def links_of(self, generation: str, name: Name, limit: int = 100) -> list[str]:
        """As they are written in the document."""
        with self._read() as connection:
            return catalogue_rows.links_of(connection, generation, name, limit)

    def linked_from(self, generation: str, name: Name, limit: int = 100) -> list[Name]:
        """Not itself."""
        with self._read() as connection:
            return catalogue_rows.linked_from(connection, generation, name, limit)
