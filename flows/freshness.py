"""The freshness report of what one command has open."""

from collections.abc import Sequence
from datetime import datetime

from flows.workshop import Workshop
from headwater.clock import utc_now
from headwater.freshness.report import Reporter
from headwater.freshness.terms import terms_of
from headwater.freshness.values import Report


def freshness_of(workshop: Workshop, *, as_of: datetime | None = None, sources: Sequence[str] | None = None) -> Report:
    """Reads the ledger alone, so that it can be asked for while anything else is under way."""
    return Reporter(
        workshop.ledger,
        workshop.ledger.generation(),
        terms_of(workshop.settings),
        workshop.settings.owners,
        now=utc_now(),
        at=as_of,
        only=sources,
    ).report()
