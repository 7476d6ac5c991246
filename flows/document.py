"""One document: how it stands, what became of it, what it is related to, and what is done with it."""

from collections.abc import Sequence
from dataclasses import dataclass

from flows.documents import standings_of, states_of
from flows.maintain import remove_document
from flows.show import readable_index
from flows.workshop import Workshop
from headwater.clock import utc_now
from headwater.errors import ConfigError
from headwater.freshness.values import DocumentStanding
from headwater.index.points import point_ids
from headwater.ledger.base import Block, DocumentRow, Event
from headwater.ledger.catalogue import Name
from headwater.ledger.standing import PastChange
from headwater.ledger.waiting import Waiting
from headwater.model import Access, Chunk
from headwater.publishing.records import stored_chunk

REASON = "dashboard"
SHOWN_HISTORY, SHOWN_RELATED = 50, 50
STATED = ("supersedes", "superseded_by", "translation_of", "canonical")


@dataclass(frozen=True, slots=True)
class Related:
    """Another document, or an address that is none; `title` is empty where it is not known."""

    text: str
    name: Name | None = None
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Relations:
    """`alike` say nearly the same; `stands` is the one of them that searches return, None where that is not decided."""

    alike: tuple[Related, ...] = ()
    stands: Name | None = None
    links: tuple[Related, ...] = ()
    linked_from: tuple[Related, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class One:
    """`row` is None where it is not searchable, `standing` where nothing but its history is known."""

    name: Name
    row: DocumentRow | None
    standing: DocumentStanding | None
    states: tuple[str, ...]
    block: Block | None
    configured: bool
    changes: tuple[PastChange, ...]
    events: tuple[Event, ...]
    relations: Relations


def one_document(workshop: Workshop, name: Name) -> One | None:
    """None where it was never heard of."""
    ledger, generation, (source, document) = workshop.ledger, workshop.generation, name
    row = ledger.document(generation, source, document)
    standing = standings_of(workshop, [name]).get(name)
    events = ledger.history(source, document, SHOWN_HISTORY)
    if row is None and standing is None and not events:
        return None
    return One(
        name=name,
        row=row,
        standing=standing,
        states=states_of(standing, utc_now()) if standing is not None else ("removed",),
        block=next((one for one in ledger.blocks() if (one.source, one.document) == name), None),
        configured=workshop.settings.source(source) is not None,
        changes=tuple(ledger.changes(source, document, limit=SHOWN_HISTORY, facts=False)),
        events=tuple(events),
        relations=_relations(workshop, name) if row is not None else Relations(),
    )


def chunks_of(workshop: Workshop, row: DocumentRow, first: int, count: int) -> list[tuple[Chunk, Access]]:
    """Of a live document, from a position on, each with its own readers: those of its points may be narrower."""
    ids = point_ids(row.publication, row.source, row.id, row.chunks)[first : first + count]
    points = readable_index(workshop).retrieve(ids)
    found = [(stored_chunk(one.payload, row), _access(one.payload)) for one in points]
    return sorted(found, key=lambda pair: pair[0].position)


def _access(payload: object) -> Access:
    """Nobody, where a point does not say it."""
    stated = payload if isinstance(payload, dict) else {}
    return Access(frozenset(stated.get("allow", ())), frozenset(stated.get("deny", ())))


def ask_for(workshop: Workshop, name: Name, *, anew: bool) -> None:
    """ConfigError for a source that is not configured; `anew`: process it though nothing changed."""
    source, document = name
    if workshop.settings.source(source) is None:
        raise ConfigError(f"{source!r} is not in the configuration", advice="Only a source that is can be looked at.")
    if anew:
        workshop.ledger.outdate(workshop.generation, source, [document])


def waiting_for(workshop: Workshop, name: Name) -> Waiting | None:
    """Its row of the inbox, while it has one."""
    source, document = name
    return next((row for row in workshop.ledger.waiting(source=source) if row.document == document), None)


def take_out(workshop: Workshop, name: Name, reason: str) -> int:
    """Out of search, now and through later runs; the epoch. ConfigError without a reason, or where it is in none."""
    said, row = " ".join(reason.split()), workshop.ledger.document(workshop.generation, *name)
    if not said:
        raise ConfigError("a reason is missing", advice="Say why, for whoever asks in a month.")
    if row is None:
        raise ConfigError("this document is not searchable", advice="There is nothing to take out.")
    with Workshop(workshop.settings, command=workshop.command, wait=10, opened=workshop) as own:
        return remove_document(own, row, block=said).epoch


def _relations(workshop: Workshop, name: Name) -> Relations:
    ledger, generation = workshop.ledger, workshop.generation
    cluster = ledger.alike(generation, [name]).get(name)
    alike = [(one.source, one.document) for one in ledger.clustered(generation, [cluster])] if cluster else []
    stands = ledger.canonicals(generation, [cluster]).get(cluster) if cluster else None
    targets = ledger.links_of(generation, name, SHOWN_RELATED)
    from_ = ledger.linked_from(generation, name, SHOWN_RELATED)
    known = ledger.documents_named(generation, [*alike, *((name[0], target) for target in targets), *from_])
    return Relations(
        alike=_documents([one for one in alike if one != name], known),
        stands=stands,
        links=tuple(
            Related(target, (name[0], target), known[name[0], target].title)
            if (name[0], target) in known
            else Related(target)
            for target in targets
        ),
        linked_from=_documents(from_, known),
    )


def _documents(names: Sequence[Name], known: dict[Name, DocumentRow]) -> tuple[Related, ...]:
    return tuple(
        Related(f"{name[0]}/{name[1]}", name, known[name].title if name in known else "")
        for name in names[:SHOWN_RELATED]
    )
