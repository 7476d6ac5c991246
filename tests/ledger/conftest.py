"""The databases that the conformance suite runs on, and child processes to contend with.

Another database joins the suite as one more parameter of `database`.
"""

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from headwater.ledger.base import Commit, DocumentRow, Event, Holder, Intent, Ledger
from headwater.ledger.holder import this_process
from headwater.ledger.open import open_ledger
from headwater.model import Access
from tests.support.postgres import Postgres, running_postgres

NOON = datetime(2026, 1, 15, 12, 0, 0, 123456, tzinfo=UTC)


@dataclass
class Database:
    """One empty database; `open` may be called as often as one likes, here or (by `url`) in other processes."""

    url: str
    opened: list[Ledger] = field(default_factory=list)

    def open(self, *, busy_seconds: float = 30.0) -> Ledger:
        ledger = open_ledger(self.url, busy_seconds=busy_seconds)
        self.opened.append(ledger)
        return ledger

    def close(self) -> None:
        for ledger in self.opened:
            ledger.close()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One server for all tests of a process."""
    with running_postgres() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgres"])
def fresh_databases(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Database]]:
    """Makes a new, empty one at every call."""
    made: list[Database] = []
    server: Postgres | None = request.getfixturevalue("postgres") if request.param == "postgres" else None

    def make() -> Database:
        file = tmp_path / str(len(made)) / "ledger.sqlite"
        made.append(Database(server.new_database() if server else f"sqlite:///{file}"))
        return made[-1]

    yield make
    for database in made:
        database.close()


@pytest.fixture
def database(fresh_databases: Callable[[], Database]) -> Database:
    return fresh_databases()


@pytest.fixture
def ledger(database: Database) -> Ledger:
    return database.open()


@pytest.fixture
def me() -> Holder:
    return this_process("pytest")


@pytest.fixture(scope="session")
def noon() -> datetime:
    return NOON


@pytest.fixture(scope="session")
def row() -> Callable[..., DocumentRow]:
    """A document row with everything filled in; name what should differ."""

    def make(id: str, **changed: Any) -> DocumentRow:
        values: dict[str, Any] = {
            "source": "handbook",
            "version": "1",
            "content_hash": "c" * 64,
            "fingerprint": "f" * 64,
            "access": Access(frozenset({"group:support", "user:a@example.com"}), frozenset({"group:interns"})),
            "publication": 1,
            "chunks": 3,
            "kind": "sop",
            "title": f"Title of {id}",
            "uri": f"file:///handbook/{id}",
            "updated_at": NOON,
            "detected_at": NOON + timedelta(seconds=1),
            "published_at": NOON + timedelta(seconds=2),
            "verified_at": NOON + timedelta(seconds=3),
            "meta": {"tags": ("a", "b"), "product": "pump", "pages": 3, "weight": 0.5},
        }
        return DocumentRow(id=id, **{**values, **changed})

    return make


@pytest.fixture(scope="session")
def event() -> Callable[..., Event]:
    def make(document: str, **changed: Any) -> Event:
        values = {"at": NOON, "run": "run-1", "source": "handbook", "outcome": "indexed", **changed}
        return Event(document=document, **values)

    return make


@pytest.fixture(scope="session")
def publish() -> Callable[..., Commit]:
    """Publish in the live generation, or in the one named, without any index; returns what was committed."""

    def run(ledger: Ledger, holder: Holder, *rows: DocumentRow, generation: str | None = None, **more: Any) -> Commit:
        generation = generation or ledger.generation()
        number, epoch = ledger.begin_publication(generation, holder), ledger.next_epoch()
        ledger.write_intent(
            Intent(publication=number, generation=generation, epoch=epoch, new_ids=("n",), old_ids=("o",))
        )
        commit = Commit(publication=number, epoch=epoch, rows=rows, **more)
        ledger.commit(commit)
        return commit

    return run


class Child:
    """A process forked by `Children`; it says words, in order, and dies by `kill` at the latest."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.said: queue.Queue[Any] = queue.Queue()
        self.pid = 0

    def hears(self, seconds: float = 30.0) -> Any:
        return self.said.get(timeout=seconds)

    def signal(self, number: int) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def kill(self) -> None:
        """SIGKILL; returns when the process is gone."""
        self.signal(signal.SIGKILL)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            try:
                os.kill(self.pid, 0)
            except ProcessLookupError:
                return
            time.sleep(0.001)
        raise AssertionError(f"process {self.pid} does not die")


class Children:
    """Starts processes within milliseconds: one process imports the ledger once and forks for each order."""

    def __init__(self) -> None:
        script = Path(__file__).with_name("ledger_child.py")
        self._parent = subprocess.Popen(
            [sys.executable, str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._children: dict[str, Child] = {}
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def start(self, do: str, **arguments: Any) -> Child:
        child = Child(str(len(self._children)))
        self._children[child.name] = child
        assert self._parent.stdin is not None
        self._parent.stdin.write(json.dumps({"name": child.name, "do": do, **arguments}) + "\n")
        self._parent.stdin.flush()
        child.pid = child.hears()
        return child

    def _read(self) -> None:
        assert self._parent.stdout is not None
        for line in self._parent.stdout:
            message = json.loads(line)
            self._children[message["name"]].said.put(message["said"])

    def close(self) -> None:
        for child in self._children.values():
            child.signal(signal.SIGKILL)
        assert self._parent.stdin is not None
        self._parent.stdin.close()
        self._parent.wait(10)
        self._reader.join(10)
        assert self._parent.stdout is not None
        self._parent.stdout.close()


@pytest.fixture(scope="session")
def children() -> Iterator[Children]:
    started = Children()
    yield started
    started.close()
