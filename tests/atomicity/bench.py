"""The real pipeline on a small folder, with a dense model that costs nothing, and dumps of what it made."""

import json
from collections.abc import Sequence
from concurrent.futures import Future
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any

from flows.steps import direct_steps, run_sources
from flows.workshop import LEDGER_FILE, Workshop
from headwater.embedding.open import embedding_fingerprint
from headwater.errors import ParseError
from headwater.index.base import Index, IndexStore
from headwater.index.points import point_ids
from headwater.index.query import AllOf, Between
from headwater.index.store import open_store
from headwater.ingest import source_run, stream
from headwater.ingest.report import RunReport
from headwater.ledger.base import Ledger
from headwater.ledger.open import open_ledger
from headwater.model import Access, Document, RawDocument
from headwater.parsing.pool import ParserPool
from headwater.parsing.registry import format_of
from headwater.publishing import collect
from headwater.retrieval.search import Searcher
from headwater.settings import Settings, SourceSettings
from tests.atomicity.boundaries import Boundaries, Watched, WatchedStore
from tests.atomicity.corpus import EVERYBODY
from tests.support.hash_embedder import DIMENSIONS, HashDense

SOURCE = "docs"
_STATE = ("publication", "from", "to", "fence")


class Inline:
    """The real parsers, without processes of their own: hundreds of writers start here."""

    def submit(self, raw: RawDocument) -> "Future[Document]":
        future: Future[Document] = Future()
        try:
            future.set_result(import_module(format_of(raw.media_type).module).parse(raw))
        except ParseError as error:
            future.set_exception(error)
        return future

    def close(self) -> None: ...


class Bench(Workshop):
    """A workshop on one folder, watched; `raw_ledger` and `raw_store` are the same things for its readers."""

    def __init__(
        self,
        root: Path,
        home: Path,
        *,
        name: str = SOURCE,
        command: str = "bench",
        processes: bool = False,
        dense: Any = None,
        **more: Any,
    ) -> None:
        source = SourceSettings(
            name=name, kind="folder", default_access=Access(EVERYBODY), options={"path": str(root)}, base=root.parent
        )
        settings = Settings(home=home, base=root.parent, groups={"a": "A", "b": "B"}, sources=(source,))
        super().__init__(settings, command=command, **more)
        self.boundaries = Boundaries()
        self._dense = dense or HashDense()
        self._processes = processes

    @cached_property
    def raw_ledger(self) -> Ledger:
        return open_ledger(self.settings.home / LEDGER_FILE)

    @cached_property
    def raw_store(self) -> IndexStore:
        return open_store(self.settings.home, command=self.command)

    @cached_property
    def ledger(self) -> Any:
        return Watched(self.raw_ledger, "ledger", self.boundaries)

    @cached_property
    def store(self) -> Any:
        return WatchedStore(self.raw_store, self.boundaries)

    def close(self) -> None:
        _ = self.ledger, self.store  # what is raw is closed with them
        super().close()

    @cached_property
    def dense(self) -> Any:
        return self._dense

    @cached_property
    def embedding(self) -> str:
        return embedding_fingerprint(self.dense, self.sparse)

    @cached_property
    def parsing(self) -> Any:
        return ParserPool(workers=1) if self._processes else Inline()

    def ingest(self) -> RunReport:
        """One run, as `headwater ingest --direct` does it."""
        self.report = None
        return run_sources(self, [source.name for source in self.settings.sources], direct_steps(self))

    def raw_index(self, generation: str | None = None) -> Index:
        return self.raw_store.open(generation or self.raw_ledger.generation(), dimensions=DIMENSIONS)

    def reader(self) -> Searcher:
        """A searcher that passes no boundary."""
        return Searcher(self.raw_ledger, self.raw_index, self.dense, self.sparse)


def many_small_epochs(*, reader_seconds: float = 0.0) -> None:
    """In this process from now on: publish after every few documents, and collect at once."""
    stream.FIRST_GROUP_TOKENS = stream.GROUP_TOKENS = 150
    source_run.PUBLISH_SECONDS = 0.0
    collect.READER_SECONDS = reader_seconds


def visible(bench: Bench) -> list[str]:
    """Every visible point as a reader has it, as one line of JSON, sorted."""
    epoch = bench.raw_ledger.epoch()
    now = AllOf((Between(field="from", lte=epoch), Between(field="to", gt=epoch)))
    points = bench.raw_index().scroll(now)
    plain = ({k: v for k, v in point.payload.items() if k not in _STATE} for point in points)
    return sorted(json.dumps(payload, sort_keys=True) for payload in plain)


def texts_of(lines: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Document to its chunks' texts."""
    found: dict[str, list[str]] = {}
    for line in lines:
        payload = json.loads(line)
        found.setdefault(payload["document"], []).append(payload["content"])
    return {path: tuple(sorted(texts)) for path, texts in found.items()}


def ledger_differences(bench: Bench) -> list[str]:
    """Where ledger and index do not say the same."""
    ledger, index, problems, points = bench.raw_ledger, bench.raw_index(), [], 0
    epoch = ledger.epoch()
    for row in ledger.documents(ledger.generation()):
        ids = point_ids(row.publication, row.source, row.id, row.chunks)
        stored = index.retrieve(ids)
        points += len(stored)
        if len(stored) != row.chunks:
            problems.append(f"{row.id}: {len(stored)} of {row.chunks} points")
        for point in stored:
            if not point.payload["from"] <= epoch < point.payload["to"]:
                problems.append(f"{row.id}: a point of its own is not visible")
            if Access(frozenset(point.payload["allow"]), frozenset(point.payload["deny"])) != row.access:
                problems.append(f"{row.id}: the ledger says {row.access}, a point {point.payload['allow']}")
        if not row.version:
            problems.append(f"{row.id}: no version")
    if points != len(visible(bench)):
        problems.append(f"{len(visible(bench))} points are visible, the ledger knows {points}")
    return problems


def garbage(bench: Bench) -> int:
    """Points that nobody sees."""
    return bench.raw_index().info().points - len(visible(bench))
