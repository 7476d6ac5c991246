"""One collection of the stand-in: a shard of the embedded engine; updates come in order, a few points at a time."""

import shutil
import threading
import time
from pathlib import Path
from typing import Any

import qdrant_edge as edge

from tests.support.qdrant_process.filters import Body, UnknownError, from_record, to_filter, to_point, to_request

AT_ONCE = 32
"""Points of one update between which readers come in; a server promises no more than that."""
_PAUSE = 0.0005
_PAGE = 1000


class Collection:
    def __init__(self, folder: Path, config: Body) -> None:
        folder.mkdir(parents=True)
        self._folder = folder
        self._config = config
        self._turn = threading.Lock()
        vectors = {
            name: edge.EdgeVectorParams(size=one["size"], distance=getattr(edge.Distance, one["distance"]))
            for name, one in config["vectors"].items()
        }
        sparse = {
            name: edge.EdgeSparseVectorParams(modifier=edge.Modifier.Idf if one.get("modifier") == "idf" else None)
            for name, one in (config.get("sparse_vectors") or {}).items()
        }
        made = edge.EdgeConfig(vectors=vectors, sparse_vectors=sparse, wal_enabled=False)
        self._shard = edge.EdgeShard.create(str(folder), made)
        self._schema: dict[str, Any] = {}

    def drop(self) -> None:
        with self._turn:
            self._shard.close()
            shutil.rmtree(self._folder, ignore_errors=True)

    def info(self) -> Body:
        return {
            "status": "green",
            "optimizer_status": "ok",
            "segments_count": self._shard.info().segments_count,
            "points_count": self._shard.count(edge.CountRequest(exact=True)),
            "config": {
                "params": {"vectors": self._config["vectors"], "sparse_vectors": self._config.get("sparse_vectors")},
                "hnsw_config": {"m": 16, "ef_construct": 100, "full_scan_threshold": 10000},
                "optimizer_config": {
                    "deleted_threshold": 0.2,
                    "vacuum_min_vector_number": 1000,
                    "default_segment_number": 0,
                    "flush_interval_sec": 5,
                },
                "wal_config": {"wal_capacity_mb": 32, "wal_segments_ahead": 0},
            },
            "payload_schema": dict(self._schema),
        }

    # updates: one after the other, whole ones -----------------------------------------------------------------

    def add_index(self, body: Body) -> Body:
        name, schema = body["field_name"], body["field_schema"]
        kind = schema if isinstance(schema, str) else schema["type"]
        with self._turn:
            if kind == "keyword":
                wanted: Any = edge.PayloadSchemaType.Keyword
            elif kind == "integer":
                wanted = edge.IntegerIndexParams(lookup=schema["lookup"], range=schema["range"])
            else:
                raise UnknownError(f"this process does not index {kind}")
            self._shard.update(edge.UpdateOperation.create_field_index(name, wanted))
            self._schema[name] = {"data_type": kind, "points": 0}
        return _done()

    def upsert(self, body: Body) -> Body:
        points = [to_point(point) for point in body["points"]]
        with self._turn:
            for start in range(0, len(points), AT_ONCE):
                self._shard.update(edge.UpdateOperation.upsert_points(points[start : start + AT_ONCE]))
                time.sleep(_PAUSE)
        return _done()

    def set_payload(self, body: Body) -> Body:
        """Which points meet the filter is found out when its turn comes."""
        with self._turn:
            ids = self._chosen(body)
            for start in range(0, len(ids), AT_ONCE):
                batch = ids[start : start + AT_ONCE]
                self._shard.update(edge.UpdateOperation.set_payload(batch, body["payload"]))
                time.sleep(_PAUSE)
        return _done()

    def delete(self, body: Body) -> Body:
        with self._turn:
            ids = self._chosen(body)
            for start in range(0, len(ids), AT_ONCE):
                self._shard.update(edge.UpdateOperation.delete_points(ids[start : start + AT_ONCE]))
                time.sleep(_PAUSE)
        return _done()

    def _chosen(self, body: Body) -> list[Any]:
        if body.get("points") is not None:
            return list(body["points"])
        if body.get("filter") is None:
            raise UnknownError("an update chooses points by ids or by a filter")
        found: list[Any] = []
        offset = None
        while True:
            request = edge.ScrollRequest(
                offset=offset, limit=_PAGE, filter=to_filter(body["filter"]), with_payload=False, with_vector=False
            )
            records, offset = self._shard.scroll(request)
            found += [record.id for record in records]
            if offset is None:
                return found

    # reads: at any time, also in the middle of an update ------------------------------------------------------

    def count(self, body: Body) -> Body:
        return {"count": self._shard.count(edge.CountRequest(exact=True, filter=to_filter(body.get("filter"))))}

    def retrieve(self, body: Body) -> list[Body]:
        vectors = bool(body.get("with_vector"))
        records = self._shard.retrieve(body["ids"], with_payload=body.get("with_payload", True), with_vector=vectors)
        return [from_record(record, vectors=vectors) for record in records]

    def scroll(self, body: Body) -> Body:
        vectors = bool(body.get("with_vector"))
        request = edge.ScrollRequest(
            offset=body.get("offset"),
            limit=body["limit"],
            filter=to_filter(body.get("filter")),
            with_payload=body.get("with_payload", True),
            with_vector=vectors,
        )
        records, following = self._shard.scroll(request)
        points = [from_record(record, vectors=vectors) for record in records]
        return {"points": points, "next_page_offset": None if following is None else str(following)}

    def query_batch(self, body: Body) -> list[Body]:
        requests = [to_request(one) for one in body["searches"]]
        answers = self._shard.query_batch(edge.QueryBatchRequest(requests))
        return [
            {
                "points": [
                    {"id": str(hit.id), "version": 0, "score": hit.score, "payload": hit.payload} for hit in answer
                ]
            }
            for answer in answers
        ]


def _from_hit(hit: edge.ScoredPoint) -> Body:
    return {"id": str(hit.id), "version": 0, "score": hit.score, "payload": hit.payload}


def _done() -> Body:
    return {"operation_id": 0, "status": "completed"}
