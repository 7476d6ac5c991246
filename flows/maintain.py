"""What a person does to the index by hand: take documents out, let them in again, rebuild it."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from flows.refresh import attend_rebuild
from flows.steps import direct_steps, run_sources
from flows.workshop import Workshop
from headwater.clock import utc_now
from headwater.errors import ConfigError, FatalError, HeadwaterError
from headwater.index.base import Index
from headwater.index.points import point_ids
from headwater.ingest.report import RunReport
from headwater.interfaces import Dense, Sparse
from headwater.ledger.base import Block, DocumentRow, Event
from headwater.publishing.records import Carried, EmbeddedChunk, Prepared, stored_chunk


@dataclass(frozen=True, slots=True)
class Removal:
    """What left search, as of which epoch."""

    documents: tuple[str, ...]
    epoch: int


def find_document(workshop: Workshop, text: str) -> DocumentRow:
    """The one live document meant by an id, the end of an id, or SOURCE/ID."""
    found = workshop.ledger.find(workshop.generation, text)
    exact = [row for row in found if text in (row.id, f"{row.source}/{row.id}")]
    rows = exact or found
    if not rows:
        raise ConfigError(
            f"no searchable document is called {text!r}", advice="List them: headwater status --documents."
        )
    if len(rows) > 1:
        names = ", ".join(f"{row.source}/{row.id}" for row in rows[:5])
        raise ConfigError(f"{text!r} may be any of {len(rows)} documents: {names}", advice="Write SOURCE/ID.")
    return rows[0]


def remove_document(workshop: Workshop, row: DocumentRow, *, block: str | None) -> Removal:
    """Out of search now; with `block`, a reason, later runs leave it out as well."""
    workshop.begin_run()
    if block is not None:
        # First the block: a run that is publishing at this moment checks it under the publish lease.
        workshop.ledger.block(Block(row.source, row.id, block, utc_now()))
        workshop.ledger.clear_failures(workshop.generation, [(row.source, row.id)])
    return _remove(workshop, [row], "blocked: " + block if block is not None else "removed by hand")


def unblock(workshop: Workshop, text: str) -> Block:
    """Let a document in again; the next ingest of its source brings it back."""
    blocks = [b for b in workshop.ledger.blocks() if text in (b.document, f"{b.source}/{b.document}")]
    blocks = blocks or [b for b in workshop.ledger.blocks() if b.document.endswith(text)]
    if len(blocks) != 1:
        names = ", ".join(f"{b.source}/{b.document}" for b in blocks or workshop.ledger.blocks()) or "none"
        raise ConfigError(f"{text!r} does not name one blocked document", advice=f"Blocked: {names}.")
    workshop.ledger.unblock(blocks[0].source, blocks[0].document)
    return blocks[0]


def remove_source(workshop: Workshop, name: str) -> Removal:
    """Every document of a source, whether the configuration still names it or not."""
    rows = list(workshop.ledger.documents(workshop.generation, name))
    if not rows and name not in {row.name for row in workshop.ledger.sources()}:
        raise ConfigError(f"nothing was ever ingested from a source {name!r}", advice="See: headwater status.")
    workshop.begin_run()
    with workshop.ledger.lease(f"source:{name}", workshop.holder, seconds=60, wait=workshop.wait):
        removal = _remove(workshop, rows, "source removed by hand")
        workshop.ledger.forget_source(name)
        if workshop.settings.source(name) is None:
            workshop.ledger.forget_pushed(name)  # else the next run brings back what was put there
    return removal


def _remove(workshop: Workshop, rows: Sequence[DocumentRow], reason: str) -> Removal:
    now, run = utc_now(), workshop.begin_run().run
    done = workshop.publisher().publish(
        removed=[(row.source, row.id) for row in rows],
        events=[
            Event(at=now, run=run, source=row.source, document=row.id, outcome="removed", reason=reason) for row in rows
        ],
    )
    return Removal(tuple(f"{row.source}/{row.id}" for row in rows), done.epoch)


# Rebuild ------------------------------------------------------------------------------------------------------


def rebuild(make: Callable[[str], Workshop], live: Workshop, names: Sequence[str]) -> RunReport:
    """Fill a new generation beside the live one, then switch to it in one epoch.

    `make` opens a workshop that writes to the generation it is given. What is announced meanwhile is looked at for
    both generations. Documents that cannot be read again (their
    source is not configured any more, or they fail now) are carried over from what is stored of them.
    """
    old = live.ledger.generation()
    for stale in set(live.store.generations()) - {old}:
        _drop(live, stale)  # left by a rebuild that was killed: whoever calls this holds the lease for rebuilding
    target = _next_name([*live.store.generations(), old])
    with make(target) as workshop:
        try:
            for name in {*names, *(row.name for row in live.ledger.sources())}:
                workshop.reserve(name)
            attend_rebuild(workshop, live, names)
            report = run_sources(workshop, names, direct_steps(workshop))
            failed = ", ".join(source.source for source in report.sources if source.error)
            if failed:
                raise FatalError(
                    f"the rebuild was given up: {failed} could not be ingested",
                    advice="What is live stays as it was. See: headwater doctor.",
                )
            _carry_over(workshop, old, target)
            workshop.publisher().publish(switch_to=target)
        except BaseException:
            with suppress(HeadwaterError):  # the first error matters; the next rebuild drops what this one left
                _drop(workshop, target)
            raise
        report.epoch = workshop.ledger.epoch()
        _drop(workshop, old)
    return report


def _next_name(taken: Sequence[str]) -> str:
    numbers = [int(name[1:]) for name in taken if name[:1] == "g" and name[1:].isdigit()]
    return f"g{max(numbers, default=0) + 1}"


def _drop(workshop: Workshop, generation: str) -> None:
    if generation != workshop.ledger.generation():
        workshop.ledger.drop_generation(generation)
        workshop.store.drop(generation)


def _carry_over(workshop: Workshop, old: str, target: str) -> None:
    source = workshop.existing_index(old)
    if source is None:
        return
    identity = source.identity()
    same = identity is not None and identity.embedding == workshop.embedding
    blocked = {(b.source, b.document) for b in workshop.ledger.blocks()}
    here = {row.name for row in workshop.settings.sources}
    failing = {(f.source, f.document) for f in workshop.ledger.failures(target)}
    publisher = workshop.publisher()
    for row in workshop.ledger.documents(old):
        key = (row.source, row.id)
        if key in blocked or (row.source in here and key not in failing):
            continue
        publisher.stage([_stored(source, row, workshop.dense, workshop.sparse, same=same)])
        publisher.publish()


def _stored(index: Index, row: DocumentRow, dense: Dense, sparse: Sparse, *, same: bool) -> Carried | Prepared:
    """What is stored of a document, with its vectors, or with new ones where the model is another."""
    ids = point_ids(row.publication, row.source, row.id, row.chunks)
    points = tuple(index.retrieve(ids, vectors=same))
    if same:
        return Carried(row, points)
    texts = [str(point.payload["embedded"]) for point in points]
    vectors = zip(dense.embed(texts), sparse.encode(texts), strict=True)
    chunks = tuple(
        EmbeddedChunk(stored_chunk(point.payload, row), made, weights, fresh=True)
        for point, (made, weights) in zip(points, vectors, strict=True)
    )
    return Prepared(row, chunks)
