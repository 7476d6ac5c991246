"""The report as other programs read it: docs/freshness.schema.json, with a version that grows when a field goes.

Times are ISO 8601 in UTC, lengths of time are whole seconds, both null where they are not known; a share is 0 to 1.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from headwater.freshness.values import (
    Bucket,
    Day,
    DocumentStanding,
    Finding,
    Headline,
    OwnerStanding,
    PutAside,
    Report,
    Severity,
    SourceStanding,
)

__all__ = ["SCHEMA", "as_json", "aside_as_json", "document_as_json", "finding_as_json"]

SCHEMA = 1
"""Raised when a field is renamed, removed or means something else; not when one is added."""


def as_json(report: Report, *, documents: bool = False) -> dict[str, Any]:
    """`documents` adds every document of the report, which is most of what there is to say."""
    found = {
        "schema": SCHEMA,
        "as_of": _time(report.as_of),
        "made_at": _time(report.made_at),
        "timezone": report.timezone,
        "epoch": report.epoch,
        "headline": _headline(report.headline),
        "sources": [_source(one) for one in report.sources],
        "owners": [_owner(one) for one in report.owners],
        "findings": [finding_as_json(one) for one in report.findings],
        "aside": [aside_as_json(one) for one in report.aside],
        "lag": [_bucket(one) for one in report.lag],
        "age": [_bucket(one) for one in report.age],
        "notes": list(report.notes),
    }
    return found | {"documents": [document_as_json(one) for one in report.documents]} if documents else found


def finding_as_json(one: Finding) -> dict[str, Any]:
    """`finding` is the name of the rule; null for a time that is not known, "" for a text that is not."""
    return {
        "id": one.id,
        "finding": one.kind.value,
        "severity": one.severity.word,
        "source": one.source,
        "document": one.document,
        "title": one.title,
        "owner": one.owner,
        "uri": one.uri,
        "edit": one.edit,
        "since": _time(one.since),
        "evidence": one.evidence,
        "next_step": one.next_step,
    }


def document_as_json(one: DocumentStanding) -> dict[str, Any]:
    """`freshness` sums up `pipeline` and `content`: `stale`, `unknown`, `unpromised` or `fresh`."""
    return {
        "source": one.source,
        "document": one.document,
        "title": one.title,
        "kind": one.kind,
        "owner": one.owner,
        "uri": one.uri,
        "edit": one.edit,
        "freshness": one.freshness,
        "pipeline": one.pipeline.value,
        "content": one.content.value,
        "changed_at": _time(one.changed_at),
        "changed_after": _time(one.changed_after),
        "detected_at": _time(one.detected_at),
        "searchable_at": _time(one.searchable_at),
        "verified_at": _time(one.verified_at),
        "lag_seconds": _seconds(one.lag),
        "lag_exact": one.lag_exact,
        "dated": _time(one.dated),
        "age_seconds": _seconds(one.age),
        "due": _time(one.due),
        "due_by": one.due_by,
        "outcome": one.outcome,
        "outcome_since": _time(one.outcome_since),
        "reason": one.reason,
        "attempts": one.attempts,
        "next_retry": one.next_retry,
        "served_stale": one.served,
    }


def aside_as_json(one: PutAside) -> dict[str, Any]:
    """A finding, and who put it aside (`until` is null for as long as it lasts), when and why."""
    of = one.acknowledgement
    said = {"state": of.state, "who": of.who, "name": of.name, "reason": of.reason}
    return {
        **finding_as_json(one.finding),
        "acknowledgement": {
            **said,
            "at": _time(of.at),
            "until": _time(of.until),
            "severity": Severity(of.severity).word,
        },
    }


def _headline(one: Headline) -> dict[str, Any]:
    return {
        "sentence": one.sentence,
        "documents": one.documents,
        "promised": one.promised,
        "within": one.within,
        "within_share": one.within / one.promised if one.promised else None,
        "pipeline": {"kept": one.lag_kept, "broken": one.lag_broken, "unknown": one.lag_unknown},
        "content": {"kept": one.content_kept, "broken": one.content_broken, "unknown": one.content_unknown},
        "content_unpromised": one.content_unpromised,
        "unowned": one.unowned,
        "owners_overdue": one.owners_overdue,
        "served_stale": one.served_stale,
    }


def _source(one: SourceStanding) -> dict[str, Any]:
    promised = one.within + one.stale + one.unknown
    return {
        "source": one.name,
        "kind": one.kind,
        "timezone": one.timezone,
        "documents": one.documents,
        "within": one.within,
        "stale": one.stale,
        "unknown": one.unknown,
        "within_share": one.within / promised if promised else None,
        "last_complete": _time(one.last_complete),
        "last_success": _time(one.last_success),
        "last_verified": _time(one.last_verified),
        "last_error": one.last_error,
        "failed_runs": one.failed_runs,
        "failing": one.failing,
        "quarantined": one.quarantined,
        "tombstoned": one.tombstoned,
        "withheld": one.withheld,
        "changes_a_week": one.changes_a_week,
        "max_lag": one.max_lag,
        "lag_median_seconds": _seconds(one.lag_median),
        "lag_95_seconds": _seconds(one.lag_95),
        "days": [_day(day) for day in one.days],
        "findings": _by_severity(one.findings),
    }


def _owner(one: OwnerStanding) -> dict[str, Any]:
    return {
        "owner": one.name,
        "contact": one.contact,
        "documents": one.documents,
        "within": one.within,
        "overdue": one.overdue,
        "findings": _by_severity(one.findings),
    }


def _day(one: Day) -> dict[str, Any]:
    return {
        "date": one.date,
        "changes": one.changes,
        "median_seconds": _seconds(one.median),
        "worst_seconds": _seconds(one.worst),
    }


def _bucket(one: Bucket) -> dict[str, Any]:
    return {"label": one.label, "count": one.count, "broken": one.broken}


def _by_severity(counts: Mapping[str, int]) -> dict[str, int]:
    return {one.word: counts.get(one.word, 0) for one in reversed(Severity)}


def _time(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _seconds(length: timedelta | None) -> int | None:
    return None if length is None else round(length.total_seconds())
