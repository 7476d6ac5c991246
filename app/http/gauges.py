"""How things stand, told to Prometheus whenever it asks: out of the ledger, and out of figures that are kept."""

import logging
import platform
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from importlib.metadata import version

from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from app.http.figures import Figures, KeptFigures, OfSource
from app.http.node import OFF, OK, Node
from headwater.clock import utc_now
from headwater.errors import HeadwaterError

_LOOKED_AT = 1_000
"""So many runs, by when they began, may end between two scrapes."""
log = logging.getLogger("headwater.metrics")


class Gauges(Collector):
    """What cannot be read now is left out, and said in the log; `headwater_ready` tells why."""

    def __init__(self, node: Node, figures: KeptFigures) -> None:
        self._node, self._figures = node, figures
        self._since = datetime.now(UTC)
        self._told: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._telling = threading.Lock()

    def describe(self) -> Iterable[Metric]:
        """Nothing is asked for it: names are made here alone."""
        return ()

    def collect(self) -> Iterator[Metric]:
        yield InfoMetricFamily(
            "headwater_build",
            "Which release answers.",
            {"version": version("headwater"), "python": platform.python_version()},
        )
        for part in (self._ready, self._ledger, self._next_runs, self._from_figures):
            try:
                yield from list(part())
            except HeadwaterError as error:
                log.warning("some metrics cannot be told: %s", error)

    def note_runs(self) -> None:
        """Measure the runs that ended since this was last called, whichever process did them."""
        with self._telling:
            try:
                found = self._node.opened.ledger.listings(limit=_LOOKED_AT)
            except HeadwaterError as error:
                log.warning("runs cannot be told: %s", error)
                return
            for listing in found:
                key = (listing.run, listing.source)
                if listing.ended_at >= self._since and key not in self._told:
                    self._told[key] = None
                    self._node.counted.ran(listing)
            while len(self._told) > 2 * _LOOKED_AT:
                self._told.popitem(last=False)

    def _ready(self) -> Iterator[Metric]:
        checks = self._node.checks()
        values = {name: float(said == OK) for name, said in checks.items() if said != OFF}
        yield _gauge("headwater_ready", "1 where it is in order, as /health/ready has it.", "check", values)

    def _ledger(self) -> Iterator[Metric]:
        ledger = self._node.opened.ledger
        depth = self._node.inbox.depth()
        rows = {"waiting": depth.waiting, "working": depth.working, "dead": depth.dead}
        yield _gauge(
            "headwater_inbox_documents", "What was announced, by state; dead waits for a person.", "state", rows
        )
        oldest = (utc_now() - depth.oldest).total_seconds() if depth.oldest else 0.0
        yield GaugeMetricFamily(
            "headwater_inbox_oldest_seconds", "How long the oldest announcement waits.", value=max(0.0, oldest)
        )
        yield GaugeMetricFamily("headwater_epoch", "The newest publication.", value=ledger.epoch())
        holders = [name.removeprefix("source:") for name, _ in ledger.holders() if name.startswith("source:")]
        yield GaugeMetricFamily("headwater_sources_running", "Sources that are being ingested.", value=len(holders))

    def _next_runs(self) -> Iterator[Metric]:
        schedules = self._node.schedules
        found = schedules.next_runs() if schedules is not None else {}
        values = {name: datetime.fromisoformat(moment).timestamp() for name, moment in found.items() if moment}
        yield _gauge("headwater_next_run_timestamp_seconds", "When a source runs next.", "source", values)

    def _from_figures(self) -> Iterator[Metric]:
        found = self._figures.latest()
        if found is not None:
            yield from _told(found)


def _told(found: Figures) -> Iterator[Metric]:
    yield GaugeMetricFamily(
        "headwater_figures_timestamp_seconds", "As of when all that follows is.", value=found.as_of.timestamp()
    )
    sources = found.sources
    yield _by(
        sources, "headwater_lag_seconds", "From a change to its being searchable.", "statistic", lambda one: one.lag
    )
    yield _by(sources, "headwater_age_seconds", "Since a document's own date.", "statistic", lambda one: one.age)
    yield _by(sources, "headwater_documents", "By whether promises are kept.", "freshness", lambda one: one.freshness)
    yield _by(
        sources, "headwater_outcomes", "Documents by what became of them last.", "outcome", lambda one: one.outcomes
    )
    yield _by(sources, "headwater_findings", "What a person should look at.", "severity", lambda one: one.findings)
    yield _gauge(
        "headwater_withheld_removals",
        "Removals that wait for headwater approve.",
        "source",
        {name: one.withheld for name, one in sources.items()},
    )
    yield _gauge(
        "headwater_failed_runs",
        "Runs that failed since the last that did not.",
        "source",
        {name: one.failed_runs for name, one in sources.items()},
    )
    yield _moments("headwater_last_success_timestamp_seconds", sources, lambda one: one.last_success)
    yield _moments("headwater_last_complete_timestamp_seconds", sources, lambda one: one.last_complete)
    yield _gauge("headwater_index_points", "Passages in the index; superseded ones go soon.", "state", found.points)


def _gauge(name: str, help: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(name, help, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family


def _by(
    sources: Mapping[str, OfSource], name: str, help: str, label: str, of: Callable[[OfSource], Mapping[str, float]]
) -> Metric:
    family = GaugeMetricFamily(name, help, labels=["source", label])
    for source, one in sources.items():
        for key, value in of(one).items():
            family.add_metric([source, key], value)
    return family


def _moments(name: str, sources: Mapping[str, OfSource], of: Callable[[OfSource], datetime | None]) -> Metric:
    found = {source: moment.timestamp() for source, one in sources.items() if (moment := of(one)) is not None}
    return _gauge(name, "When that last was.", "source", found)
