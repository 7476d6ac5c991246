"""Points as qdrant-edge has them, and back."""

import numpy as np
import qdrant_edge as edge

from headwater.index.base import DENSE, SPARSE, Point, StoredPoint
from headwater.interfaces import SparseVector, Vectors


def to_edge(point: Point) -> edge.Point:
    vectors: dict[str, edge.NamedVector] = {}
    if point.dense.size:
        vectors[DENSE] = point.dense.tolist()
    if point.sparse.indices:
        vectors[SPARSE] = edge.SparseVector(list(point.sparse.indices), list(point.sparse.values))
    return edge.Point(point.id, vectors, dict(point.payload))


def from_edge(record: edge.Record, vectors: bool) -> StoredPoint:
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
