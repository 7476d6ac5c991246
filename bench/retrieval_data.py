"""Pages with questions whose answers are known, as texts: from `../shared/data`, or where HEADWATER_DATA says."""

import hashlib
import json
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

DATA = Path(os.environ.get("HEADWATER_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
RUN = 4
"""Words are counted as found in runs of this many."""

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Page:
    """A whole page; `name` ends in the extension by which it is parsed."""

    name: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Question:
    """`wanted` are the (page, text) pairs that answer it; a page alone counts as found where `by_page`."""

    id: str
    text: str
    wanted: tuple[tuple[str, str], ...]
    by_page: bool

    @property
    def tuning(self) -> bool:
        """Whether the page it is about is in the half that may be looked at; the other half is for reporting."""
        return hashlib.sha256(self.wanted[0][0].encode()).digest()[0] % 2 == 0


@dataclass(frozen=True, slots=True)
class Corpus:
    name: str
    pages: tuple[Page, ...]
    questions: tuple[Question, ...]


def doc2dial(folder: Path = DATA / "doc2dial") -> Corpus:
    """Public help pages as plain text, and the questions that open a dialogue, each with its answering span."""
    documents = [json.loads(line) for line in (folder / "docs.jsonl").read_text(encoding="utf-8").splitlines()]
    asked = [json.loads(line) for line in (folder / "questions.jsonl").read_text(encoding="utf-8").splitlines()]
    pages = [Page(f"{d['doc_id']}.txt", re.sub(r"#\d+_\d+$", "", d["doc_id"]), d["text"]) for d in documents]
    questions = [
        Question(q["id"], q["question"], ((f"{q['doc_id']}.txt", q["answer"]),), by_page=True)
        for q in asked
        if q["first_turn"]
    ]
    return Corpus("doc2dial", tuple(pages), tuple(questions))


def product_docs(folder: Path = DATA / "product-docs-qa") -> Corpus:
    """One product's documentation, its sections put together to Markdown pages, and questions with their sections."""
    sections = json.loads((folder / "anthropic_docs.json").read_text(encoding="utf-8"))
    pages: dict[str, list[tuple[str, str]]] = {}
    text_of: dict[str, tuple[str, str]] = {}
    for section in sections:
        name = f"{section['chunk_link'].partition('#')[0]}.md"
        heading, body = section["chunk_heading"].strip(), section["text"].strip()
        pages.setdefault(name, []).append((heading, body.removeprefix(heading).strip()))
        text_of[section["chunk_link"]] = (name, body)
    questions = [
        Question(q["id"], q["question"], tuple(text_of[link] for link in q["correct_chunks"]), by_page=False)
        for q in json.loads((folder / "docs_evaluation_dataset.json").read_text(encoding="utf-8"))
        if all(link in text_of for link in q["correct_chunks"])
    ]
    made = (Page(name, _title(name), _markdown(parts)) for name, parts in pages.items())
    return Corpus("product-docs-qa", tuple(made), tuple(questions))


def _title(name: str) -> str:
    return name.rpartition("/")[2].removesuffix(".md").replace("-", " ").capitalize()


def _markdown(parts: Iterable[tuple[str, str]]) -> str:
    return "\n\n".join(f"## {heading}\n\n{body}" for heading, body in parts)


def words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def runs(of: list[str], size: int = RUN) -> list[tuple[str, ...]]:
    """Every `size` words in a row; none where there are fewer."""
    return [tuple(of[start : start + size]) for start in range(len(of) - size + 1)]
