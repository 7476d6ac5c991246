"""Refreshes that Prefect records, without what was announced ever waiting for that."""

import importlib
import logging
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from dataclasses import dataclass, field

from flows.refresh import busy, never, refresh
from flows.taken import Refreshed
from flows.workshop import Workshop

MOST_WAITING = 1_000
"""Beyond this, in a flood, runs are in the ledger alone."""
QUICK_SECONDS = 0.5
"""What is done within this time is recorded afterwards, so that recording takes nothing from it."""

log = logging.getLogger("headwater.recording")


@dataclass(frozen=True, slots=True)
class Begun:
    """A refresh that is under way, or done."""

    source: str
    document: str
    fresh: float
    outcome: Future[Refreshed] = field(default_factory=Future)


class Recording:
    """A `Refresh`; `ready` says whether Prefect answers."""

    def __init__(self, ready: Callable[[], bool]) -> None:
        self._ready = ready
        self._begun: queue.Queue[Begun | None] = queue.Queue(MOST_WAITING)
        self._left_out = 0
        self._thread = threading.Thread(target=self._record, name="headwater-recording", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, seconds: float) -> None:
        """What is not recorded by then is in the ledger alone."""
        try:
            self._begun.put(None, timeout=seconds)
        except queue.Full:
            return
        self._thread.join(seconds)

    def __call__(
        self,
        opened: Workshop,
        source: str,
        document: str,
        ends: Callable[[], bool] = never,
        fresh: float = 0.0,
    ) -> Refreshed:
        """As `refresh` does it; what waits for somebody else is tried several times a second, and not recorded."""
        busy(opened, source)
        begun = Begun(source, document, fresh)
        if self._ready():
            self._announce(begun)
        try:
            done = refresh(opened, source, document, ends, fresh)
        except BaseException as error:
            begun.outcome.set_exception(error)
            raise
        begun.outcome.set_result(done)
        return done

    def _announce(self, begun: Begun) -> None:
        try:
            self._begun.put_nowait(begun)
        except queue.Full:
            self._left_out += 1
            if self._left_out % MOST_WAITING == 1:
                log.warning("more is announced than Prefect can record; the ledger has it", extra=_about(begun))

    def _record(self) -> None:
        while (begun := self._begun.get()) is not None:
            try:
                wait([begun.outcome], QUICK_SECONDS)
                # Imported when Prefect's environment is set: it takes seconds.
                importlib.import_module("flows.refresh_flow").record(begun)
            except Exception:
                # Whatever Prefect has: the refresh itself is done, and the next one may be recorded.
                log.exception("Prefect did not record a refresh", extra=_about(begun))


def _about(begun: Begun) -> dict[str, str]:
    return {"source": begun.source, "document": begun.document}
