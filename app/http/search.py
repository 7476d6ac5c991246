"""`/v1/search`: the passages that the holder of a key may read."""

import logging
import time
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, BackgroundTasks, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from app.http.auth import scoped
from app.http.errors import BODIES, KEYED
from app.http.node import Here, Node
from flows.serving import count_stale, stale_in
from headwater.errors import ForbiddenError
from headwater.keys.keys import asker, note
from headwater.ledger.keys import Key, KeysLedger
from headwater.retrieval.filters import parse_filters
from headwater.retrieval.search import MOST_PASSAGES, Wish
from headwater.retrieval.unmatched import unmatched

log = logging.getLogger("headwater.http")
router = APIRouter(prefix="/v1", tags=["search"], responses=KEYED)
Searching = Annotated[Key, Depends(scoped("search"))]

LONGEST_QUESTION, MOST_NAMED = 10_000, 200


class Question(BaseModel):
    """`as`: principals to search as, for a key that may impersonate; all others search as what they were made for."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    question: str = Field(min_length=1, max_length=LONGEST_QUESTION)
    as_: list[str] | None = Field(default=None, alias="as", max_length=MOST_NAMED)
    filter: list[str] = Field(default=[], max_length=50, description="As `headwater search --filter` takes them")
    limit: int | None = Field(default=None, ge=1, le=MOST_PASSAGES)
    passage_tokens: int | None = Field(default=None, ge=0, le=100_000)
    budget: int | None = Field(default=None, ge=1, le=1_000_000)
    duplicates: bool = False


class Answer(BaseModel):
    """As `headwater search --json` prints it."""

    passages: list[dict[str, Any]]
    notes: list[str]


@router.post("/search", response_model=Answer, responses=BODIES)
def ask(question: Question, key: Searching, node: Here, after: BackgroundTasks) -> Answer:
    """Search with a question in the body, which no log of addresses keeps."""
    return _answer(question, key, node, after)


@router.get("/search", response_model=Answer)
def ask_by_address(
    question: Annotated[Question, Query()], key: Searching, node: Here, after: BackgroundTasks
) -> Answer:
    """The same with the question in the address."""
    return _answer(question, key, node, after)


def _answer(question: Question, key: Key, node: Node, after: BackgroundTasks) -> Answer:
    opened = node.opened
    readers = readers_of(opened.ledger, key, question.as_)
    wish = Wish.of(
        limit=question.limit,
        passage_tokens=question.passage_tokens,
        budget=question.budget,
        duplicates=question.duplicates,
    )
    conditions = parse_filters(question.filter)
    began = time.monotonic()
    passages = opened.searcher().find(question.question, readers, wish, filters=conditions)
    node.counted.searched(time.monotonic() - began)
    documents = opened.ledger.documents(opened.generation) if question.filter and not passages else iter(())
    notes = unmatched(question.filter, documents, readers)
    after.add_task(count_stale, opened.ledger, [stale_in(passages)])
    return Answer(passages=[passage.as_json() for passage in passages], notes=notes)


def readers_of(ledger: KeysLedger, key: Key, named: Sequence[str] | None) -> frozenset[str]:
    """Whom the key searches as when these are named; what it does as others, or may not, is noted."""
    shown = " ".join(named or ())[:300]
    try:
        readers = asker(key, named)
    except ForbiddenError:
        note(ledger, key.id, "refused", f"search as {shown}")
        raise
    if named is not None and readers != key.principals:
        note(ledger, key.id, "search as", shown)
    return readers
