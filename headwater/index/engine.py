"""One Index over any engine: what the backends share, so that they cannot differ in it."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol, TypeVar

import numpy as np

from headwater.errors import IndexMismatchError, IndexUnavailableError, SkippableError, StateError
from headwater.index.base import (
    INTEGER_FIELDS,
    KEYWORD_FIELDS,
    NEVER,
    Hit,
    Index,
    IndexIdentity,
    IndexInfo,
    Point,
    StoredPoint,
)
from headwater.index.fusion import DENSE_TOLERANCE, SPARSE_TOLERANCE, Candidate, cut_is_certain, fuse
from headwater.index.points import IDENTITY_ID
from headwater.index.query import AllOf, Condition, HasId, Not, OneOf, Query, no_booleans
from headwater.interfaces import SparseVector, Vectors
from headwater.model import Access
from headwater.tracing import span

BATCH = 256
"""Points or ids per call of the engine; bounds what one call may write."""

T = TypeVar("T")

_SPARE = 16
_IDENTITY_FIELD = "headwater"
_OTHERS = Not(HasId((IDENTITY_ID,)))


@dataclass(frozen=True, slots=True)
class Page:
    """A stretch of a scroll; `following` is the id to go on from, None at the end."""

    points: list[StoredPoint]
    following: str | None


class DroppedError(IndexUnavailableError):
    """This generation no longer exists; another attempt on the same handle ends the same way."""


class Engine(Protocol):
    """The calls a backend must make; conditions arrive complete, errors leave translated."""

    @property
    def backend(self) -> str: ...
    def upsert(self, points: Sequence[Point]) -> None:
        """An empty vector is not stored; a sparse one reads back empty."""
        ...

    def set_payload(self, condition: Condition, payload: Mapping[str, Any]) -> None:
        """Set these fields of every point that meets the condition when its turn comes."""
        ...

    def delete(self, condition: Condition) -> None: ...
    def count(self, condition: Condition) -> int: ...
    def retrieve(self, ids: Sequence[str], *, vectors: bool) -> list[StoredPoint]:
        """In any order."""
        ...

    def page(
        self, condition: Condition, *, vectors: bool, fields: Sequence[str] | None, limit: int, start: str | None
    ) -> Page:
        """In the order of ids, from `start` on; `fields` names the payload to read, None all of it."""
        ...

    def candidates(self, query: Query, limit: int) -> tuple[list[Candidate], list[Candidate]]:
        """The exact best by cosine and by BM25, counted over the query's filter alone; one batch."""
        ...

    def flush(self) -> None: ...
    def detail(self) -> Mapping[str, str]: ...


class PagedIndex(Index, Protocol):
    """An Index whose scroll can be taken page by page, by callers that cannot hold an iterator."""

    def page(
        self,
        condition: Condition,
        *,
        vectors: bool,
        limit: int,
        start: str | None,
        fields: Sequence[str] | None = None,
    ) -> Page:
        """From the id `start` on, or from the first."""
        ...


def scroll(
    index: PagedIndex, condition: Condition, *, vectors: bool, page: int, fields: Sequence[str] | None
) -> Iterator[StoredPoint]:
    """Every match once, also of points written meanwhile or of an index that another process takes over meanwhile."""
    start: str | None = None
    names = None if fields is None else tuple(fields)
    while True:
        found = index.page(condition, vectors=vectors, limit=page, start=start, fields=names)
        yield from found.points
        start = found.following
        if start is None:
            return


class EngineIndex:
    """An Index over an engine."""

    def __init__(self, engine: Engine, dimensions: int) -> None:
        self._engine = engine
        self._dimensions = dimensions

    # identity ---------------------------------------------------------------------------------------------

    def identity(self) -> IndexIdentity | None:
        stored = self._engine.retrieve([IDENTITY_ID], vectors=False)
        if not stored:
            return None
        try:
            return IndexIdentity(**stored[0].payload[_IDENTITY_FIELD])
        except (KeyError, TypeError) as error:
            raise StateError(
                "the identity of the index was written by another version of Headwater",
                advice="Use the version that wrote it, or run `headwater rebuild`.",
            ) from error

    def write_identity(self, identity: IndexIdentity) -> None:
        if identity.dimensions != self._dimensions:
            raise ValueError(f"this index holds {self._dimensions} dimensions, not {identity.dimensions}")
        # Never from any epoch on, and over before the first: no reader's filter can match it, in any program.
        payload = {_IDENTITY_FIELD: asdict(identity), "from": NEVER, "to": 0}
        self._engine.upsert([Point(IDENTITY_ID, np.empty(0, np.float32), SparseVector((), ()), payload)])

    # writing ----------------------------------------------------------------------------------------------

    def upsert(self, points: Sequence[Point]) -> None:
        for point in points:
            self._check(point)
        for batch in _batches(points):
            self._engine.upsert(batch)

    def stamp(
        self,
        ids: Sequence[str],
        *,
        from_: int | None = None,
        to: int | None = None,
        fence: int | None = None,
        where: Condition | None = None,
    ) -> None:
        no_booleans(from_, to, fence)
        epochs = {"from": from_, "to": to, "fence": fence}
        self._set(ids, {name: epoch for name, epoch in epochs.items() if epoch is not None}, where)

    def set_access(self, ids: Sequence[str], access: Access) -> None:
        self._set(ids, {"allow": sorted(access.allow), "deny": sorted(access.deny)})

    def _set(self, ids: Sequence[str], payload: Mapping[str, Any], where: Condition | None = None) -> None:
        if not payload:
            return
        for batch in _batches([id for id in ids if id != IDENTITY_ID]):
            # By condition, never by ids alone: an engine sets those that exist and then raises for one that does not.
            chosen = HasId(tuple(batch))
            self._engine.set_payload(chosen if where is None else AllOf((chosen, where)), payload)

    def delete(self, ids: Sequence[str]) -> None:
        for batch in _batches(ids):
            self.delete_where(HasId(tuple(batch)))

    def delete_where(self, condition: Condition) -> None:
        self._engine.delete(_beside_identity(condition))

    def _check(self, point: Point) -> None:
        if point.id == IDENTITY_ID:
            raise ValueError("this id belongs to the index itself")
        if point.dense.shape != (self._dimensions,):
            raise ValueError(f"expected {self._dimensions} dimensions, got an array of shape {point.dense.shape}")
        try:
            json.dumps(dict(point.payload), ensure_ascii=False, allow_nan=False).encode()
        except (TypeError, ValueError, RecursionError) as error:
            raise SkippableError(f"the index cannot hold this payload: {error}") from error
        for name in (*KEYWORD_FIELDS, *INTEGER_FIELDS):
            value = point.payload.get(name)
            no_booleans(*value) if isinstance(value, list | tuple) else no_booleans(value)

    # reading ----------------------------------------------------------------------------------------------

    def count(self, condition: Condition) -> int:
        return self._engine.count(_beside_identity(condition))

    def retrieve(self, ids: Sequence[str], *, vectors: bool = False) -> list[StoredPoint]:
        wanted = [id for id in ids if id != IDENTITY_ID]
        stored = {
            point.id: point for batch in _batches(wanted) for point in self._engine.retrieve(batch, vectors=vectors)
        }
        return [stored[id] for id in wanted if id in stored]

    def page(
        self,
        condition: Condition,
        *,
        vectors: bool,
        limit: int,
        start: str | None,
        fields: Sequence[str] | None = None,
    ) -> Page:
        """One page of `scroll`."""
        return self._engine.page(_beside_identity(condition), vectors=vectors, fields=fields, limit=limit, start=start)

    def scroll(
        self, condition: Condition, *, vectors: bool = False, page: int = 1000, fields: Sequence[str] | None = None
    ) -> Iterator[StoredPoint]:
        return scroll(self, condition, vectors=vectors, page=page, fields=fields)

    def vectors_of(self, hashes: Iterable[str]) -> dict[str, tuple[Vectors, SparseVector]]:
        found: dict[str, tuple[Vectors, SparseVector]] = {}
        for batch in _batches(list(dict.fromkeys(hashes))):
            missing = set(batch)
            start: str | None = None
            while missing:
                # Many points may share one text: each page asks for what is still missing only.
                page = self._engine.page(
                    OneOf("embedded_hash", tuple(sorted(missing))),
                    vectors=True,
                    fields=("embedded_hash",),
                    limit=len(missing),
                    start=start,
                )
                for point in page.points:
                    if point.dense is not None and point.sparse is not None:
                        found[point.payload["embedded_hash"]] = (point.dense, point.sparse)
                missing.difference_update(found)
                start = page.following
                if start is None:
                    break
        return found

    def search(self, query: Query) -> list[Hit]:
        asked = query.candidates + _SPARE
        while True:
            with span("candidates", asked=asked) as told:
                dense, sparse = self._engine.candidates(query, asked)
                told.tell(dense=len(dense), sparse=len(sparse))
            if cut_is_certain(dense, asked, query.candidates, DENSE_TOLERANCE) and cut_is_certain(
                sparse, asked, query.candidates, SPARSE_TOLERANCE
            ):
                with span("fuse"):
                    return fuse(dense, sparse, candidates=query.candidates, limit=query.limit)
            # The cut runs through passages that score the same. Which of them the engine returned depends on where
            # it keeps them, and so on points that this reader may not see: ask for all of them.
            asked *= 8

    # the rest ---------------------------------------------------------------------------------------------

    def flush(self) -> None:
        self._engine.flush()

    def info(self) -> IndexInfo:
        return IndexInfo(self._engine.backend, self._engine.count(_OTHERS), self._engine.detail())

    def close(self) -> None:
        """Others may use the same generation: the store closes it."""


def _beside_identity(condition: Condition) -> Condition:
    return AllOf((condition, _OTHERS))


def _batches(items: Sequence[T]) -> Iterator[Sequence[T]]:
    return (items[start : start + BATCH] for start in range(0, len(items), BATCH))


def check_dimensions(stored: int, wanted: int, where: str) -> None:
    """IndexMismatchError when an existing generation holds vectors of another length; 0 wants whatever it has."""
    if wanted and stored != wanted:
        raise IndexMismatchError(
            f"{where} holds vectors of {stored} dimensions, the embedding model makes {wanted}",
            advice="Set the model that the index was built with, or run `headwater rebuild`.",
        )
