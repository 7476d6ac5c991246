"""Points as files: a line of JSON for each, and their dense vectors one after the other beside it.

Nothing in them depends on how an index keeps its points, so that any release, engine or index can read them back.
"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from headwater.backup.manifest import damaged
from headwater.index.base import Point, StoredPoint
from headwater.interfaces import SparseVector

_FLOAT = np.dtype("<f4")


def write_points(points: Iterable[StoredPoint], lines: Path, vectors: Path) -> int:
    """Write points that were read with their vectors; how many."""
    count = 0
    with lines.open("w", encoding="ascii") as text, vectors.open("wb") as binary:
        for point in points:
            dense = np.empty(0, _FLOAT) if point.dense is None else np.asarray(point.dense, _FLOAT)
            sparse = point.sparse or SparseVector((), ())
            line = {
                "id": point.id,
                "dense": len(dense),
                "indices": list(sparse.indices),
                "values": [float(value) for value in sparse.values],
                "payload": dict(point.payload),
            }
            text.write(json.dumps(line, separators=(",", ":")) + "\n")  # json.dump encodes in Python
            binary.write(dense.tobytes())
            count += 1
    return count


def read_points(lines: Path, vectors: Path, place: str) -> Iterator[Point]:
    """The points in the order written; StateError naming `place` when the files do not fit each other."""
    with lines.open(encoding="ascii") as text, vectors.open("rb") as binary:
        try:
            for line in text:
                found = json.loads(line)
                size = int(found["dense"])
                data = binary.read(size * _FLOAT.itemsize)
                if len(data) != size * _FLOAT.itemsize:
                    raise ValueError("vectors are missing")
                sparse = SparseVector(tuple(found["indices"]), tuple(found["values"]))
                yield Point(found["id"], np.frombuffer(data, _FLOAT).astype(np.float32), sparse, found["payload"])
        except (ValueError, KeyError, TypeError) as error:
            raise damaged(place, "its points cannot be read") from error
        if binary.read(1):
            raise damaged(place, "it holds more vectors than points")
