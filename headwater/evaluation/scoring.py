"""What one question's passages are worth: the rank of the right document, and how much of the answer was returned."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias
from urllib.parse import unquote

from headwater.evaluation.questions import Question
from headwater.evaluation.recall import span_recall, words
from headwater.retrieval.search import Passage

BUDGETS = (400, 800, 1_600)
"""Tokens returned, in the model's own: what a chatbot may have room for."""
SHOWN_PASSAGES = 5
SHOWN_CHARACTERS = 400
LONGEST_HEADING = 200
BEGINNING = 200
"""Characters by which the text of a section is known."""

Key: TypeAlias = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """One of the first passages, for a person to see what came instead."""

    source: str
    document: str
    title: str
    uri: str
    right: bool
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """`rank` (from 1) of the first passage of a right document, 0 when there was none.

    `section_rank` is that of the first passage which also is the anchor's, None without an anchor. `recall` and
    `whole` are by budget, empty without an answer. `source` and `kind` are those of the expected document.
    """

    key: str
    line: int
    question: str
    expected: tuple[str, ...]
    source: str
    kind: str
    rank: int
    section_rank: int | None = None
    recall: dict[int, float] = field(default_factory=dict)
    returned: tuple[Returned, ...] = ()

    def metrics(self) -> dict[str, float]:
        """By name, those that this question has a value for; all of them are better when higher."""
        found = _ranked("", self.rank)
        if self.section_rank is not None:
            found |= _ranked("section_", self.section_rank)
        found |= {f"recall@{budget}": value for budget, value in self.recall.items()}
        found |= {f"whole@{budget}": float(value >= 1) for budget, value in self.recall.items()}
        return found


def metric_names() -> tuple[str, ...]:
    """Of every metric, in the order in which they are shown."""
    ranked = [*_ranked("", 1), *_ranked("section_", 1)]
    return (*ranked, *(f"{name}@{budget}" for name in ("recall", "whole") for budget in BUDGETS))


def _ranked(prefix: str, rank: int) -> dict[str, float]:
    return {
        f"{prefix}hit@1": float(rank == 1),
        f"{prefix}hit@5": float(1 <= rank <= 5),
        f"{prefix}mrr": 1 / rank if rank else 0.0,
    }


def score(
    question: Question,
    expected: Collection[Key],
    kind: str,
    passages: Sequence[Passage],
    within: Mapping[int, Sequence[Passage]],
    section: Sequence[str] = (),
) -> Result:
    """Measure one answer to a question; `expected` are (source, document) pairs, the first of which is shown.

    `passages` are what was returned without a budget, `within` what was under each; `section` are the texts that
    are cited with the question's anchor.
    """
    right = [(passage.source, passage.document) in expected for passage in passages]
    beginnings = [_plain(text)[:BEGINNING] for text in section]
    in_section = [
        ok and _of_section(passage, question.anchor, beginnings) for passage, ok in zip(passages, right, strict=True)
    ]
    answer = words(question.answer)
    return Result(
        key=question.key,
        line=question.line,
        question=question.text,
        expected=tuple(f"{source}/{document}" for source, document in expected),
        source=next(iter(expected))[0],
        kind=kind,
        rank=_first(right),
        section_rank=_first(in_section) if question.anchor else None,
        recall={budget: _recall(answer, expected, found) for budget, found in within.items()} if answer else {},
        returned=tuple(_shown(passage, ok) for passage, ok in zip(passages[:SHOWN_PASSAGES], right, strict=False)),
    )


def _recall(answer: Sequence[str], expected: Collection[Key], passages: Sequence[Passage]) -> float:
    right = [words(passage.text) for passage in passages if (passage.source, passage.document) in expected]
    return round(span_recall(answer, right), 6)


def _first(flags: Sequence[bool]) -> int:
    return next((rank for rank, flag in enumerate(flags, start=1) if flag), 0)


def _of_section(passage: Passage, anchor: str, beginnings: Sequence[str]) -> bool:
    """Whether a passage is cited with this anchor, holds the text that is, or the heading it is made of."""
    if cites(passage.uri, anchor):
        return True
    text = _plain(passage.text)
    if any(beginning and beginning in text for beginning in beginnings):
        return True
    return heads(passage.heading_path, passage.text, anchor)


def cites(uri: str, anchor: str) -> bool:
    """Whether a citation leads to this anchor."""
    return unquote(uri.partition("#")[2]) == unquote(anchor)


def heads(heading_path: Sequence[str], text: str, anchor: str) -> bool:
    """Whether a heading above a text, or a line in it, makes this anchor."""
    headings = (*heading_path, *(line for line in text.split("\n") if len(line) < LONGEST_HEADING))
    return any(slug(heading) == unquote(anchor).lower() for heading in headings)


def _plain(text: str) -> str:
    return " ".join(words(text))


def slug(heading: str) -> str:
    """The anchor that most renderers of Markdown give a heading."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def _shown(passage: Passage, right: bool) -> Returned:
    text = passage.text if len(passage.text) <= SHOWN_CHARACTERS else passage.text[:SHOWN_CHARACTERS] + " ..."
    return Returned(
        source=passage.source,
        document=passage.document,
        title=passage.title,
        uri=passage.uri,
        right=right,
        text=text,
    )
