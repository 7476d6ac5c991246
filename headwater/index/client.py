"""The index over qdrant-client; importing it takes seconds, so that only `server` and `memory` do."""

import re
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from typing import Any, TypeAlias

import numpy as np
from qdrant_client import QdrantClient, models

from headwater.errors import BusyError, ConfigError, IndexMismatchError
from headwater.index.base import DENSE, INTEGER_FIELDS, KEYWORD_FIELDS, SPARSE, Point, StoredPoint
from headwater.index.compact import UNNEEDED, Compaction
from headwater.index.compile_client import compile_filter
from headwater.index.engine import DroppedError, EngineIndex, Page, check_dimensions
from headwater.index.fusion import Candidate
from headwater.index.query import Condition, Query
from headwater.interfaces import SparseVector

PREFIX = "headwater_"
_GENERATION = re.compile(r"[A-Za-z0-9_-]{1,64}")

Guard: TypeAlias = Callable[[], AbstractContextManager[None]]
"""Made anew around every call of the client: translates its errors, and locks where it is not thread-safe."""


class ClientEngine:
    """One collection."""

    def __init__(self, client: QdrantClient, collection: str, *, backend: str, guard: Guard, exact: bool) -> None:
        self._client = client
        self._collection = collection
        self._backend = backend
        self._guard = guard
        self._exact = exact or None
        # One writer's calls on one point are applied in order by all replicas, and are done when the call returns.
        self._written: dict[str, Any] = {"wait": True, "ordering": models.WriteOrdering.STRONG}

    @property
    def backend(self) -> str:
        return self._backend

    def upsert(self, points: Sequence[Point]) -> None:
        with self._guard():
            structs = [_to_client(point) for point in points]
            self._client.upsert(self._collection, structs, **self._written)

    def set_payload(self, condition: Condition, payload: Mapping[str, Any]) -> None:
        with self._guard():
            chosen = compile_filter(condition)
            self._client.set_payload(self._collection, dict(payload), points=chosen, **self._written)

    def delete(self, condition: Condition) -> None:
        with self._guard():
            chosen = models.FilterSelector(filter=compile_filter(condition))
            self._client.delete(self._collection, chosen, **self._written)

    def count(self, condition: Condition) -> int:
        with self._guard():
            return int(self._client.count(self._collection, compile_filter(condition), exact=True).count)

    def retrieve(self, ids: Sequence[str], *, vectors: bool) -> list[StoredPoint]:
        with self._guard():
            records = self._client.retrieve(self._collection, list(ids), with_payload=True, with_vectors=vectors)
        return [_from_client(record, vectors) for record in records]

    def page(
        self, condition: Condition, *, vectors: bool, fields: Sequence[str] | None, limit: int, start: str | None
    ) -> Page:
        with self._guard():
            records, following = self._client.scroll(
                self._collection,
                scroll_filter=compile_filter(condition),
                limit=limit,
                offset=start,
                with_payload=True if fields is None else list(fields),
                with_vectors=vectors,
            )
        points = [_from_client(record, vectors) for record in records]
        return Page(points, None if following is None else str(following))

    def candidates(self, query: Query, limit: int) -> tuple[list[Candidate], list[Candidate]]:
        requests = []
        permitted = compile_filter(query.filter)
        if query.dense is not None:
            params = models.SearchParams(exact=self._exact) if self._exact else None
            requests.append(_request(query.dense.tolist(), DENSE, permitted, params, limit))
        if query.sparse is not None and query.sparse.indices:
            vector = models.SparseVector(indices=list(query.sparse.indices), values=list(query.sparse.values))
            corpus = models.IdfCorpusParams(corpus=permitted)
            params = models.SearchParams(exact=self._exact, idf=corpus)
            requests.append(_request(vector, SPARSE, permitted, params, limit))
        if not requests:
            return [], []
        with self._guard():
            answers = self._client.query_batch_points(self._collection, requests)
        lists = [[Candidate(str(hit.id), hit.score, hit.payload or {}) for hit in answer.points] for answer in answers]
        dense = lists.pop(0) if query.dense is not None else []
        return dense, lists[0] if lists else []

    def flush(self) -> None:
        """The server makes what it confirmed durable by itself."""

    def detail(self) -> Mapping[str, str]:
        with self._guard():
            info = self._client.get_collection(self._collection)
        return {"collection": self._collection, "state": str(info.status.value)}


class ClientStore:
    """Generations as collections named `headwater_<generation>`."""

    def __init__(self, client: QdrantClient, *, backend: str, guard: Guard, exact: bool) -> None:
        self._client = client
        self._backend = backend
        self._guard = guard
        self._exact = exact
        self._mutex = threading.Lock()

    def open(self, generation: str, *, dimensions: int) -> EngineIndex:
        collection = _collection(generation)
        with self._mutex:
            self._make_sure_of(collection, dimensions)
        with self._mutex, self._guard():
            # Also when it exists: its creator may have died between the collection and its payload indexes.
            self._add_payload_indexes(collection)
            params = self._client.get_collection(collection).config.params
        vectors = params.vectors if isinstance(params.vectors, dict) else {}
        if DENSE not in vectors or SPARSE not in (params.sparse_vectors or {}):
            raise IndexMismatchError(
                f"the collection {collection} has no vectors {DENSE} and {SPARSE}",
                advice="It was not made by Headwater: rename it, or use another server.",
            )
        stored = vectors[DENSE].size
        check_dimensions(stored, dimensions, f"the collection {collection}")
        engine = ClientEngine(self._client, collection, backend=self._backend, guard=self._guard, exact=self._exact)
        return EngineIndex(engine, stored)

    def generations(self) -> list[str]:
        with self._guard():
            names = [collection.name for collection in self._client.get_collections().collections]
        return sorted(name.removeprefix(PREFIX) for name in names if name.startswith(PREFIX))

    def drop(self, generation: str) -> None:
        with self._guard():
            self._client.delete_collection(_collection(generation))

    def compact(self, generation: str) -> Compaction:  # noqa: ARG002 -- the same for all of them
        """Nothing is done: a server compacts its collections itself."""
        return UNNEEDED

    def compaction(self, generation: str) -> Compaction:  # noqa: ARG002
        return UNNEEDED

    def disk(self, generation: str) -> None:
        """Nobody can tell from here."""

    def close(self) -> None:
        with self._guard():
            self._client.close()

    def _make_sure_of(self, collection: str, dimensions: int) -> None:
        with self._guard():
            if self._client.collection_exists(collection):
                return
        if not dimensions:
            raise DroppedError(f"the collection {collection} was dropped")
        # Writers on several machines may find at once that it is missing: all but one are told that it is there.
        with suppress(BusyError), self._guard():
            self._create(collection, dimensions)

    def _create(self, collection: str, dimensions: int) -> None:
        self._client.create_collection(
            collection,
            vectors_config={DENSE: models.VectorParams(size=dimensions, distance=models.Distance.COSINE)},
            sparse_vectors_config={SPARSE: models.SparseVectorParams(modifier=models.Modifier.IDF)},
        )

    def _add_payload_indexes(self, collection: str) -> None:
        if self._backend == "memory":
            return  # has none
        present = self._client.get_collection(collection).payload_schema
        schemas: dict[str, models.KeywordIndexParams | models.IntegerIndexParams] = {
            name: models.KeywordIndexParams(type=models.KeywordIndexType.KEYWORD) for name in KEYWORD_FIELDS
        }
        for name in INTEGER_FIELDS:
            schemas[name] = models.IntegerIndexParams(type=models.IntegerIndexType.INTEGER, lookup=True, range=True)
        for name, schema in schemas.items():
            if name not in present:
                self._client.create_payload_index(collection, name, schema, wait=True)


def _collection(generation: str) -> str:
    if not _GENERATION.fullmatch(generation):
        raise ConfigError(f"{generation!r} is no name for a generation of the index")
    return PREFIX + generation


def _request(
    vector: list[float] | models.SparseVector,
    using: str,
    permitted: models.Filter,
    params: models.SearchParams | None,
    limit: int,
) -> models.QueryRequest:
    nearest = models.NearestQuery(nearest=vector)
    return models.QueryRequest(
        query=nearest, using=using, filter=permitted, params=params, limit=limit, with_payload=True
    )


def _to_client(point: Point) -> models.PointStruct:
    vectors: dict[str, Any] = {}
    if point.dense.size:
        vectors[DENSE] = point.dense.tolist()
    if point.sparse.indices:
        vectors[SPARSE] = models.SparseVector(indices=list(point.sparse.indices), values=list(point.sparse.values))
    return models.PointStruct(id=point.id, vector=vectors, payload=dict(point.payload))


def _from_client(record: models.Record, vectors: bool) -> StoredPoint:
    id, payload = str(record.id), record.payload or {}
    if not vectors:
        return StoredPoint(id, payload)
    stored = record.vector if isinstance(record.vector, dict) else {}
    dense = np.asarray(stored.get(DENSE, ()), dtype=np.float32)
    sparse = stored.get(SPARSE)
    if not isinstance(sparse, models.SparseVector):
        return StoredPoint(id, payload, dense, SparseVector((), ()))
    return StoredPoint(id, payload, dense, SparseVector(tuple(sparse.indices), tuple(sparse.values)))
