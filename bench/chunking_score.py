"""Retrieval by character range: how much of the marked excerpts comes back, and how much else with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from headwater.interfaces import Vectors

Range = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question and the ranges of its corpus that answer it."""

    text: str
    corpus: str
    references: tuple[Range, ...]


@dataclass(frozen=True, slots=True)
class Cut:
    """One chunk: a character range of a corpus, and the text that the model reads for it."""

    corpus: str
    start: int
    end: int
    embedded: str


@dataclass(frozen=True, slots=True)
class Score:
    """Of one question, each from 0 to 1."""

    recall: float
    precision: float
    iou: float
    precision_omega: float


def scored(questions: Sequence[Asked], cuts: Sequence[Cut], asked: Vectors, read: Vectors, top: int = 5) -> list[Score]:
    """Scores of every question; `asked` and `read` are the unit vectors of questions and chunks."""
    best = np.argsort(-(asked @ read.T), axis=1, kind="stable")[:, :top]
    by_corpus: dict[str, list[Cut]] = {}
    for cut in cuts:
        by_corpus.setdefault(cut.corpus, []).append(cut)
    return [
        _score(question, [cuts[position] for position in row], by_corpus[question.corpus])
        for question, row in zip(questions, best, strict=True)
    ]


def _score(question: Asked, retrieved: Sequence[Cut], corpus: Sequence[Cut]) -> Score:
    references = merged(question.references)
    own = merged([(cut.start, cut.end) for cut in retrieved if cut.corpus == question.corpus])
    found, wanted = shared(own, references), length(references)
    shown = sum(cut.end - cut.start for cut in retrieved)
    touching = merged(
        [
            (cut.start, cut.end)
            for cut in corpus
            if any(cut.start < end and start < cut.end for start, end in references)
        ]
    )
    return Score(
        recall=found / wanted,
        precision=found / shown,
        iou=found / (shown + wanted - found),
        precision_omega=shared(touching, references) / length(touching) if touching else 0.0,
    )


def merged(ranges: Sequence[Range]) -> list[Range]:
    """The union, as ranges that do not touch."""
    union: list[Range] = []
    for start, end in sorted(ranges):
        if union and start <= union[-1][1]:
            union[-1] = (union[-1][0], max(end, union[-1][1]))
        else:
            union.append((start, end))
    return union


def shared(one: Sequence[Range], other: Sequence[Range]) -> int:
    """Characters in both of two unions."""
    return sum(max(0, min(a[1], b[1]) - max(a[0], b[0])) for a in one for b in other)


def length(ranges: Sequence[Range]) -> int:
    return sum(end - start for start, end in ranges)


def summary(scores: Sequence[Score]) -> dict[str, float]:
    """Means over the questions, in percent."""
    names = ("recall", "precision", "iou", "precision_omega")
    return {name: round(100 * float(np.mean([getattr(score, name) for score in scores])), 2) for name in names}


def compared(ours: Sequence[Score], theirs: Sequence[Score], *, rounds: int = 2_000) -> Mapping[str, Any]:
    """Ours minus theirs, question by question: the mean in points, and where 95% of resampled means lie."""
    chance = np.random.default_rng(7)
    found = {}
    for name in ("recall", "iou"):
        difference = 100 * np.array([getattr(a, name) - getattr(b, name) for a, b in zip(ours, theirs, strict=True)])
        means = difference[chance.integers(0, len(difference), (rounds, len(difference)))].mean(axis=1)
        low, high = np.percentile(means, [2.5, 97.5])
        found[name] = {
            "mean": round(float(difference.mean()), 2),
            "low": round(float(low), 2),
            "high": round(float(high), 2),
        }
    return found
