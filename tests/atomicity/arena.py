"""The test's side of the children: one trial after the other, and what they add up to."""

import itertools
import json
import os
import queue
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from tests.atomicity.corpus import ring, write

SLOTS, COUNTS = 4, struct.Struct("3q")
STATES = 4
PATIENCE = 120.0
CHILD = Path(__file__).with_name("child.py")


@dataclass
class Totals:
    """What all trials of a test add up to."""

    kills: int = 0
    failures: int = 0
    reads: int = 0
    busy: int = 0
    wrong: int = 0
    boundaries: Counter[str] = field(default_factory=Counter)
    backends: Counter[str] = field(default_factory=Counter)
    """Whether the reader in its own process owned the index or reached it through the socket."""

    def add(self, other: "Totals") -> None:
        for name in ("kills", "failures", "reads", "busy", "wrong"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.boundaries += other.boundaries
        self.backends += other.backends

    def __str__(self) -> str:
        return (
            f"{self.kills} kills, {self.failures} failures at {len(self.boundaries)} kinds of boundaries, "
            f"{self.wrong} bad reads of {self.reads:,}, {self.busy} busy"
        )


class Child:
    """A forked process; it says words, in order."""

    def __init__(self) -> None:
        self.said: queue.Queue[Any] = queue.Queue()
        self.pid = 0

    def hears(self) -> Any:
        return self.said.get(timeout=PATIENCE)

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    def gone(self) -> None:
        """Return when the process is no more."""
        wait_until(lambda: not psutil.pid_exists(self.pid))


class Children:
    """Starts a process within milliseconds: one imports everything once and forks for each order."""

    def __init__(self, script: Path = CHILD) -> None:
        self._parent = subprocess.Popen(
            [sys.executable, "-P", str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._children: dict[str, Child] = {}
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def start(self, do: str, **arguments: Any) -> Child:
        child = Child()
        name = str(len(self._children))
        self._children[name] = child
        assert self._parent.stdin is not None
        self._parent.stdin.write(json.dumps({"name": name, "do": do, **arguments}) + "\n")
        self._parent.stdin.flush()
        child.pid = child.hears()
        return child

    def _listen(self) -> None:
        assert self._parent.stdout is not None
        for line in self._parent.stdout:
            message = json.loads(line)
            self._children[message["name"]].said.put(message["said"])

    def close(self) -> None:
        for child in self._children.values():
            child.kill()
        assert self._parent.stdin is not None
        self._parent.stdin.close()
        self._parent.wait(PATIENCE)
        self._listener.join(PATIENCE)
        assert self._parent.stdout is not None
        self._parent.stdout.close()


def wait_until(so: Callable[[], bool]) -> None:
    """Poll, for as long as our patience goes."""
    deadline = time.monotonic() + PATIENCE
    while not so():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.001)


def scratch_folder() -> Path:
    """In memory where that is possible: hundreds of trials flush thousands of times, and no power is cut here."""
    shared = Path("/dev/shm")
    roomy = shared.is_dir() and os.access(shared, os.W_OK) and shutil.disk_usage(shared).free > 4 * 2**30
    return Path(tempfile.mkdtemp(prefix="headwater-atomicity-", dir=shared if roomy else None))


class Arena:
    """A folder that goes round its states, and one state folder that has to keep up with it, whatever happens."""

    def __init__(self, children: Children, base: Path, *, seed: int = 1, reader_seconds: float = 0.0) -> None:
        self.children = children
        self.base = base
        self.totals = Totals()
        self.position = 0
        self._common = {"base": str(base), "states": STATES, "seed": seed, "reader_seconds": reader_seconds}
        self.states = ring(STATES, seed=seed)
        self._numbers = itertools.count()

    def prepare(self) -> None:
        """Index every state afresh, for comparison, and the first one for good."""
        self._check(self.start("fresh"), "done")
        write(self.base / "docs", None, self.states[0])
        self.verify(-1, 0)

    def start(self, do: str, **arguments: Any) -> Child:
        return self.children.start(do, **self._common, **arguments)

    def verify(self, before: int, after: int, **more: Any) -> None:
        """A fresh process finds nothing wrong, before recovery and after it, and converges."""
        child = self.start("verify", before=before, after=after, **more)
        word, problems = child.hears()
        child.gone()
        assert (word, problems) == ("verified", []), problems if word == "broken" else "\n".join(problems)

    def restart(self) -> None:
        """Forget everything that was ever indexed: the next trial is a first run."""
        shutil.rmtree(self.base / "home", ignore_errors=True)  # not if it is a mount point
        self.position = -1

    def trial(
        self,
        *,
        at: int | str = -1,
        action: str = "kill",
        seconds: float | None = None,
        until: Callable[[], bool] | None = None,
        reader_owns: bool = False,
        reader_dies: float | None = None,
        verified: bool = True,
        **more: Any,
    ) -> Any:
        """Go to the next state with a writer that is stopped at a boundary, or killed after `seconds` or `until`
        something is so; its last word.

        Two threads of the writer and one other process read all the while; the latter is killed after `reader_dies`
        seconds. An error at a boundary is followed by a run without one in the same process, a kill by a fresh
        process, which must find everything in order.
        """
        before, after = self.position, (self.position + 1) % STATES
        name = f"{next(self._numbers)}"
        stats, go, stop = (str(self.base / f"{what}-{name}") for what in ("stats", "go", "stop"))
        Path(stats).write_bytes(bytes(SLOTS * COUNTS.size))
        os.chown(stats, more.get("user", -1), -1)
        again = action not in ("kill", "fill", "lock")
        orders = {
            "writer": {"stats": stats, "go": go, "at": at, "action": action, "again": again, **more},
            "reader": {"stats": stats, "stop": stop},
        }
        if before < 0:
            del orders["reader"]
        started: dict[str, Child] = {}
        for who in sorted(orders, reverse=not reader_owns):
            started[who] = self.start(who, before=before, after=after, **orders[who])
            word = started[who].hears()
            assert word == "ready" or word[0] == "reading", word
            if who == "reader":
                self.totals.backends[word[1]] += 1
        write(self.base / "docs", self.states[before] if before >= 0 else None, self.states[after])
        Path(go).touch()
        if reader_dies is not None:
            time.sleep(reader_dies)
            started["reader"].kill()
        if until is not None:
            wait_until(until)
        last = self._last_word(started["writer"], 0.0 if until is not None else seconds)
        time.sleep(0.03)  # the reader goes on by itself, and may have to take the index over
        Path(stop).touch()
        if before >= 0:
            started["reader"].gone()
        self.position = after
        self._count(stats, last)
        if verified:
            self.verify(before, after)
        return last

    def _last_word(self, child: Child, seconds: float | None) -> Any:
        if seconds is not None:
            time.sleep(seconds)
            child.kill()
            child.gone()
            time.sleep(0.005)
            last = ["killed", "at a random time"] if child.said.empty() else child.hears()
        else:
            last = child.hears()
            child.gone()
        assert last[0] != "broken", last[1]
        return last

    def _count(self, stats: str, last: Any) -> None:
        numbers = COUNTS.iter_unpack(Path(stats).read_bytes())
        reads, busy, wrong = (sum(column) for column in zip(*numbers, strict=True))
        self.totals.reads += reads
        self.totals.busy += busy
        self.totals.wrong += wrong
        if last[0] == "killed":
            self.totals.kills += 1
            self.totals.boundaries[last[1]] += 1
        elif last[2]:
            self.totals.failures += 1
            self.totals.boundaries[last[2]] += 1

    def problems(self) -> str:
        """What readers found wrong so far."""
        return "\n".join(file.read_text()[:2000] for file in sorted(self.base.glob("stats-*.problems")))

    def settle(self, *, busy: float = 0.01) -> None:
        """No reader saw anything wrong, and at most this share of the answers was "busy"."""
        assert self.totals.wrong == 0, self.problems()
        assert self.totals.reads > 0
        assert self.totals.busy <= busy * self.totals.reads, str(self.totals)

    @staticmethod
    def _check(child: Child, wanted: str) -> None:
        word = child.hears()
        assert word == wanted, word
