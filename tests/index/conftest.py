"""The index backends that the contract is checked on, and points to check it with."""

import os
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from headwater.index.base import NEVER, Index, IndexStore, Point
from headwater.index.edge import EdgeStore
from headwater.index.lock import read_owner
from headwater.index.memory import MemoryStore
from headwater.index.points import point_id
from headwater.index.query import HasId, Not
from headwater.index.remote import RemoteStore
from headwater.index.server import ServerStore
from headwater.interfaces import SparseVector
from tests.support.qdrant_process.running import running_stand_in

DIMENSIONS = 8

MakePoint = Callable[..., Point]
StartOwner = Callable[[Path], subprocess.Popen[str]]


@pytest.fixture(scope="session")
def start_owner() -> Iterator[StartOwner]:
    """Start a process that owns the index below a state folder; it is up when this returns."""
    started: list[subprocess.Popen[str]] = []

    def start(state: Path) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("owning_process.py")), str(state)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder in memory where there is room: a generation takes 1,600 syncs to make, seconds on a busy disk."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > 4 * 2**30
    with tempfile.TemporaryDirectory(dir=memory if roomy else None, ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def module_folder() -> Iterator[Path]:
    with scratch() as folder:
        yield folder


@pytest.fixture
def state() -> Iterator[Path]:
    """A state folder that does not exist yet."""
    with scratch() as folder:
        yield folder / "state"


# No server comes with Headwater: the adapter is checked on a stand-in, and on a real one where QDRANT_URL names it.
BACKENDS = ["edge", "remote", "memory", "stand-in", *(["server"] if os.environ.get("QDRANT_URL") else [])]


@pytest.fixture(scope="session", params=BACKENDS)
def store(request: pytest.FixtureRequest, start_owner: StartOwner) -> Iterator[IndexStore]:
    with ExitStack() as stack:
        if request.param == "stand-in":
            url = stack.enter_context(running_stand_in()).url
            yield stack.enter_context(closing(ServerStore(url)))
        else:
            folder = stack.enter_context(scratch())
            yield stack.enter_context(closing(_open(request.param, folder, start_owner)))


def _open(backend: str, folder: Path, start_owner: StartOwner) -> IndexStore:
    match backend:
        case "edge":
            return EdgeStore(folder / "index")
        case "remote":
            start_owner(folder)
            owner = read_owner(folder / "index")
            assert owner is not None
            return RemoteStore(owner)
        case "memory":
            return MemoryStore()
        case _:
            return ServerStore(os.environ["QDRANT_URL"], api_key=os.environ.get("QDRANT_API_KEY"))


@pytest.fixture
def index(store: IndexStore) -> Index:
    """An index without points; making a generation for each test would take most of the time."""
    if isinstance(store, MemoryStore):
        store.drop("tests")  # it goes through the deleted ones too, in Python
    emptied = store.open("tests", dimensions=DIMENSIONS)
    emptied.delete_where(Not(HasId(())))
    return emptied


@pytest.fixture
def fresh_index(store: IndexStore) -> Iterator[Index]:
    """A generation of its own, gone afterwards."""
    generation = f"test-{uuid.uuid4().hex}"
    yield store.open(generation, dimensions=DIMENSIONS)
    store.drop(generation)


@pytest.fixture(scope="session")
def dimensions() -> int:
    return DIMENSIONS


@pytest.fixture(scope="session")
def make_point() -> MakePoint:
    """A point visible to everyone from epoch 1 on, unless told otherwise; the same for the same position."""

    def make(position: int, **changes: Any) -> Point:
        rng = np.random.default_rng(position)
        dense = rng.standard_normal(DIMENSIONS).astype(np.float32)
        dense = changes.pop("dense", dense / np.linalg.norm(dense))
        words = sorted(rng.choice(40, size=6, replace=False).tolist())
        sparse = changes.pop("sparse", SparseVector(tuple(words), tuple(float(w) for w in rng.random(6).astype("f4"))))
        payload = {
            "source": "handbook",
            "document": f"doc-{position // 5}",
            "position": position,
            "publication": 1,
            "from": 1,
            "to": NEVER,
            "allow": ["public"],
            "deny": [],
            "content": f"passage {position}",
            "metadata": {},
            **{name.rstrip("_"): value for name, value in changes.items()},
        }
        key = (payload["publication"], payload["source"], payload["document"], position)
        return Point(point_id(*key), dense, sparse, payload)

    return make
