"""Look at what was announced, in a process that has everything open: one document, or a whole source."""

from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Protocol

from flows.drain import Drain
from flows.steps import Steps, direct_steps, run_sources
from flows.taken import Refreshed, StoppedError
from flows.workshop import Workshop
from headwater.errors import BusyError, HeadwaterError, SkippableError, TransientSourceError
from headwater.inbox.inbox import WHOLE
from headwater.ingest.report import SourceReport
from headwater.settings import AlertSettings

COMMAND = "headwater serve"

__all__ = ["COMMAND", "Refresh", "Refreshed", "StoppedError", "attend", "busy", "never", "refresh"]


class Refresh(Protocol):
    """As `refresh` does it; a `Recording` also has Prefect record it."""

    def __call__(
        self, opened: Workshop, source: str, document: str, ends: Callable[[], bool], fresh: float = 0.0
    ) -> Refreshed: ...


def never() -> bool:
    return False


def refresh(
    opened: Workshop,
    source: str,
    document: str,
    ends: Callable[[], bool] = never,
    fresh: float = 0.0,
    *,
    covered: bool = False,
    target: str | None = None,
) -> Refreshed:
    """Bring one document up to date (or, with `WHOLE`, the source), under the lease of its source.

    BusyError when somebody else holds that; other errors say what went wrong with the document, retriable ones what
    may go away. `ends` is asked between the batches of a whole source. `fresh`: seconds since the change was announced;
    no older listing will do. `covered`: `opened` holds the lease, and has a run of the source under way. `target`:
    the generation that is written to, where that is not the live one.
    """
    # People are told of what is not fresh once for many documents, not after each.
    settings = replace(opened.settings, alerts=AlertSettings())
    with Workshop(
        settings, command=opened.command, only=document or None, fresh=fresh, target=target, opened=opened
    ) as workshop:
        if covered:
            workshop.cover(source)
        else:
            attend(workshop)
        workshop.prepare(source)
        report = run_sources(workshop, [source], _until(direct_steps(workshop), ends)).sources[0]
        if ends() and document == WHOLE and report.error:
            raise StoppedError("the process is ending")
        if report.error:
            # A run says only in words what went wrong; whether another attempt helps is tried.
            raise TransientSourceError(report.error, advice=_advice(report))
        _check(workshop, source, document)
        run = workshop.begin_run().run
    return Refreshed(run, report.indexed, report.removed)


def attend(workshop: Workshop) -> None:
    """Have its runs of whole sources look at what is announced of them between their micro-batches.

    Of runs that fill another generation `attend_rebuild` is for.
    """
    if workshop.only is None and workshop.target is None:
        workshop.between = Drain(workshop, _meanwhile)


def attend_rebuild(workshop: Workshop, live: Workshop, names: Collection[str]) -> None:
    """What is announced while `workshop` fills another generation is looked at for both: it cannot wait for the switch.

    Unless what is live cannot be written by this process: it may be another model's. `names`: the sources that are
    held to the end.
    """
    try:
        if live.existing_index(live.generation) is None:
            return
        live.index()
    except HeadwaterError:
        return

    def look(filling: Workshop, source: str, document: str, fresh: float) -> Refreshed:
        try:
            return refresh(live, source, document, fresh=fresh, covered=True)
        finally:
            refresh(filling, source, document, fresh=fresh, covered=True, target=filling.target)

    workshop.between = Drain(workshop, look, names)


def _meanwhile(workshop: Workshop, source: str, document: str, fresh: float) -> Refreshed:
    return refresh(workshop, source, document, fresh=fresh, covered=True)


def busy(opened: Workshop, source: str) -> None:
    """BusyError when somebody is at this source, as far as can be seen without taking its lease."""
    for name, holder in opened.ledger.holders():
        if name == f"source:{source}":
            raise BusyError(f"process {holder.pid} ({holder.command}) is at source {source!r}")


def _until(steps: Steps, ends: Callable[[], bool]) -> Steps:
    def index_batch(source: str, number: int) -> bool:
        if ends():
            raise StoppedError("the process is ending")
        return steps.index_batch(source, number)

    return replace(steps, index_batch=index_batch)


def _advice(report: SourceReport) -> str:
    return next((problem.advice for problem in report.problems if not problem.document), "")


def _check(workshop: Workshop, source: str, document: str) -> None:
    """What went wrong with the document alone is remembered in the ledger."""
    if document == WHOLE:
        return
    for failure in workshop.ledger.failures_named(workshop.generation, [(source, document)]):
        kind = TransientSourceError if failure.retriable else SkippableError
        raise kind(failure.reason)
