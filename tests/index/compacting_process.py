"""Run as a script: fill a generation below the given folder, then compact it, and be killed at the named boundary."""

import os
import signal
import sys
from functools import partial
from pathlib import Path

import numpy as np

from headwater.index import compactor
from headwater.index.base import NEVER, IndexIdentity, Point
from headwater.index.compactor import Compactor
from headwater.index.edge import EdgeStore, create_shard
from headwater.index.points import point_id
from headwater.interfaces import SparseVector

DIMENSIONS, POINTS = 8, 40


def some_point(position: int, publication: int = 1, *, from_: int = 1) -> Point:
    """The same for the same numbers."""
    rng = np.random.default_rng([position, publication])
    dense = rng.standard_normal(DIMENSIONS).astype(np.float32)
    words = sorted(rng.choice(1000, size=6, replace=False).tolist())
    payload = {
        "source": "handbook",
        "document": f"doc-{position // 5}",
        "position": position,
        "publication": publication,
        "from": from_,
        "to": NEVER,
        "allow": ["public"] if position % 3 else ["group:sre"],
        "deny": [],
        "content": f"passage {position} of {publication}",
        "metadata": {"n": [1.5, None, "é\x00", {"deep": True}]},
    }
    id = point_id(publication, "handbook", f"doc-{position // 5}", position)
    return Point(id, dense, SparseVector(tuple(words), tuple(float(w) for w in rng.random(6).astype("f4"))), payload)


def main() -> None:
    folder, boundary, number = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    store = EdgeStore(folder)
    index = store.open("g1", dimensions=DIMENSIONS)
    if index.identity() is None:
        index.write_identity(IndexIdentity("a", "b", DIMENSIONS))
        index.upsert([some_point(n) for n in range(POINTS)])
        index.delete([some_point(n).id for n in range(0, POINTS, 7)])
        index.flush()
    compactor.PAGE = 8
    crossed: list[str] = []

    def step(name: str) -> None:
        crossed.append(name)
        if name == "page" and crossed.count("page") == 2:
            # Durable by the engine's log alone, and in the copy only if that follows.
            index.stamp([some_point(n).id for n in range(POINTS)], to=9)
        if name == boundary and crossed.count(name) == number:
            os.kill(os.getpid(), signal.SIGKILL)

    making = Compactor(store._open["g1"][0], folder / "g1", partial(create_shard, dimensions=DIMENSIONS), step)
    making.start()
    making._thread.join()
    print(making.status.state, making.status.problem, flush=True)
    store.close()


if __name__ == "__main__":
    main()
