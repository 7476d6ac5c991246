"""How well ranked passages answer: right page or section first, and how much of the answer is in so much text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.retrieval_data import RUN, Question, runs, words

CHARACTERS_PER_TOKEN = 4
BUDGETS = (400, 800, 1_600, 3_200)
"""Tokens returned, of four characters each, as the data's own description counts them."""
_MOSTLY = 0.5


@dataclass(frozen=True, slots=True)
class Given:
    """A passage that was handed out."""

    page: str
    text: str


@dataclass(frozen=True, slots=True)
class Score:
    """Of one question; `recall` by budget."""

    hit_1: float
    hit_5: float
    reciprocal: float
    recall: Mapping[int, float]


def score(question: Question, ranked: Sequence[Given], filled: Mapping[int, Sequence[Given]]) -> Score:
    """`ranked` as listed without a budget, `filled` as handed out under each."""
    rank = next((n for n, given in enumerate(ranked, start=1) if _right(question, given)), 0)
    return Score(
        hit_1=float(rank == 1),
        hit_5=float(0 < rank <= 5),
        reciprocal=1 / rank if rank else 0.0,
        recall={budget: span_recall(question, given, budget) for budget, given in filled.items()},
    )


def span_recall(question: Question, given: Sequence[Given], budget: int) -> float:
    """Share of the answer's words that are in what came from the right page, in runs of four; cut at the budget."""
    left = budget * CHARACTERS_PER_TOKEN
    found: dict[str, list[list[str]]] = {}
    for passage in given:
        if left <= 0:
            break
        found.setdefault(passage.page, []).append(words(passage.text[:left]))
        left -= len(passage.text)
    shares = [_share(words(text), found.get(page, [])) for page, text in question.wanted if words(text)]
    return sum(shares) / len(shares) if shares else 0.0


def _share(answer: list[str], passages: Sequence[list[str]]) -> float:
    size = min(RUN, len(answer))
    found = {run for passage in passages for run in runs(passage, size)}
    covered: set[int] = set()
    for start, run in enumerate(runs(answer, size)):
        if run in found:
            covered.update(range(start, start + size))
    return len(covered) / len(answer)


def _right(question: Question, given: Given) -> bool:
    pages = {page for page, _ in question.wanted}
    if given.page not in pages:
        return False
    if question.by_page:
        return True
    inside = set(runs(words(given.text)))
    return any(_overlap(inside, set(runs(words(text)))) for page, text in question.wanted if page == given.page)


def _overlap(passage: set[tuple[str, ...]], section: set[tuple[str, ...]]) -> bool:
    """Most of the passage is of this section, or most of this section is in the passage."""
    smaller = min(len(passage), len(section))
    return bool(smaller) and len(passage & section) / smaller > _MOSTLY


def mean(scores: Sequence[Score]) -> dict[str, float]:
    """Over questions."""
    count = len(scores)
    found = {
        "hit@1": sum(s.hit_1 for s in scores) / count,
        "hit@5": sum(s.hit_5 for s in scores) / count,
        "mrr": sum(s.reciprocal for s in scores) / count,
    }
    for budget in scores[0].recall:
        found[f"recall@{budget}"] = sum(s.recall[budget] for s in scores) / count
    return {name: round(value, 4) for name, value in found.items()}
