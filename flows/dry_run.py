"""What an ingest would do, and what it would cost, without doing it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from flows.workshop import Workshop
from headwater.errors import HeadwaterError
from headwater.ingest.plan import plan_document, plan_source

SECONDS_PER_CHUNK = 0.02
"""Until this ledger has a run of its own to go by: the packaged model on two cores."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceForecast:
    """`changed` have another version at the source; `reprocess` only a changed setting or upgrade behind them.

    `chunks` is an estimate of what would be embedded at most: vectors of unchanged text are reused.
    """

    source: str
    new: int = 0
    changed: int = 0
    reprocess: int = 0
    unchanged: int = 0
    removed: int = 0
    failing: int = 0
    blocked: int = 0
    chunks: int = 0
    seconds: float = 0.0
    error: str = ""


@dataclass(frozen=True, slots=True)
class Forecast:
    sources: tuple[SourceForecast, ...]
    rebuild: str = ""
    """Why an ingest would be refused until `headwater rebuild`; empty when it would not."""
    notes: tuple[str, ...] = field(default=())

    def as_json(self) -> dict[str, Any]:
        return {
            "dry_run": True,
            "sources": [asdict(source) for source in self.sources],
            "rebuild": self.rebuild,
            "notes": list(self.notes),
        }


def forecast(workshop: Workshop, names: Sequence[str]) -> Forecast:
    """Scan and compare every source; reads only."""
    rebuild = ""
    if workshop.ledger.epoch():
        try:
            workshop.index()
        except HeadwaterError as error:
            rebuild = error.in_full
    return Forecast(tuple(_source(workshop, name) for name in names), rebuild)


def _source(workshop: Workshop, name: str) -> SourceForecast:
    ledger, generation = workshop.ledger, workshop.ledger.generation()
    source = workshop.source(name)
    try:
        if workshop.only is None:
            plan = plan_source(workshop.connector(source), ledger, generation, workshop.fingerprints(source))
        else:
            plan = plan_document(workshop.only, name, ledger)
    except HeadwaterError as error:
        return SourceForecast(source=name, error=error.in_full)
    live = {row.id: row for row in ledger.documents(generation, name)}
    new = [ref for ref in plan.changed if ref.id not in live]
    reprocess = [ref for ref in plan.changed if ref.id in live and live[ref.id].version == ref.version]
    mean = sum(row.chunks for row in live.values()) / len(live) if live else 8
    chunks = round(len(new) * mean + sum(live[ref.id].chunks for ref in plan.changed if ref.id in live))
    return SourceForecast(
        source=name,
        new=len(new),
        changed=len(plan.changed) - len(new) - len(reprocess),
        reprocess=len(reprocess),
        unchanged=plan.unchanged,
        removed=len(plan.absent),
        failing=len(plan.failing) + len(plan.unreadable),
        blocked=len(plan.blocked),
        chunks=chunks,
        seconds=round(chunks * _seconds_per_chunk(workshop), 1),
    )


def _seconds_per_chunk(workshop: Workshop) -> float:
    for run in workshop.ledger.runs(20):
        embedded = sum(source["embedded"] for source in run.get("sources", ()))
        if embedded >= 50:
            return float(run["seconds"]) / float(embedded)
    return SECONDS_PER_CHUNK
