"""Garbage collection: the only place where points are deleted."""

from dataclasses import replace
from datetime import datetime, timedelta

from headwater.index.base import NEVER, Index
from headwater.index.query import AllOf, Between, Not, OneOf
from headwater.ledger.base import Ledger
from headwater.publishing.records import utc_now

READER_SECONDS = 60.0
"""T: a search that takes longer starts again with a new E, so nothing younger than T is still being read."""


def collect(index: Index, ledger: Ledger, generation: str, *, now: datetime | None = None) -> int:
    """Delete superseded points no reader can hold any more, and what dead writers left; returns the epoch bound."""
    moment = (now or utc_now()) - timedelta(seconds=READER_SECONDS)
    bound = ledger.epoch_at(moment)
    identity = index.identity()
    if identity is not None and bound > identity.collected:
        # The mark comes before the deletion, so that an older ledger is refused even after a crash in between.
        index.write_identity(replace(identity, collected=bound))
        index.flush()
        # `to` = 0 is the identity's own point.
        index.delete_where(Between(field="to", gt=0, lte=bound))
    _collect_staged(index, ledger, generation)
    return bound


def _collect_staged(index: Index, ledger: Ledger, generation: str) -> None:
    """Delete invisible points of writers that are gone; those of live writers are about to be published."""
    dead, alive, newest = [], [], 0
    for publication in ledger.open_publications():
        newest = max(newest, publication.number)
        if publication.state != "undone" and ledger.alive(publication.holder):
            alive.append(publication.number)
        elif publication.generation == generation:
            dead.append(publication)
    if not dead:
        return
    # An intent without a live writer is undone by the next publisher, under the publish lease; until then its
    # stamped points are invisible and must stay.
    finished = [p for p in dead if p.state != "intent"]
    staged = Between(field="from", gte=float(NEVER))
    ours = OneOf("publication", tuple(p.number for p in finished))
    index.delete_where(AllOf((staged, ours, Not(Between(field="to", lte=0)))))
    index.flush()
    for publication in finished:
        if publication.state != "undone":
            ledger.abandon(publication.number)
        ledger.forget_publication(publication.number)
