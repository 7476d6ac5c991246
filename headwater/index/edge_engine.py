"""One shard of Qdrant's own engine, in this process.

The engine holds the interpreter lock during each call: a flush (0.6 s at 100,000 points) stops other threads, and
every call is atomic to them. `optimize()` is never called here: it would hold that lock for more than a minute.
"""

import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import qdrant_edge as edge

from headwater.errors import BusyError, FatalError, IndexUnavailableError
from headwater.index.base import DENSE, INTEGER_FIELDS, KEYWORD_FIELDS, SPARSE, Point, StoredPoint
from headwater.index.compile_edge import compile_filter
from headwater.index.edge_errors import require_space, translated
from headwater.index.engine import Page
from headwater.index.fusion import Candidate
from headwater.index.query import Condition, Query
from headwater.interfaces import SparseVector, Vectors

_LOCK_LINGERS = 3.0


class EdgeEngine:
    """An open shard."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._mutex = threading.Lock()
        self._loaded: edge.EdgeShard | None = _load(path)
        self._closed = False

    @property
    def backend(self) -> str:
        return "edge"

    def upsert(self, points: Sequence[Point]) -> None:
        with translated(self._path):
            operation = edge.UpdateOperation.upsert_points([_to_edge(point) for point in points])
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
        shard = self._shard
        require_space(self._path)
        try:
            with translated(self._path):
                shard.update(operation)
        except FatalError:
            # Having failed once, a shard refuses every write until it is loaded again, and yet it flushes without
            # complaint. The log already has the operation: loading does it, which for ours is as good as not.
            with self._mutex:
                if self._loaded is shard:
                    self._loaded = None
                    with suppress(Exception):  # it failed already; what matters is that its lock goes
                        shard.close()
            raise

    @property
    def _shard(self) -> edge.EdgeShard:
        with self._mutex:
            if self._closed:
                raise IndexUnavailableError(f"the index in {self._path} was closed")
            if self._loaded is None:
                self._loaded = _load(self._path)
            return self._loaded

    def count(self, condition: Condition) -> int:
        with translated(self._path):
            return self._shard.count(edge.CountRequest(exact=True, filter=compile_filter(condition)))

    def retrieve(self, ids: Sequence[str], *, vectors: bool) -> list[StoredPoint]:
        with translated(self._path):
            records = self._shard.retrieve(list(ids), with_payload=True, with_vector=vectors)
        return [_from_edge(record, vectors) for record in records]

    def page(
        self, condition: Condition, *, vectors: bool, fields: Sequence[str] | None, limit: int, start: str | None
    ) -> Page:
        with translated(self._path):
            request = edge.ScrollRequest(
                offset=start,
                limit=limit,
                filter=compile_filter(condition),
                with_payload=True if fields is None else list(fields),
                with_vector=vectors,
            )
            records, following = self._shard.scroll(request)
        points = [_from_edge(record, vectors) for record in records]
        return Page(points, None if following is None else str(following))

    def candidates(self, query: Query, limit: int) -> tuple[list[Candidate], list[Candidate]]:
        with translated(self._path):
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
            answers = self._shard.query_batch(edge.QueryBatchRequest(requests))
        lists = [[Candidate(str(hit.id), hit.score, hit.payload or {}) for hit in answer] for answer in answers]
        dense = lists.pop(0) if query.dense is not None else []
        return dense, lists[0] if lists else []

    def flush(self) -> None:
        shard = self._shard
        require_space(self._path)
        with translated(self._path):
            shard.flush()

    def detail(self) -> Mapping[str, str]:
        with translated(self._path):
            info = self._shard.info()
        return {"path": str(self._path), "segments": str(info.segments_count)}

    def close(self) -> None:
        with self._mutex:
            self._closed = True
            shard, self._loaded = self._loaded, None
        if shard is not None:
            with translated(self._path):
                shard.close()


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


def _to_edge(point: Point) -> edge.Point:
    vectors: dict[str, edge.NamedVector] = {}
    if point.dense.size:
        vectors[DENSE] = point.dense.tolist()
    if point.sparse.indices:
        vectors[SPARSE] = edge.SparseVector(list(point.sparse.indices), list(point.sparse.values))
    return edge.Point(point.id, vectors, dict(point.payload))


def _from_edge(record: edge.Record, vectors: bool) -> StoredPoint:
    id, payload = str(record.id), record.payload or {}
    if not vectors:
        return StoredPoint(id, payload)
    stored = record.vector if isinstance(record.vector, dict) else {}
    sparse = stored.get(SPARSE)
    return StoredPoint(id, payload, _dense(stored.get(DENSE)), _sparse(sparse))


def _dense(stored: object) -> Vectors:
    return np.asarray(stored if stored is not None else (), dtype=np.float32)


def _sparse(stored: object) -> SparseVector:
    if not isinstance(stored, edge.SparseVector):
        return SparseVector((), ())
    return SparseVector(tuple(stored.indices), tuple(stored.values))
