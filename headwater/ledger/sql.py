"""The ledger on any database that SQLAlchemy speaks to; each method is one transaction."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine

from headwater.ledger import (
    dialect,
    documents,
    failures,
    history,
    learned,
    leases,
    likenesses,
    migrations,
    publications,
    sources,
    standings,
)
from headwater.ledger.base import (
    Block,
    Commit,
    DocumentRow,
    Event,
    Failure,
    Holder,
    Intent,
    Likeness,
    Publication,
    SourceRow,
)
from headwater.ledger.holder import gone, on_this_host
from headwater.ledger.keeper import Keeper
from headwater.ledger.schema import head
from headwater.ledger.sql_acknowledged import SqlAcknowledged
from headwater.ledger.sql_catalogue import SqlCatalogue
from headwater.ledger.sql_freshness import SqlFreshness
from headwater.ledger.sql_inbox import SqlInbox
from headwater.ledger.sql_keys import SqlKeys
from headwater.ledger.sql_pushed import SqlPushed
from headwater.model import Access


class SqlLedger(SqlFreshness, SqlInbox, SqlKeys, SqlAcknowledged, SqlPushed, SqlCatalogue):
    """Made by `open_ledger`; `place` names the database in messages."""

    def __init__(self, engine: Engine, place: str) -> None:
        self._engine = engine
        self._reader = dialect.for_reading(engine)
        self._writer = dialect.for_writing(engine)
        self._place = place
        self._keeper = Keeper(self._read, self._write)

    @contextmanager
    def _read(self) -> Iterator[Connection]:
        with dialect.translated(self._place), self._reader.begin() as connection:
            yield connection

    @contextmanager
    def _write(self) -> Iterator[Connection]:
        with dialect.translated(self._place), self._writer.begin() as connection:
            # A newer release may have upgraded the ledger while this process was running.
            migrations.refuse_newer(connection, self._place)
            yield connection

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

    # documents

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

    # history

    def record(self, events: Iterable[Event]) -> None:
        """All of them or none."""
        with self._write() as connection:
            history.append(connection, events)

    def history(self, source: str | None = None, document: str | None = None, limit: int = 100) -> list[Event]:
        """In the order in which they were recorded, newest first."""
        with self._read() as connection:
            return history.newest(connection, source, document, limit)

    # documents that failed

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

    # sources, blocks, runs

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

    # likenesses

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
