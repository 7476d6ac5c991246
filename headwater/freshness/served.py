"""Why a document that is handed out is not fresh, in phrases for whoever reads the answer."""

from collections.abc import Iterator
from datetime import datetime

from headwater.freshness.standing import RECENT
from headwater.freshness.terms import Terms
from headwater.freshness.values import DocumentStanding, Kept
from headwater.freshness.wording import moment, span


def reasons(of: DocumentStanding, terms: Terms, at: datetime) -> tuple[str, ...]:
    """Nothing of why a document failed: that is for who operates Headwater, not for who asks."""
    return (*_content(of, terms), *_pipeline(of, terms, at))


def _content(of: DocumentStanding, terms: Terms) -> Iterator[str]:
    if of.content is Kept.NO and of.due is not None:
        yield f"review was due {moment(of.due, terms.timezone)} ({of.due_by})"
    elif of.content is Kept.UNKNOWN:
        yield f"states no date ({of.due_by} is promised)"


def _pipeline(of: DocumentStanding, terms: Terms, at: datetime) -> Iterator[str]:
    promise = terms.promises.of(of.document, of.kind).max_lag
    if promise is None or of.pipeline not in (Kept.NO, Kept.UNKNOWN):
        return
    if of.outcome in ("failing", "quarantined", "withheld") and of.outcome_since is not None:
        yield f"its newest version is not searchable since {moment(of.outcome_since, terms.timezone)}"
        return
    if of.verified_at is not None and at - of.verified_at > promise.approximate:
        since = moment(of.verified_at, terms.timezone)
        yield f"not confirmed by its source since {since} (within {promise} is promised)"
    late = of.lag is not None and of.lag > promise.approximate
    if late and of.lag is not None and of.searchable_at is not None and at - of.searchable_at <= RECENT:
        most = "" if of.lag_exact else "up to "
        yield f"its last change was searchable {most}{span(of.lag)} later (within {promise} is promised)"
