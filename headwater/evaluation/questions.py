"""Questions with the documents that answer them, as a person writes them down; a mistake names its line and field."""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from headwater.errors import ConfigError, HeadwaterError
from headwater.evaluation.question_files import Entry, entries
from headwater.index.query import Condition
from headwater.model import digest, principals
from headwater.retrieval.filters import parse_filters

FIELDS = ("question", "document", "anchor", "answer", "as", "filter", "id")
SHOWN_MISTAKES = 20
_LISTS = ("document", "as", "filter")
_ALSO = {"documents": "document", "filters": "filter"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """`documents`: any of these, each an id, the end of one, or SOURCE/ID, is right; `answer`: the answering text.

    `principals` None: whoever runs the evaluation asks. `key` pairs the question with itself in another run.
    """

    key: str
    line: int
    text: str
    documents: tuple[str, ...]
    anchor: str = ""
    answer: str = ""
    principals: frozenset[str] | None = None
    filters: tuple[str, ...] = ()

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """What a passage has to meet besides being readable."""
        return parse_filters(self.filters)


def load_questions(file: Path) -> list[Question]:
    """All questions of a .jsonl, .csv, .yaml or .json file; a ConfigError lists every mistake with line and field."""
    found: list[Question] = []
    mistakes: list[str] = []
    first_line: dict[str, int] = {}
    for entry in entries(file):
        try:
            question = _question(entry)
        except _MistakeError as mistake:
            mistakes.append(f"line {entry.line}, {mistake}")
            continue
        if question.key in first_line:
            mistakes.append(f"line {entry.line}, question: the same as in line {first_line[question.key]}")
        first_line.setdefault(question.key, question.line)
        found.append(question)
    if mistakes:
        more = len(mistakes) - SHOWN_MISTAKES
        said = [*mistakes[:SHOWN_MISTAKES], *([f"and {more} more"] if more > 0 else [])]
        raise ConfigError(f"{file}:\n" + "\n".join(said), advice="Each question has the fields: " + ", ".join(FIELDS))
    if not found:
        raise ConfigError(f"there are no questions in {file}", advice='{"question": "...", "document": "SOURCE/ID"}')
    return found


class _MistakeError(Exception):
    """What is wrong with one entry, its field first."""


def _question(entry: Entry) -> Question:
    if entry.problem:
        raise _MistakeError(entry.problem)
    fields = _known(entry.fields)
    lists = {name: tuple(_list(name, fields.get(name))) for name in _LISTS}
    text, answer, anchor = (_text(name, fields.get(name)) for name in ("question", "answer", "anchor"))
    if not text:
        raise _MistakeError("question: is missing")
    if not lists["document"]:
        raise _MistakeError("document: is missing; name the document that answers, as ID or SOURCE/ID")
    asker = _principals(lists["as"]) if "as" in fields else None
    _check_filters(lists["filter"])
    stated = _text("id", fields.get("id"))
    about = (text, answer, anchor, *lists["document"], "as", *sorted(asker or ()), "filter", *lists["filter"])
    return Question(
        key=stated or digest(*about)[:16],
        line=entry.line,
        text=text,
        documents=lists["document"],
        anchor=anchor.lstrip("#"),
        answer=answer,
        principals=asker,
        filters=lists["filter"],
    )


def _known(fields: Mapping[str, Any]) -> dict[str, Any]:
    known: dict[str, Any] = {}
    for name, value in fields.items():
        field = _ALSO.get(name, name)
        if field not in FIELDS:
            near = difflib.get_close_matches(name, FIELDS, 1)
            raise _MistakeError(f"{name}: is not a field" + (f"; did you mean {near[0]}?" if near else ""))
        if field in known:
            raise _MistakeError(f"{name}: stands twice")
        if value is not None:
            known[field] = value
    return known


def _text(name: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise _MistakeError(f"{name}: has to be a text")
    return str(value).strip()


def _list(name: str, value: Any) -> Iterator[str]:
    values: Iterable[Any] = value if isinstance(value, list | tuple) else () if value is None else (value,)
    for one in values:
        text = _text(name, one)
        if text:
            yield text


def _principals(names: tuple[str, ...]) -> frozenset[str]:
    try:
        return principals(names)
    except ValueError as error:
        raise _MistakeError(f"as: {error}") from None


def _check_filters(filters: tuple[str, ...]) -> None:
    try:
        parse_filters(filters)
    except HeadwaterError as error:
        raise _MistakeError(f"filter: {error.in_full}") from None
