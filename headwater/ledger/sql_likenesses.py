"""The part of a SQL ledger that knows which documents are alike."""

from collections.abc import Iterable

from headwater.ledger import documents, likenesses
from headwater.ledger.base import DocumentRow, Likeness
from headwater.ledger.transactions import Transactions


class SqlLikenesses(Transactions):
    """Of one generation each time."""

    def likenesses(self, generation: str) -> list[Likeness]:
        """By source and document."""
        with self._read() as connection:
            return likenesses.everything(connection, generation)

    def without_likeness(self, generation: str) -> list[DocumentRow]:
        """By source and document."""
        with self._read() as connection:
            found = documents.named(connection, generation, likenesses.missing(connection, generation))
            return [found[name] for name in sorted(found)]

    def clustered(self, generation: str, clusters: Iterable[str] | None = None) -> list[Likeness]:
        """By source and document."""
        with self._read() as connection:
            return likenesses.clustered(connection, generation, clusters)

    def save_likenesses(self, generation: str, found: Iterable[Likeness]) -> None:
        """All of them or none."""
        with self._write() as connection:
            likenesses.save(connection, generation, found)

    def alike(self, generation: str, names: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
        """Those that are in no cluster are left out."""
        with self._read() as connection:
            return likenesses.alike(connection, generation, names)

    def canonicals(self, generation: str, clusters: Iterable[str]) -> dict[str, tuple[str, str]]:
        """A cluster whose canonical document is not live any more is left out."""
        with self._read() as connection:
            return likenesses.canonicals(connection, generation, clusters)
