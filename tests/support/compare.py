"""What an index holds and answers, in a form in which two of them can be compared."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from flows.workshop import Workshop
from headwater.index.base import NEVER, Index
from headwater.index.query import AllOf, Between, Condition, HasId, Not, OneOf
from headwater.ledger.base import DocumentRow
from headwater.model import CONTENT_VERSION

OF_A_PUBLICATION = ("publication", "from", "to", "fence")
"""Payload that tells when a point was published, not what is in it."""
OF_A_VERSION = ("modified", CONTENT_VERSION)
"""Metadata of the version of which a row was written last; later ones that read the same leave the row as it is."""
EVERYTHING = Not(HasId(()))

Key = tuple[str, str]


def at_epoch(epoch: int) -> Condition:
    """The points that some reader may see now."""
    return AllOf((Between(field="from", lte=epoch), Between(field="to", gt=epoch)))


def visible(workshop: Workshop) -> Counter[str]:
    """Every visible point as a text of all that is stored of it, without its vectors."""
    live = workshop.index().scroll(at_epoch(workshop.ledger.epoch()))
    return Counter(_as_text(point.payload) for point in live)


def visible_of(workshop: Workshop, keys: Iterable[Key]) -> Counter[str]:
    """`visible`, of these documents alone."""
    found: Counter[str] = Counter()
    for source, document in keys:
        chosen = AllOf((at_epoch(workshop.ledger.epoch()), OneOf("source", (source,)), OneOf("document", (document,))))
        found.update(_as_text(point.payload) for point in workshop.index().scroll(chosen))
    return found


def texts_in(index: Index) -> set[str]:
    """Every text whose vector is in the index, in points that anyone may see or nobody."""
    return {str(point.payload["embedded"]) for point in index.scroll(EVERYTHING)}


def rows(workshop: Workshop) -> dict[Key, DocumentRow]:
    """The ledger's documents, without what tells when they were seen and published."""
    found = {}
    for row in workshop.ledger.documents(workshop.generation):
        meta = {key: value for key, value in row.meta.items() if key not in OF_A_VERSION}
        some = row.verified_at
        found[row.source, row.id] = replace(
            row, version="", publication=0, detected_at=some, published_at=some, verified_at=some, meta=meta
        )
    base = min((row.verified_at for row in found.values()), default=None)
    return {
        key: replace(row, detected_at=base, published_at=base, verified_at=base)
        for key, row in found.items()
        if base is not None
    }


def disagreements(workshop: Workshop) -> list[str]:
    """Where the ledger says one thing of a live document and its visible points another."""
    epoch, problems = workshop.ledger.epoch(), []
    points: dict[Key, list[Mapping[str, Any]]] = {}
    for point in workshop.index().scroll(at_epoch(epoch)):
        points.setdefault((point.payload["source"], point.payload["document"]), []).append(point.payload)
    for row in workshop.ledger.documents(workshop.generation):
        of_row = points.pop((row.source, row.id), [])
        name = f"{row.source}/{row.id}"
        if sorted(payload["position"] for payload in of_row) != list(range(row.chunks)):
            problems.append(f"{name}: {row.chunks} chunks, points {[payload['position'] for payload in of_row]}")
        for payload in of_row:
            stated = (sorted(row.access.allow), sorted(row.access.deny), row.kind, row.publication)
            stored = (sorted(payload["allow"]), sorted(payload["deny"]), payload["kind"], payload["publication"])
            if stated != stored or payload["to"] != NEVER:
                problems.append(f"{name}: ledger {stated}, point {stored} to {payload['to']}")
    return [*problems, *(f"{key}: visible, and not in the ledger" for key in points)]


def answers(
    workshop: Workshop, questions: Iterable[str], askers: Iterable[frozenset[str]], *filters: Condition
) -> list[tuple[Any, ...]]:
    """What everyone gets to every question, in order, with all scores."""
    searcher, asked = workshop.searcher(), list(questions)
    return [
        (sorted(asker), question, passage.source, passage.document, passage.position, passage.text, *_scores(passage))
        for asker in askers
        for question in asked
        for passage in searcher.search(question, asker, limit=20, filters=filters)
    ]


def _scores(passage: Any) -> tuple[float, float | None, float | None]:
    # Engines sum in the order in which they keep points: the last digits of float32 may differ.
    cosine = None if passage.cosine is None else round(passage.cosine, 5)
    return passage.score, cosine, None if passage.bm25 is None else round(passage.bm25, 3)


def _as_text(payload: Mapping[str, Any]) -> str:
    return repr(sorted((name, value) for name, value in _plain(payload).items() if name not in OF_A_PUBLICATION))


def _plain(payload: Mapping[str, Any]) -> dict[str, Any]:
    return {name: sorted(value.items()) if isinstance(value, dict) else value for name, value in payload.items()}
