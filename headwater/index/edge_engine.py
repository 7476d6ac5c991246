"""One shard of Qdrant's own engine, in this process.

The engine holds the interpreter lock during each call: a flush (0.6 s at 100,000 points) stops other threads, and
every call is atomic to them. `optimize()` is never called here: it would hold that lock for more than a minute.
`headwater.index.compactor` puts another shard with the same points in its place.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import qdrant_edge as edge

from headwater.errors import BusyError, FatalError, HeadwaterError, IndexUnavailableError
from headwater.index.base import DENSE, INTEGER_FIELDS, KEYWORD_FIELDS, SPARSE, Point, StoredPoint
from headwater.index.compile_edge import compile_filter
from headwater.index.edge_copy import ShardCopy
from headwater.index.edge_errors import require_space, translated
from headwater.index.edge_points import from_edge, to_edge
from headwater.index.engine import Page
from headwater.index.fusion import Candidate
from headwater.index.query import Condition, Query

_LOCK_LINGERS = 3.0


@dataclass(slots=True, eq=False)
class _Loaded:
    """A shard and how many calls are in it."""

    shard: edge.EdgeShard
    path: Path
    calls: int = 0


class EdgeEngine:
    """An open shard."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._mutex = threading.Lock()
        self._idle = threading.Condition(self._mutex)
        self._writing = threading.Lock()
        """One write at a time, to the shard and to its copy."""
        self._loaded: _Loaded | None = _Loaded(_load(path), path)
        self._copy: ShardCopy | None = None
        self._closed = False

    @property
    def backend(self) -> str:
        return "edge"

    def upsert(self, points: Sequence[Point]) -> None:
        with translated(self._path):
            operation = edge.UpdateOperation.upsert_points([to_edge(point) for point in points])
        self._update(operation)

    def set_payload(self, condition: Condition, payload: Mapping[str, Any]) -> None:
        with translated(self._path):
            operation = edge.UpdateOperation.set_payload_by_filter(compile_filter(condition), dict(payload))
        self._update(operation)

    def delete(self, condition: Condition) -> None:
        with translated(self._path):
            operation = edge.UpdateOperation.delete_points_by_filter(compile_filter(condition))
        self._update(operation)

    def _update(self, operation: edge.UpdateOperation) -> None:
        with self._writing, self._using() as loaded:
            require_space(loaded.path)
            try:
                with translated(loaded.path):
                    loaded.shard.update(operation)
            except FatalError:
                self._broken(loaded)
                raise
            except BaseException:
                self._spoil_copy()
                raise
            if self._copy is not None:
                self._copy.also(operation)

    def _broken(self, loaded: _Loaded) -> None:
        # Having failed once, a shard refuses every write until it is loaded again, and yet it flushes without
        # complaint. The log already has the operation: loading does it, which for ours is as good as not.
        self._spoil_copy()
        with self._mutex:
            if self._loaded is loaded:
                self._loaded = None
                with suppress(Exception):  # it failed already; what matters is that its lock goes
                    loaded.shard.close()

    def _spoil_copy(self) -> None:
        if self._copy is not None:
            self._copy.spoil()

    @contextmanager
    def _using(self) -> Iterator[_Loaded]:
        """The shard for the length of a call: one that is replaced meanwhile is closed after it."""
        with self._mutex:
            loaded = self._current()
            loaded.calls += 1
        try:
            yield loaded
        finally:
            with self._mutex:
                loaded.calls -= 1
                self._idle.notify_all()

    def _current(self) -> _Loaded:
        if self._closed:
            raise IndexUnavailableError(f"the index in {self._path} was closed")
        if self._loaded is None:
            self._loaded = _Loaded(_load(self._path), self._path)
        return self._loaded

    @property
    def _shard(self) -> edge.EdgeShard:
        with self._mutex:
            return self._current().shard

    def count(self, condition: Condition) -> int:
        with self._using() as loaded, translated(loaded.path):
            return loaded.shard.count(edge.CountRequest(exact=True, filter=compile_filter(condition)))

    def retrieve(self, ids: Sequence[str], *, vectors: bool) -> list[StoredPoint]:
        with self._using() as loaded, translated(loaded.path):
            records = loaded.shard.retrieve(list(ids), with_payload=True, with_vector=vectors)
        return [from_edge(record, vectors) for record in records]

    def page(
        self, condition: Condition, *, vectors: bool, fields: Sequence[str] | None, limit: int, start: str | None
    ) -> Page:
        with self._using() as loaded, translated(loaded.path):
            request = edge.ScrollRequest(
                offset=start,
                limit=limit,
                filter=compile_filter(condition),
                with_payload=True if fields is None else list(fields),
                with_vector=vectors,
            )
            records, following = loaded.shard.scroll(request)
        points = [from_edge(record, vectors) for record in records]
        return Page(points, None if following is None else str(following))

    def candidates(self, query: Query, limit: int) -> tuple[list[Candidate], list[Candidate]]:
        with self._using() as loaded, translated(loaded.path):
            permitted = compile_filter(query.filter)
            requests = []
            if query.dense is not None:
                nearest = edge.Query.Nearest(query.dense.tolist(), using=DENSE)
                requests.append(_request(nearest, permitted, edge.SearchParams(exact=True), limit))
            if query.sparse is not None and query.sparse.indices:
                vector = edge.SparseVector(list(query.sparse.indices), list(query.sparse.values))
                params = edge.SearchParams(exact=True, idf=edge.IdfParams(corpus=permitted))
                requests.append(_request(edge.Query.Nearest(vector, using=SPARSE), permitted, params, limit))
            if not requests:
                return [], []
            answers = loaded.shard.query_batch(edge.QueryBatchRequest(requests))
        lists = [[Candidate(str(hit.id), hit.score, hit.payload or {}) for hit in answer] for answer in answers]
        dense = lists.pop(0) if query.dense is not None else []
        return dense, lists[0] if lists else []

    def flush(self) -> None:
        with self._using() as loaded:
            require_space(loaded.path)
            with translated(loaded.path):
                loaded.shard.flush()

    def detail(self) -> Mapping[str, str]:
        with self._using() as loaded, translated(loaded.path):
            info = loaded.shard.info()
        return {"path": str(loaded.path), "segments": str(info.segments_count)}

    def close(self) -> None:
        with self._mutex:
            self._closed = True
            loaded, self._loaded = self._loaded, None
        if loaded is not None:
            with translated(loaded.path):
                loaded.shard.close()

    # a copy that takes its place --------------------------------------------------------------------------

    @property
    def points(self) -> int:
        """All of them, the identity too."""
        with self._using() as loaded, translated(loaded.path):
            return loaded.shard.info().points_count

    def follow(self, copy: ShardCopy) -> None:
        """From now on `copy` gets every write."""
        with self._writing:
            self._copy = copy

    def copy_page(self, copy: ShardCopy, start: str | None, limit: int) -> tuple[int, str | None]:
        """Copy points from the id `start` on: how many, and the id to go on from, None at the end."""
        with self._writing, self._using() as loaded:
            return copy.page(loaded.shard, start, limit)

    def switch(self, copy: ShardCopy, commit: Callable[[], None]) -> "Retired":
        """Put `copy`, which has everything, in the place of the shard; `commit` makes that last, or raises."""
        with self._writing:
            copy.flush()
            copy.check()
            commit()
            with self._mutex:
                old, self._loaded, self._path = self._loaded, _Loaded(copy.shard, copy.folder), copy.folder
            self._copy = None
        return Retired(old, self._idle)

    def leave(self, copy: ShardCopy) -> None:
        """Nothing comes of it."""
        with self._writing:
            self._copy = None
        with suppress(HeadwaterError):  # its files are removed
            copy.close()


class Retired:
    """A shard that another one took the place of."""

    def __init__(self, loaded: _Loaded | None, idle: threading.Condition) -> None:
        self._loaded = loaded
        self._idle = idle

    def wait(self) -> None:
        """Until nobody is in a call of it."""
        with self._idle:
            self._idle.wait_for(lambda: self._loaded is None or not self._loaded.calls)

    def close(self) -> None:
        if self._loaded is not None:
            with translated(self._loaded.path):
                self._loaded.shard.close()


def _load(folder: Path) -> edge.EdgeShard:
    require_space(folder)
    deadline = time.monotonic() + _LOCK_LINGERS
    while True:
        try:
            with translated(folder):
                shard = edge.EdgeShard.load(str(folder))
                add_payload_indexes(shard)
                return shard
        except BusyError:
            # We hold our lock, so the engine's own can only be that of a process that is just being torn down.
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def add_payload_indexes(shard: edge.EdgeShard) -> None:
    """Those that are missing; before the first write, or every filter is a scan."""
    present = shard.info().payload_schema
    for name in KEYWORD_FIELDS:
        if name not in present:
            shard.update(edge.UpdateOperation.create_field_index(name, edge.PayloadSchemaType.Keyword))
    for name in INTEGER_FIELDS:
        if name not in present:
            params = edge.IntegerIndexParams(lookup=True, range=True)
            shard.update(edge.UpdateOperation.create_field_index(name, params))


def _request(query: edge.Query, permitted: edge.Filter, params: edge.SearchParams, limit: int) -> edge.QueryRequest:
    return edge.QueryRequest(limit=limit, query=query, filter=permitted, params=params, with_payload=True)
