"""How one document stands at a moment, against what was promised of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from headwater.freshness.terms import Terms
from headwater.freshness.values import DocumentStanding, Kept, Promise
from headwater.ledger.standing import Standing
from headwater.metadata.dates import LATEST, moment_of, reachable
from headwater.metadata.review import review_date
from headwater.settings import Duration, parse_duration

RECENT = timedelta(days=30)
"""A change that was searchable late counts as a broken promise for so long."""
SKEW = timedelta(minutes=5)
"""So far may clocks differ before a time counts as being in the future."""
_DAY = timedelta(days=1)
_FAR = timedelta(days=3)
"""So far apart, no zone and no hour that is left out decides which of two moments is the later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Why the newest version is not searchable, or not verified: `outcome` is failing, quarantined, withheld or
    tombstoned."""

    outcome: str
    since: datetime
    reason: str
    attempts: int = 0
    retriable: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """When, and how far the source is known at that time.

    `looked` is the end of what can be known of pipelines: `at`, or now where `at` is yet to come. `vouched` is when
    the newest look at the source began that spoke for every document.
    """

    at: datetime
    looked: datetime
    vouched: datetime | None = None


def document_standing(row: Standing, terms: Terms, moment: Moment, trouble: Trouble | None) -> DocumentStanding:
    """A document that is searchable."""
    promise = terms.promise(row.document, row.kind)
    verified = _verified(row, moment, trouble)
    start = _start(row) if row.searchable_at <= moment.looked + SKEW else None
    lag = max(timedelta(0), row.searchable_at - start) if start is not None else None
    exact = start is not None and start == row.changed_at
    facts = row.facts
    updated = _not_future(row.updated_at, moment.at)
    stated = facts.get("last_reviewed_on")
    reviewed = _not_future(moment_of(stated), moment.at) if stated else None
    dated = updated if reviewed is None or (updated is not None and updated > reviewed) else reviewed
    due, due_by = _due(facts, promise, dated, reviewed, ZoneInfo(terms.timezone))
    return DocumentStanding(
        source=row.source,
        document=row.document,
        title=row.title,
        kind=row.kind,
        owner=str(facts.get("owner") or terms.owner),
        uri=row.uri,
        edit=terms.edit(row.document, row.uri, facts.get("edit_uri")),
        changed_at=row.changed_at,
        changed_after=row.changed_after,
        detected_at=row.detected_at,
        searchable_at=row.searchable_at,
        verified_at=verified,
        lag=lag,
        lag_exact=exact,
        dated=dated,
        due=due,
        due_by=due_by,
        age=max(timedelta(0), moment.at - updated) if updated is not None else None,
        pipeline=_pipeline(row, promise, moment, trouble, verified, (lag, exact)),
        content=_content(due, moment.at, due_by),
        **_outcome(trouble, row.published_at),
    )


def missing_standing(source: str, document: str, terms: Terms, moment: Moment, trouble: Trouble) -> DocumentStanding:
    """A document that was never searchable."""
    promise = terms.promise(document, "")
    waited = moment.looked - trouble.since
    late = promise.max_lag is not None and waited > promise.max_lag.approximate
    pipeline = Kept.NONE if promise.max_lag is None else Kept.NO if late else Kept.UNKNOWN
    return DocumentStanding(
        source=source,
        document=document,
        title=document,
        kind="",
        owner=terms.owner,
        uri="",
        edit=terms.edit(document, "", None),
        changed_at=None,
        changed_after=None,
        detected_at=trouble.since,
        searchable_at=None,
        verified_at=None,
        lag=None,
        lag_exact=False,
        dated=None,
        due=None,
        due_by="",
        age=None,
        pipeline=pipeline,
        content=Kept.NONE,
        **_outcome(trouble, trouble.since),
    )


def _not_future(when: datetime | None, at: datetime) -> datetime | None:
    """A day of grace: dates are days somewhere on earth."""
    return when if when is not None and when - _DAY <= at else None


def _outcome(trouble: Trouble | None, since: datetime) -> dict[str, Any]:
    if trouble is None:
        return {"outcome": "indexed", "outcome_since": since}
    retry = "with every run" if trouble.retriable else "when it changes"
    return {
        "outcome": trouble.outcome,
        "outcome_since": trouble.since,
        "reason": trouble.reason,
        "attempts": trouble.attempts,
        "next_retry": retry if trouble.outcome in ("failing", "quarantined") else "",
    }


def _verified(row: Standing, moment: Moment, trouble: Trouble | None) -> datetime | None:
    """A look at the whole source confirms every document that it found no trouble with; what is yet to come, none."""
    latest = moment.looked + SKEW
    own = row.verified_at if row.verified_at <= latest else None
    vouched = moment.vouched if trouble is None else None
    if vouched is None or vouched > latest or (own is not None and own > vouched):
        return own
    return vouched


def _start(row: Standing) -> datetime | None:
    """When the change was made, as stated where that can be true, else the earliest that it can have been made."""
    if row.changed_at is not None and row.changed_at <= (row.detected_at or row.searchable_at):
        return row.changed_at
    return row.changed_after


def _pipeline(
    row: Standing,
    promise: Promise,
    moment: Moment,
    trouble: Trouble | None,
    verified: datetime | None,
    lag: tuple[timedelta | None, bool],
) -> Kept:
    """Broken where it is known to be; unknown where the source was not asked for longer than was promised."""
    if promise.max_lag is None:
        return Kept.NONE
    most, (took, exact) = promise.max_lag.approximate, lag
    if trouble is not None and trouble.outcome != "tombstoned":
        return Kept.NO if moment.looked - trouble.since > most else Kept.UNKNOWN
    if took is not None and took > most and moment.looked - row.searchable_at <= RECENT:
        least = row.searchable_at - (row.detected_at or row.searchable_at)
        return Kept.NO if exact or least > most else Kept.UNKNOWN
    return Kept.YES if verified is not None and moment.looked - verified <= most else Kept.UNKNOWN


def _due(
    facts: Mapping[str, Any], promise: Promise, dated: datetime | None, reviewed: datetime | None, zone: ZoneInfo
) -> tuple[datetime | None, str]:
    """When a review is due, and what that follows from ("" where nothing promises one); months are the zone's."""
    stated, own = facts.get("review_by"), facts.get("review_in")
    if stated and own and stated == review_date(facts.get("last_reviewed_on"), own):
        due = _later(reviewed, parse_duration(own), zone) if reviewed is not None else None
        return due, f"reviewed every {own}"
    if stated:
        due = moment_of(stated)
        return due.astimezone(zone) if due is not None else None, "stated"
    if promise.review is not None:
        since = reviewed or dated
        return None if since is None else _later(since, promise.review, zone), f"reviewed every {promise.review}"
    if promise.max_age is not None:
        return None if dated is None else _later(dated, promise.max_age, zone), f"at most {promise.max_age} old"
    return None, f"reviewed every {own}" if own else ""


def _later(since: datetime, length: Duration, zone: ZoneInfo) -> datetime:
    """By the calendar of the zone; the end of all calendars where they do not reach that far."""
    try:
        return reachable(since.astimezone(zone) + length).astimezone(zone)
    except (OverflowError, ValueError):
        return LATEST.astimezone(zone)


def _content(due: datetime | None, at: datetime, due_by: str) -> Kept:
    if not due_by:
        return Kept.NONE
    if due is None:
        return Kept.UNKNOWN
    return Kept.NO if is_over(due, at) else Kept.YES


def is_over(due: datetime, at: datetime) -> bool:
    """Whether it is too late: a day without a time lasts until its end."""
    if abs(at - due) > _FAR:
        return at > due
    # Where clocks go forward at midnight, the first moment of a day is one in the morning.
    day = due.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    whole = day.astimezone(UTC) == due.astimezone(UTC)
    return at >= (day + _DAY).astimezone(UTC) if whole else at > due.astimezone(UTC)
