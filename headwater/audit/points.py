"""What each stored point is to the ledger, and a sweep over all of them that names the documents to look at closely."""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from headwater.index.base import NEVER, Index, StoredPoint
from headwater.index.points import point_id
from headwater.index.query import Between, Condition, Not, OneOf
from headwater.ledger.base import Ledger
from headwater.model import Access

FIELDS = ("source", "document", "publication", "position", "from", "to", "allow", "deny")
PAGE = 2_000
SAY_SECONDS = 5.0

Say = Callable[[str], None]
Name = tuple[str, str]
"""(source, document)."""


class Place(StrEnum):
    """Every stored point is exactly one of these."""

    BELONGS = "belonging"
    HIDDEN = "hidden"
    OUTDATED = "superseded but visible"
    ORPHAN = "orphan"
    SUPERSEDED = "superseded"
    STAGED = "staged"


@dataclass(frozen=True, slots=True)
class Moment:
    """`under_way` are epochs that somebody is stamping at this moment, or was when they died."""

    epoch: int
    under_way: frozenset[int]

    @classmethod
    def of(cls, ledger: Ledger) -> "Moment":
        # The intents first: an epoch that is committed meanwhile is then no later than E.
        intents = [publication.intent for publication in ledger.open_publications()]
        under_way = frozenset(intent.epoch for intent in intents if intent is not None)
        return cls(ledger.epoch(), under_way)


@dataclass(frozen=True, slots=True)
class Seen:
    """A point as an audit reads it; `true` when what it says of itself is what its id says."""

    id: str
    name: Name
    publication: int
    position: int
    begin: int
    end: int
    access: Access
    true: bool

    def visible(self, moment: Moment) -> bool:
        return self.begin <= moment.epoch < self.end

    def ahead(self, moment: Moment) -> bool:
        """Whether it was stamped with an epoch that nobody has handed out."""
        return any(moment.epoch < at < NEVER and at not in moment.under_way for at in (self.begin, self.end))


@dataclass(slots=True)
class Held:
    """What the ledger says of a live document; `positions` is the set, as bits, of its chunks that were met."""

    publication: int
    chunks: int
    access: Access
    positions: int = 0
    begin: int = -1

    @property
    def missing(self) -> int:
        return self.chunks - self.positions.bit_count()


@dataclass(slots=True)
class Sweep:
    """`suspects` may be damaged or under way; `strays` are ids of points that contradict themselves, and show."""

    moment: Moment
    documents: int = 0
    chunks: int = 0
    missing: int = 0
    places: Counter[Place] = field(default_factory=Counter)
    counted: int = 0
    """Points by the index's own count, after the sweep."""
    suspects: set[Name] = field(default_factory=set)
    strays: list[str] = field(default_factory=list)

    @property
    def points(self) -> int:
        return self.places.total()


def sweep(index: Index, ledger: Ledger, generation: str, source: str | None, say: Say) -> Sweep:
    """Every point of the generation (or of one source) against every row; holds a small tuple per document."""
    found = Sweep(Moment.of(ledger))
    held = _held(ledger, generation, source)
    condition = everything(source)
    told = time.monotonic()
    for stored in index.scroll(condition, page=PAGE, fields=FIELDS):
        _take(found, held, seen(stored))
        if time.monotonic() - told > SAY_SECONDS:
            told = time.monotonic()
            say(f"{found.points:,} points compared")
    found.counted = index.count(condition)
    found.documents = len(held)
    for name, row in held.items():
        found.chunks += row.chunks
        found.missing += row.missing
        if row.missing:
            found.suspects.add(name)
    return found


def everything(source: str | None) -> Condition:
    """All points, or all that say they are of this source."""
    if source is not None:
        return OneOf("source", (source,))
    return Not(Between(field="from", lt=-1))


def _held(ledger: Ledger, generation: str, source: str | None) -> dict[Name, Held]:
    readers: dict[Access, Access] = {}
    held: dict[Name, Held] = {}
    for row in ledger.documents(generation, source):
        access = readers.setdefault(row.access, row.access)
        held[(row.source, row.id)] = Held(row.publication, row.chunks, access)
    return held


def _take(found: Sweep, held: Mapping[Name, Held], point: Seen) -> None:
    row = held.get(point.name) if point.true else None
    place = place_of(point, None if row is None else (row.publication, row.chunks), found.moment)
    found.places[place] += 1
    if not point.true:
        if place is Place.ORPHAN or point.ahead(found.moment):
            found.strays.append(point.id)
        return
    suspicious = place in (Place.OUTDATED, Place.ORPHAN) or point.ahead(found.moment)
    if row is not None and place in (Place.BELONGS, Place.HIDDEN):
        row.positions |= 1 << point.position
        row.begin = point.begin if row.begin < 0 else row.begin
        right = (point.begin, point.access) == (row.begin, row.access)
        suspicious = suspicious or place is Place.HIDDEN or not right
    if suspicious:
        found.suspects.add(point.name)


def place_of(point: Seen, live: tuple[int, int] | None, moment: Moment) -> Place:
    """`live` is (publication, chunks) of the live document that the point says it is of; None without one."""
    visible = point.visible(moment)
    if live is not None and point.true and point.publication == live[0] and point.position < live[1]:
        return Place.BELONGS if visible else Place.HIDDEN
    if visible:
        return Place.OUTDATED if live is not None and point.publication != live[0] else Place.ORPHAN
    return Place.STAGED if point.begin > moment.epoch else Place.SUPERSEDED


def seen(stored: StoredPoint) -> Seen:
    """Whatever is stored: what is missing or of another kind reads as nothing."""
    payload = stored.payload
    source, document = _text(payload, "source"), _text(payload, "document")
    publication, position = _number(payload, "publication", -1), _number(payload, "position", -1)
    true = min(publication, position) >= 0 and point_id(publication, source, document, position) == stored.id
    access = Access(_names(payload, "allow"), _names(payload, "deny"))
    begin, end = _number(payload, "from", NEVER), _number(payload, "to", 0)
    return Seen(stored.id, (source, document), publication, position, begin, end, access, true)


def _text(payload: Mapping[str, Any], name: str) -> str:
    value = payload.get(name)
    return value if isinstance(value, str) else ""


def _number(payload: Mapping[str, Any], name: str, otherwise: int) -> int:
    value = payload.get(name)
    return value if isinstance(value, int) else otherwise


def _names(payload: Mapping[str, Any], name: str) -> frozenset[str]:
    value = payload.get(name)
    if isinstance(value, str):
        return frozenset((value,))
    return frozenset(str(item) for item in value) if isinstance(value, list | tuple) else frozenset()
