"""Runs of an evaluation: what was measured under which settings, kept as files beside the rest of the state."""

import json
import os
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import fmean
from typing import Any

from headwater.errors import ConfigError, StateError
from headwater.evaluation.scoring import Result, Returned, metric_names

FOLDER = "evaluations"
LAST = "last"
_SUFFIX = ".json"


@dataclass(frozen=True, slots=True)
class Metric:
    """A mean over the `count` questions that have a value."""

    value: float
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NotAsked:
    """A question that says nothing about search: its document is `missing`, or `unreadable` by who asks."""

    line: int
    question: str
    document: str
    problem: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """`settings` are what the figures depend on: epoch, generation, fingerprints, budgets, depth."""

    run: str
    at: str
    file: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    results: tuple[Result, ...] = ()
    not_asked: tuple[NotAsked, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def metrics(self) -> dict[str, Metric]:
        return summary(self.results)

    def by(self, what: Callable[[Result], str]) -> dict[str, dict[str, Metric]]:
        """The metrics of each group of questions, in the order of its name."""
        groups: dict[str, list[Result]] = defaultdict(list)
        for result in self.results:
            groups[what(result)].append(result)
        return {name: summary(groups[name]) for name in sorted(groups)}

    def as_json(self) -> dict[str, Any]:
        """The shape documented for `eval --json`, and of the files."""
        return {
            "run": self.run,
            "at": self.at,
            "file": self.file,
            "settings": dict(self.settings),
            "asked": len(self.results),
            "metrics": _plain(self.metrics),
            "by_kind": {name: _plain(found) for name, found in self.by(lambda result: result.kind).items()},
            "by_source": {name: _plain(found) for name, found in self.by(lambda result: result.source).items()},
            "not_asked": [asdict(one) for one in self.not_asked],
            "notes": list(self.notes),
            "results": [asdict(result) | {"recall": _by_text(result.recall)} for result in self.results],
        }


def summary(results: Iterable[Result]) -> dict[str, Metric]:
    """The mean of every metric that any of these has a value for, in the order in which they are shown."""
    values: dict[str, list[float]] = defaultdict(list)
    for result in results:
        for name, value in result.metrics().items():
            values[name].append(value)
    return {name: Metric(fmean(values[name]), len(values[name])) for name in metric_names() if values[name]}


def save(run: Run, home: Path) -> Path:
    """Into the state folder, readable by its owner alone: it quotes what only some may read."""
    folder = home / FOLDER
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, scratch = tempfile.mkstemp(dir=folder, suffix=".tmp")
        with os.fdopen(handle, "w", encoding="utf-8", errors="replace") as out:
            json.dump(run.as_json(), out, ensure_ascii=False)
        path = folder / f"{run.run}{_SUFFIX}"
        Path(scratch).replace(path)
    except OSError as error:
        raise StateError(
            f"the run cannot be saved in {folder}: {error.strerror}", advice="Make room, or set HEADWATER_HOME."
        ) from error
    return path


def saved(home: Path) -> list[str]:
    """Names of the saved runs, oldest first."""
    return sorted(path.stem for path in (home / FOLDER).glob(f"*{_SUFFIX}"))


def load_run(name: str, home: Path) -> Run:
    """A run by its name, `last` for the newest, or the file that --json was written to; ConfigError for others."""
    names = saved(home)
    wanted = names[-1] if name == LAST and names else name
    path = home / FOLDER / f"{wanted}{_SUFFIX}" if wanted in names else Path(name)
    if not path.is_file():
        known = f"Saved runs: {', '.join(names[-10:])}." if names else "No run was saved yet."
        raise ConfigError(f"there is no run {name!r}", advice=known)
    try:
        return _run(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(f"{path} is not a saved run: {error}", advice="Save one with: headwater eval.") from error


def _run(stored: Mapping[str, Any]) -> Run:
    return Run(
        run=stored["run"],
        at=stored["at"],
        file=stored["file"],
        settings=stored["settings"],
        results=tuple(_result(one) for one in stored["results"]),
        not_asked=tuple(NotAsked(**one) for one in stored["not_asked"]),
        notes=tuple(stored["notes"]),
    )


def _result(stored: Mapping[str, Any]) -> Result:
    changed = {
        "expected": tuple(stored["expected"]),
        "recall": {int(budget): float(value) for budget, value in stored["recall"].items()},
        "returned": tuple(Returned(**one) for one in stored["returned"]),
    }
    return Result(**{**stored, **changed})


def _plain(metrics: Mapping[str, Metric]) -> dict[str, dict[str, float]]:
    return {name: {"value": round(metric.value, 6), "count": metric.count} for name, metric in metrics.items()}


def _by_text(recall: Mapping[int, float]) -> dict[str, float]:
    return {str(budget): value for budget, value in recall.items()}


def failing(results: Sequence[Result]) -> list[Result]:
    """Questions whose document came fifth at best, or whose answer was not returned whole, the worst first."""

    def worth(result: Result) -> tuple[float, float]:
        found = result.metrics()
        return found["hit@5"], max(result.recall.values(), default=found["mrr"])

    poor = [r for r in results if not 1 <= r.rank <= 5 or (r.recall and max(r.recall.values()) < 1)]
    return sorted(poor, key=worth)
