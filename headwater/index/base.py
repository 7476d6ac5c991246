"""What an index can do; the order in which it is done so that readers never see half a document is publishing's."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from headwater.index.compact import Compaction, DiskUse
from headwater.index.query import Condition, Query
from headwater.interfaces import SparseVector, Vectors
from headwater.model import Access

NEVER = 2**53
"""Epoch of points that are not published (`from`) or not superseded (`to`); exact as integer and as float."""

RRF_K = 60
DENSE, SPARSE = "text-dense", "text-sparse"

KEYWORD_FIELDS = (
    "source", "document", "kind", "allow", "deny", "chunk", "embedded_hash",
    "product", "version", "language", "owner", "tags", "audience", "section", "breaking",
)  # fmt: skip
INTEGER_FIELDS = (
    "from", "to", "fence", "publication", "position",
    "updated", "created", "effective", "review_by", "date", "version_from", "version_to",
)  # fmt: skip
"""Top-level payload fields with a payload index; those that are missing are made when a generation is opened.

Dates are seconds since 1970 UTC, versions numbers that sort as they do (headwater.metadata.versions), both absent where
unknown; `fence` is the newest epoch that was called off for this point, absent where none was."""


@dataclass(frozen=True, slots=True)
class Point:
    """One chunk as stored; `payload` holds `content`, `metadata` and the top-level filter fields."""

    id: str
    dense: Vectors
    sparse: SparseVector
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class StoredPoint:
    """A point read back; vectors are None unless asked for."""

    id: str
    payload: Mapping[str, Any]
    dense: Vectors | None = None
    sparse: SparseVector | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """A match: `score` is the fused one; `dense` (cosine) and `sparse` (BM25) are None where that list lacks it."""

    id: str
    score: float
    payload: Mapping[str, Any]
    dense: float | None = None
    sparse: float | None = None


@dataclass(frozen=True, slots=True)
class IndexIdentity:
    """Which ledger an index belongs to, whose vectors it holds, and the highest epoch collected from it."""

    identity: str
    embedding: str
    dimensions: int
    collected: int = 0


@dataclass(frozen=True, slots=True)
class IndexInfo:
    """For status and doctor: `backend` is edge, remote, server or memory."""

    backend: str
    points: int
    detail: Mapping[str, str] = field(default_factory=dict)


class Index(Protocol):
    """One generation of points. Safe to call from several threads. Raises only errors of headwater.errors."""

    def identity(self) -> IndexIdentity | None:
        """None until `write_identity` was called once."""
        ...

    def write_identity(self, identity: IndexIdentity) -> None: ...

    def upsert(self, points: Sequence[Point]) -> None: ...

    def stamp(
        self,
        ids: Sequence[str],
        *,
        from_: int | None = None,
        to: int | None = None,
        fence: int | None = None,
        where: Condition | None = None,
    ) -> None:
        """Set the epochs of those of these points that meet `where`; ids that do not exist are left alone."""
        ...

    def set_access(self, ids: Sequence[str], access: Access) -> None: ...

    def delete(self, ids: Sequence[str]) -> None: ...

    def delete_where(self, condition: Condition) -> None: ...

    def count(self, condition: Condition) -> int: ...

    def retrieve(self, ids: Sequence[str], *, vectors: bool = False) -> list[StoredPoint]:
        """In the order of `ids`; those that do not exist are left out."""
        ...

    def scroll(
        self, condition: Condition, *, vectors: bool = False, page: int = 1000, fields: Sequence[str] | None = None
    ) -> Iterator[StoredPoint]:
        """Every match once, in no particular order, in pages of `page`; `fields` of the payload, None for all of it."""
        ...

    def vectors_of(self, hashes: Iterable[str]) -> dict[str, tuple[Vectors, SparseVector]]:
        """Vectors of any stored point, visible or not, whose `embedded_hash` is asked for."""
        ...

    def search(self, query: Query) -> list[Hit]:
        """Best first; equal scores in the order of (source, document, position)."""
        ...

    def flush(self) -> None:
        """Make everything written so far survive a power cut."""
        ...

    def info(self) -> IndexInfo: ...

    def close(self) -> None: ...


class IndexStore(Protocol):
    """Holds the generations of an index; `rebuild` fills a new one beside the live one."""

    def open(self, generation: str, *, dimensions: int) -> Index:
        """Open a generation, creating it with its payload indexes when it does not exist.

        `dimensions` 0 opens one that exists whatever its vectors are, to read and stamp its points.
        """
        ...

    def generations(self) -> list[str]: ...

    def drop(self, generation: str) -> None: ...

    def compact(self, generation: str) -> Compaction:
        """Begin to give back in the background what deleted points took; searches and writes go on."""
        ...

    def compaction(self, generation: str) -> Compaction:
        """How far that is, or how it ended."""
        ...

    def disk(self, generation: str) -> DiskUse | None:
        """What it takes; None for an index on a server."""
        ...

    def close(self) -> None: ...
