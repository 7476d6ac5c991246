"""The part of a SQL ledger that keeps what is pushed."""

from collections.abc import Callable, Iterable, Set
from dataclasses import fields

from sqlalchemy import select

from headwater.ledger import inbox, key_rows, pushed_rows
from headwater.ledger.inbox_tables import inbox as waiting_table
from headwater.ledger.keys import Deed
from headwater.ledger.pushed import Pushed
from headwater.ledger.transactions import Transactions
from headwater.ledger.waiting import Ask, Timing, Waiting

_WAITING = tuple(one.name for one in fields(Waiting))


class SqlPushed(Transactions):
    """Contents, and the readers that they were put with."""

    def push(
        self,
        pushed: Pushed,
        *,
        check: Callable[[Pushed | None], None],
        ask: Ask,
        timing: Timing,
        delivery: str = "",
        deed: Deed | None = None,
    ) -> None:
        """The document, the wish to have it looked at, and the line of the account, or nothing."""
        with self._write() as connection:
            before = pushed_rows.one(connection, pushed.source, pushed.document, content=False, lock=True)
            check(before)
            pushed_rows.put(connection, pushed, before=before)
            inbox.add(connection, delivery, [ask], pushed.pushed_at, timing)
            if deed is not None:
                key_rows.note(connection, deed)

    def keep_pushed(self, pushed: Pushed) -> None:
        """Exactly as given."""
        with self._write() as connection:
            pushed_rows.put(connection, pushed)

    def pushed(self, source: str, document: str) -> Pushed | None:
        """Without its content."""
        with self._read() as connection:
            return pushed_rows.one(connection, source, document, content=False)

    def pushed_document(self, source: str, document: str) -> Pushed | None:
        """None for one that was taken back."""
        with self._read() as connection:
            found = pushed_rows.one(connection, source, document, content=True)
            return None if found is None or found.removed_at is not None else found

    def pushed_versions(self, source: str) -> dict[str, str]:
        """By id, in the order of ids."""
        with self._read() as connection:
            return pushed_rows.versions(connection, source)

    def waiting_of(self, source: str, document: str) -> Waiting | None:
        """At most one: a document has one row, however often it was told of."""
        wanted = (waiting_table.c.source == source, waiting_table.c.document == document)
        with self._read() as connection:
            row = connection.execute(select(*waiting_table.c[_WAITING]).where(*wanted)).one_or_none()
        return None if row is None else Waiting(**row._mapping)

    def pushed_names(self) -> list[tuple[str, str]]:
        """By source and document."""
        with self._read() as connection:
            return pushed_rows.names(connection)

    def taken_back(self, source: str, documents: Iterable[str]) -> Set[str]:
        """Those that were never pushed are passed over."""
        with self._read() as connection:
            return pushed_rows.taken_back(connection, source, documents)

    def forget_pushed(self, source: str) -> None:
        """What is searchable of it stays until it is removed."""
        with self._write() as connection:
            pushed_rows.forget(connection, source)
