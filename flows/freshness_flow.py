"""The freshness flow: the report as Prefect artifacts, what began and ended as Prefect events, and alerts."""

from collections.abc import Sequence
from itertools import islice
from typing import Any

import httpx
from prefect import flow, get_run_logger
from prefect.artifacts import (
    create_link_artifact,
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
)
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State
from prefect.events import Event, Resource
from prefect.states import Completed, Failed

from flows.alerts import notify
from flows.freshness import freshness_of
from flows.session import workshop
from headwater.alerting.tracking import Breach, Key
from headwater.errors import RetriableError
from headwater.freshness.as_json import finding_as_json
from headwater.freshness.headline import share
from headwater.freshness.report import worst
from headwater.freshness.values import Finding, Report, SourceStanding
from headwater.freshness.wording import moment, span

BEGAN, ENDED = "headwater.freshness.breach-began", "headwater.freshness.breach-ended"
SHOWN = 200
"""Findings in the table; all of them are counted."""
_MOST_EVENTS, _TOGETHER = 1_000, 100


@flow(name="headwater-freshness", validate_parameters=False)
def freshness(sources: list[str] | None = None) -> State[int]:
    """How fresh these sources are (default: all); failed when somebody could not be told, not for what was found.

    Its result is the worst severity: 0 none, 1 notice, 2 warning, 3 critical.
    """
    with workshop() as open_workshop:
        report = freshness_of(open_workshop, sources=sources)
        show(report, open_workshop.settings.alerts.page)
        delivered = notify(open_workshop, report, also=[Events()])
    found, said = int(worst(report.findings) or 0), report.headline.sentence
    get_run_logger().info("%s %d findings", said, len(report.findings))
    if delivered.failed:
        return Failed(message=f"{said} Not delivered: {' '.join(delivered.problems)}", data=found)
    return Completed(message=said, data=found)


def show(report: Report, page: str) -> None:
    """As artifacts; the newest of each key is the state of things."""
    create_markdown_artifact(key="headwater-freshness", markdown=_headline(report))
    create_table_artifact(
        key="headwater-freshness-findings",
        table=[_finding(one, report.timezone) for one in report.findings[:SHOWN]],
        description=f"{len(report.findings):,} findings, the worst {SHOWN} at most, as of {_as_of(report)}",
    )
    create_table_artifact(
        key="headwater-freshness-sources",
        table=[_source(one) for one in report.sources],
        description=f"Sources as of {_as_of(report)}",
    )
    promised = report.headline.promised
    # Rounded down, so that it is not complete before everything is.
    within = 1000 * report.headline.within // promised / 10 if promised else 0.0
    create_progress_artifact(
        progress=within,
        key="headwater-freshness-within",
        description=f"Documents within their promise, of the {promised:,} that anything was promised of",
    )
    if page:
        create_link_artifact(
            link=page, link_text="The freshness report", key="headwater-freshness-page", description=_as_of(report)
        )


class Events:
    """Prefect's events, which automations can wait for; as a receiver, each breach begins once and ends once."""

    name = "prefect events"

    def began(self, findings: Sequence[Finding]) -> None:
        self._emit([(BEGAN, one.key, one.title, finding_as_json(one)) for one in findings])

    def ended(self, breaches: Sequence[Breach]) -> None:
        """Of those that nobody heard of, the beginning first."""
        missed = [(BEGAN, one.key, one.title, _breach(one)) for one in breaches if not one.told]
        self._emit([*missed, *((ENDED, one.key, one.title, _breach(one)) for one in breaches)])

    def _emit(self, told: Sequence[tuple[str, Key, str, dict[str, Any]]]) -> None:
        events = iter([_event(*one) for one in told[:_MOST_EVENTS]])
        try:
            with get_client(sync_client=True) as client:
                while batch := list(islice(events, _TOGETHER)):
                    # Answered when they are recorded; events that are only emitted may be lost without a word.
                    client.request("POST", "/events", json=[event.model_dump(mode="json") for event in batch])
        except (httpx.HTTPError, OSError, RuntimeError) as error:
            raise RetriableError(
                f"Prefect did not take the events ({type(error).__name__})",
                advice="They are sent with the next report.",
            ) from error
        if len(told) > _MOST_EVENTS:
            get_run_logger().warning("%d more breaches than there are events for", len(told) - _MOST_EVENTS)


def _event(name: str, key: Key, title: str, payload: dict[str, Any]) -> Event:
    _, source, document = key
    id = f"headwater.document.{source}/{document}" if document else f"headwater.source.{source}"
    resource = {"prefect.resource.id": id, "prefect.resource.name": title or document or source}
    return Event(event=name, resource=Resource(resource), payload=payload)


def _breach(one: Breach) -> dict[str, Any]:
    finding, source, document = one.key
    said = {"finding": finding, "source": source, "document": document, "title": one.title, "owner": one.owner}
    return {**said, "since": one.since or None}


def _as_of(report: Report) -> str:
    return moment(report.as_of, report.timezone)


def _headline(report: Report) -> str:
    sums = report.headline
    lines = [
        f"## {sums.sentence}",
        f"As of {_as_of(report)}, epoch {report.epoch}.",
        "| | kept | broken | not known |\n|---|---:|---:|---:|\n"
        f"| changes searchable in time | {sums.lag_kept:,} | {sums.lag_broken:,} | {sums.lag_unknown:,} |\n"
        f"| content reviewed in time | {sums.content_kept:,} | {sums.content_broken:,} | {sums.content_unknown:,} |",
        f"Without a promise about their age: {sums.content_unpromised:,}. Without an owner: {sums.unowned:,}. "
        f"Answers from stale documents, by searches through Headwater in the last 30 days: {sums.served_stale:,}.",
    ]
    return "\n\n".join([*lines, *(f"- {note}" for note in report.notes)])


def _finding(one: Finding, zone: str) -> dict[str, str]:
    return {
        "severity": one.severity.word,
        "finding": one.kind.value.replace("_", " "),
        "source": one.source,
        "document": one.document,
        "title": one.title,
        "owner": one.owner,
        "since": moment(one.since, zone) if one.since else "",
        "evidence": one.evidence,
        "next step": one.next_step,
        "edit": one.edit,
    }


def _source(one: SourceStanding) -> dict[str, str | int]:
    return {
        "source": one.name,
        "kind": one.kind,
        "documents": one.documents,
        "within": share(one.within, one.documents) if one.documents else "",
        "stale": one.stale,
        "unknown": one.unknown,
        "last complete listing": moment(one.last_complete, one.timezone) if one.last_complete else "",
        "failed runs": one.failed_runs,
        "failing": one.failing,
        "quarantined": one.quarantined,
        "tombstoned": one.tombstoned,
        "withheld": one.withheld,
        "lag (median)": span(one.lag_median) if one.lag_median is not None else "",
        "lag (95%)": span(one.lag_95) if one.lag_95 is not None else "",
        "promised": one.max_lag,
        "last error": one.last_error,
    }
