"""Make sure that an index and a ledger belong together before anything is read or written."""

from collections.abc import Callable
from typing import TypeAlias

from headwater.errors import FingerprintError, IndexMismatchError
from headwater.index.base import NEVER, Index, IndexIdentity
from headwater.index.query import AllOf, AnyOf, Between, OneOf
from headwater.index.record import IndexRecord
from headwater.ledger.base import Holder, Ledger
from headwater.publishing.publisher import LEASE_SECONDS, PUBLISH_LEASE, WAIT_SECONDS, IndexOf, settle

RecordOf: TypeAlias = Callable[[str], IndexRecord | None]
"""What the embedded index says of a generation; None for an index that says nothing."""


def attach(index: Index, ledger: Ledger, *, embedding: str, dimensions: int, generation: str) -> None:
    """Give a new index the ledger's identity, or check an existing one; raises what a person has to settle."""
    found = index.identity()
    if found is None:
        _claim(index, ledger, embedding, dimensions, generation)
        return
    if found.identity != ledger.identity():
        raise IndexMismatchError(
            "the index belongs to another ledger",
            advice="Restore index and ledger from one backup, or move the state folder away and ingest again.",
        )
    if ledger.epoch() < found.collected:
        raise IndexMismatchError(
            f"the ledger is at epoch {ledger.epoch()}, but the index was collected up to {found.collected}: "
            "the ledger is older than its index",
            advice="Restore index and ledger from one backup, or run `headwater rebuild`.",
        )
    if found.embedding != embedding or found.dimensions != dimensions:
        raise FingerprintError(
            "the index holds vectors of another embedding model or setting",
            advice="Run `headwater rebuild` to embed everything with the configured model, or change "
            "`[embedding] model` back.",
        )


def check_ledger_not_older(index: Index, ledger: Ledger) -> None:
    """Refuse to write when points carry epochs that this ledger has yet to hand out (a restored ledger).

    Under the publish lease, after `settle`: then nobody's stamps are under way, and those of the dead are undone.
    """
    epoch = ledger.epoch()
    ahead = AnyOf(tuple(Between(field=name, gt=epoch, lt=float(NEVER)) for name in ("from", "to")))
    if index.count(ahead):
        raise IndexMismatchError(
            f"the index holds publications newer than the ledger's epoch {epoch}: the ledger is older than its index",
            advice="Restore index and ledger from one backup, or run `headwater rebuild`.",
        )


def check_index_not_older(index: Index, ledger: Ledger, generation: str, record_of: RecordOf) -> None:
    """Refuse an index that lacks publications which this ledger knows (a restored index).

    Its record is ahead of every stamp, so that only a publication which stamped nothing can be later than that.
    Whether it is so is counted, once.
    """
    published = ledger.published(generation)
    record = record_of(generation)  # only now: until then others may have published
    if record is None or record.epoch >= published:
        return
    while not _same_chunks(index, ledger, generation, epoch := ledger.epoch()):
        if ledger.epoch() == epoch:
            raise IndexMismatchError(
                f"the index ends at epoch {record.epoch}, but the ledger published up to {published}: "
                "the index is older than its ledger",
                advice="Restore index and ledger from one backup, or run `headwater rebuild`.",
            )
    index.stamp([], from_=published)


def _same_chunks(index: Index, ledger: Ledger, generation: str, epoch: int) -> bool:
    chunks: dict[int, int] = {}
    for row in ledger.documents(generation):
        chunks[row.publication] = chunks.get(row.publication, 0) + row.chunks
    visible = AllOf((Between(field="from", lte=epoch), Between(field="to", gt=epoch)))
    if index.count(visible) != sum(chunks.values()):
        return False
    return all(index.count(AllOf((visible, OneOf("publication", (n,))))) == count for n, count in chunks.items())


def check_when_opened(index: Index, ledger: Ledger, holder: Holder, index_of: IndexOf) -> None:
    """The same, for an index that is first needed in the middle of a run, with or without the publish lease."""
    try:
        check_ledger_not_older(index, ledger)
    except IndexMismatchError:
        if (PUBLISH_LEASE, holder) in ledger.holders():
            raise
        # The stamps of somebody who is publishing at this moment look the same.
        with ledger.lease(PUBLISH_LEASE, holder, seconds=LEASE_SECONDS, wait=WAIT_SECONDS):
            settle(ledger, index_of)
            check_ledger_not_older(index, ledger)


def belongs(record: IndexRecord, ledger: Ledger, *, embedding: str, dimensions: int, generation: str) -> bool:
    """Whether `attach` and the other checks would find nothing wrong, as far as the record can tell."""
    known, epoch = record.identity, ledger.epoch()
    return (
        known.identity == ledger.identity()
        and known.embedding == embedding
        and known.dimensions == dimensions
        and max(known.collected, record.epoch) <= epoch
        and record.epoch >= ledger.published(generation)
    )


def _claim(index: Index, ledger: Ledger, embedding: str, dimensions: int, generation: str) -> None:
    if next(iter(ledger.documents(generation)), None) is not None:
        raise IndexMismatchError(
            "the ledger knows searchable documents, but their index is empty or missing",
            advice="Restore index and ledger from one backup, or run `headwater rebuild`.",
        )
    index.write_identity(IndexIdentity(ledger.identity(), embedding, dimensions))
    index.flush()
