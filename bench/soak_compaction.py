"""How long searches wait while an embedded index is compacted, and what it gives back.

`python -m bench.soak_compaction [--points 50000] [--folder FOLDER]`: points of 384 dimensions are replaced until a
third of the index is live; then it is compacted while one thread searches 50 times a second and one writes.
"""

import argparse
import json
import random
import shutil
import statistics
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

from bench.soak_watch import MB
from headwater.index.base import NEVER, IndexIdentity, Point
from headwater.index.edge import EdgeIndex, EdgeStore
from headwater.index.permitted import permitted_condition
from headwater.index.points import point_id
from headwater.index.query import Between, Query
from headwater.interfaces import SparseVector

WIDTH = 384


class Filled:
    """Documents of three points, replaced by chance."""

    def __init__(self, index: EdgeIndex, documents: int) -> None:
        self.index, self.publication = index, 1
        self._rng, self._random = np.random.default_rng(3), random.Random(3)
        self._at = dict.fromkeys(range(documents), 1)
        for number in range(documents):
            index.upsert(self._points(number))
            if number % 1000 == 0:
                index.flush()

    def replace(self, documents: int) -> None:
        """As a publication and a collection do it."""
        self.publication += 1
        old: list[str] = []
        for number in self._random.sample(range(len(self._at)), documents):
            self.index.upsert(self._points(number))
            old += [point_id(self._at[number], "s", f"d{number}", position) for position in range(3)]
            self._at[number] = self.publication
        self.index.stamp(old, to=self.publication)
        self.index.flush()
        self.index.delete_where(Between(field="to", lte=self.publication))

    def _points(self, number: int) -> list[Point]:
        return [self._point(number, position) for position in range(3)]

    def _point(self, number: int, position: int) -> Point:
        dense = self._rng.standard_normal(WIDTH).astype(np.float32)
        words = sorted(self._random.sample(range(2**31), 60))
        text = f"{number} {self.publication} " + " ".join(str(word) for word in words * 3)
        payload = {
            "source": "s", "document": f"d{number}", "position": position, "publication": self.publication, "from": 1,
            "to": NEVER, "allow": ["public"], "deny": [], "content": text, "embedded": text, "metadata": {},
        }  # fmt: skip
        id = point_id(self.publication, "s", f"d{number}", position)
        return Point(id, dense, SparseVector(tuple(words), (1.0,) * len(words)), payload)


def measured(folder: Path, points: int) -> dict[str, object]:
    store = EdgeStore(folder / "index")
    index = store.open("g1", dimensions=WIDTH)
    index.write_identity(IndexIdentity("bench", "none", WIDTH))
    filled = Filled(index, points // 3)
    while (before := store.disk("g1")).held < 2.2 * before.live:
        filled.replace(points // 30)
    took: list[float] = []
    ending, quiet = threading.Event(), Query(
        filter=permitted_condition(frozenset(), 2**40), dense=np.ones(WIDTH, np.float32), limit=10, candidates=50
    )  # fmt: skip

    def search() -> None:
        while not ending.wait(0.02):
            began = time.perf_counter()
            index.search(quiet)
            took.append(time.perf_counter() - began)

    searching = threading.Thread(target=search)
    searching.start()
    time.sleep(5)
    alone = sorted(took)
    took.clear()
    status, writes = store.compact("g1"), 0
    while status.state == "running":
        filled.replace(1)
        writes += 1
        time.sleep(0.2)
        status = store.compaction("g1")
    ending.set()
    searching.join()
    after = store.disk("g1")
    store.close()
    return {
        "points": points,
        "state": status.state,
        "seconds": round(status.seconds, 1),
        "held_mb": [round(before.held / MB), round(after.held / MB)],
        "live_mb": round(after.live / MB),
        "longest_call": round(status.pause, 3),
        "search_alone": {"p50": round(statistics.median(alone), 4), "longest": round(alone[-1], 3)},
        "search_meanwhile": {"p50": round(statistics.median(took), 4), "longest": round(max(took), 3)},
        "searches": len(took),
        "publications": writes,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=50_000)
    parser.add_argument("--folder", type=Path)
    asked = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="headwater-compaction-", dir=asked.folder))
    try:
        print(json.dumps(measured(folder, asked.points)))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
