"""Everything one command has open, put together from the settings: the only place where the rooms meet."""

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import cached_property

from connectors.registry import ReadsStore, build, not_older
from flows.processing import caution_of, chunkers, media_type, metadata_policy, parsing_of
from flows.serving import Standings
from headwater.embedding.open import embedding_fingerprint, open_dense, open_sparse
from headwater.errors import ConfigError, HeadwaterError
from headwater.freshness.terms import terms_of
from headwater.index.base import Index, IndexStore
from headwater.index.deferred import DeferredIndex
from headwater.index.record import IndexRecord
from headwater.index.store import open_store, record_of
from headwater.ingest.boilerplate_learning import SourceParsing
from headwater.ingest.fingerprint import fingerprints
from headwater.ingest.listener import Listener, Silent
from headwater.ingest.report import RunReport
from headwater.ingest.source_run import SourceRun
from headwater.ingest.tools import Tools
from headwater.interfaces import Chunker, Connector, Dense, Sparse
from headwater.ledger.base import Holder, Ledger
from headwater.ledger.holder import this_process
from headwater.ledger.open import open_ledger
from headwater.ledger.pushed import PushedStore
from headwater.parsing.pool import ParserPool
from headwater.publishing.attach import (
    attach,
    belongs,
    check_index_not_older,
    check_ledger_not_older,
    check_when_opened,
)
from headwater.publishing.publisher import PUBLISH_LEASE, Publisher, settle
from headwater.retrieval.search import Searcher
from headwater.settings import Settings, SourceSettings

LEDGER_FILE = "ledger.db"


class Workshop:
    """Opens each thing when it is first needed; a context manager that closes what was opened."""

    def __init__(
        self,
        settings: Settings,
        *,
        command: str,
        listener: Listener | None = None,
        only: str | None = None,
        fresh: float = 0.0,
        wait: float = 0.0,
        target: str | None = None,
        opened: "Workshop | None" = None,
    ) -> None:
        """`only`: one document of its source, read by no listing that is more than `fresh` seconds old.

        `wait`: seconds to wait for a source that another process is ingesting. `target`: the generation to write to,
        when it is not the live one. `opened`: another workshop of this process, whose ledger, store and models are
        used, since only one may hold the embedded index.
        """
        self.settings = settings
        self.command = command
        self.listener = listener or Silent()
        self.only = only
        self.fresh = fresh
        self.wait = wait
        self.target = target
        self.started = time.monotonic()
        self.runs: dict[str, SourceRun] = {}
        self.report: RunReport | None = None
        self.pushed: Callable[[], PushedStore] = lambda: self.ledger
        """What was put over HTTP."""
        self.between: Callable[[], None] = lambda: None
        """Called by its runs whenever they could as well do something else for a moment."""
        self._borrowed = False
        self._record: IndexRecord | None = None
        self._indexes: dict[str, Index] = {}
        self._adhoc: dict[str, SourceSettings] = {}
        self._leases: dict[str, ExitStack] = {}
        self._lock = threading.RLock()
        if opened is not None:
            self._borrow(opened)

    def __enter__(self) -> "Workshop":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _borrow(self, other: "Workshop") -> None:
        self._borrowed = True
        for name in ("ledger", "store", "dense", "sparse", "holder", "parsing"):
            vars(self)[name] = getattr(other, name)

    @property
    def borrowed(self) -> bool:
        """Whether what is open is another workshop's, which goes on after this one."""
        return self._borrowed

    # what is open -----------------------------------------------------------------------------------------

    @cached_property
    def holder(self) -> Holder:
        return this_process(self.command)

    @cached_property
    def ledger(self) -> Ledger:
        url = self.settings.ledger.url.reveal()
        return open_ledger(url or self.settings.home / LEDGER_FILE)

    @cached_property
    def store(self) -> IndexStore:
        index = self.settings.index
        return open_store(
            self.settings.home,
            url=index.url.reveal(),
            api_key=index.api_key.reveal() or None,
            command=self.command,
        )

    @cached_property
    def dense(self) -> Dense:
        return open_dense(self.settings.embedding.model, threads=self.settings.embedding.threads or None)

    @cached_property
    def sparse(self) -> Sparse:
        return open_sparse()

    @cached_property
    def embedding(self) -> str:
        return embedding_fingerprint(self.dense, self.sparse)

    @cached_property
    def parsing(self) -> ParserPool:
        limits = self.settings.parsing
        return ParserPool(workers=limits.workers, timeout=limits.timeout, memory_mb=limits.memory_mb)

    def index(self, generation: str | None = None) -> Index:
        """The index of a generation (default: the live one), checked against the ledger."""
        name = generation or self.ledger.generation()
        with self._lock:
            if name not in self._indexes:
                index = self.store.open(name, dimensions=self.dense.dimensions)
                attach(index, self.ledger, embedding=self.embedding, dimensions=self.dense.dimensions, generation=name)
                check_index_not_older(index, self.ledger, name, self._record_of)
                if self._record is not None:
                    check_when_opened(index, self.ledger, self.holder, self.existing_index)
                self._indexes[name] = index
            return self._indexes[name]

    def existing_index(self, generation: str) -> Index | None:
        """The index of a generation that may be another writer's, or gone."""
        with self._lock:
            if generation in self._indexes:
                return self._indexes[generation]
            if generation not in self.store.generations():
                return None
            # It may be of another model: it is stamped and read, never searched.
            return self.store.open(generation, dimensions=0)

    @property
    def generation(self) -> str:
        """The generation this command writes to."""
        return self.target or self.ledger.generation()

    @property
    def unopened(self) -> IndexRecord | None:
        """What the index of this run says of itself as long as the run could do without opening it."""
        return None if self.generation in self._indexes else self._record

    def _index_of_run(self) -> Index:
        """Opened when it is needed, if its record allows; `index` then makes the check that this puts off."""
        name = self.generation  # now: it may be replaced before the index is needed
        return DeferredIndex(lambda: self.index(name)) if self.unopened else self.index(name)

    def publisher(self) -> Publisher:
        return Publisher(
            self._index_of_run(),
            self.ledger,
            generation=self.generation,
            holder=self.holder,
            index_of=self.existing_index,
        )

    def searcher(self) -> Searcher:
        passage_tokens = {source.name: source.passage_tokens for source in self.settings.sources}
        preferences = {source.name: source.prefer for source in self.settings.sources if source.prefer}
        freshness_of = Standings(self.ledger, terms_of(self.settings))
        return Searcher(self.ledger, self.index, self.dense, self.sparse, passage_tokens, preferences, freshness_of)

    def close(self) -> None:
        """Close what was opened, in reverse order of need."""
        for name in [*self.runs]:
            with self.prepared(name):
                pass
        for name in [*self._leases]:
            with suppress(HeadwaterError):  # a lease that was lost is noticed by whatever is written under it
                self._leases.pop(name).close()
        if self._borrowed:
            return
        opened = vars(self)
        if "parsing" in opened:
            self.parsing.close()
        for index in self._indexes.values():
            index.close()
        self._indexes.clear()
        if "store" in opened:
            self.store.close()
        if "ledger" in opened:
            self.ledger.close()

    # sources ----------------------------------------------------------------------------------------------

    def add_adhoc(self, source: SourceSettings) -> None:
        """A source named on the command line; it never touches configured ones."""
        self._adhoc[source.name] = source

    def source(self, name: str) -> SourceSettings:
        found = self._adhoc.get(name) or self.settings.source(name)
        if found is None:
            names = ", ".join(source.name for source in self.settings.sources) or "none"
            raise ConfigError(f"there is no source {name!r}", advice=f"Configured sources: {names}.")
        return found

    def connector(self, source: SourceSettings) -> Connector:
        made = build(source, self.settings.known_groups)
        made = made.reading(self.pushed()) if isinstance(made, ReadsStore) else made
        if self.only is None:
            return made
        return not_older(made, self.fresh, self.only)

    # runs -------------------------------------------------------------------------------------------------

    def begin_run(self) -> RunReport:
        """Once per command: undo what dead writers left half-stamped, and refuse an index ahead of its ledger."""
        if self.report is None:
            self.report = RunReport(uuid.uuid4().hex[:12])
            with self.ledger.lease(PUBLISH_LEASE, self.holder, seconds=60, wait=60):
                settle(self.ledger, self.existing_index)
                self._record = self._fitting_record()
                if self._record is None:
                    check_ledger_not_older(self.index(self.generation), self.ledger)
        return self.report

    def _record_of(self, generation: str) -> IndexRecord | None:
        return None if self.settings.index.url.reveal() else record_of(self.settings.home, generation)

    def _fitting_record(self) -> IndexRecord | None:
        """None unless the index can be trusted without opening it, and is not open already."""
        if self.settings.index.url.reveal() or "store" in vars(self):
            return None
        record = record_of(self.settings.home, self.generation)
        if record is None:
            return None
        fits = belongs(
            record,
            self.ledger,
            embedding=self.embedding,
            dimensions=self.dense.dimensions,
            generation=self.generation,
        )
        return record if fits else None

    @contextmanager
    def prepared(self, name: str) -> Iterator[SourceRun]:
        """The run of one source, under the source's lease; both are given up at the end."""
        try:
            yield self.prepare(name)
        finally:
            run = self.runs.pop(name, None)
            if run is not None:
                run.close()
            # What others published of a source while another generation is filled would be gone with the switch.
            if self.target is None:
                self._leases.pop(name, ExitStack()).close()

    def prepare(self, name: str) -> SourceRun:
        """Take the source's lease and set up its run; repeated calls answer the same run."""
        if name not in self.runs:
            report = self.begin_run()
            self.reserve(name)
            self.runs[name] = SourceRun(self._tools(self.source(name)), run=report.run, only=self.only)
        return self.runs[name]

    def reserve(self, name: str) -> None:
        """Keep other writers of this source out; BusyError names the one that is at it."""
        if name not in self._leases:
            lease = ExitStack()
            lease.enter_context(self.ledger.lease(f"source:{name}", self.holder, seconds=60, wait=self.wait))
            self._leases[name] = lease

    def cover(self, name: str) -> None:
        """Whoever opened this workshop holds the source's lease, and goes on holding it."""
        self._leases[name] = ExitStack()

    def _tools(self, source: SourceSettings) -> Tools:
        publisher, parsing = self.publisher(), self.parsing_of(source)
        return Tools(
            connector=self.connector(source),
            parsing=parsing,
            learn=parsing.learn,
            media_type=media_type,
            chunker=self.chunkers(source),
            fingerprint=self.fingerprints(source, parsing),
            dense=self.dense,
            sparse=self.sparse,
            index=publisher.index,
            ledger=self.ledger,
            publisher=publisher,
            listener=self.listener,
            metadata=metadata_policy(source),
            caution=caution_of(source),
            between=lambda: self.between(),
        )

    def chunkers(self, source: SourceSettings) -> Callable[[str], Chunker]:
        """Document kind to the chunker that the settings of a source mean for it."""
        return chunkers(source, lambda: self.dense.tokens)

    def parsing_of(self, source: SourceSettings) -> SourceParsing:
        """Parses the way this source's settings want it, without what most of its pages are known to repeat."""
        return parsing_of(source, self.parsing, self.ledger)

    def fingerprints(self, source: SourceSettings, parsing: SourceParsing | None = None) -> Callable[[str, str], str]:
        """Media type and kind to the fingerprint of what would become of such a document of this source."""
        mark = (parsing or self.parsing_of(source)).mark
        chunker, policy = self.chunkers(source), metadata_policy(source).fingerprint
        return fingerprints(mark, lambda kind: chunker(kind).fingerprint, self.embedding, policy)
