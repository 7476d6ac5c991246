"""What compaction of an index says of itself, and when it is worth while."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

FACTOR = 2.0
FLOOR = 16 * 2**20
"""Bytes beyond the live data that are not worth the work, however small that is."""
_GROWN = 1.25
_JOURNAL = "wal"

State: TypeAlias = Literal["none", "running", "done", "failed", "unneeded"]


@dataclass(frozen=True, slots=True)
class DiskUse:
    """Bytes of one generation, as blocks of the disk: its files are sparse and look ten times as large.

    `journal` is the engine's log, 64 MB at most whatever it holds, and not part of `held`. `live` is what readers may
    see, as its vectors and JSON would take it, and `made` what it took when it was last compacted.
    """

    held: int
    journal: int
    live: int
    points: int
    made: int = 0

    @property
    def worth_compacting(self) -> bool:
        """More than twice the live data, and more than compacting it left when that was last done."""
        return self.held > max(FACTOR * self.live, self.live + FLOOR, _GROWN * self.made)


@dataclass(frozen=True, slots=True)
class Compaction:
    """How far it is, or came: `before` and `after` in bytes with the journal, `pause` the longest time in seconds for
    which one step of it can have kept a search waiting. An index on a server is `unneeded`: that compacts itself."""

    state: State
    copied: int = 0
    points: int = 0
    before: int = 0
    after: int = 0
    pause: float = 0.0
    seconds: float = 0.0
    problem: str = ""


NO_COMPACTION = Compaction("none")
UNNEEDED = Compaction("unneeded", problem="The Qdrant server compacts its collections itself.")
NOTHING_THERE = Compaction("unneeded", problem="There is no index yet. Run: headwater ingest")


def worth_noting(empty: int, full: int) -> int:
    """The `made` of a generation that took `empty` bytes before it held anything.

    That is 1 MB, or 58 where mapping a hole of a file fills it (tmpfs). There, what files take says nothing of what is
    in them, and no index is ever found to be worth compacting.
    """
    return full if empty < FLOOR else 2**62


def allocated(folder: Path) -> tuple[int, int]:
    """Bytes on the disk below a folder: of everything but the engine's log, and of that."""
    held = journal = 0
    for parent, _, names in os.walk(folder):
        place = Path(parent)
        for name in names:
            try:
                size = (place / name).stat().st_blocks * 512
            except FileNotFoundError:  # the engine drops what it has logged, and a compaction what it has replaced
                continue
            if place.name == _JOURNAL:
                journal += size
            else:
                held += size
    return held, journal
