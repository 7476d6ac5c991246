"""What a search hands out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from headwater.index.base import Hit

CHUNK = "chunk"
"""`whole` of a passage that is one chunk and no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """How a document stands against what was promised of it, when it was handed out.

    `state` is `fresh`, `stale`, `unknown` or `unpromised`, and `reasons` are phrases that say why it is not fresh.
    `due` is when its content needs a review, `verified_at` when its source last confirmed it; `lag_seconds` is how long
    its last change took to be searchable. None for what is not known.
    """

    state: str
    updated: datetime | None = None
    due: datetime | None = None
    verified_at: datetime | None = None
    lag_seconds: int | None = None
    reasons: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Times in UTC."""
        return {
            "state": self.state,
            "updated": _time(self.updated),
            "due": _time(self.due),
            "verified_at": _time(self.verified_at),
            "lag_seconds": self.lag_seconds,
            "reasons": list(self.reasons),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """One answer to a search: a chunk that matched, or the whole around it.

    `chunk`, `position` and `uri` are those of the best match in it, `cosine` and `bm25` its raw scores behind the
    fused `score`; `matched` are the ids of every match in it, best first. `heading_path` is the way to the whole.
    `whole` says what it is, `tokens` counts `text` in the model's own tokens. `freshness` is its document's, None where
    nobody was asked for it.
    """

    document: str
    source: str
    kind: str
    title: str
    heading_path: tuple[str, ...]
    uri: str
    text: str
    score: float
    updated_at: str | None
    chunk: str
    position: int
    publication: int
    cosine: float | None
    bm25: float | None
    whole: str
    tokens: int
    matched: tuple[str, ...]
    freshness: Freshness | None = None

    def as_json(self) -> dict[str, Any]:
        """The shape documented for `search --json`."""
        return {
            "document": self.document,
            "source": self.source,
            "kind": self.kind,
            "title": self.title,
            "heading_path": list(self.heading_path),
            "uri": self.uri,
            "text": self.text,
            "whole": self.whole,
            "tokens": self.tokens,
            "score": round(self.score, 6),
            "updated_at": self.updated_at,
            "chunk": self.chunk,
            "matched": list(self.matched),
            "cosine": self.cosine,
            "bm25": self.bm25,
            "freshness": self.freshness.as_json() if self.freshness else None,
        }


@dataclass(frozen=True, slots=True)
class Reading:
    """Text that may be handed out for a match: the chunks `first` to `last` of its document, put together."""

    whole: str
    first: int
    last: int
    tokens: int
    text: str
    heading_path: tuple[str, ...]


def passage(hits: Sequence[Hit], reading: Reading) -> Passage:
    """Of the matches in one reading, the best first."""
    best = hits[0]
    payload: Mapping[str, Any] = best.payload
    metadata: Mapping[str, Any] = payload["metadata"]
    return Passage(
        document=payload["document"],
        source=payload["source"],
        kind=payload["kind"],
        title=str(metadata.get("title", "")),
        heading_path=reading.heading_path,
        uri=str(metadata.get("uri", "")),
        text=reading.text,
        score=best.score,
        updated_at=metadata.get("updated_at"),
        chunk=payload["chunk"],
        position=int(payload["position"]),
        publication=int(payload["publication"]),
        cosine=best.dense,
        bm25=best.sparse,
        whole=reading.whole,
        tokens=reading.tokens,
        matched=tuple(hit.payload["chunk"] for hit in hits),
    )


def _time(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
