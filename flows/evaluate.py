"""Ask every question of a file as its asker would, measure the answers, and keep the run."""

import hashlib
import importlib.metadata
import secrets
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from flows.workshop import Workshop
from headwater.clock import utc_now
from headwater.errors import ConfigError
from headwater.evaluation.questions import Question
from headwater.evaluation.recall import span_recall, words
from headwater.evaluation.runs import NotAsked, Run
from headwater.evaluation.scoring import BUDGETS, Key, Result, cites, heads, score
from headwater.index.points import point_ids
from headwater.interfaces import Dense
from headwater.ledger.base import DocumentRow
from headwater.model import Chunk, digest
from headwater.publishing.records import stored_chunk
from headwater.retrieval.search import Passage, Searcher, Wish

HALF = 0.5
"""Of an answer's words have to be in its document; less is hardly the document's fault."""
DEPTH = 20
"""Passages among which a document is looked for."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What may be returned: the expected documents that the asker may read, the first of them first."""

    keys: tuple[Key, ...]
    kind: str
    rows: tuple[DocumentRow, ...]


def evaluate(
    workshop: Workshop,
    questions: Sequence[Question],
    file: Path,
    asker: frozenset[str],
    on_asked: Callable[[], None],
) -> Run:
    """One search a question; `asker` are the principals of those that name none. Nothing is written."""
    library = _Library(workshop)
    searcher = _remembering(workshop.searcher())
    results: list[Result] = []
    not_asked: list[NotAsked] = []
    notes: list[str] = []
    for question in questions:
        who = asker if question.principals is None else question.principals
        wanted = library.wanted(question, who, notes)
        if isinstance(wanted, _Wanted):
            results.append(_answered(searcher, question, wanted, who, library.section(question, wanted)))
            notes += library.doubts(question, wanted)
        else:
            not_asked.append(wanted)
        on_asked()
    if workshop.ledger.epoch() != library.epoch:
        notes.append("The index changed while questions were asked; ask again when no ingest is running.")
    now = utc_now()
    return Run(
        run=f"{now:%Y%m%dT%H%M%S}-{secrets.token_hex(2)}",
        at=now.isoformat(timespec="seconds"),
        file=str(file),
        settings={**_settings(workshop, file), "epoch": library.epoch, "processing": library.processing},
        results=tuple(results),
        not_asked=tuple(not_asked),
        notes=tuple(dict.fromkeys(notes)),
    )


def _answered(
    searcher: Searcher, question: Question, wanted: _Wanted, who: frozenset[str], section: Sequence[str]
) -> Result:
    """One search for the ranks, and one under each budget where there is an answer to be returned."""
    conditions = question.conditions

    def find(wish: Wish) -> list[Passage]:
        return searcher.find(question.text, who, wish, filters=conditions)

    budgets = BUDGETS if question.answer else ()
    within = {budget: find(Wish.of(limit=None, passage_tokens=None, budget=budget)) for budget in budgets}
    return score(question, wanted.keys, wanted.kind, find(Wish(limit=DEPTH)), within, section)


def _remembering(searcher: Searcher) -> Searcher:
    """A searcher that embeds a question once, however often it asks it, and does not look how fresh answers are."""
    return replace(searcher, dense=_Remembering(searcher.dense), freshness_of=None)


class _Remembering:
    """A model that keeps the vector of the question it was last given."""

    def __init__(self, dense: Dense) -> None:
        self._dense = dense
        self.fingerprint = dense.fingerprint
        self.dimensions = dense.dimensions
        self.tokens = dense.tokens
        self.warm = dense.warm
        self.embed = dense.embed
        self.embed_query = lru_cache(maxsize=1)(dense.embed_query)


def _settings(workshop: Workshop, file: Path) -> dict[str, Any]:
    return {
        "questions_sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "generation": workshop.generation,
        "embedding": workshop.embedding,
        "depth": DEPTH,
        "budgets": list(BUDGETS),
        "headwater": importlib.metadata.version("headwater"),
    }


class _Library:
    """What is searchable as the evaluation begins."""

    def __init__(self, workshop: Workshop) -> None:
        self._ledger = workshop.ledger
        self._generation = workshop.generation
        self.epoch = workshop.ledger.epoch()
        self._index = workshop.index(self._generation)
        self._read: dict[Key, list[Chunk]] = {}
        self._named: dict[str, list[DocumentRow]] = defaultdict(list)
        counted: Counter[str] = Counter()
        for row in workshop.ledger.documents(self._generation):
            self._named[row.id].append(row)
            self._named[f"{row.source}/{row.id}"].append(row)
            counted[f"{row.source} {row.fingerprint}"] += 1
        if not counted:
            raise ConfigError("the index is empty, so there is nothing to evaluate", advice="Run: headwater ingest")
        self.processing = digest(*sorted(counted))[:16]

    def wanted(self, question: Question, asker: frozenset[str], notes: list[str]) -> _Wanted | NotAsked:
        """The documents that answer a question, or why it cannot be asked."""
        readable: list[DocumentRow] = []
        unreadable: list[str] = []
        missing: list[str] = []
        for name in question.documents:
            rows = self._rows(name)
            allowed = [row for row in rows if row.access.admits(asker)]
            readable += allowed
            if not rows:
                missing.append(name)
            elif not allowed:
                unreadable.append(name)
        if readable:
            notes += [f"line {question.line}: {name} is not searchable; the others count" for name in missing]
            notes += [f"line {question.line}: {name} is not for this asker; the others count" for name in unreadable]
            return _Wanted(self._with_equals(readable), readable[0].kind, tuple(readable))
        who = ", ".join(sorted(asker)) or "the public"
        problem = "unreadable" if unreadable else "missing"
        name = (unreadable or missing)[0]
        return NotAsked(
            line=question.line,
            question=question.text,
            document=name,
            problem=problem,
            reason=f"{who} may not read it" if unreadable else "no searchable document is called this",
        )

    def section(self, question: Question, wanted: _Wanted) -> list[str]:
        """The texts that are cited with the question's anchor."""
        if not question.anchor:
            return []
        chunks = [chunk for row in wanted.rows for chunk in self._chunks(row)]
        return [chunk.text[chunk.lead :] for chunk in chunks if cites(chunk.uri, question.anchor)]

    def doubts(self, question: Question, wanted: _Wanted) -> Iterator[str]:
        """Sentences about what no search could return, since it is not in the document."""
        chunks = [self._chunks(row) for row in wanted.rows]
        where = f"line {question.line}"
        answer = words(question.answer)
        if answer:
            there = max(span_recall(answer, [words(chunk.text) for chunk in of_row]) for of_row in chunks)
            if there < HALF:
                yield f"{where}: only {there:.0%} of the answer's words are in {question.documents[0]}"
        if question.anchor and not any(
            cites(chunk.uri, question.anchor) or heads(chunk.heading_path, chunk.text, question.anchor)
            for of_row in chunks
            for chunk in of_row
        ):
            yield f"{where}: nothing in {question.documents[0]} is called #{question.anchor}"

    def _chunks(self, row: DocumentRow) -> list[Chunk]:
        key = (row.source, row.id)
        if key not in self._read:
            stored = self._index.retrieve(point_ids(row.publication, *key, row.chunks))
            self._read[key] = [stored_chunk(point.payload, row) for point in stored]
        return self._read[key]

    def _rows(self, name: str) -> list[DocumentRow]:
        if name not in self._named:
            found = self._ledger.find(self._generation, name)
            # The end of an id names a document only when no other ends so.
            self._named[name] = found if len(found) == 1 else []
        return self._named[name]

    def _with_equals(self, rows: Sequence[DocumentRow]) -> tuple[Key, ...]:
        """Also the documents that stand for these in search, since they say nearly the same."""
        keys = [(row.source, row.id) for row in rows]
        clusters = set(self._ledger.alike(self._generation, keys).values())
        return tuple(dict.fromkeys([*keys, *self._ledger.canonicals(self._generation, clusters).values()]))
