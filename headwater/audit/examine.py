"""A close look at single documents, with all their points at once: what is wrong, and which points to set right."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from headwater.audit.points import FIELDS, Moment, Name, Place, Seen, place_of, seen
from headwater.audit.values import MISSING, ORPHAN, WRONG_ACCESS, WRONG_EPOCH, Finding
from headwater.index.base import NEVER, Index
from headwater.index.points import point_ids
from headwater.index.query import AllOf, OneOf
from headwater.ledger.base import DocumentRow, Ledger
from headwater.model import Access

TOGETHER = 100
"""Documents looked at in one go."""
_SHOWN = 3


@dataclass(slots=True)
class Examined:
    """One document, or what claims to be one where `row` is None."""

    name: Name
    row: DocumentRow | None
    leaking: dict[str, Access] = field(default_factory=dict)
    """Points that someone may read whom the ledger does not let, with what both grant."""
    closed: int = 0
    """Points that someone may not read, or will not once no point leaks, whom the ledger lets."""
    stamps: dict[int, list[str]] = field(default_factory=dict)
    """Points of the live version by the epoch that they have to be visible from."""
    delete: list[str] = field(default_factory=list)
    missing: int = 0
    findings: list[Finding] = field(default_factory=list)


def examine(index: Index, ledger: Ledger, generation: str, names: Sequence[Name]) -> list[Examined]:
    """These documents, at most a few hundred; certain only under the publish lease, else as of some moment."""
    moment = Moment.of(ledger)
    rows = ledger.documents_named(generation, names)
    points = _points(index, names)
    return [_examined(name, rows.get(name), points[name], moment, ledger) for name in names]


def examine_strays(index: Index, ledger: Ledger, ids: Sequence[str]) -> list[Examined]:
    """Points that contradict themselves, by the document that they say they are of."""
    moment = Moment.of(ledger)
    found: dict[Name, Examined] = {}
    for stored in index.retrieve(ids):
        point = seen(stored)
        if not point.true and (point.visible(moment) or point.ahead(moment)):
            found.setdefault(point.name, Examined(point.name, None)).delete.append(point.id)
    for name, one in found.items():
        detail = f"{_points_say(len(one.delete))} not what the id says, such as {one.delete[0]}"
        one.findings.append(Finding(ORPHAN, *name, detail, len(one.delete)))
    return list(found.values())


def _points(index: Index, names: Sequence[Name]) -> dict[Name, list[Seen]]:
    found: dict[Name, list[Seen]] = defaultdict(list)
    wanted: dict[str, list[str]] = defaultdict(list)
    for source, document in names:
        wanted[source].append(document)
    for source, documents in wanted.items():
        condition = AllOf((OneOf("source", (source,)), OneOf("document", tuple(documents))))
        for stored in index.scroll(condition, fields=FIELDS):
            point = seen(stored)
            if point.true:
                found[point.name].append(point)
    return found


def _examined(name: Name, row: DocumentRow | None, points: Iterable[Seen], moment: Moment, ledger: Ledger) -> Examined:
    one = Examined(name, row)
    live: list[Seen] = []
    orphans: list[Seen] = []
    wrong: list[Seen] = []
    for point in points:
        place = place_of(point, None if row is None else (row.publication, row.chunks), moment)
        if place in (Place.BELONGS, Place.HIDDEN):
            live.append(point)
        elif place is Place.ORPHAN:
            orphans.append(point)
        elif place is Place.OUTDATED or point.ahead(moment):
            wrong.append(point)
    one.delete = [point.id for point in (*orphans, *wrong)]
    if orphans:
        detail = f"{_points_say(len(orphans))} visible, and {_why_orphan(row)}"
        one.findings.append(Finding(ORPHAN, *name, detail, len(orphans)))
    if row is not None:
        _compare_access(one, row, live)
        _compare_epochs(one, row, live, len(wrong), moment, ledger)
        one.missing = row.chunks - len(live)
        if one.missing:
            detail = f"{one.missing} of {row.chunks} chunks are not in the index"
            one.findings.append(Finding(MISSING, *name, detail, one.missing))
    elif wrong:
        detail = f"{_points_say(len(wrong))} stamped with an epoch that nobody handed out"
        one.findings.append(Finding(WRONG_EPOCH, *name, detail, len(wrong)))
    return one


def _why_orphan(row: DocumentRow | None) -> str:
    return "the ledger knows no such document" if row is None else f"the document has only {row.chunks} chunks"


def _compare_access(one: Examined, row: DocumentRow, live: Sequence[Seen]) -> None:
    other = [point for point in live if point.access != row.access]
    one.leaking = {
        point.id: point.access.narrowed_to(row.access) for point in other if point.access.takes_from(row.access)
    }
    one.closed = sum(point.access.narrowed_to(row.access) != row.access for point in other)
    if other:
        worst = next((point for point in other if point.access.takes_from(row.access)), other[0])
        leak = bool(one.leaking)
        detail = (
            f"{len(other)} of {row.chunks} points may be read by {say_access(worst.access)}, "
            f"the document by {say_access(row.access)}"
        )
        one.findings.append(Finding(WRONG_ACCESS, *one.name, detail, len(other), leak))


def _compare_epochs(
    one: Examined, row: DocumentRow, live: Sequence[Seen], others: int, moment: Moment, ledger: Ledger
) -> None:
    hidden = sum(not point.visible(moment) for point in live)
    begin = _begin(row, live, moment, ledger)
    # Somebody who is publishing the next version has stamped the end of this one.
    shifted = [point for point in live if point.begin != begin or point.end not in (NEVER, *moment.under_way)]
    if shifted:
        one.stamps[begin] = [point.id for point in shifted]
    said = [f"{hidden} of {row.chunks} points are hidden"] if hidden else []
    if len(shifted) > hidden:
        said.append(f"{len(shifted) - hidden} of {row.chunks} have epochs of their own")
    if others:
        said.append(f"{_points_say(others)} of another version, and not collectable")
    if said:
        one.findings.append(Finding(WRONG_EPOCH, *one.name, "; ".join(said), len(shifted) + others))


def _begin(row: DocumentRow, live: Sequence[Seen], moment: Moment, ledger: Ledger) -> int:
    """The epoch of a document's publication: what most of its points say, and where they differ, its history."""
    counts = Counter(point.begin for point in live if point.begin <= moment.epoch).most_common()
    if len(counts) == 1 or (len(counts) > 1 and counts[0][1] > counts[1][1]):
        return counts[0][0]
    history = [event.epoch for event in ledger.history(row.source, row.id) if event.outcome == "indexed"]
    told = next((epoch for epoch in history if epoch), 0)
    if counts:
        return told if told in dict(counts) else max(epoch for epoch, _ in counts)
    return min(told or moment.epoch, moment.epoch)


def ids_of(row: DocumentRow) -> tuple[str, ...]:
    """Where the points of a live document are."""
    return point_ids(row.publication, row.source, row.id, row.chunks)


def say_access(access: Access) -> str:
    """For people: "public, group:a, not group:b"."""
    allow, deny = sorted(access.allow), sorted(access.deny)
    words = [*allow[:_SHOWN], *(["..."] if len(allow) > _SHOWN else []), *(f"not {one}" for one in deny[:_SHOWN])]
    return ", ".join(words) or "nobody"


def _points_say(number: int) -> str:
    return "1 point is" if number == 1 else f"{number} points are"
