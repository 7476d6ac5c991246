"""The order of a run, the same with Prefect and without: per source scan, revoke, batches, removals."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol, runtime_checkable

from flows.alerts import notify_after_run
from flows.compact import compact_after_run
from flows.flow_run import flow_run_id
from flows.likeness import refresh_duplicates
from flows.survey import surveyed
from flows.upkeep import compact_history
from flows.workshop import Workshop
from headwater.clock import utc_now
from headwater.errors import HeadwaterError
from headwater.ingest.boilerplate_learning import recall
from headwater.ingest.report import RunReport, SourceReport
from headwater.ingest.sampling import KEPT_BYTES
from headwater.ingest.source_run import SourceRun
from headwater.ingest.stripped import cleaning_notes
from headwater.ledger.base import SourceRow
from headwater.ledger.standing import Listing
from headwater.publishing.collect import collect, worth_opening
from headwater.tracing import about, span

WORTH_COLLECTING = 500
"""Superseded points that a run leaves in the index at most, invisible, for a later one to delete."""

log = logging.getLogger("headwater")


@runtime_checkable
class LeavesOut(Protocol):
    """A connector that can say what it saw and did not list, by what it is."""

    def left_out(self) -> Mapping[str, int]: ...


@runtime_checkable
class FilledFromOutside(Protocol):
    """A connector whose source may well have no document, with what fills it."""

    nothing_listed: str


@dataclass(frozen=True, slots=True)
class Steps:
    """The units a run is made of; Prefect wraps each in a task, `--direct` calls them as they are."""

    scan: Callable[[str], None]
    index_batch: Callable[[str, int], bool]
    remove_absent: Callable[[str], None]


def direct_steps(workshop: Workshop) -> Steps:
    """Plain calls; a source's name finds its run in the workshop."""

    def scan(source: str) -> None:
        workshop.runs[source].plan()
        workshop.runs[source].revoke()

    def index_batch(source: str, number: int) -> bool:  # noqa: ARG001 - the number is for people reading task names
        return workshop.runs[source].batch()

    def remove_absent(source: str) -> None:
        workshop.runs[source].finish()

    return Steps(scan, index_batch, remove_absent)


def run_sources(workshop: Workshop, names: Sequence[str], steps: Steps) -> RunReport:
    """Ingest these sources one after the other; a source's failure is reported and never stops the next."""
    run = workshop.begin_run().run
    with about(run=run), span("run", run=run, sources=len(names)):
        return _run_sources(workshop, names, steps)


def _run_sources(workshop: Workshop, names: Sequence[str], steps: Steps) -> RunReport:
    report, began = workshop.begin_run(), utc_now()
    revoke_everywhere(workshop, names)
    for name in names:
        with about(source=name):
            report.sources.append(_run_source(workshop, name, steps))
    _collect(workshop, began)
    report.notes.extend(filter(None, [compact_after_run(workshop)]))
    report.notes.extend(
        note for one in report.sources for note in cleaning_notes(one, recall(workshop.ledger, one.source))
    )
    report.notes.extend([*_left_out(workshop, report.sources), *unconfigured(workshop), *refresh_duplicates(workshop)])
    report.notes.extend(surveyed(workshop, report.sources))
    report.epoch = workshop.ledger.epoch()
    report.notes.extend(_told(workshop))
    report.seconds = time.monotonic() - workshop.started
    workshop.ledger.save_run(report.run, {**report.as_json(), **_circumstances(workshop, began)})
    compact_history(workshop.ledger)
    return report


def _circumstances(workshop: Workshop, began: datetime) -> dict[str, str]:
    """Who did it, when, and where Prefect shows it."""
    times = {"began": began.isoformat(), "ended": utc_now().isoformat()}
    return {"command": workshop.command, **times, "flow_run": flow_run_id()}


def _told(workshop: Workshop) -> list[str]:
    """Sentences about alerts that could not be delivered."""
    if not workshop.settings.alerts or workshop.target is not None:
        return []
    return notify_after_run(workshop)


def _collect(workshop: Workshop, began: datetime) -> None:
    ledger, generation, unopened = workshop.ledger, workshop.generation, workshop.unopened
    if unopened is None or worth_opening(ledger, generation, unopened.superseded, WORTH_COLLECTING):
        index = workshop.index(generation)
        collect(index, ledger, generation, workshop.holder, since=began, worth=WORTH_COLLECTING)


def revoke_everywhere(workshop: Workshop, names: Sequence[str]) -> list[SourceRun]:
    """Reading rights withdrawn in any source are taken away before anything of any source is parsed.

    Returns the runs of the sources where that is done.
    """
    done = []
    for name in names:
        try:
            source_run = workshop.prepare(name)
            source_run.plan()
            source_run.revoke(KEPT_BYTES // len(names))
        except Exception:  # noqa: BLE001, S112 - comes again in this source's turn, and is reported there
            continue
        done.append(source_run)
    return done


def unconfigured(workshop: Workshop) -> list[str]:
    """Sentences about sources that are still searchable although the configuration does not name them any more."""
    known = {source.name for source in workshop.settings.sources}
    return [
        f"Source {row.name!r} is not in the configuration any more; its documents stay searchable. "
        f"To remove them: headwater remove --source {row.name}"
        for row in workshop.ledger.sources()
        if not row.adhoc and row.name not in known
    ]


def _run_source(workshop: Workshop, name: str, steps: Steps) -> SourceReport:
    started, began = time.monotonic(), utc_now()
    report = SourceReport(name)
    complete, vouched, checkpoint = False, False, None
    try:
        with workshop.prepared(name) as source_run:
            report, began = source_run.report, source_run.began_at
            try:
                _in_order(name, steps)
            finally:
                source_run.close_stale()
            complete, began = source_run.plan().complete, source_run.began_at
            # A listing of changes that came to its end says of all others that they did not change.
            vouched = source_run.whole and (complete or source_run.plan().checkpoint is not None)
            # What is withheld has to be listed again, and a listing of changes would leave it out from then on.
            checkpoint = None if report.withheld else source_run.plan().checkpoint
    except HeadwaterError as error:
        report.fail(str(error), error.advice)
    except Exception as error:
        # Whatever is wrong with one source, the others are still ingested.
        log.exception("source %s failed", name)
        report.fail(f"{type(error).__name__}: {error}", "This is a fault in Headwater; the log has its traceback.")
    _remember(workshop, name, report, complete=complete, checkpoint=checkpoint)
    _note_look(workshop, name, report, began, complete=complete, vouched=vouched)
    report.seconds = time.monotonic() - started
    if workshop.only is None:
        told = {"indexed": report.indexed, "removed": report.removed, "seconds": round(report.seconds, 3)}
        log.info("a source was ingested", extra=told)
    return report


def _in_order(name: str, steps: Steps) -> None:
    steps.scan(name)
    number = 1
    while steps.index_batch(name, number):
        number += 1
    steps.remove_absent(name)


def _remember(workshop: Workshop, name: str, report: SourceReport, *, complete: bool, checkpoint: bytes | None) -> None:
    source, now = workshop.source(name), utc_now()
    unknown = SourceRow(name=name, kind=source.kind, adhoc=source.adhoc)
    before = next((row for row in workshop.ledger.sources() if row.name == name), unknown)
    workshop.ledger.save_source(
        replace(
            before,
            kind=source.kind,
            adhoc=source.adhoc,
            documents=workshop.ledger.count(workshop.generation, name),
            checkpoint=checkpoint or before.checkpoint,
            last_complete=now if complete else before.last_complete,
            last_success=before.last_success if report.error else now,
            last_error=report.error,
        )
    )


def _note_look(
    workshop: Workshop, name: str, report: SourceReport, began: datetime, *, complete: bool, vouched: bool
) -> None:
    """One line for the history, of runs of the whole source that fill what is searched now."""
    if workshop.only is not None or workshop.target is not None:
        return
    workshop.ledger.note_listing(
        Listing(
            source=name,
            run=workshop.begin_run().run,
            began_at=began,
            ended_at=utc_now(),
            complete=complete and not report.error,
            vouched=vouched and not report.error,
            error=report.error,
            listed=report.handled,
            changed=report.indexed,
            removed=report.removed,
            documents=workshop.ledger.count(workshop.generation, name),
        )
    )


def _left_out(workshop: Workshop, reports: Sequence[SourceReport]) -> list[str]:
    """Sentences about files that no parser reads; only where documents were indexed, or none was listed, since it lists
    again."""
    notes = []
    for report in reports:
        empty = not report.handled and not report.error and workshop.only is None
        if report.indexed or empty:
            connector = workshop.connector(workshop.source(report.source))
            said = _count_left_out(report.source, connector)
            notes += [f"{report.source} lists no document: {_why_nothing(connector)}"] * empty + [said] * bool(said)
    return notes


def _why_nothing(connector: object) -> str:
    if isinstance(connector, FilledFromOutside):
        return connector.nothing_listed
    return "look at its include, exclude and folder settings"


def _count_left_out(source: str, connector: object) -> str:
    if not isinstance(connector, LeavesOut):
        return ""
    found = sorted(connector.left_out().items(), key=lambda item: -item[1])
    kinds = ", ".join(f"{what or 'without extension'} {count:,}" for what, count in found[:6])
    return f"{source}: {sum(count for _, count in found):,} files left out ({kinds})" if found else ""
