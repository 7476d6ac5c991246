"""The part of a SQL ledger that knows what is searchable, and what failed."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from headwater.ledger import documents, failures, likenesses, publications, standings
from headwater.ledger.base import DocumentRow, Failure
from headwater.ledger.transactions import Transactions
from headwater.model import Access


class SqlDocuments(Transactions):
    """Of one generation each time."""

    def documents(self, generation: str, source: str | None = None) -> Iterator[DocumentRow]:
        """As of the first row asked for, in the order of (source, id), streamed."""
        with self._read() as connection:
            yield from documents.stream(connection, generation, source)

    def versions(self, generation: str, source: str) -> dict[str, tuple[str, str]]:
        """id -> (version, fingerprint)."""
        with self._read() as connection:
            return documents.versions(connection, generation, source)

    def document(self, generation: str, source: str, id: str) -> DocumentRow | None:
        """One live document."""
        with self._read() as connection:
            return documents.one(connection, generation, source, id)

    def documents_named(self, generation: str, names: Iterable[tuple[str, str]]) -> dict[tuple[str, str], DocumentRow]:
        """Those that are live, by (source, id)."""
        with self._read() as connection:
            return documents.named(connection, generation, names)

    def count(self, generation: str, source: str) -> int:
        """Live documents."""
        with self._read() as connection:
            return documents.count(connection, generation, source)

    def find(self, generation: str, text: str) -> list[DocumentRow]:
        """Whole matches first, then ids that end in `text`; case matters."""
        with self._read() as connection:
            return documents.find(connection, generation, text)

    def touch(self, generation: str, source: str, versions: Mapping[str, str], verified_at: datetime) -> None:
        """Ids without a row are passed over."""
        with self._write() as connection:
            documents.touch(connection, generation, source, versions, verified_at)

    def set_access(self, generation: str, source: str, id: str, access: Access) -> None:
        """An id without a row is passed over."""
        with self._write() as connection:
            documents.set_access(connection, generation, source, id, access)

    def outdate(self, generation: str, source: str, ids: Iterable[str]) -> None:
        """Ids without a row are passed over."""
        with self._write() as connection:
            documents.outdate(connection, generation, source, ids)

    def drop_generation(self, generation: str) -> None:
        """StateError for the live one."""
        with self._write() as connection:
            publications.refuse_live(connection, generation)
            documents.drop(connection, generation)
            failures.drop(connection, generation)
            likenesses.drop(connection, generation)
            standings.drop(connection, generation)

    def failures(self, generation: str, source: str | None = None) -> list[Failure]:
        """By source and document."""
        with self._read() as connection:
            return failures.known(connection, generation, source)

    def failures_named(self, generation: str, names: Iterable[tuple[str, str]]) -> list[Failure]:
        """By source and document."""
        with self._read() as connection:
            return failures.named(connection, generation, names)

    def save_failures(self, generation: str, failed: Iterable[Failure]) -> None:
        """Insert or replace, exactly as given."""
        with self._write() as connection:
            failures.save(connection, generation, failed)

    def clear_failures(self, generation: str, keys: Iterable[tuple[str, str]]) -> None:
        """`keys` are (source, document) pairs; those without a failure are passed over."""
        with self._write() as connection:
            failures.clear(connection, generation, keys)
