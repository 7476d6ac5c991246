"""What is seen of a process while it is up: memory, descriptors, threads, the disk, and gaps between its answers."""

import json
import statistics
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

import httpx
import psutil

from headwater.index.compact import allocated

MB = 2**20


@dataclass(frozen=True, slots=True)
class Sample:
    """At `at` seconds of the soak, of the process that was up the `life`th time; sizes in MB.

    `own` is memory that is not of files; `pss` has those too, such as the index, which the system takes back.
    """

    at: float
    life: int
    own: float
    pss: float
    descriptors: int
    threads: int
    index: float
    journal: float
    ledger: float


@dataclass
class Watch:
    """Samples and searches in two threads; `address` answers "" while nothing is up, `pid` 0."""

    home: Path
    address: Callable[[], str]
    pid: Callable[[], int]
    key: str
    every: float = 5.0
    pause: float = 0.1
    life: int = 0
    samples: list[Sample] = field(default_factory=list)
    gaps: list[tuple[float, float]] = field(default_factory=list)
    searches: int = 0
    wrong: list[str] = field(default_factory=list)
    _ending: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._began = time.monotonic()
        self._threads = [threading.Thread(target=run, daemon=True) for run in (self._sample, self._search)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._ending.set()
        for thread in self._threads:
            thread.join()

    @property
    def now(self) -> float:
        return time.monotonic() - self._began

    def _sample(self) -> None:
        while not self._ending.wait(self.every):
            pid, life = self.pid(), self.life
            if pid:
                with suppress(psutil.Error, OSError):
                    self.samples.append(self._of(pid, life))

    def _of(self, pid: int, life: int) -> Sample:
        process = psutil.Process(pid)
        rollup = dict(_lines(Path(f"/proc/{pid}/smaps_rollup").read_text()))
        held, journal = allocated(self.home / "index")
        ledger = sum(path.stat().st_blocks * 512 for path in self.home.glob("ledger.db*"))
        return Sample(
            at=round(self.now, 1),
            life=life,
            own=round(rollup["Pss_Anon"] / 1024, 1),
            pss=round(rollup["Pss"] / 1024, 1),
            descriptors=process.num_fds(),
            threads=process.num_threads(),
            index=round(held / MB, 1),
            journal=round(journal / MB, 1),
            ledger=round(ledger / MB, 1),
        )

    def _search(self) -> None:
        number = 0
        with httpx.Client(timeout=60) as client:
            while not self._ending.wait(self.pause):
                address, life = self.address(), self.life
                if not address:
                    continue
                number += 1
                began = time.monotonic()
                try:
                    answer = client.post(
                        f"{address}/v1/search",
                        json={"question": f"gateway{number % 400} policy", "limit": 5},
                        headers={"authorization": f"Bearer {self.key}"},
                    )
                except httpx.HTTPError:
                    # It is being stopped; a process that is up and gives no answer for a minute shows as a gap.
                    if self.address() == address and self.life == life:
                        self.gaps.append((round(self.now, 1), round(time.monotonic() - began, 3)))
                    continue
                self.searches += 1
                self.gaps.append((round(self.now, 1), round(time.monotonic() - began, 3)))
                if answer.status_code != httpx.codes.OK and self.address() == address:
                    self.wrong.append(f"a search was answered {answer.status_code}: {answer.text[:200]}")

    # what follows from it ---------------------------------------------------------------------------------

    def longest(self) -> Sequence[Sample]:
        """Samples of the longest life, without its first tenth."""
        lives: dict[int, list[Sample]] = {}
        for sample in self.samples:
            lives.setdefault(sample.life, []).append(sample)
        chosen = max(lives.values(), key=len, default=[])
        return chosen[len(chosen) // 10 :]

    def write(self, path: Path) -> None:
        path.write_text("\n".join(json.dumps(asdict(sample)) for sample in self.samples) + "\n", encoding="utf-8")


def _lines(text: str) -> list[tuple[str, int]]:
    return [(line.split(":")[0], int(line.split()[1])) for line in text.splitlines() if line.endswith(" kB")]


def slope(points: Sequence[tuple[float, float]]) -> float:
    """Per hour, of (seconds, value)."""
    if len(points) < 3:
        return 0.0
    found = statistics.linear_regression([at for at, _ in points], [value for _, value in points])
    return found.slope * 3600


def quarters(values: Sequence[float]) -> tuple[float, float]:
    """Medians of the first and of the last quarter."""
    part = max(1, len(values) // 4)
    return statistics.median(values[:part]), statistics.median(values[-part:])
