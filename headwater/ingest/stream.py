"""The stream of one source: looked at, parsed, chunked, embedded in groups, each stage a little ahead of the next."""

import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TypeAlias, cast

from headwater.errors import HeadwaterError, IndexMismatchError, ParseError, TransientSourceError
from headwater.index.points import point_ids
from headwater.ingest.ahead import ahead, started
from headwater.ingest.doubts import Chunked, Sluice, with_text
from headwater.ingest.links import internal_links
from headwater.ingest.look import VOLATILE, Look, Settled, ToCarry, ToParse, failed
from headwater.ingest.stripped import stripped_meta
from headwater.ingest.tools import Tools
from headwater.ledger.base import DocumentRow
from headwater.metadata.policy import lacking
from headwater.metadata.resolve import resolved
from headwater.model import Chunk, Failed, Quarantined, Ref, digest
from headwater.publishing.publisher import moved
from headwater.publishing.records import Carried, EmbeddedChunk, Prepared
from headwater.tracing import span

LOOK_AHEAD = 24
LOOK_AHEAD_BYTES = 48 * 2**20
CHUNK_AHEAD = 64
GROUP_AHEAD = 1
FIRST_GROUP_TOKENS = 1_500
GROUP_DOCUMENTS = 50
GROUP_TOKENS = 10_000
GROUP_SECONDS = 2.0
"""At most so much is embedded together: a first document shows early, a kill costs little, urgent work waits less."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One chunk on its way to the model; `last` closes its document, whose chunk count `row` then carries."""

    ref: Ref
    row: DocumentRow
    chunk: Chunk
    last: bool


@dataclass(frozen=True, slots=True)
class Group:
    """Documents, or parts of a long one, ready to be staged; `refs` are those that are whole after this group.

    Whoever staged them calls `staged`: before that, no other group is embedded.
    """

    prepared: tuple[Prepared, ...]
    refs: tuple[Ref, ...]
    staged: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Carry:
    """A document whose access alone changed, ready to be staged."""

    ref: Ref
    carried: Carried


@dataclass(frozen=True, slots=True)
class Idle:
    """Nothing came for a moment."""


Step: TypeAlias = Settled | Carry | Group | Idle


def stream(tools: Tools, looks: Iterable[Look]) -> Generator[Step, None, None]:
    """Steps in the order of `looks`, except that a document waits until the group it is embedded in is full.

    Everything starts at once.
    """
    looked = ahead(looks, most=LOOK_AHEAD, weight=_weight, heaviest=LOOK_AHEAD_BYTES)
    pieces = ahead(_pieces(tools, looked), most=CHUNK_AHEAD)
    turn = _Turn()
    return started(_steps(ahead(_groups(tools, pieces, turn), most=GROUP_AHEAD, idle=Idle), turn))


def _steps(steps: Generator[Step, None, None], turn: "_Turn") -> Generator[Step, None, None]:
    try:
        yield cast(Step, None)
        # `yield from` would close `steps` before `turn` is given up, for which its thread may be waiting.
        for step in steps:  # noqa: UP028
            yield step
    finally:
        turn.give_up()
        steps.close()


class _Turn:
    """The model waits until what it made before is in the index, so that a kill costs one group and no more."""

    def __init__(self) -> None:
        self._free = threading.Semaphore(1)
        self._given_up = False

    def take(self) -> bool:
        """False when nobody will come for another group."""
        self._free.acquire()
        return not self._given_up

    def give_back(self) -> None:
        self._free.release()

    def give_up(self) -> None:
        self._given_up = True
        self._free.release()


def _weight(item: Look) -> int:
    return item.weight if isinstance(item, ToParse) else 0


def _pieces(tools: Tools, looks: Generator[Look, None, None]) -> Iterator[Settled | Carry | Piece]:
    warming: list[threading.Thread] = []
    sluice = Sluice(tools)
    try:
        for item in looks:
            match item:
                case Settled():
                    yield item
                case ToCarry(ref, row, before):
                    yield _carried(tools, ref, row, before)
                case ToParse():
                    warming = warming or [_early("index", tools.index.identity), _early("model", tools.dense.warm)]
                    made = _chunked(tools, item)
                    if isinstance(made, Settled):
                        yield made
                    else:
                        yield from _cut(sluice.put(made))
        yield from _cut(sluice.end())
    finally:
        looks.close()
        for thread in warming:
            thread.join()


def _early(name: str, load: Callable[[], object]) -> threading.Thread:
    """Open what is needed later while the parsers start and the first group fills."""

    def run() -> None:
        with suppress(HeadwaterError):  # it is met again, and reported, where the thing is needed
            load()

    thread = threading.Thread(target=run, name=f"headwater-{name}", daemon=True)
    thread.start()
    return thread


def _carried(tools: Tools, ref: Ref, row: DocumentRow, before: DocumentRow) -> Carry | Settled:
    ids = point_ids(before.publication, before.source, before.id, before.chunks)
    stored = tools.index.retrieve(ids, vectors=True)
    if len(stored) != before.chunks:
        if moved(before, tools.ledger.document(tools.publisher.generation, before.source, before.id)):
            return Settled(ref, failed(TransientSourceError("it was published again while it was being looked at")))
        raise IndexMismatchError(
            f"{before.source}/{before.id}: {len(stored)} of its {before.chunks} points are in the index",
            advice="Run `headwater rebuild`.",
        )
    # Title, date and other metadata of a row may come from the parser, which did not run.
    said = {name: value for name, value in row.meta.items() if name in VOLATILE}
    meta = {**{name: value for name, value in before.meta.items() if name not in VOLATILE}, **said}
    kept = replace(row, title=before.title, updated_at=before.updated_at, meta=meta)
    return Carry(ref, Carried(kept, tuple(stored)))


def _chunked(tools: Tools, item: ToParse) -> Settled | Chunked:
    try:
        with span("parse", source=item.row.source, document=item.ref.id):
            document = item.parsed.result()
    except ParseError as error:
        return Settled(item.ref, failed(error), item.row.fingerprint)
    try:
        document = resolved(document, tools.metadata)
        missing = tools.metadata.missing(document)
        if missing and tools.metadata.on_missing == "quarantine":
            return Settled(item.ref, Quarantined(lacking(missing)), item.row.fingerprint)
        with span("chunk", source=item.row.source, document=item.ref.id) as cut:
            chunks = list(tools.chunker(document.raw.kind)(document))
            cut.tell(chunks=len(chunks))
    except Exception as error:  # noqa: BLE001 - a document that no chunker foresaw must not stop its source
        return Settled(item.ref, Failed(type(error).__name__, f"could not be chunked: {error}"), item.row.fingerprint)
    if not chunks:
        return Settled(item.ref, Failed("BrokenFileError", "nothing readable in it"), item.row.fingerprint)
    row = replace(
        item.row,
        title=document.title,
        updated_at=document.raw.updated_at,
        chunks=len(chunks),
        meta={**item.row.meta, **document.raw.meta, **stripped_meta(document)},
    )
    if row.change is not None:
        row = replace(row, change=replace(row.change, links=internal_links(document)))
    return Chunked(item, with_text(row, chunks), chunks)


def _cut(documents: Iterable[Chunked | Settled]) -> Iterator[Settled | Piece]:
    for made in documents:
        if isinstance(made, Settled):
            yield made
            continue
        for chunk in made.chunks:
            yield Piece(made.item.ref, made.row, chunk, last=chunk is made.chunks[-1])


def _groups(tools: Tools, items: Generator[Settled | Carry | Piece, None, None], turn: _Turn) -> Iterator[Step]:
    waiting: list[Piece] = []
    tokens, documents, budget = 0, 0, FIRST_GROUP_TOKENS
    try:
        for item in items:
            if not isinstance(item, Piece):
                yield item
                continue
            waiting.append(item)
            tokens += item.chunk.tokens
            documents += item.last
            if tokens >= budget or documents >= GROUP_DOCUMENTS:
                if not turn.take():
                    return
                began = time.monotonic()
                group = embed_group(tools, waiting, turn.give_back)
                budget = _paced(tokens, time.monotonic() - began)
                yield group
                waiting, tokens, documents = [], 0, 0
        if waiting and turn.take():
            yield embed_group(tools, waiting, turn.give_back)
    finally:
        items.close()


def _paced(tokens: int, seconds: float) -> int:
    """As many as this machine embeds in `GROUP_SECONDS`, within bounds, after it needed `seconds` for `tokens`."""
    return max(FIRST_GROUP_TOKENS, min(GROUP_TOKENS, int(tokens * GROUP_SECONDS / max(seconds, 0.01))))


def embed_group(tools: Tools, pieces: list[Piece], staged: Callable[[], None]) -> Group:
    """Vectors for every piece: from the index where the same text was ever embedded, else from the model."""
    keys = [digest(piece.chunk.embedded) for piece in pieces]
    known = tools.index.vectors_of(dict.fromkeys(keys))
    missing = {key: piece.chunk.embedded for key, piece in zip(keys, pieces, strict=True) if key not in known}
    with span("embed", source=tools.connector.name, passages=len(pieces), embedded=len(missing)):
        made = dict(zip(missing, tools.dense.embed(list(missing.values())), strict=True)) if missing else {}
    # Made anew for every piece, which costs nothing: the same text may be in a document of another language now.
    languages = [str(piece.chunk.metadata.get("language", "")) for piece in pieces]
    encoded = tools.sparse.encode([piece.chunk.embedded for piece in pieces], languages)
    documents: dict[str, list[EmbeddedChunk]] = {}
    rows: dict[str, DocumentRow] = {}
    whole: dict[str, Ref] = {}
    for key, piece, sparse in zip(keys, pieces, encoded, strict=True):
        dense = known[key][0] if key in known else made[key]
        # Of equal new texts, one is counted as embedded.
        fresh = key in missing
        missing.pop(key, None)
        documents.setdefault(piece.row.id, []).append(EmbeddedChunk(piece.chunk, dense, sparse, fresh))
        rows[piece.row.id] = piece.row
        if piece.last:
            whole[piece.row.id] = piece.ref
    prepared = tuple(Prepared(rows[id], tuple(chunks), last=id in whole) for id, chunks in documents.items())
    return Group(prepared, tuple(whole.values()), staged)
