"""Processor time of a process's descendants, which the system forgets when nobody waits for them."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path

_TICK = 1 / os.sysconf("SC_CLK_TCK")


class Watch(threading.Thread):
    """Looks at children of children every `interval` seconds; the direct children are waited for, and counted there."""

    def __init__(self, pid: int, *, interval: float = 0.5) -> None:
        super().__init__(name="processor-watch", daemon=True)
        self._pid = pid
        self._interval = interval
        self._stopped = threading.Event()
        self._seen: dict[int, float] = {}

    def run(self) -> None:
        while not self._stopped.wait(self._interval):
            for child in _children(self._pid):
                for pid in _below(child):
                    self._seen[pid] = _used(pid) or self._seen.get(pid, 0.0)

    def stop(self) -> float:
        """Seconds they used, as last seen."""
        self._stopped.set()
        self.join()
        return sum(self._seen.values())


def _below(pid: int) -> Iterator[int]:
    for child in _children(pid):
        yield child
        yield from _below(child)


def _children(pid: int) -> list[int]:
    found: list[int] = []
    try:
        for thread in Path(f"/proc/{pid}/task").iterdir():
            found += [int(child) for child in (thread / "children").read_text().split()]
    except OSError:
        return found  # it is ending
    return found


def _used(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) * _TICK
