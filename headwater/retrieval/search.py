"""A question and who asks it, to the passages that person may read."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from headwater.errors import BusyError, IndexUnavailableError
from headwater.index.base import Hit, Index
from headwater.index.permitted import permitted_condition
from headwater.index.query import AllOf, Condition, Query
from headwater.interfaces import Dense, Sparse
from headwater.ledger.base import Ledger

ATTEMPTS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """One answer to a search; `cosine` and `bm25` are the raw scores behind the fused `score`."""

    document: str
    source: str
    kind: str
    title: str
    heading_path: tuple[str, ...]
    uri: str
    text: str
    score: float
    updated_at: str | None
    chunk: str
    position: int
    publication: int
    cosine: float | None
    bm25: float | None

    def as_json(self) -> dict[str, Any]:
        """The shape documented for `search --json`."""
        return {
            "document": self.document,
            "source": self.source,
            "kind": self.kind,
            "title": self.title,
            "heading_path": list(self.heading_path),
            "uri": self.uri,
            "text": self.text,
            "score": round(self.score, 6),
            "updated_at": self.updated_at,
            "chunk": self.chunk,
            "cosine": self.cosine,
            "bm25": self.bm25,
        }


class Searcher:
    """Searches whatever generation and epoch are live at the moment of each question."""

    def __init__(self, ledger: Ledger, index_of: Callable[[str], Index], dense: Dense, sparse: Sparse) -> None:
        self._ledger = ledger
        self._index_of = index_of
        self._dense = dense
        self._sparse = sparse

    def search(
        self, question: str, asker: frozenset[str], *, limit: int = 5, filters: Iterable[Condition] = ()
    ) -> list[Passage]:
        """The best `limit` passages that someone with the principals `asker` may read, best first."""
        conditions = tuple(filters)
        dense, sparse = self._dense.embed_query(question), self._sparse.encode_query(question)
        for _ in range(ATTEMPTS):
            generation, epoch = self._ledger.generation(), self._ledger.epoch()
            query = Query(
                filter=AllOf((permitted_condition(asker, epoch), *conditions)),
                dense=dense,
                sparse=sparse if sparse.indices else None,
                limit=limit,
                candidates=max(50, limit * 4),
            )
            try:
                index = self._index_of(generation)
                hits = index.search(query)
                if self._still_whole(index, generation, epoch):
                    return [_passage(hit) for hit in hits]
            except IndexUnavailableError:
                if self._ledger.generation() == generation:
                    raise
        raise BusyError("the index is too busy to answer from one consistent state", advice="Try again in a moment.")

    def _still_whole(self, index: Index, generation: str, epoch: int) -> bool:
        """Whether nothing that this epoch sees was deleted so far: by collection, or by the end of a rebuild."""
        identity = index.identity()
        return identity is not None and identity.collected <= epoch and self._ledger.generation() == generation


def _passage(hit: Hit) -> Passage:
    payload: Mapping[str, Any] = hit.payload
    metadata: Mapping[str, Any] = payload["metadata"]
    return Passage(
        document=payload["document"],
        source=payload["source"],
        kind=payload["kind"],
        title=str(metadata.get("title", "")),
        heading_path=tuple(metadata.get("heading_path", ())),
        uri=str(metadata.get("uri", "")),
        text=payload["content"],
        score=hit.score,
        updated_at=metadata.get("updated_at"),
        chunk=payload["chunk"],
        position=int(payload["position"]),
        publication=int(payload["publication"]),
        cosine=hit.dense,
        bm25=hit.sparse,
    )
