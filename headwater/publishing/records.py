"""What is handed to the publisher: documents with their chunks and vectors, ready to be written."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from headwater.index.base import NEVER, Point, StoredPoint
from headwater.index.points import point_id
from headwater.interfaces import SparseVector, Vectors
from headwater.ledger.base import DocumentRow
from headwater.metadata.payload import filter_fields
from headwater.model import Access, Chunk, MetaValue, Span


@dataclass(frozen=True, slots=True)
class EmbeddedChunk:
    """A chunk with its vectors; `fresh` when the model was asked for them, not the index."""

    chunk: Chunk
    dense: Vectors
    sparse: SparseVector
    fresh: bool


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document, or (until `last`) the next part of a long one; `row.chunks` counts the whole."""

    row: DocumentRow
    chunks: tuple[EmbeddedChunk, ...]
    last: bool = True

    def points(self, publication: int) -> list[Point]:
        """Invisible points of this version, in chunk order."""
        return [
            Point(
                point_id(publication, self.row.source, self.row.id, item.chunk.position),
                item.dense,
                item.sparse,
                chunk_payload(item.chunk, self.row, publication),
            )
            for item in self.chunks
        ]

    def staged(self, publication: int) -> DocumentRow:
        return replace(self.row, publication=publication)


@dataclass(frozen=True, slots=True)
class Carried:
    """A document whose stored points are written again as they are, under `row.access`; nothing is embedded."""

    row: DocumentRow
    points_before: tuple[StoredPoint, ...]
    last: bool = True

    def points(self, publication: int) -> list[Point]:
        return [self._point(stored, publication) for stored in self.points_before]

    def _point(self, stored: StoredPoint, publication: int) -> Point:
        if stored.dense is None or stored.sparse is None:
            raise ValueError(f"{self.row.id}: points are carried over with their vectors")
        payload = {**stored.payload, **_state(publication), **access_payload(self.row.access)}
        position = int(stored.payload["position"])
        identity = point_id(publication, self.row.source, self.row.id, position)
        return Point(identity, stored.dense, stored.sparse, payload)

    def staged(self, publication: int) -> DocumentRow:
        return replace(self.row, publication=publication, chunks=len(self.points_before))


def chunk_payload(chunk: Chunk, row: DocumentRow, publication: int) -> dict[str, Any]:
    """The payload of one point: `content` and `metadata` as vector-store readers expect, filter fields beside them."""
    payload: dict[str, Any] = {
        "content": chunk.text,
        "embedded": chunk.embedded,
        "tokens": chunk.tokens,
        "metadata": {key: _plain(value) for key, value in chunk.metadata.items()}
        | {"heading_path": list(chunk.heading_path), "uri": chunk.uri},
        "source": chunk.source,
        "document": chunk.document,
        "kind": row.kind,
        "chunk": chunk.id,
        "position": chunk.position,
        "wholes": [[span.what, span.first, span.last, span.tokens] for span in chunk.wholes],
        "lead": chunk.lead,
        "joint": chunk.joint,
        "embedded_hash": chunk.embedded_hash,
        **_state(publication),
        **access_payload(chunk.access),
        **filter_fields(chunk.metadata),
    }
    if row.updated_at is not None:
        payload["updated"] = int(row.updated_at.timestamp())
    return payload


def stored_chunk(payload: Mapping[str, Any], row: DocumentRow) -> Chunk:
    """The chunk behind a stored point: the inverse of `chunk_payload`."""
    metadata = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in payload["metadata"].items()
        if key not in ("heading_path", "uri")
    }
    return Chunk(
        id=payload["chunk"],
        source=payload["source"],
        document=payload["document"],
        position=int(payload["position"]),
        text=payload["content"],
        embedded=payload["embedded"],
        heading_path=tuple(payload["metadata"].get("heading_path", ())),
        uri=payload["metadata"].get("uri", ""),
        tokens=int(payload["tokens"]),
        access=row.access,
        metadata=metadata,
        wholes=tuple(Span(*fields) for fields in payload.get("wholes", ())),
        lead=int(payload.get("lead", 0)),
        joint=payload.get("joint", "\n\n"),
    )


def access_payload(access: Access) -> dict[str, list[str]]:
    return {"allow": sorted(access.allow), "deny": sorted(access.deny)}


def _state(publication: int) -> dict[str, int]:
    return {"publication": publication, "from": NEVER, "to": NEVER}


def _plain(value: MetaValue) -> str | int | float | list[str]:
    return list(value) if isinstance(value, tuple) else value
