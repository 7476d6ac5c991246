"""Two runs question by question: questions differ far more from each other than two systems do on one question."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from headwater.evaluation.runs import Run
from headwater.evaluation.scoring import Result, metric_names

RESAMPLES = 5_000
CONFIDENCE = 0.95
_SEED = 20_260_101
_AT_ONCE = 2_000_000
"""Draws held in memory at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """`change` is the mean of now - before over the `count` questions of both runs; `low` to `high` its interval."""

    before: float
    now: float
    change: float
    low: float
    high: float
    count: int

    @property
    def certain(self) -> bool:
        """Whether the interval leaves out no change at all."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A question that is answered better or worse than before; ranks are 0 where the document was not found."""

    key: str
    question: str
    rank_before: int
    rank: int
    recall_before: float | None
    recall: float | None
    change: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """`only_now` and `only_before` count questions that have no counterpart."""

    run: str
    pairs: int
    only_now: int
    only_before: int
    metrics: Mapping[str, Difference]
    better: tuple[Moved, ...]
    worse: tuple[Moved, ...]

    def as_json(self) -> dict[str, Any]:
        """The shape documented for `eval --compare --json`."""
        return {
            "run": self.run,
            "pairs": self.pairs,
            "only_now": self.only_now,
            "only_before": self.only_before,
            "metrics": {
                name: {key: round(value, 6) for key, value in asdict(found).items()} | {"certain": int(found.certain)}
                for name, found in self.metrics.items()
            },
            "better": [asdict(one) for one in self.better],
            "worse": [asdict(one) for one in self.worse],
        }


def compare(now: Run, before: Run) -> Comparison:
    """Pair the questions of two runs by their keys."""
    earlier = {result.key: result for result in before.results}
    pairs = [(earlier[result.key], result) for result in now.results if result.key in earlier]
    moved = [_moved(old, new) for old, new in pairs]
    return Comparison(
        run=before.run,
        pairs=len(pairs),
        only_now=len(now.results) - len(pairs),
        only_before=len(before.results) - len(pairs),
        metrics=_differences(pairs),
        better=tuple(sorted((one for one in moved if one.change > 0), key=lambda one: -one.change)),
        worse=tuple(sorted((one for one in moved if one.change < 0), key=lambda one: one.change)),
    )


def _differences(pairs: Sequence[tuple[Result, Result]]) -> dict[str, Difference]:
    found = [(old.metrics(), new.metrics()) for old, new in pairs]
    differences = {}
    for name in metric_names():
        both = [(old[name], new[name]) for old, new in found if name in old and name in new]
        if both:
            differences[name] = _difference(np.array(both, dtype=np.float64))
    return differences


def _difference(both: "np.ndarray[tuple[int, int], np.dtype[np.float64]]") -> Difference:
    before, now = both[:, 0], both[:, 1]
    low, high = interval(now - before)
    change = float(np.mean(now - before))
    return Difference(
        before=float(before.mean()), now=float(now.mean()), change=change, low=low, high=high, count=len(both)
    )


def interval(
    changes: "np.ndarray[tuple[int], np.dtype[np.float64]]", *, resamples: int = RESAMPLES, seed: int = _SEED
) -> tuple[float, float]:
    """The 95% percentile bootstrap interval of the mean, the same for the same numbers."""
    draw = np.random.default_rng(seed)
    count = len(changes)
    batch = max(1, _AT_ONCE // count)
    means = np.concatenate(
        [
            changes[draw.integers(0, count, (min(batch, resamples - start), count))].mean(axis=1)
            for start in range(0, resamples, batch)
        ]
    )
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(means, [tail, 1 - tail])
    return float(low), float(high)


def _moved(old: Result, new: Result) -> Moved:
    """The change is that of the reciprocal rank and of the mean recall together."""
    before, now = _recall(old), _recall(new)
    change = new.metrics()["mrr"] - old.metrics()["mrr"]
    if before is not None and now is not None:
        change += now - before
    return Moved(
        key=new.key,
        question=new.question,
        rank_before=old.rank,
        rank=new.rank,
        recall_before=before,
        recall=now,
        change=round(change, 6),
    )


def _recall(result: Result) -> float | None:
    values = result.recall.values()
    return round(sum(values) / len(values), 6) if values else None
