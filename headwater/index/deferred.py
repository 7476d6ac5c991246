"""An index that is opened when it is first needed: a run in which nothing changed never needs it."""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence

from headwater.index.base import Hit, Index, IndexIdentity, IndexInfo, Point, StoredPoint
from headwater.index.query import Condition, Query
from headwater.interfaces import SparseVector, Vectors
from headwater.model import Access


class DeferredIndex:
    """Every call is the opened index's own; `opening` may raise whatever keeps the index from being used."""

    def __init__(self, opening: Callable[[], Index]) -> None:
        self._opening = opening
        self._mutex = threading.Lock()
        self._opened: Index | None = None

    @property
    def _index(self) -> Index:
        with self._mutex:
            if self._opened is None:
                self._opened = self._opening()
            return self._opened

    def identity(self) -> IndexIdentity | None:
        return self._index.identity()

    def write_identity(self, identity: IndexIdentity) -> None:
        self._index.write_identity(identity)

    def upsert(self, points: Sequence[Point]) -> None:
        self._index.upsert(points)

    def stamp(
        self,
        ids: Sequence[str],
        *,
        from_: int | None = None,
        to: int | None = None,
        fence: int | None = None,
        where: Condition | None = None,
    ) -> None:
        self._index.stamp(ids, from_=from_, to=to, fence=fence, where=where)

    def set_access(self, ids: Sequence[str], access: Access) -> None:
        self._index.set_access(ids, access)

    def delete(self, ids: Sequence[str]) -> None:
        self._index.delete(ids)

    def delete_where(self, condition: Condition) -> None:
        self._index.delete_where(condition)

    def count(self, condition: Condition) -> int:
        return self._index.count(condition)

    def retrieve(self, ids: Sequence[str], *, vectors: bool = False) -> list[StoredPoint]:
        return self._index.retrieve(ids, vectors=vectors)

    def scroll(
        self, condition: Condition, *, vectors: bool = False, page: int = 1000, fields: Sequence[str] | None = None
    ) -> Iterator[StoredPoint]:
        return self._index.scroll(condition, vectors=vectors, page=page, fields=fields)

    def vectors_of(self, hashes: Iterable[str]) -> dict[str, tuple[Vectors, SparseVector]]:
        return self._index.vectors_of(hashes)

    def search(self, query: Query) -> list[Hit]:
        return self._index.search(query)

    def flush(self) -> None:
        self._index.flush()

    def info(self) -> IndexInfo:
        return self._index.info()

    def close(self) -> None:
        """Whoever opens it closes it."""
