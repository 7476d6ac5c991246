"""A shard that becomes equal to another one while that goes on being written to."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import qdrant_edge as edge

from headwater.errors import HeadwaterError, IndexUnavailableError
from headwater.index.edge_errors import require_space, translated

T = TypeVar("T")


class ShardCopy:
    """Gets points page by page, in the order of ids, and every write that the original gets meanwhile.

    Both under one lock of the caller's, so that at any time it holds each point below the page reached, and each
    that it holds is equal to the original's: a write to points by condition changes the same ones in both.
    """

    def __init__(self, shard: edge.EdgeShard, folder: Path) -> None:
        self.shard = shard
        self.folder = folder
        self.pause = 0.0
        """The longest call of the engine so far, in seconds: each keeps all other threads waiting."""
        self._problem: HeadwaterError | None = None

    def also(self, operation: edge.UpdateOperation) -> None:
        """A write that was done to the original; that one stays done whatever becomes of the copy."""
        if self._problem is None:
            try:
                self._apply(operation)
            except HeadwaterError as error:
                self._problem = error

    def spoil(self) -> None:
        """The original was written to in a way that this one cannot follow."""
        self._problem = IndexUnavailableError(
            "a write to the index failed while it was copied", advice="It is whole; compact it again."
        )

    def check(self) -> None:
        """Raise what keeps it from being equal."""
        if self._problem is not None:
            raise self._problem

    def page(self, original: edge.EdgeShard, start: str | None, limit: int) -> tuple[int, str | None]:
        """How many points were copied from the id `start` on, and the id to go on from; None at the end."""
        self.check()
        request = edge.ScrollRequest(offset=start, limit=limit, with_payload=True, with_vector=True)
        with translated(self.folder):
            records, following = self.timed(lambda: original.scroll(request))
            if records:
                points = [edge.Point(one.id, one.vector or {}, one.payload or {}) for one in records]
                self._apply(edge.UpdateOperation.upsert_points(points))
        return len(records), None if following is None else str(following)

    def flush(self) -> None:
        require_space(self.folder)
        with translated(self.folder):
            self.timed(self.shard.flush)

    def close(self) -> None:
        with translated(self.folder):
            self.timed(self.shard.close)

    def timed(self, call: Callable[[], T]) -> T:
        """Run a call of the engine that counts as a pause."""
        began = time.perf_counter()
        try:
            return call()
        finally:
            self.pause = max(self.pause, time.perf_counter() - began)

    def _apply(self, operation: edge.UpdateOperation) -> None:
        require_space(self.folder)
        with translated(self.folder):
            self.timed(lambda: self.shard.update(operation))
