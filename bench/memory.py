"""Memory of a process and everything below it, as proportional set size, mapped index files counted apart."""

import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

_HEADER = re.compile(r"[0-9a-f]+-[0-9a-f]+ ")


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes; `mapped` is what of the index's files is mapped into memory, which is not part of `own`.

    `own` is what the processes take themselves; pages that several of them share are divided between them.
    """

    own: int = 0
    mapped: int = 0
    processes: int = 0

    @property
    def total(self) -> int:
        return self.own + self.mapped


class Sampler(threading.Thread):
    """Looks every `interval` seconds until stopped; keeps the highest moments, by `own` and by `total`."""

    def __init__(self, pid: int, state: Path, *, interval: float = 0.25) -> None:
        super().__init__(name="memory-sampler", daemon=True)
        self._pid = pid
        self._state = str(state)
        self._interval = interval
        self._stopped = threading.Event()
        self.samples: list[tuple[float, Memory]] = []

    def run(self) -> None:
        started = time.monotonic()
        while not self._stopped.wait(self._interval):
            self.samples.append((time.monotonic() - started, tree(self._pid, self._state)))

    def stop(self) -> None:
        self._stopped.set()
        self.join()

    @property
    def own(self) -> int:
        """The peak without mapped index files."""
        return max((memory.own for _, memory in self.samples), default=0)

    @property
    def total(self) -> int:
        """The peak with them."""
        return max((memory.total for _, memory in self.samples), default=0)


def tree(pid: int, state: str) -> Memory:
    """What a process and its descendants take now; index files are those below `state`."""
    own = mapped = processes = 0
    for each in _tree(pid):
        try:
            of_files = 0
            whole = 0
            file = ""
            for line in Path(f"/proc/{each}/smaps").read_text(encoding="utf-8", errors="replace").splitlines():
                if _HEADER.match(line):
                    file = line.split(maxsplit=5)[5] if line.count(" ") >= 5 and "/" in line else ""
                elif line.startswith("Pss:"):
                    size = int(line.split()[1]) * 1024
                    whole += size
                    of_files += size if file.startswith(state) else 0
        except OSError:
            continue  # it ended while we looked
        own += whole - of_files
        mapped += of_files
        processes += 1
    return Memory(own, mapped, processes)


def _tree(pid: int) -> Iterator[int]:
    try:
        process = psutil.Process(pid)
        yield pid
        yield from (child.pid for child in process.children(recursive=True))
    except psutil.NoSuchProcess:
        return
