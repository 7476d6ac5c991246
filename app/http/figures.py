"""The few numbers of a freshness report that Prometheus is told, made anew in the background and never at a scrape."""

import logging
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from headwater.errors import HeadwaterError
from headwater.freshness.values import DocumentStanding, Report, Severity

NEW_SECONDS = 60.0
FRESHNESS = ("fresh", "stale", "unknown", "unpromised")
OUTCOMES = ("indexed", "failing", "quarantined", "withheld", "blocked", "tombstoned")
SEVERITIES = tuple(severity.word for severity in Severity)

log = logging.getLogger("headwater.metrics")


@dataclass(frozen=True, slots=True, kw_only=True)
class OfSource:
    """`lag` and `age` are seconds by statistic; without a document that has one, they have none."""

    lag: Mapping[str, float]
    age: Mapping[str, float]
    freshness: Mapping[str, int]
    outcomes: Mapping[str, int]
    findings: Mapping[str, int]
    withheld: int
    failed_runs: int
    last_success: datetime | None
    last_complete: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """As of a moment; `points` of the index, by what they are."""

    as_of: datetime
    sources: Mapping[str, OfSource]
    points: Mapping[str, int] = field(default_factory=dict)


def figures_of(report: Report, points: Mapping[str, int]) -> Figures:
    by_source: dict[str, list[DocumentStanding]] = defaultdict(list)
    for one in report.documents:
        by_source[one.source].append(one)
    return Figures(
        as_of=report.as_of,
        points=points,
        sources={
            one.name: OfSource(
                lag=_statistics(standing.lag for standing in by_source[one.name]),
                age=_statistics(standing.age for standing in by_source[one.name]),
                freshness=_counts(FRESHNESS, (standing.freshness for standing in by_source[one.name])),
                outcomes=_counts(OUTCOMES, (standing.outcome for standing in by_source[one.name])),
                findings={word: one.findings.get(word, 0) for word in SEVERITIES},
                withheld=one.withheld,
                failed_runs=one.failed_runs,
                last_success=one.last_success,
                last_complete=one.last_complete,
            )
            for one in report.sources
        },
    )


def _counts(known: Sequence[str], found: Iterable[str]) -> dict[str, int]:
    counts = Counter(found)
    return {word: counts[word] for word in known}


def _statistics(found: Iterable[timedelta | None]) -> dict[str, float]:
    seconds = sorted(one.total_seconds() for one in found if one is not None)
    if not seconds:
        return {}
    return {"median": _quantile(seconds, 0.5), "p95": _quantile(seconds, 0.95), "worst": seconds[-1]}


def _quantile(ordered: Sequence[float], share: float) -> float:
    """The nearest one at or above it."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


class KeptFigures:
    """Those of a while ago, while new ones are made by one thread."""

    def __init__(self, make: Callable[[], Figures], clock: Callable[[], float] = time.monotonic) -> None:
        self._make, self._clock = make, clock
        self._lock = threading.Lock()
        self._found: Figures | None = None
        self._begun: float | None = None
        self._making = False

    def latest(self) -> Figures | None:
        """At once; None before the first were made."""
        with self._lock:
            due = self._begun is None or self._clock() - self._begun >= NEW_SECONDS
            if due and not self._making:
                self._making, self._begun = True, self._clock()
                threading.Thread(target=self._run, name="headwater-figures", daemon=True).start()
            return self._found

    def _run(self) -> None:
        found: Figures | None = None
        try:
            found = self._make()
        except HeadwaterError as error:
            log.warning("no figures for Prometheus: %s", error)
        except Exception:
            # Whatever it was, all other metrics are still told, and this one's age tells that something is wrong.
            log.exception("a fault while figures for Prometheus were made")
        finally:
            with self._lock:
                self._found, self._making = found or self._found, False
