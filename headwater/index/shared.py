"""The embedded index as any number of processes share it: one owns it, and when it goes another takes over."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from headwater.errors import BusyError, IndexUnavailableError
from headwater.index.base import Hit, IndexIdentity, IndexInfo, Point, StoredPoint
from headwater.index.compact import Compaction, DiskUse
from headwater.index.engine import DroppedError, Page, PagedIndex, scroll
from headwater.index.lock import busy, read_owner
from headwater.index.owner import OwnedStore
from headwater.index.query import Condition, Query
from headwater.index.record import INDEX_FOLDER
from headwater.index.remote import RemoteStore
from headwater.interfaces import SparseVector, Vectors
from headwater.model import Access

T = TypeVar("T")
_PAUSE = 0.02


class SharedStore:
    """Owns the index, or speaks to its owner; whichever fails, the call is done again with the other.

    Every call of an Index may be repeated without harm, also one that the owner finished before it went.
    """

    def __init__(self, state_dir: Path, *, wait: float, command: str) -> None:
        """BusyError naming the owner when it can be neither replaced nor reached within `wait` seconds."""
        self._state_dir = state_dir
        self._wait = wait
        self._command = command
        self._mutex = threading.Lock()
        self._current: OwnedStore | RemoteStore | None = None
        self._closed = False
        self._store()

    def open(self, generation: str, *, dimensions: int) -> "SharedIndex":
        self.call(lambda store: store.open(generation, dimensions=dimensions))
        return SharedIndex(self, generation, dimensions)

    def generations(self) -> list[str]:
        return self.call(lambda store: store.generations())

    def drop(self, generation: str) -> None:
        self.call(lambda store: store.drop(generation))

    def compact(self, generation: str) -> Compaction:
        """Begun by whoever owns the index; it ends with that process."""
        return self.call(lambda store: store.compact(generation))

    def compaction(self, generation: str) -> Compaction:
        return self.call(lambda store: store.compaction(generation))

    def disk(self, generation: str) -> DiskUse:
        return self.call(lambda store: store.disk(generation))

    @property
    def owned(self) -> bool:
        """Whether it is this process that owns the index at the moment."""
        return isinstance(self._store(), OwnedStore)

    def close(self) -> None:
        with self._mutex:
            self._closed = True
            current, self._current = self._current, None
        if current is not None:
            current.close()

    def call(self, operation: Callable[[OwnedStore | RemoteStore], T]) -> T:
        """Run `operation`, again with a new store while the old one turns out to be gone."""
        deadline = time.monotonic() + self._wait
        while True:
            store = self._store()
            try:
                return operation(store)
            except DroppedError:
                raise
            except IndexUnavailableError as error:
                self._forget(store)
                if time.monotonic() > deadline:
                    raise busy(read_owner(self._folder)) from error
                time.sleep(_PAUSE)

    @property
    def _folder(self) -> Path:
        return self._state_dir / INDEX_FOLDER

    def _store(self) -> OwnedStore | RemoteStore:
        with self._mutex:
            if self._closed:
                raise IndexUnavailableError("the index was closed")
            if self._current is None:
                self._current = self._obtain()
            return self._current

    def _forget(self, store: OwnedStore | RemoteStore) -> None:
        with self._mutex:
            if self._current is not store:
                return
            self._current = None
            store.close()

    def _obtain(self) -> OwnedStore | RemoteStore:
        deadline = time.monotonic() + self._wait
        while True:
            try:
                return OwnedStore(self._folder, sockets=self._state_dir, command=self._command)
            except BusyError as error:
                owner, held = read_owner(self._folder), error
            if owner is not None and owner.socket:
                try:
                    return RemoteStore(owner)
                except IndexUnavailableError:
                    pass  # it is starting, or going: one or the other works in a moment
            if time.monotonic() > deadline:
                raise held
            time.sleep(_PAUSE)


class SharedIndex:
    """One generation, whoever owns it at the moment."""

    def __init__(self, store: SharedStore, generation: str, dimensions: int) -> None:
        self._store = store
        self._generation = generation
        self._dimensions = dimensions

    def _call(self, operation: Callable[[PagedIndex], T]) -> T:
        return self._store.call(lambda store: operation(store.existing(self._generation, dimensions=self._dimensions)))

    def identity(self) -> IndexIdentity | None:
        return self._call(lambda index: index.identity())

    def write_identity(self, identity: IndexIdentity) -> None:
        self._call(lambda index: index.write_identity(identity))

    def upsert(self, points: Sequence[Point]) -> None:
        self._call(lambda index: index.upsert(points))

    def stamp(
        self,
        ids: Sequence[str],
        *,
        from_: int | None = None,
        to: int | None = None,
        fence: int | None = None,
        where: Condition | None = None,
    ) -> None:
        self._call(lambda index: index.stamp(ids, from_=from_, to=to, fence=fence, where=where))

    def set_access(self, ids: Sequence[str], access: Access) -> None:
        self._call(lambda index: index.set_access(ids, access))

    def delete(self, ids: Sequence[str]) -> None:
        self._call(lambda index: index.delete(ids))

    def delete_where(self, condition: Condition) -> None:
        self._call(lambda index: index.delete_where(condition))

    def count(self, condition: Condition) -> int:
        return self._call(lambda index: index.count(condition))

    def retrieve(self, ids: Sequence[str], *, vectors: bool = False) -> list[StoredPoint]:
        return self._call(lambda index: index.retrieve(ids, vectors=vectors))

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
        return self._call(lambda index: index.page(condition, vectors=vectors, limit=limit, start=start, fields=fields))

    def scroll(
        self, condition: Condition, *, vectors: bool = False, page: int = 1000, fields: Sequence[str] | None = None
    ) -> Iterator[StoredPoint]:
        return scroll(self, condition, vectors=vectors, page=page, fields=fields)

    def vectors_of(self, hashes: Iterable[str]) -> dict[str, tuple[Vectors, SparseVector]]:
        wanted = list(hashes)
        return self._call(lambda index: index.vectors_of(wanted))

    def search(self, query: Query) -> list[Hit]:
        return self._call(lambda index: index.search(query))

    def flush(self) -> None:
        self._call(lambda index: index.flush())

    def info(self) -> IndexInfo:
        return self._call(lambda index: index.info())

    def close(self) -> None:
        """The store closes it."""
