"""Take the state at one epoch out of a ledger and the index that belongs to it."""

from pathlib import Path

from headwater.backup.manifest import LEDGER, PARTS, POINTS, VECTORS, Manifest, part_of, this_release
from headwater.backup.points import write_points
from headwater.clock import utc_now
from headwater.errors import IndexMismatchError
from headwater.index.base import Index, IndexIdentity
from headwater.index.query import AllOf, Between, Condition
from headwater.ledger.base import Holder, Ledger
from headwater.ledger.copying import SCHEMA, copy_ledger
from headwater.publishing.attach import check_ledger_not_older
from headwater.publishing.publisher import LEASE_SECONDS, PUBLISH_LEASE, WAIT_SECONDS, IndexOf, settle


def visible_at(epoch: int) -> Condition:
    """What readers see at this epoch."""
    return AllOf((Between(field="from", lte=epoch), Between(field="to", gt=epoch)))


def take(ledger: Ledger, ledger_file: Path, index_of: IndexOf, holder: Holder, folder: Path) -> Manifest:
    """Copy ledger and index into `folder`, as they stand at the ledger's epoch; others go on preparing documents.

    The publish lease is held across both copies: meanwhile nothing is published and nothing collected. First the
    ledger: while it is copied, and after, readers may be taken from points (which needs no lease), so that the points
    copied are as strict as the ledger, or stricter.
    """
    with ledger.lease(PUBLISH_LEASE, holder, seconds=LEASE_SECONDS, wait=WAIT_SECONDS):
        settle(ledger, index_of)
        generation, epoch = ledger.generation(), ledger.epoch()
        index = index_of(generation)
        copy_ledger(ledger_file, folder / LEDGER)
        rows = [row.chunks for row in ledger.documents(generation)]
        identity = _checked(index, ledger) if index is not None else None
        if identity is None and any(rows):
            raise IndexMismatchError(
                "the ledger knows searchable documents, but their index is empty or missing",
                advice="There is nothing to back up with them: run `headwater rebuild` first.",
            )
        points = index.scroll(visible_at(epoch), vectors=True) if index is not None else ()
        count = write_points(points, folder / POINTS, folder / VECTORS)
        blocks = len(ledger.blocks())
    # What the index lost, an audit finds and mends; a backup of it would only look whole.
    if count != sum(rows):
        raise IndexMismatchError(
            f"the index holds {count} passages, but the ledger knows {sum(rows)}",
            advice="Find out which with: headwater audit; then mend them with: headwater audit --repair.",
        )
    return Manifest(
        release=this_release(),
        made_at=utc_now().isoformat(),
        schema=SCHEMA,
        identity=ledger.identity(),
        epoch=epoch,
        generation=generation,
        embedding=identity.embedding if identity else "",
        dimensions=identity.dimensions if identity else 0,
        collected=identity.collected if identity else 0,
        documents=len(rows),
        points=count,
        blocks=blocks,
        parts={name: part_of(folder / name) for name in PARTS},
    )


def _checked(index: Index, ledger: Ledger) -> IndexIdentity | None:
    identity = index.identity()
    if identity is not None and identity.identity != ledger.identity():
        raise IndexMismatchError(
            "the index belongs to another ledger",
            advice="A backup of both would not open. Restore an older one, or run `headwater rebuild`.",
        )
    check_ledger_not_older(index, ledger)
    return identity
