"""The test's side of several machines: rounds in which everything changes while writers are killed or paused."""

import itertools
import os
import random
import signal
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.atomicity.arena import Child, Children, wait_until
from tests.atomicity.corpus import ring, write
from tests.several.node import LEASE_SECONDS, SOURCES, Shared
from tests.support.qdrant_process.running import StandIn

STATES = 3
_WRITES = {"path": "wait=true", "times": 10_000}
FAULTS = (
    {"kind": "lose_reply", "share": 0.04, **_WRITES},
    {"kind": "lose_request", "share": 0.04, **_WRITES},
    {"kind": "delay", "share": 0.06, "seconds": 0.8, **_WRITES},
)


@dataclass
class Totals:
    """What all rounds add up to."""

    kills: int = 0
    pauses: Counter[str] = field(default_factory=Counter)
    reads: int = 0
    busy: int = 0
    wrong: list[str] = field(default_factory=list)
    recovery: float = 0.0
    """Seconds of the longest verification, which waits for the leases of the dead."""

    def __str__(self) -> str:
        return (
            f"{self.kills} kills, {self.pauses.total()} pauses, {len(self.wrong)} bad reads of {self.reads:,}, "
            f"{self.busy} busy, {self.recovery:.1f} s until another had found all in order"
        )


class Machines:
    """Three sources, one ledger, one index, and as many writers as one likes."""

    def __init__(self, children: Children, base: Path, shared: Shared, stand_in: StandIn) -> None:
        self.base = base
        self.stand_in = stand_in
        self.totals = Totals()
        self.position = -1
        self._children = children
        self._common = {"base": str(base), "states": STATES, "shared": [shared.ledger, shared.index]}
        self._states = {name: ring(STATES, documents=8, seed=seed) for seed, name in enumerate(SOURCES)}
        self._numbers = itertools.count()

    def start(self, do: str, **arguments: Any) -> Child:
        return self._children.start(do, **self._common, **arguments)

    def prepare(self) -> None:
        """Everything indexed in its first state."""
        child = self.start("fresh")
        said = child.hears()
        assert said == "done", said
        self._turn()
        self.verify(-1, 0)

    def writer(self, number: int, sources: list[str], **more: Any) -> tuple[Child, Path]:
        """Ready to go once the file is there; number 0 is of this machine, all others are elsewhere."""
        go = self.base / f"go-{next(self._numbers)}"
        host = f"node-{number}" if number else ""
        child = self.start("ingest", host=host, sources=sources, go=str(go), **more)
        said = child.hears()
        assert said == "ready", said
        return child, go

    def killed_round(self, chance: random.Random, *, faults: bool = False) -> None:
        """Three writers, one for each source, most of them killed at any moment; then another finds all in order.

        With `faults`, answers to writes are lost or late; what is late may arrive when its sender is dead.
        """
        before = self.position
        reader, stop = self._reader(before)
        writers = [self.writer(number, [name]) for number, name in enumerate(SOURCES)]
        self._turn()
        self.stand_in.plan(*(FAULTS if faults else ()))
        for _, go in writers:
            go.touch()
        began = time.monotonic()
        doomed = sorted((chance.uniform(0.02, 1.2), n) for n in range(len(writers)) if chance.random() < 0.85)
        for seconds, number in doomed:
            time.sleep(max(0.0, began + seconds - time.monotonic()))
            child = writers[number][0]
            self.totals.kills += child.said.empty()
            child.kill()
        for number, (child, _) in enumerate(writers):
            if number not in {n for _, n in doomed}:
                said = child.hears()
                assert said[0] == "done", said
                assert said[1]["exit"] == 0 or (faults and "does not answer" in said[1]["error"]), said
            child.gone()
        self.stand_in.plan()
        self.verify(before, self.position)
        self._stop(reader, stop)

    def paused_round(self, boundary: str, crossing: int = 0) -> Any:
        """A writer is stopped there past its lease; another takes over and finishes; then the first one goes on.

        What the first one said at last; None when its run never came there.
        """
        before = self.position
        reader, stop = self._reader(before)
        paused, go = self.writer(1, list(SOURCES), pause=boundary, crossing=crossing)
        self._turn()
        go.touch()
        said = paused.hears()
        last = None
        if said[0] == "paused":
            self.totals.pauses[boundary] += 1
            wait_until(lambda: _stopped(paused.pid))
            time.sleep(LEASE_SECONDS + 0.2)
            second, go = self.writer(2, list(SOURCES))
            go.touch()
            done = second.hears()
            assert done[:2] == ["done", {"exit": 0, "error": ""}], done
            with suppress(ProcessLookupError):
                os.kill(paused.pid, signal.SIGCONT)
            last = paused.hears()
            assert last[0] == "done", last
        paused.gone()
        self.verify(before, self.position)
        self._stop(reader, stop)
        return last

    def verify(self, before: int, after: int) -> None:
        began = time.monotonic()
        child = self.start("verify", before=before, after=after)
        said = child.hears()
        child.gone()
        self.totals.recovery = max(self.totals.recovery, time.monotonic() - began)
        assert said[:2] == ["verified", []], said[1] if said[0] == "broken" else "\n".join(said[1])

    def settle(self) -> None:
        """No reader saw anything wrong."""
        assert not self.totals.wrong, "\n".join(self.totals.wrong)
        assert self.totals.reads > 0

    def _turn(self) -> None:
        after = (self.position + 1) % STATES
        for name in SOURCES:
            old = self._states[name][self.position] if self.position >= 0 else None
            write(self.base / name, old, self._states[name][after])
        self.position = after

    def _reader(self, before: int) -> tuple[Child, Path]:
        stop = self.base / f"stop-{next(self._numbers)}"
        reader = self.start("read", before=before, after=(before + 1) % STATES, stop=str(stop))
        said = reader.hears()
        assert said == "reading", said
        return reader, stop

    def _stop(self, reader: Child, stop: Path) -> None:
        stop.touch()
        said = reader.hears()
        assert said[0] == "read", said
        self.totals.reads += said[1]
        self.totals.busy += said[2]
        self.totals.wrong += said[3]


def _stopped(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"
