"""The embedded index: Qdrant's own engine in this process, one folder per generation.

The engine holds the interpreter lock during each call: a flush (0.6 s at 100,000 points) stops other threads, and
every call is atomic to them. `optimize()` is never called here: it would hold that lock for more than a minute.
"""

import json
import re
import shutil
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import qdrant_edge as edge

from headwater.errors import BusyError, ConfigError, StateError
from headwater.index.base import DENSE, INTEGER_FIELDS, KEYWORD_FIELDS, SPARSE, Point, StoredPoint
from headwater.index.compile_edge import compile_filter
from headwater.index.edge_errors import require_space, translated
from headwater.index.engine import EngineIndex, Page, check_dimensions
from headwater.index.fusion import Candidate
from headwater.index.lock import OwnerLock, folder_error
from headwater.index.query import Condition, HasId, Query
from headwater.interfaces import SparseVector, Vectors

_GENERATION = re.compile(r"[A-Za-z0-9_-]{1,64}")
_UNFINISHED, _DROPPED = ".new", ".gone"
_LOCK_LINGERS = 3.0


class EdgeEngine:
    """An open shard."""

    def __init__(self, shard: edge.EdgeShard, path: Path) -> None:
        self._shard = shard
        self._path = path

    @property
    def backend(self) -> str:
        return "edge"

    def upsert(self, points: Sequence[Point]) -> None:
        require_space(self._path)
        with translated(self._path):
            self._shard.update(edge.UpdateOperation.upsert_points([_to_edge(point) for point in points]))

    def set_payload(self, ids: Sequence[str], payload: Mapping[str, Any]) -> None:
        require_space(self._path)
        # By filter: by ids the engine sets those that exist and then raises for the first that does not.
        with translated(self._path):
            chosen = compile_filter(HasId(tuple(ids)))
            self._shard.update(edge.UpdateOperation.set_payload_by_filter(chosen, dict(payload)))

    def delete(self, condition: Condition) -> None:
        require_space(self._path)
        with translated(self._path):
            self._shard.update(edge.UpdateOperation.delete_points_by_filter(compile_filter(condition)))

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
        require_space(self._path)
        with translated(self._path):
            self._shard.flush()

    def detail(self) -> Mapping[str, str]:
        with translated(self._path):
            info = self._shard.info()
        return {"path": str(self._path), "segments": str(info.segments_count)}

    def close(self) -> None:
        with translated(self._path):
            self._shard.close()


class EdgeStore:
    """Generations of an embedded index as folders below `path`, which this process owns until `close`."""

    def __init__(self, path: Path, *, command: str = "") -> None:
        """BusyError naming the owner when another process owns it."""
        self.path = path
        self.lock = OwnerLock.acquire(path, command)
        self._mutex = threading.RLock()
        self._open: dict[str, tuple[EdgeEngine, int]] = {}

    def open(self, generation: str, *, dimensions: int) -> EngineIndex:
        """All handles of a generation share one shard, which `drop` and `close` of the store close."""
        folder = self._folder(generation)
        with self._mutex:
            if generation not in self._open:
                require_space(self.path)
                if not _complete(folder):
                    _create(folder, dimensions)
                stored = _dimensions(folder)
                check_dimensions(stored, dimensions, str(folder))
                self._open[generation] = EdgeEngine(_load(folder), folder), stored
            engine, stored = self._open[generation]
            check_dimensions(stored, dimensions, str(folder))
            return EngineIndex(engine, stored)

    def generations(self) -> list[str]:
        try:
            return sorted(folder.name for folder in self.path.iterdir() if _complete(folder))
        except OSError as error:
            raise folder_error(self.path, error) from error

    def drop(self, generation: str) -> None:
        folder = self._folder(generation)
        with self._mutex:
            opened = self._open.pop(generation, None)
            if opened is not None:
                opened[0].close()
            try:
                if folder.exists():
                    # Renamed first: a generation is there as a whole or not at all, however this ends.
                    shutil.rmtree(folder.with_name(generation + _DROPPED), ignore_errors=True)
                    folder.rename(folder.with_name(generation + _DROPPED))
                shutil.rmtree(folder.with_name(generation + _DROPPED), ignore_errors=True)
            except OSError as error:
                raise folder_error(folder, error) from error

    def close(self) -> None:
        with self._mutex:
            for engine, _ in self._open.values():
                engine.close()
            self._open.clear()
            self.lock.release()

    def _folder(self, generation: str) -> Path:
        if not _GENERATION.fullmatch(generation):
            raise ConfigError(f"{generation!r} is no name for a generation of the index")
        return self.path / generation


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


def _complete(folder: Path) -> bool:
    return folder.suffix not in (_UNFINISHED, _DROPPED) and (folder / "edge_config.json").is_file()


def _dimensions(folder: Path) -> int:
    try:
        config = json.loads((folder / "edge_config.json").read_text())
        return int(config["vectors"][DENSE]["size"])
    except OSError as error:
        raise folder_error(folder, error) from error
    except (ValueError, KeyError, TypeError) as error:
        raise StateError(
            f"{folder} is not an index that this version can read", advice="Run `headwater rebuild`."
        ) from error


def _create(folder: Path, dimensions: int) -> None:
    """Under another name until its payload indexes exist, so that a crash leaves no half-made generation."""
    unfinished = folder.with_name(folder.name + _UNFINISHED)
    config = edge.EdgeConfig(
        vectors={DENSE: edge.EdgeVectorParams(size=dimensions, distance=edge.Distance.Cosine)},
        sparse_vectors={SPARSE: edge.EdgeSparseVectorParams(modifier=edge.Modifier.Idf)},
        wal_enabled=True,
    )
    try:
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        with translated(folder):
            shard = edge.EdgeShard.create(str(unfinished), config)
            _add_payload_indexes(shard)
            shard.flush()
            shard.close()
        unfinished.rename(folder)
    except OSError as error:
        raise folder_error(folder, error) from error


def _load(folder: Path) -> edge.EdgeShard:
    deadline = time.monotonic() + _LOCK_LINGERS
    while True:
        try:
            with translated(folder):
                shard = edge.EdgeShard.load(str(folder))
                _add_payload_indexes(shard)
                return shard
        except BusyError:
            # We hold our lock, so the engine's own can only be that of a process that is just being torn down.
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def _add_payload_indexes(shard: edge.EdgeShard) -> None:
    present = shard.info().payload_schema
    for name in KEYWORD_FIELDS:
        if name not in present:
            shard.update(edge.UpdateOperation.create_field_index(name, edge.PayloadSchemaType.Keyword))
    for name in INTEGER_FIELDS:
        if name not in present:
            params = edge.IntegerIndexParams(lookup=True, range=True)
            shard.update(edge.UpdateOperation.create_field_index(name, params))
