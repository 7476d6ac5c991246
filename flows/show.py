"""One live document, as it was understood."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from flows.workshop import Workshop
from headwater.errors import HeadwaterError, IndexMismatchError
from headwater.index.base import Index
from headwater.index.points import point_ids
from headwater.ingest.look import content_hash
from headwater.ledger.base import DocumentRow
from headwater.linting.placing import Placed, place
from headwater.metadata.origins import ACCESS_ORIGIN, ORIGINS, origins_of
from headwater.model import Block, Chunk, Document, NotModified
from headwater.publishing.records import stored_chunk

HISTORY_SHOWN = 50


def show_document(workshop: Workshop, row: DocumentRow) -> dict[str, Any]:
    """Everything about one live document; the shape documented for `show --json`. Needs no model."""
    ids = point_ids(row.publication, row.source, row.id, row.chunks)
    chunks = [stored_chunk(point.payload, row) for point in readable_index(workshop).retrieve(ids)]
    history = workshop.ledger.history(row.source, row.id, HISTORY_SHOWN)
    document = _parsed(workshop, row)
    places = place(document.blocks, chunks) if document is not None else None
    return {
        "source": row.source,
        "document": row.id,
        "title": row.title,
        "kind": row.kind,
        "uri": row.uri,
        "version": row.version,
        "content_hash": row.content_hash,
        "fingerprint": row.fingerprint,
        "publication": row.publication,
        "access": {"allow": sorted(row.access.allow), "deny": sorted(row.access.deny)},
        "metadata": {key: value for key, value in row.meta.items() if key not in (ORIGINS, ACCESS_ORIGIN)},
        "origins": origins_of(row.meta),
        "updated_at": row.updated_at.isoformat() if row.updated_at else None,
        "published_at": row.published_at.isoformat(),
        "verified_at": row.verified_at.isoformat(),
        "blocks": None if document is None else [_said(block) for block in document.blocks],
        "stripped": None if document is None else [asdict(one) for one in document.stripped],
        "chunks": [_chunk(chunk, places) for chunk in chunks],
        "history": [asdict(event) | {"at": event.at.isoformat()} for event in history],
    }


def _chunk(chunk: Chunk, places: Sequence[Placed] | None) -> dict[str, Any]:
    return {
        "chunk": chunk.id,
        "position": chunk.position,
        "heading_path": list(chunk.heading_path),
        "text": chunk.text,
        "lead": chunk.lead,
        "embedded": chunk.embedded,
        "tokens": chunk.tokens,
        "citation": chunk.uri,
        "wholes": [asdict(span) for span in chunk.wholes],
        "blocks": None
        if places is None
        else [number for number, placed in enumerate(places) if chunk.position in placed.chunks],
        "metadata": dict(chunk.metadata) | {"heading_path": list(chunk.heading_path), "uri": chunk.uri},
    }


def readable_index(workshop: Workshop) -> Index:
    """The live index, whatever model its vectors are of: what is stored beside them is read without one."""
    index = workshop.existing_index(workshop.generation)
    identity = index.identity() if index is not None else None
    if index is None or identity is None or identity.identity != workshop.ledger.identity():
        raise IndexMismatchError(
            "the index is missing or belongs to another ledger",
            advice="Restore index and ledger from one backup, or run `headwater rebuild`.",
        )
    return index


def _said(block: Block) -> dict[str, Any]:
    """The fields that say something."""
    return {key: value for key, value in asdict(block).items() if value}


def _parsed(workshop: Workshop, row: DocumentRow) -> Document | None:
    """Parsed again from the source; None when what lies there now is not what is live, or cannot be read."""
    try:
        source = workshop.source(row.source)
        raw = workshop.connector(source).fetch(row.id)
        if isinstance(raw, NotModified) or content_hash(raw) != row.content_hash:
            return None
        media_type = str(row.meta["media_type"])
        return workshop.parsing_of(source).submit(replace(raw, media_type=media_type)).result()
    except HeadwaterError:
        return None
