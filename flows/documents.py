"""Documents for somebody who looks through them: a page at a time, by what is known of each."""

import heapq
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flows.serving import Standings
from flows.workshop import Workshop
from headwater.clock import utc_now
from headwater.freshness.standing import Trouble, missing_standing
from headwater.freshness.terms import terms_for, terms_of
from headwater.freshness.troubles import troubles_now
from headwater.freshness.values import DocumentStanding, Kept, Report
from headwater.ledger.catalogue import Name, Wanted
from headwater.ledger.schema import storable

PAGE = 50
NOBODY = "nobody"
"""The owner of what has none, as on the command line."""
DUE_SOON = timedelta(days=14)
BLOCKED, TOMBSTONED = "blocked", "tombstoned"
STATES = (
    "failing", "quarantined", "withheld", BLOCKED, TOMBSTONED, "overdue", "late", "due", "unknown", "unpromised",
    "fresh",
)  # fmt: skip
"""Worst first; a document may be in several. `late`: a change was, or is, searchable later than promised; `due`: its
review is within two weeks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What is looked for, and from where on; `state` is one of `STATES`; "" for any state, source or owner."""

    text: str = ""
    source: str = ""
    state: str = ""
    owner: str = ""
    after: Name | None = None
    before: Name | None = None

    @property
    def wanted(self) -> Wanted:
        return Wanted(text=self.text, source=self.source or None)


@dataclass(frozen=True, slots=True)
class Listed:
    """One row; `states` worst first, never none."""

    standing: DocumentStanding
    states: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """`total` is of all pages; the pages around this one end before `earlier` and begin after `later`, if there are."""

    rows: tuple[Listed, ...]
    total: int
    earlier: Name | None = None
    later: Name | None = None


def documents_page(workshop: Workshop, choice: Choice, report: Callable[[], Report], *, size: int = PAGE) -> Page:
    """By source and id, also those that are not searchable, because they fail or were taken out.

    States and owners follow from the settings: where these are looked for, they are those of the `report`.
    """
    if choice.state == BLOCKED:
        found = _named(choice, _blocked(workshop))
        return _page(choice, lambda limit: _between(found, choice, limit), lambda _: len(found), _now(workshop), size)
    if choice.state or choice.owner:
        standings = _of_report(choice, report())
        names = sorted(standings, key=_place)
        return _page(
            choice, lambda limit: _between(names, choice, limit), lambda _: len(names), _known(standings), size
        )
    elsewhere = _named(choice, _not_searchable(workshop))
    ledger, generation = workshop.ledger, workshop.generation

    def names_of(limit: int) -> list[Name]:
        some = ledger.names(generation, choice.wanted, limit=limit, after=choice.after, before=choice.before)
        both = list(heapq.merge(some, _between(elsewhere, choice, limit), key=_place))
        return both[-limit:] if choice.before is not None else both[:limit]

    def counted(found: int) -> int:
        if found <= size and choice.after is None and choice.before is None:
            return found  # everything is on this page: nothing has to be gone through again
        return ledger.count_names(generation, choice.wanted) + len(elsewhere)

    return _page(choice, names_of, counted, _now(workshop), size)


def standings_of(workshop: Workshop, names: Sequence[Name]) -> dict[Name, DocumentStanding]:
    """As of now, also of those that fail or were taken out; others are left out."""
    terms = terms_of(workshop.settings)
    serving = Standings(workshop.ledger, terms)
    found = {(row.source, row.document): one for row, one in serving.standing(workshop.generation, names)}
    missing = [name for name in names if name not in found]
    if missing:
        troubles, moments = _not_searchable(workshop), serving.moments({source for source, _ in missing})
        for source, document in missing:
            if trouble := troubles.get((source, document)):
                found[source, document] = missing_standing(
                    source, document, terms_for(terms, source), moments[source], trouble
                )
    return found


def states_of(one: DocumentStanding, now: datetime) -> tuple[str, ...]:
    """Worst first, never none."""
    found = [one.outcome] if one.outcome in STATES else []
    if one.content is Kept.NO:
        found.append("overdue")
    if one.pipeline is Kept.NO and one.outcome != BLOCKED:
        found.append("late")
    if one.content is Kept.YES and one.due is not None and one.due - now <= DUE_SOON:
        found.append("due")
    return tuple(found) or (one.freshness,)


# a page of names ------------------------------------------------------------------------------------------


def _page(
    choice: Choice,
    names_of: Callable[[int], list[Name]],
    total: Callable[[int], int],
    standings: Callable[[Sequence[Name]], Mapping[Name, DocumentStanding]],
    size: int,
) -> Page:
    """`names_of`: up to so many, from where the page begins; `total` counts all, when so many were found there."""
    found, backwards = names_of(size + 1), choice.before is not None
    more, names = len(found) > size, found[-size:] if backwards else found[:size]
    known, now = standings(names), utc_now()
    return Page(
        rows=tuple(Listed(known[name], states_of(known[name], now)) for name in names if name in known),
        total=total(len(found)),
        earlier=names[0] if names and (more if backwards else choice.after is not None) else None,
        later=names[-1] if names and (backwards or more) else None,
    )


def _between(names: Sequence[Name], choice: Choice, limit: int) -> list[Name]:
    """Of names in order, those after or before where the page begins."""
    if choice.before is not None:
        end = bisect_left(names, _place(choice.before), key=_place)
        return list(names[max(0, end - limit) : end])
    start = 0 if choice.after is None else bisect_right(names, _place(choice.after), key=_place)
    return list(names[start : start + limit])


def _place(name: Name) -> tuple[str, str]:
    """Where the ledger has it."""
    return (storable(name[0]), storable(name[1]))


# what there is to choose from -----------------------------------------------------------------------------


def _now(workshop: Workshop) -> Callable[[Sequence[Name]], Mapping[Name, DocumentStanding]]:
    return lambda names: standings_of(workshop, names)


def _known(standings: Mapping[Name, DocumentStanding]) -> Callable[[Sequence[Name]], Mapping[Name, DocumentStanding]]:
    return lambda _: standings


def _blocked(workshop: Workshop) -> dict[Name, Trouble]:
    return {
        (one.source, one.document): Trouble(outcome=BLOCKED, since=one.since, reason=one.reason)
        for one in workshop.ledger.blocks()
    }


def _not_searchable(workshop: Workshop) -> dict[Name, Trouble]:
    """What fails and never was, and what a person took out."""
    ledger, generation = workshop.ledger, workshop.generation
    names = [row.name for row in ledger.sources()]
    troubles = {name: one for name, one in troubles_now(ledger, generation, names).items() if one.outcome != TOMBSTONED}
    troubles |= _blocked(workshop)
    live = ledger.documents_named(generation, troubles)
    return {name: one for name, one in troubles.items() if name not in live}


def _named(choice: Choice, troubles: Mapping[Name, Trouble]) -> list[Name]:
    """Of those without a title, in order."""
    return sorted((name for name in troubles if _matches(choice, name, "")), key=_place)


def _of_report(choice: Choice, report: Report) -> dict[Name, DocumentStanding]:
    owner = "" if choice.owner == NOBODY else choice.owner
    return {
        (one.source, one.document): one
        for one in report.documents
        if (not choice.owner or one.owner == owner)
        and (not choice.source or one.source == choice.source)
        and (not choice.state or choice.state in states_of(one, report.as_of))
        and _matches(choice, (one.source, one.document), one.title)
    }


def _matches(choice: Choice, name: Name, title: str) -> bool:
    """As the ledger compares: any case of ASCII letters."""
    if choice.source and name[0] != choice.source:
        return False
    wanted = _folded(choice.text)
    return not wanted or wanted in _folded(name[1]) or wanted in _folded(title)


_ASCII = str.maketrans({chr(code): chr(code + 32) for code in range(ord("A"), ord("Z") + 1)})


def _folded(text: str) -> str:
    return text.lower() if text.isascii() else text.translate(_ASCII)
