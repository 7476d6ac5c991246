"""Chunks in an index of their own, asked as the product is asked, with vectors that are computed once."""

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

import numpy as np

from bench.retrieval_data import Page
from headwater.embedding.open import open_dense, open_sparse
from headwater.index.base import Index
from headwater.index.edge import EdgeStore
from headwater.index.permitted import permitted_condition
from headwater.index.query import Query
from headwater.interfaces import Sparse, Tokens, Vectors
from headwater.ledger.base import DocumentRow, Ledger
from headwater.ledger.holder import this_process
from headwater.ledger.open import open_ledger
from headwater.model import HELP, PUBLIC, Chunk, digest
from headwater.publishing.attach import attach
from headwater.publishing.publisher import Publisher
from headwater.publishing.records import EmbeddedChunk, Prepared, utc_now
from headwater.retrieval.search import Searcher

SOURCE, GENERATION = "bench", "g1"


class Remembering:
    """The packaged model, whose vectors are kept in a file by the text they are of."""

    def __init__(self, file: Path) -> None:
        self._model = open_dense()
        self._file = file
        self._known: dict[str, Vectors] = {}
        if file.exists():
            with np.load(file) as kept:
                self._known = dict(zip(kept["keys"].tolist(), kept["vectors"], strict=True))

    @property
    def fingerprint(self) -> str:
        return self._model.fingerprint

    @property
    def dimensions(self) -> int:
        return self._model.dimensions

    @property
    def tokens(self) -> Tokens:
        return self._model.tokens

    def warm(self) -> None:
        self._model.warm()

    def embed(self, texts: Sequence[str]) -> Vectors:
        keys = [digest(text) for text in texts]
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._known}
        if missing:
            made = self._model.embed(list(missing.values()))
            self._known.update(zip(missing, made, strict=True))
        return np.stack([self._known[key] for key in keys])

    def embed_query(self, text: str) -> Vectors:
        vectors: Vectors = self.embed([text])[0]
        return vectors

    def save(self) -> None:
        """Keep every vector for another time."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with self._file.open("wb") as file:
            np.savez(file, keys=np.array(list(self._known)), vectors=np.stack(list(self._known.values())))


@dataclass(frozen=True, slots=True)
class Shelf:
    """What one way of cutting made of a corpus, searchable."""

    ledger: Ledger
    index: Index
    dense: Remembering
    sparse: Sparse

    def searcher(self) -> Searcher:
        return Searcher(self.ledger, lambda _: self.index, self.dense, self.sparse)

    def nearest(self, question: str, limit: int) -> list[Mapping[str, object]]:
        """Payloads by cosine alone."""
        visible = permitted_condition(frozenset(), self.ledger.epoch())
        query = Query(filter=visible, dense=self.dense.embed_query(question), limit=limit, candidates=limit)
        return [hit.payload for hit in self.index.search(query)]


@contextmanager
def shelf(chunks: Iterable[Chunk], dense: Remembering) -> Iterator[Shelf]:
    """Chunks grouped by document, published as a run publishes them."""
    sparse = open_sparse()
    with tempfile.TemporaryDirectory(prefix="headwater-bench-") as scratch:
        store, ledger = EdgeStore(Path(scratch) / "index"), open_ledger(Path(scratch) / "ledger.db")
        try:
            index = store.open(GENERATION, dimensions=dense.dimensions)
            attach(index, ledger, embedding="bench", dimensions=dense.dimensions, generation=GENERATION)
            publisher = Publisher(
                index, ledger, generation=GENERATION, holder=this_process("bench"), index_of=lambda _: index
            )
            publisher.stage(_prepared(list(chunks), dense, sparse))
            publisher.publish()
            yield Shelf(ledger, index, dense, sparse)
        finally:
            store.close()
            ledger.close()


def plain_chunks(page: Page, texts: Iterable[str], tokens: Tokens, *, titled: bool) -> list[Chunk]:
    """Passages of a splitter that knows text alone; `titled`: the page's title goes before each."""
    kept = [text for text in texts if text.strip()]
    made = [f"{page.title}\n\n{text}" if titled else text for text in kept]
    return [
        Chunk(
            id=f"{page.name}-{position}", source=SOURCE, document=page.name, position=position, text=text,
            embedded=embedded, heading_path=(), uri=page.name, tokens=tokens.count(embedded), access=PUBLIC,
            metadata={"title": page.title},
        )
        for position, (text, embedded) in enumerate(zip(kept, made, strict=True))
    ]  # fmt: skip


def _prepared(chunks: Sequence[Chunk], dense: Remembering, sparse: Sparse) -> Iterator[Prepared]:
    texts = [chunk.embedded for chunk in chunks]
    vectors = zip(chunks, dense.embed(texts), sparse.encode(texts), strict=True)
    embedded = [EmbeddedChunk(chunk, one, other, fresh=True) for chunk, one, other in vectors]
    for name, group in groupby(embedded, key=lambda item: item.chunk.document):
        items = tuple(group)
        yield Prepared(replace(_row(name), chunks=len(items), title=str(items[0].chunk.metadata["title"])), items)


def _row(name: str) -> DocumentRow:
    now = utc_now()
    return DocumentRow(
        source=SOURCE, id=name, version="1", content_hash="", fingerprint="", access=PUBLIC, publication=0, chunks=0,
        kind=HELP, title="", uri=name, updated_at=None, detected_at=now, published_at=now, verified_at=now,
    )  # fmt: skip
