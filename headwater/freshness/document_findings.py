"""What is to be done about single documents."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from headwater.freshness.standing import RECENT, SKEW, Moment
from headwater.freshness.terms import Terms
from headwater.freshness.values import DocumentStanding, Finding, FindingKind, Kept, Severity
from headwater.freshness.wording import days_ago, moment, span
from headwater.ledger.standing import Standing
from headwater.metadata.dates import moment_of

_SHOWN = 300
_DAY = timedelta(days=1)
_KINDS = {"failing": FindingKind.FAILING, "quarantined": FindingKind.QUARANTINED}


def about(
    kind: FindingKind,
    severity: Severity,
    of: DocumentStanding,
    evidence: str,
    next_step: str,
    since: datetime | None = None,
) -> Finding:
    """A finding about this document."""
    return Finding(
        kind=kind,
        severity=severity,
        source=of.source,
        document=of.document,
        title=of.title,
        owner=of.owner,
        uri=of.uri,
        edit=of.edit or of.uri,
        since=since,
        evidence=evidence,
        next_step=next_step,
    )


def document_findings(of: DocumentStanding, row: Standing | None, terms: Terms, at: Moment) -> Iterator[Finding]:
    """`row` is None for a document that was never searchable."""
    if of.outcome != "indexed":
        yield from _trouble(of, terms)
    if of.content is Kept.NO:
        yield from _review(of, terms, at)
    yield from _late(of, terms, at)
    yield from _unverified(of, terms, at)
    if row is not None:
        yield from _clock(of, row, terms, at)


def _trouble(of: DocumentStanding, terms: Terms) -> Iterator[Finding]:
    kind = _KINDS.get(of.outcome)
    if kind is None or of.outcome_since is None:
        return
    late = of.pipeline is Kept.NO
    what = "could not be read" if kind is FindingKind.FAILING else "is held back"
    state = "its last good version is served" if of.searchable_at else "it is not searchable"
    times = f", {of.attempts} attempts" if of.attempts > 1 else ""
    promise = terms.promise(of.document, of.kind).max_lag
    beyond = f" That is beyond the {promise} promised." if late and promise is not None else ""
    evidence = (
        f"It {what} since {moment(of.outcome_since, terms.timezone)}{times}; {state}.{beyond} {of.reason[:_SHOWN]}"
    )
    step = (
        f"Correct it at its source; then `headwater ingest {of.source}/{of.document}`."
        if kind is FindingKind.FAILING
        else "Add what it lacks at its source, or change what the source requires."
    )
    yield about(kind, Severity.CRITICAL if late else Severity.WARNING, of, evidence, step, of.outcome_since)


def _review(of: DocumentStanding, terms: Terms, at: Moment) -> Iterator[Finding]:
    if of.content is not Kept.NO or of.due is None:
        return
    due = moment(of.due, terms.timezone)
    if of.due_by.startswith("at most") and of.dated is not None:
        evidence = (
            f"Its newest date is {moment(of.dated, terms.timezone)}, and it is promised to be {of.due_by}: "
            f"a review was due on {due}, {days_ago(of.due, at.at)}."
        )
    else:
        evidence = f"Its review was due on {due} ({of.due_by}), {days_ago(of.due, at.at)}."
    step = "Review it, correct what no longer holds, and state the new last_reviewed_on (or review_by)."
    yield about(FindingKind.OVERDUE_REVIEW, Severity.WARNING, of, evidence, step, of.due)


def _late(of: DocumentStanding, terms: Terms, at: Moment) -> Iterator[Finding]:
    if of.pipeline is not Kept.NO:
        return
    promise = terms.promise(of.document, of.kind).max_lag
    if of.lag is None or of.searchable_at is None or promise is None:
        return
    if of.outcome != "indexed" or of.lag <= promise.approximate or at.looked - of.searchable_at > RECENT:
        return
    start = of.changed_at if of.lag_exact else of.changed_after
    words = "changed" if of.lag_exact else "changed after"
    evidence = (
        f"It {words} {moment(start, terms.timezone)} and was searchable {moment(of.searchable_at, terms.timezone)}: "
        f"{span(of.lag)} later, where {promise} are promised."
        if start is not None
        else f"It was searchable {span(of.lag)} after its change, where {promise} are promised."
    )
    step = "Run this source more often, or have changes announced by a webhook; or promise less."
    yield about(FindingKind.LAG_BREACH, Severity.WARNING, of, evidence, step, of.searchable_at)


def _unverified(of: DocumentStanding, terms: Terms, at: Moment) -> Iterator[Finding]:
    promise = terms.promise(of.document, of.kind).verify_every
    if of.verified_at is None or (promise is None and of.outcome != "tombstoned"):
        return
    seen = moment(of.verified_at, terms.timezone)
    if of.outcome == "tombstoned" and of.outcome_since is not None:
        evidence = (
            f"Its source does not list it since {moment(of.outcome_since, terms.timezone)}, and does not say that it "
            f"is gone; it is served as it was on {seen}."
        )
        step = "Look whether it still exists; if not, the next complete listing removes it."
        yield about(FindingKind.UNVERIFIED, Severity.NOTICE, of, evidence, step, of.outcome_since)
    elif promise is not None and at.looked - of.verified_at > promise.approximate:
        evidence = f"Its source last confirmed it {seen}, and it is promised to be verified every {promise}."
        step = f"Run `headwater ingest {of.source}`."
        yield about(FindingKind.UNVERIFIED, Severity.WARNING, of, evidence, step, of.verified_at + promise.approximate)


def _clock(of: DocumentStanding, row: Standing, terms: Terms, at: Moment) -> Iterator[Finding]:
    said = []
    for name, when in (("its date", row.updated_at), ("last_reviewed_on", _reviewed(row))):
        if when is not None and when - _DAY > at.at:
            said.append(f"{name} is {moment(when, terms.timezone)}")
    if row.changed_at is not None and row.detected_at is not None and row.changed_at > row.detected_at + SKEW:
        said.append(
            f"its source says that it changed {moment(row.changed_at, terms.timezone)}, "
            f"which was seen before that, {moment(row.detected_at, terms.timezone)}"
        )
    if row.searchable_at > at.looked + SKEW:
        said.append(f"this machine published it {moment(row.searchable_at, terms.timezone)}")
    if said:
        sentence = "; ".join(said)
        evidence = f"{sentence[0].upper()}{sentence[1:]}: in the future. It counts as not stated."
        step = "Correct the date in the document, or the clock of its source, or of this machine."
        yield about(FindingKind.WRONG_CLOCK, Severity.NOTICE, of, evidence, step)


def _reviewed(row: Standing) -> datetime | None:
    stated = row.facts.get("last_reviewed_on")
    return moment_of(stated) if stated else None
