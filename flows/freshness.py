"""The freshness report of what one command has open, and what of it was put aside."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime

from flows.workshop import Workshop
from headwater.clock import utc_now
from headwater.errors import RetriableError
from headwater.freshness.acknowledged import endings
from headwater.freshness.report import Reporter
from headwater.freshness.terms import terms_of
from headwater.freshness.values import Report
from headwater.ledger.base import Ledger


def freshness_of(workshop: Workshop, *, as_of: datetime | None = None, sources: Sequence[str] | None = None) -> Report:
    """Reads the ledger alone, so that it can be asked for while anything else is under way.

    A report of everything, now, also ends what was put aside and is over: what comes back later is new.
    """
    report = Reporter(
        workshop.ledger,
        workshop.ledger.generation(),
        terms_of(workshop.settings),
        workshop.settings.owners,
        now=utc_now(),
        at=as_of,
        only=sources,
    ).report()
    if as_of is None and not sources:
        _end_what_is_over(workshop.ledger, report)
    return report


def _end_what_is_over(ledger: Ledger, report: Report) -> None:
    known = ledger.acknowledgements()
    if not known:
        return
    findings = [*report.findings, *(one.finding for one in report.aside)]
    for why, ids in endings(findings, known, report.as_of).items():
        with suppress(RetriableError):  # it does not hold in this report either way; the next one notes it
            ledger.end_acknowledgements(ids, report.as_of, why)
