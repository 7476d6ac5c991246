"""What a chosen reader is answered: passages with where they are from, how they were found, and how fresh they are.

Questions come in the body of a form, so that no address, log or history has them.
"""

import re
from dataclasses import dataclass, field

from fastapi import APIRouter, BackgroundTasks, Request
from fastapi.responses import Response

from app.dashboard.access import Searching, Visit
from app.dashboard.fields import Fields, Sent
from app.dashboard.frame import Dashboard, Home
from app.dashboard.layout import render
from app.dashboard.session import Session
from app.http.search import LONGEST_QUESTION, MOST_NAMED, readers_of
from flows.serving import count_stale, stale_in
from headwater.errors import ConfigError
from headwater.metadata.schema import FILTERS
from headwater.retrieval.filters import parse_filters
from headwater.retrieval.search import MOST_PASSAGES, Passage, Wish
from headwater.retrieval.unmatched import unmatched

router = APIRouter()
MOST_FILTERS, MOST_BUDGET, LONGEST_FIELD = 50, 1_000_000, 20_000
LONG, SHOWN = 1_200, 900
"""Characters of a passage: what is longer is shown as far as that, and the rest is asked for."""
_BETWEEN = re.compile(r"[\s,;]+")


@dataclass(frozen=True, slots=True)
class Asked:
    """What was filled in, as it was."""

    question: str = ""
    readers: str = ""
    filters: str = ""
    limit: str = ""
    budget: str = ""
    duplicates: bool = False


@dataclass(frozen=True, slots=True)
class Answered:
    """`readers` are whom it was answered for; `problem` says why it was not."""

    passages: list[Passage] = field(default_factory=list)
    readers: tuple[str, ...] = ()
    notes: list[str] = field(default_factory=list)
    problem: str = ""
    advice: str = ""
    empty: bool = False


@router.get("/search")
def search(request: Request, visit: Visit, home: Home) -> Response:
    """The form alone; without the scope it says so."""
    return _page(request, home, visit, Asked(readers=" ".join(sorted(visit.key.principals))), None)


@router.post("/search")
def answer(request: Request, visit: Searching, home: Home, fields: Fields, after: BackgroundTasks) -> Response:
    asked = _asked(visit, fields)
    answered = _answered(home, visit, asked)
    after.add_task(count_stale, home.node.opened.ledger, [stale_in(answered.passages)])
    return _page(request, home, visit, asked, answered)


def _page(request: Request, home: Dashboard, visit: Session, asked: Asked, answered: Answered | None) -> Response:
    groups = sorted(home.node.settings.known_groups or ())
    return render(
        request,
        "search.html",
        asked=asked,
        answered=answered,
        may_search=visit.may("search"),
        may_impersonate=visit.key.may_impersonate,
        own=sorted(visit.key.principals),
        known=["public", *(f"group:{name}" for name in groups)],
        fields=sorted(FILTERS),
        longest=LONGEST_QUESTION,
        most_passages=MOST_PASSAGES,
        most_budget=MOST_BUDGET,
        path_of=_path,
        parted=_parted,
    )


def _asked(visit: Session, fields: Sent) -> Asked:
    """As it was filled in, within bounds."""
    own = " ".join(sorted(visit.key.principals))
    return Asked(
        question=fields.get("question", "").strip()[: LONGEST_QUESTION + 1],
        readers=fields.get("as", "")[:LONGEST_FIELD] if visit.key.may_impersonate else own,
        filters=fields.get("filters", "")[:LONGEST_FIELD],
        limit=fields.get("limit", "").strip()[:10],
        budget=fields.get("budget", "").strip()[:10],
        duplicates="duplicates" in fields,
    )


def _answered(home: Dashboard, visit: Session, asked: Asked) -> Answered:
    """What is wrong with the question is said beside it."""
    opened = home.node.opened
    try:
        readers = _readers(home, visit, asked)
        wish = Wish.of(
            limit=_number(asked.limit, "passages", MOST_PASSAGES),
            passage_tokens=None,
            budget=_number(asked.budget, "tokens", MOST_BUDGET),
            duplicates=asked.duplicates,
        )
        expressions = _filters(asked.filters)
        if not asked.question or len(asked.question) > LONGEST_QUESTION:
            raise ConfigError("a question is missing" if not asked.question else "this question is too long")
        passages = opened.searcher().find(asked.question, readers, wish, filters=parse_filters(expressions))
    except ConfigError as error:
        return Answered(problem=f"{str(error)[:1].upper()}{str(error)[1:]}.", advice=error.advice)
    generation = opened.generation
    notes = unmatched(expressions, opened.ledger.documents(generation), readers) if expressions and not passages else []
    empty = not passages and next(opened.ledger.documents(generation), None) is None
    return Answered(passages=passages, readers=tuple(sorted(readers)), notes=notes, empty=empty)


def _readers(home: Dashboard, visit: Session, asked: Asked) -> frozenset[str]:
    """Only a key that may impersonate chooses; for all others nothing that was sent counts."""
    named = None
    if visit.key.may_impersonate:
        named = list(dict.fromkeys(part for part in _BETWEEN.split(asked.readers) if part))
        if len(named) > MOST_NAMED:
            raise ConfigError(f"at most {MOST_NAMED} readers can be named")
    return readers_of(home.node.opened.ledger, visit.key, named)


def _filters(text: str) -> list[str]:
    """One a line."""
    found = [line.strip() for line in text.splitlines() if line.strip()]
    if len(found) > MOST_FILTERS:
        raise ConfigError(f"at most {MOST_FILTERS} filters", advice="Leave some out.")
    return found


def _number(text: str, what: str, most: int) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and 1 <= int(text) <= most):
        raise ConfigError(f"{what} at most: a number from 1 to {most:,}, or nothing")
    return int(text)


def _parted(text: str) -> tuple[str, str]:
    """What is shown at once, and the rest of a long one, from the beginning of a line on."""
    if len(text) <= LONG:
        return text, ""
    place = text.rfind("\n", 0, SHOWN)
    place = SHOWN if place <= 0 else place + 1
    return text[:place].rstrip("\n"), text[place:]


def _path(passage: Passage) -> str:
    """The way to it within its document."""
    return " › ".join(part for part in passage.heading_path if part != passage.title)
