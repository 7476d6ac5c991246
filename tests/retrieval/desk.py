"""An index of either kind with a ledger, where documents are published as a run publishes them, and asked for."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from qdrant_client import QdrantClient

from headwater.clock import utc_now
from headwater.embedding.sparse import Bm25Sparse
from headwater.index.base import Index, IndexStore
from headwater.index.client import PREFIX, ClientStore
from headwater.index.edge import EdgeStore
from headwater.index.query import HasId, Not
from headwater.ledger.base import DocumentRow, Ledger
from headwater.ledger.holder import this_process
from headwater.ledger.open import open_ledger
from headwater.model import HELP, Access, Chunk, Span
from headwater.publishing.attach import attach
from headwater.publishing.publisher import Publisher
from headwater.publishing.records import EmbeddedChunk, Prepared
from headwater.retrieval.search import Passage, Searcher
from tests.support.hash_embedder import DIMENSIONS, HashDense

GENERATION = "g1"
COLLECTION = PREFIX + GENERATION


@dataclass(frozen=True, slots=True)
class Paper:
    """A document of a few short passages; `allow` and `deny` as its source states them.

    Passages are parts of those `wholes` that they lie in; `leads` are how many characters each repeats, `facts` is
    metadata of all of them.
    """

    name: str
    passages: tuple[str, ...]
    allow: frozenset[str]
    deny: frozenset[str] = frozenset()
    wholes: tuple[Span, ...] = ()
    leads: tuple[int, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
    kind: str = HELP

    def readable_by(self, asker: Iterable[str]) -> bool:
        """The rule, written down once more: someone who is let in by one thing they are, and kept out by none."""
        is_ = {"public", *asker}
        let_in = [one for one in self.allow if one in is_]
        kept_out = [one for one in self.deny if one in is_]
        return len(let_in) > 0 and len(kept_out) == 0


@dataclass(slots=True)
class Desk:
    """`client` is the qdrant-client behind the index, None where there is none."""

    ledger: Ledger
    index: Index
    client: QdrantClient | None
    dense: HashDense = field(default_factory=HashDense)
    sparse: Bm25Sparse = field(default_factory=Bm25Sparse)

    def publisher(self) -> Publisher:
        return Publisher(
            self.index,
            self.ledger,
            generation=GENERATION,
            holder=this_process("test"),
            index_of=lambda _: self.index,
        )

    def publish(self, papers: Iterable[Paper], *, only: bool = False) -> None:
        """These in one epoch; with `only`, everything else goes in the same one."""
        publisher, kept = self.publisher(), list(papers)
        gone = [row.id for row in self.ledger.documents(GENERATION)] if only else []
        publisher.stage([self.prepared(paper) for paper in kept])
        publisher.publish(removed=[("desk", id) for id in gone if id not in {paper.name for paper in kept}])

    def clear(self) -> None:
        """As it was when it was opened, except for the epochs that went by."""
        self.publish([], only=True)
        self.index.delete_where(Not(HasId(())))

    def stage(self, papers: Iterable[Paper]) -> None:
        """Written, and never published."""
        self.publisher().stage([self.prepared(paper) for paper in papers])

    def prepared(self, paper: Paper) -> Prepared:
        access, now = Access(paper.allow, paper.deny), utc_now()
        row = DocumentRow(
            source="desk", id=paper.name, version="1", content_hash="", fingerprint="", access=access, publication=0,
            chunks=len(paper.passages), kind=paper.kind, title=paper.name, uri=f"desk:{paper.name}", updated_at=None,
            detected_at=now, published_at=now, verified_at=now,
        )  # fmt: skip
        vectors = zip(self.dense.embed(paper.passages), self.sparse.encode(paper.passages), strict=True)
        chunks = (
            Chunk(
                id=f"{paper.name}-{position}",
                source="desk",
                document=paper.name,
                position=position,
                text=text,
                embedded=text,
                heading_path=(),
                uri=row.uri,
                tokens=9,
                access=access,
                metadata={"title": paper.name, **paper.facts},
                wholes=tuple(span for span in paper.wholes if span.first <= position <= span.last),
                lead=paper.leads[position] if paper.leads else 0,
                joint="\n",
            )
            for position, text in enumerate(paper.passages)
        )
        return Prepared(
            row, tuple(EmbeddedChunk(c, d, s, fresh=True) for c, (d, s) in zip(chunks, vectors, strict=True))
        )

    def ask(self, question: str, asker: frozenset[str], limit: int = 100) -> list[Passage]:
        return self.searcher().search(question, asker, limit=limit)

    def searcher(self) -> Searcher:
        return Searcher(self.ledger, lambda _: self.index, self.dense, self.sparse)


@contextmanager
def desk(backend: str, folder: Path) -> Iterator[Desk]:
    client = QdrantClient(":memory:") if backend == "memory" else None
    store: IndexStore
    if client is not None:
        store = ClientStore(client, backend="memory", guard=nullcontext, exact=False)
    else:
        store = EdgeStore(folder / "index")
    ledger = open_ledger(folder / "ledger.db")
    try:
        index = store.open(GENERATION, dimensions=DIMENSIONS)
        attach(index, ledger, embedding="test", dimensions=DIMENSIONS, generation=GENERATION)
        yield Desk(ledger, index, client)
    finally:
        store.close()
        ledger.close()
