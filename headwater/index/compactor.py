"""Compaction of an embedded generation, in the background, while it is searched and written to.

The engine never gives back what a deleted point took, and its own `optimize` stops every thread for as long as it
runs (35 s at 50,000 points, after which the index was larger). So the points are copied into a new edition, which
also gets every write that is done meanwhile, and which takes the place of the old one between two writes.
"""

import ctypes
import logging
import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

import qdrant_edge as edge

from headwater.errors import HeadwaterError, StateError
from headwater.index.compact import Compaction, allocated, worth_noting
from headwater.index.edge_copy import ShardCopy
from headwater.index.edge_engine import EdgeEngine
from headwater.index.edge_errors import RESERVE_TO_CREATE, require_space
from headwater.index.editions import next_edition, shard_folder, switch, sync_disk
from headwater.index.lock import folder_error

PAGE = 128
"""Points that are copied at once: about 0.02 s, for which others wait."""
FLUSHED_TOGETHER = 4096
"""A flush holds everybody up for longer the more there is to flush."""
_REST = 1.0
"""Seconds of rest for each second of work, in which whoever waits comes first."""

log = logging.getLogger("headwater.index")
MakeShard: TypeAlias = Callable[[Path], edge.EdgeShard]
Step: TypeAlias = Callable[[str], None]


def _ignore(_: str) -> None: ...


class _CancelledError(Exception):
    """The store is being closed, or the generation dropped."""


class Compactor:
    """One compaction of one generation, in a thread of its own."""

    def __init__(self, engine: EdgeEngine, folder: Path, make: MakeShard, step: Step | None = None) -> None:
        """`make` creates an empty shard like the one in `folder`. `step` is told of each boundary as it is crossed."""
        self._engine, self._folder, self._make = engine, folder, make
        self._step = step or _ignore
        self._ending = threading.Event()
        self._mutex = threading.Lock()
        self._began, self._empty = time.monotonic(), 0
        self._status = Compaction("running", before=sum(allocated(folder)))
        self._thread = threading.Thread(target=self._run, name="headwater-compaction", daemon=True)

    def start(self) -> None:
        self._thread.start()

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    @property
    def status(self) -> Compaction:
        with self._mutex:
            return self._status

    def cancel(self) -> None:
        """Returns when the thread has ended; what it made so far is removed."""
        self._ending.set()
        if self.alive and self._thread is not threading.current_thread():
            self._thread.join()

    def _tell(self, **changes: object) -> None:
        with self._mutex:
            self._status = replace(self._status, seconds=time.monotonic() - self._began, **changes)  # type: ignore[arg-type]  # fields of it

    def _run(self) -> None:
        try:
            self._compact()
        except _CancelledError:
            self._tell(state="failed", problem="It was stopped before it had finished; the index is as it was.")
        except HeadwaterError as error:
            self._failed(str(error))
        except OSError as error:
            self._failed(str(folder_error(self._folder, error)))
        except Exception as error:
            # In a thread nobody else would hear of it; the index itself is not touched before the switch.
            log.exception("the compaction of the index met a fault")
            self._failed(f"{type(error).__name__}: {error}")

    def _failed(self, problem: str) -> None:
        log.warning("the index was not compacted: %s", problem)
        self._tell(state="failed", problem=problem)

    def _compact(self) -> None:
        old = shard_folder(self._folder)
        held, _ = allocated(old)
        require_space(self._folder, RESERVE_TO_CREATE + held)
        edition = next_edition(self._folder)
        self._step("begun")
        try:
            copy = ShardCopy(self._make(edition), edition)
        except BaseException:
            shutil.rmtree(edition, ignore_errors=True)
            raise
        self._empty, _ = allocated(edition)
        self._step("made")
        switched = False
        try:
            self._fill(copy)
            retired = self._engine.switch(copy, lambda: self._commit(copy))
            switched = True
        finally:
            if not switched:
                self._engine.leave(copy)
                shutil.rmtree(edition, ignore_errors=True)
        self._step("switched")
        retired.wait()
        sync_disk(old)
        copy.timed(retired.close)
        _give_back()
        self._step("closed")
        _remove(old, self._folder)
        self._step("swept")
        self._tell(state="done", after=sum(allocated(self._folder)), pause=copy.pause)
        log.info("the index was compacted", extra={"seconds": round(self.status.seconds, 3)})

    def _fill(self, copy: ShardCopy) -> None:
        """Everything that the switch would otherwise hold writers up for."""
        self._engine.follow(copy)
        total, copied, unflushed, start = self._engine.points, 0, 0, None
        while True:
            began = time.monotonic()
            count, start = self._engine.copy_page(copy, start, PAGE)
            copied, unflushed = copied + count, unflushed + count
            if unflushed >= FLUSHED_TOGETHER:
                self._flush(copy)
                unflushed = 0
            self._tell(copied=copied, points=max(total, copied), pause=copy.pause)
            self._step("page")
            if start is None:
                break
            if self._ending.wait(_REST * (time.monotonic() - began)):
                raise _CancelledError
        self._flush(copy)
        self._step("copied")

    def _flush(self, copy: ShardCopy) -> None:
        # The disk gets it first, while everybody goes on: a flush keeps them waiting for as long as it writes.
        sync_disk(copy.folder)
        copy.flush()

    def _commit(self, copy: ShardCopy) -> None:
        if self._ending.is_set():
            raise _CancelledError
        if copy.shard.info().points_count != self._engine.points:
            raise StateError("the copy does not hold what the index holds", advice="It was dropped; try again.")
        self._step("flushed")
        held, _ = allocated(copy.folder)
        switch(self._folder, copy.folder, worth_noting(self._empty, held))


def _give_back() -> None:
    """Memory of the old shard that the allocator would keep: as much again as the index needs."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # of glibc alone
    if trim is not None:
        trim(0)


def _remove(old: Path, folder: Path) -> None:
    """The edition before; what cannot be removed now is when the generation is opened next."""
    if old != folder:
        shutil.rmtree(old, ignore_errors=True)
        return
    for name in ("segments", "wal"):
        shutil.rmtree(folder / name, ignore_errors=True)
    (folder / "edge_config.json").unlink(missing_ok=True)
