"""Garbage collection: the only place where points are deleted."""

from dataclasses import replace
from datetime import datetime, timedelta

from headwater.clock import utc_now
from headwater.index.base import NEVER, Index
from headwater.index.query import AllOf, Between, Condition, Not, OneOf
from headwater.ledger.base import Holder, Ledger
from headwater.publishing.publisher import LEASE_SECONDS, PUBLISH_LEASE, WAIT_SECONDS

READER_SECONDS = 60.0
"""T: how long a reader may go on with an E before it may find that points it could see were deleted."""

_STAGED = Between(field="from", gte=float(NEVER))


def collect(
    index: Index,
    ledger: Ledger,
    generation: str,
    holder: Holder,
    *,
    now: datetime | None = None,
    since: datetime | None = None,
    worth: int = 1,
) -> int:
    """Delete superseded points no reader can hold any more, and what dead writers left; returns the epoch bound.

    What failed after `since` is left for the next run, which finds the vectors there. Fewer superseded points than
    `worth` are left for later: marking and flushing costs half a second, which a run of one document need not wait for.
    """
    with ledger.lease(PUBLISH_LEASE, holder, seconds=LEASE_SECONDS, wait=WAIT_SECONDS):
        bound = ledger.epoch_at((now or ledger.now()) - timedelta(seconds=READER_SECONDS))
        superseded = Between(field="to", lte=bound)
        if bound and index.count(superseded) >= worth:
            _mark(index, bound)
            index.delete_where(superseded)
        _collect_dead(index, ledger, generation, since or utc_now())
        _collect_orphans(index, ledger, generation, holder)
    return bound


def worth_opening(ledger: Ledger, generation: str, superseded: int, worth: int) -> bool:
    """Whether `collect` may find something in an index of so many superseded points that nobody opened yet."""
    return superseded >= worth or any(p.generation == generation for p in ledger.open_publications())


def _mark(index: Index, bound: int) -> None:
    """Before the deletion: readers whose E is below the mark start again, an older ledger is refused."""
    identity = index.identity()
    if identity is not None and bound > identity.collected:
        index.write_identity(replace(identity, collected=bound))
        index.flush()


def _delete(index: Index, condition: Condition) -> None:
    if index.count(condition):
        index.delete_where(condition)


def _collect_dead(index: Index, ledger: Ledger, generation: str, since: datetime) -> None:
    """Delete invisible points of writers that are gone; those of live writers are about to be published."""
    # An intent without a live writer is undone by the next publisher; until then its stamped points must stay.
    dead = [
        p
        for p in ledger.open_publications()
        if p.generation == generation
        and p.started_at < since
        and (p.state == "undone" or (p.state == "staging" and not ledger.alive(p.holder)))
    ]
    if not dead:
        return
    _delete(index, AllOf((_STAGED, OneOf("publication", tuple(p.number for p in dead)))))
    index.flush()
    for publication in dead:
        ledger.abandon(publication.number)
        ledger.forget_publication(publication.number)


def _collect_orphans(index: Index, ledger: Ledger, generation: str, holder: Holder) -> None:
    """Delete invisible points of no open publication: of a document that was blocked before it could be published,
    or written by a request that arrived after its sender was dead and collected."""
    if not index.count(_not_open(ledger)):
        return
    # Whatever was begun before this number, and is not open now, has nothing left to publish.
    newest = ledger.begin_publication(generation, holder)
    ledger.abandon(newest)
    ledger.forget_publication(newest)
    index.delete_where(AllOf((_not_open(ledger), Between(field="publication", lt=newest))))


def _not_open(ledger: Ledger) -> Condition:
    return AllOf((_STAGED, Not(OneOf("publication", tuple(p.number for p in ledger.open_publications())))))
