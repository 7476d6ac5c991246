"""How each source stands: when it was looked at, how soon its changes were searchable, what is in the way."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from headwater.freshness.standing import SKEW
from headwater.freshness.terms import Terms
from headwater.freshness.values import Day, DocumentStanding, Finding, FindingKind, Kept, Severity, SourceStanding
from headwater.freshness.wording import counted, moment, span
from headwater.ledger.base import SourceRow
from headwater.ledger.standing import Listing, PastChange

SHOWN_DAYS = 30
RATE_WEEKS = 4


@dataclass(slots=True)
class Tally:
    """What is counted of a source while its documents pass by."""

    documents: int = 0
    promised: int = 0
    within: int = 0
    stale: int = 0
    unknown: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)

    def add(self, one: DocumentStanding) -> None:
        pipeline, content = one.pipeline, one.content
        self.documents += 1
        self.promised += pipeline is not Kept.NONE or content is not Kept.NONE
        self.within += one.within
        if pipeline is Kept.NO or content is Kept.NO:
            self.stale += 1
        elif pipeline is Kept.UNKNOWN or content is Kept.UNKNOWN:
            self.unknown += 1
        self.outcomes[one.outcome] += 1


@dataclass(frozen=True, slots=True)
class Lag:
    """One change that became searchable: when, and how long after it was made at most."""

    at: datetime
    took: timedelta | None
    exact: bool


def lag_of(change: PastChange) -> Lag:
    """Of a change that is new or has other content."""
    stated = change.changed_at
    exact = stated is not None and stated <= (change.detected_at or change.at)
    start = stated if exact else change.changed_after
    return Lag(change.at, max(timedelta(0), change.at - start) if start is not None else None, exact)


def source_standing(
    terms: Terms,
    row: SourceRow | None,
    looks: Sequence[Listing],
    lags: Sequence[Lag],
    tally: Tally,
    withheld: int,
    at: datetime,
) -> SourceStanding:
    """`looks` newest first, none after `at`; `lags` of the last weeks in any order."""
    complete = next((look.ended_at for look in looks if look.complete), None)
    success = next((look.ended_at for look in looks if not look.error), None)
    vouched = next((look.began_at for look in looks if look.vouched), None)
    recent = [lag.took for lag in lags if lag.took is not None and at - lag.at <= timedelta(days=SHOWN_DAYS)]
    return SourceStanding(
        name=terms.name,
        kind=terms.kind or (row.kind if row else ""),
        timezone=terms.timezone,
        documents=tally.documents,
        within=tally.within,
        stale=tally.stale,
        unknown=tally.unknown,
        kept_share=tally.within / tally.promised if tally.promised else None,
        last_complete=complete or _until(at, row.last_complete if row else None),
        last_success=success or _until(at, row.last_success if row else None),
        last_verified=vouched or _until(at, row.last_complete if row else None),
        last_error=looks[0].error if looks else row.last_error if row else "",
        failed_runs=next((n for n, look in enumerate(looks) if not look.error), len(looks)),
        failing=tally.outcomes["failing"],
        quarantined=tally.outcomes["quarantined"],
        tombstoned=tally.outcomes["tombstoned"],
        withheld=tally.outcomes["withheld"] + withheld,
        changes_a_week=_rate(lags, looks, at),
        lag_median=percentile(recent, 0.5),
        lag_95=percentile(recent, 0.95),
        max_lag=str(terms.promises.max_lag),
        days=_days(lags, terms.timezone, at),
    )


def _until(at: datetime, when: datetime | None) -> datetime | None:
    """What a clock that was ahead put into the future is not known to have been."""
    return when if when is not None and when <= at + SKEW else None


def percentile(values: Sequence[timedelta], share: float) -> timedelta | None:
    """The smallest value that at least this share of them does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -int(-share * len(ordered) // 1) - 1)] if ordered else None


def _rate(lags: Sequence[Lag], looks: Sequence[Listing], at: datetime) -> float | None:
    first = min((look.began_at for look in looks), default=None)
    if first is None or first >= at:
        return None
    weeks = min(timedelta(weeks=RATE_WEEKS), max(at - first, timedelta(days=1))) / timedelta(weeks=1)
    return sum(at - lag.at <= timedelta(weeks=RATE_WEEKS) for lag in lags) / weeks


def _days(lags: Iterable[Lag], timezone: str, at: datetime) -> tuple[Day, ...]:
    zone = ZoneInfo(timezone)
    by_day: dict[date, list[timedelta]] = {}
    count: Counter[date] = Counter()
    for lag in lags:
        day = lag.at.astimezone(zone).date()
        count[day] += 1
        if lag.took is not None:
            by_day.setdefault(day, []).append(lag.took)
    last = at.astimezone(zone).date()
    days = [last - timedelta(days=back) for back in reversed(range(SHOWN_DAYS))]
    return tuple(
        Day(
            day.isoformat(),
            count[day],
            percentile(by_day.get(day, ()), 0.5),
            max(by_day[day]) if day in by_day else None,
        )
        for day in days
    )


# findings -------------------------------------------------------------------------------------------------


def source_findings(
    of: SourceStanding, terms: Terms, removals: Mapping[str, object], looked: datetime
) -> list[Finding]:
    """What concerns the source as a whole."""
    found = []
    silent = _silent(of, terms, looked)
    if silent is not None:
        found.append(silent)
    if removals or of.withheld:
        found.append(_withheld(of, terms, removals))
    return found


def _about(kind: FindingKind, severity: Severity, terms: Terms, since: datetime | None, *said: str) -> Finding:
    evidence, next_step = said
    return Finding(
        kind=kind, severity=severity, source=terms.name, document="", title="", owner=terms.owner, uri="", edit="",
        since=since, evidence=evidence, next_step=next_step,
    )  # fmt: skip


def _silent(of: SourceStanding, terms: Terms, looked: datetime) -> Finding | None:
    most = terms.promise("", "").max_lag
    error = f" Its last run failed: {of.last_error}" if of.last_error else ""
    step = (
        f"Correct that, then run `headwater ingest {of.name}`."
        if of.last_error
        else f"Run `headwater ingest {of.name}`, or give it a schedule."
        if terms.configured
        else f"It is not in the configuration any more: put it back, or `headwater remove --source {of.name}`."
    )
    if most is None:
        return None
    if of.last_verified is None:
        if not of.last_error:
            return None
        evidence = f"It was never listed whole, so nothing of it is known to be current.{error}"
        return _about(FindingKind.SOURCE_SILENT, Severity.CRITICAL, terms, None, evidence, step)
    age = looked - of.last_verified
    if age <= most.approximate:
        return None
    evidence = (
        f"It was last listed whole {moment(of.last_verified, terms.timezone)}, {span(age)} ago, and changes are "
        f"promised to be searchable within {most}: whatever changed since is not.{error}"
    )
    severity = Severity.CRITICAL if age > 3 * most.approximate else Severity.WARNING
    return _about(FindingKind.SOURCE_SILENT, severity, terms, of.last_verified + most.approximate, evidence, step)


def _withheld(of: SourceStanding, terms: Terms, removals: Mapping[str, object]) -> Finding:
    documents = removals.get("documents")
    going = len(documents) if isinstance(documents, list) else 0
    since = removals.get("since")
    said = [f"{counted(going, 'removal')} {'wait' if going > 1 else 'waits'}"] if going else []
    if of.withheld - going > 0:
        said.append(f"{counted(of.withheld - going, 'suspicious change')} held back")
    evidence = f"{' and '.join(said)}: too many at once to be believed, so what was there before is served."
    step = f"Look at `headwater approve {of.name}`, which shows examples; approve them, or correct the source."
    when = datetime.fromisoformat(since) if isinstance(since, str) else None
    return _about(FindingKind.WITHHELD, Severity.CRITICAL, terms, when, evidence, step)
