"""Run as a script in a mount namespace of its own, with a small file system: fill it, empty it, make it read-only."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from headwater.errors import StateError
from headwater.index.base import Point
from headwater.index.edge import EdgeStore
from headwater.index.edge_errors import RESERVE
from headwater.index.points import point_id
from headwater.index.query import Between, Query
from headwater.index.store import open_store
from headwater.interfaces import SparseVector

ALL = Between(field="to", gt=0)
ONE = np.ones(8, np.float32)


def points(start: int, stop: int) -> list[Point]:
    words = SparseVector((1,), (1.0,))
    return [Point(point_id(1, "s", "d", n), ONE, words, {"to": 1, "position": n}) for n in range(start, stop)]


def fill(folder: Path, leave: int) -> Path:
    """Take all space but `leave` bytes."""
    filler = folder / "filler"
    stat = os.statvfs(folder)
    descriptor = os.open(filler, os.O_CREAT | os.O_RDWR)
    os.posix_fallocate(descriptor, 0, stat.f_bavail * stat.f_frsize - leave)
    os.close(descriptor)
    return filler


def refused(call: str, attempt: object, folder: Path, words: tuple[str, ...] = ("full", "space")) -> None:
    assert callable(attempt)
    try:
        attempt()
    except StateError as error:
        said = f"{error} {error.advice}"
        assert str(folder) in said, said
        assert any(word in said for word in words), said
        return
    raise AssertionError(f"{call} was not refused")


def full(folder: Path) -> None:
    store = EdgeStore(folder / "index")
    index = store.open("live", dimensions=8)
    index.upsert(points(0, 100))
    index.flush()
    index.upsert(points(100, 150))
    filler = fill(folder, leave=RESERVE // 2)
    refused("upsert", lambda: index.upsert(points(150, 200)), folder)
    refused("stamp", lambda: index.stamp([points(0, 1)[0].id], to=5), folder)
    refused("delete", lambda: index.delete_where(ALL), folder)
    refused("flush", index.flush, folder)
    refused("a new generation", lambda: store.open("next", dimensions=8), folder)
    assert index.count(ALL) == 150, "reading goes on"
    assert index.search(Query(filter=ALL, dense=ONE))[0].payload["position"] == 0
    filler.unlink()
    index.upsert(points(150, 200))
    filler = fill(folder, leave=0)
    store.close()
    refused("open", lambda: EdgeStore(folder / "index").open("live", dimensions=8), folder)
    filler.unlink()


def refilled(folder: Path) -> None:
    store = EdgeStore(folder / "index")
    index = store.open("live", dimensions=8)
    assert index.count(ALL) == 200, "nothing was lost"
    index.flush()
    store.close()


def read_only(folder: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
    refused("open", lambda: EdgeStore(folder / "index"), folder, ("Read-only",))
    refused("open", lambda: open_store(folder, wait=1), folder, ("Read-only",))
    refused("create", lambda: open_store(folder / "new", wait=1), folder, ("Read-only",))


if __name__ == "__main__":
    {"full": full, "refilled": refilled, "read_only": read_only}[sys.argv[1]](Path(sys.argv[2]))
