"""The ledger on any database that SQLAlchemy speaks to; each method is one transaction."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from headwater.ledger import dialect, history, leases, publications
from headwater.ledger.base import Commit, Event, Holder, Intent, Publication
from headwater.ledger.holder import gone, on_this_host
from headwater.ledger.schema import head
from headwater.ledger.sql_acknowledged import SqlAcknowledged
from headwater.ledger.sql_catalogue import SqlCatalogue
from headwater.ledger.sql_documents import SqlDocuments
from headwater.ledger.sql_freshness import SqlFreshness
from headwater.ledger.sql_inbox import SqlInbox
from headwater.ledger.sql_keys import SqlKeys
from headwater.ledger.sql_likenesses import SqlLikenesses
from headwater.ledger.sql_pushed import SqlPushed
from headwater.ledger.sql_sources import SqlSources


class SqlLedger(
    SqlDocuments,
    SqlSources,
    SqlLikenesses,
    SqlFreshness,
    SqlInbox,
    SqlKeys,
    SqlAcknowledged,
    SqlPushed,
    SqlCatalogue,
):
    """Made by `open_ledger`."""

    # identity and epochs

    def identity(self) -> str:
        """Shared with the index that belongs to this ledger; never changes."""
        with self._read() as connection:
            return str(publications.value(connection, head.c.identity))

    def epoch(self) -> int:
        """E: the newest committed epoch."""
        with self._read() as connection:
            return int(publications.value(connection, head.c.epoch))

    def epoch_at(self, moment: datetime) -> int:
        """By the clock of `now`."""
        with self._read() as connection:
            return publications.epoch_at(connection, moment)

    def published(self, generation: str) -> int:
        """0 in a generation without a committed publication."""
        with self._read() as connection:
            return publications.newest_of(connection, generation)

    def now(self) -> datetime:
        """The database's clock."""
        with self._read() as connection:
            return dialect.told(connection)

    def generation(self) -> str:
        """`migrations.FIRST_GENERATION` until a commit switches."""
        with self._read() as connection:
            return str(publications.value(connection, head.c.generation))

    # publications

    def begin_publication(self, generation: str, holder: Holder) -> int:
        """LeaseLostError when a lease that `holder` holds through this ledger was taken over."""
        with self._write() as connection:
            self._keeper.check(connection, holder)
            return publications.begin(connection, generation, holder)

    def next_epoch(self) -> int:
        """Never the same twice, whatever becomes of the attempt."""
        with self._write() as connection:
            return publications.next_epoch(connection)

    def write_intent(self, intent: Intent) -> None:
        """LeaseLostError when the publication was undone, or its holder's lease taken over."""
        with self._write() as connection:
            self._check_holder(connection, intent.publication)
            publications.write_intent(connection, intent)

    def commit(self, commit: Commit) -> None:
        """LeaseLostError when the publication was undone, or its holder's lease taken over."""
        with self._write() as connection:
            self._check_holder(connection, commit.publication)
            publications.commit(connection, commit)

    def _check_holder(self, connection: Connection, publication: int) -> None:
        holder = publications.holder(connection, publication)
        if holder is not None:
            self._keeper.check(connection, holder)

    def committed(self, publication: int) -> bool:
        """Takes the lock that every commit holds to its end, even one whose writer is gone."""
        with self._write() as connection:
            return publications.is_committed(connection, publication)

    def abandon(self, publication: int) -> bool:
        """Whether it is undone now; one that is committed stays so."""
        with self._write() as connection:
            return publications.abandon(connection, publication)

    def forget_publication(self, publication: int) -> None:
        """Those that are not undone stay."""
        with self._write() as connection:
            publications.forget(connection, publication)

    def open_publications(self) -> list[Publication]:
        """In the order of their numbers."""
        with self._read() as connection:
            return publications.unfinished(connection)

    # history

    def record(self, events: Iterable[Event]) -> None:
        """All of them or none."""
        with self._write() as connection:
            history.append(connection, events)

    def history(self, source: str | None = None, document: str | None = None, limit: int = 100) -> list[Event]:
        """In the order in which they were recorded, newest first."""
        with self._read() as connection:
            return history.newest(connection, source, document, limit)

    def save_run(self, run: str, summary: Mapping[str, Any]) -> None:
        """`summary` must be JSON; saving a run again replaces it."""
        with self._write() as connection:
            history.save_run(connection, run, summary)

    def runs(self, limit: int = 20) -> list[Mapping[str, Any]]:
        """Summaries with their `run`, newest first."""
        with self._read() as connection:
            return history.newest_runs(connection, limit)

    # leases

    def lease(self, name: str, holder: Holder, *, seconds: float, wait: float = 0.0) -> AbstractContextManager[None]:
        """LeaseLostError at its end when it was taken over; before that, from whatever `holder` publishes."""
        return self._keeper.hold(name, holder, seconds, wait)

    def holders(self) -> Sequence[tuple[str, Holder]]:
        """By name."""
        with self._read() as connection:
            return leases.live(connection)

    def alive(self, holder: Holder) -> bool:
        """By its process where that can be seen from here, else by whether it holds any lease that did not run out."""
        if on_this_host(holder):
            return not gone(holder)
        with self._read() as connection:
            return leases.any_live(connection, holder)

    def close(self) -> None:
        """Give the connections back; leases still held stay until they run out."""
        self._engine.dispose()
