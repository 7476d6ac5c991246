"""Works through the inbox in a process that stays up: access changes first, each source in a lane of its own."""

import logging
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from flows.alerts import notify_after_run
from flows.refresh import Refresh, refresh
from flows.taken import BUSY_SECONDS, work_off
from flows.workshop import Workshop
from headwater.errors import HeadwaterError
from headwater.inbox.inbox import Inbox
from headwater.ledger.waiting import Waiting, Which

LANES, TAKEN_TOGETHER = 4, 20
HOT_SECONDS, SHORTEST_PAUSE, HOT_PAUSE, COLD_PAUSE = 10.0, 0.02, 0.05, 1.0
"""After a delivery came, the inbox is looked at often for a while; else for what fails, or came to another process."""
PROLONG_SECONDS, TELL_SECONDS = 30.0, 60.0

log = logging.getLogger("headwater.worker")


@dataclass(slots=True)
class _Lane:
    rows: list[Waiting]
    thread: threading.Thread | None = field(default=None)


class Worker:
    """One thread that hands rows out, and one for each source that is worked on; `start` and `stop` them once."""

    def __init__(self, opened: Workshop, inbox: Inbox, refresh: Refresh = refresh) -> None:
        self._opened, self._inbox, self._refresh = opened, inbox, refresh
        self._lanes: dict[str, _Lane] = {}
        self._lock = threading.Lock()
        self._ending, self._woken = threading.Event(), threading.Event()
        self._hot_until = 0.0
        self._prolonged = self._told = time.monotonic()
        self._changed = False
        self._thread = threading.Thread(target=self._run, name="headwater-inbox", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        """Something was put into the inbox."""
        self._hot_until = time.monotonic() + self._inbox.timing.max_wait + HOT_SECONDS
        self._woken.set()

    def stop(self, seconds: float) -> bool:
        """Begin nothing more; whether all that was under way came to its end in time.

        What did not is taken up again by whoever has the inbox next.
        """
        self._ending.set()
        self._woken.set()
        deadline = time.monotonic() + seconds
        if self._thread.is_alive():
            self._thread.join(seconds)
        with self._lock:
            threads = [lane.thread for lane in self._lanes.values() if lane.thread is not None]
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        self._give_back()
        return not self._thread.is_alive() and not any(thread.is_alive() for thread in threads)

    def _give_back(self) -> None:
        """What did not end in time; else it would be nobody's until the claims run out."""
        with self._lock, suppress(HeadwaterError):
            for row in (row for lane in self._lanes.values() for row in lane.rows):
                self._inbox.postponed(row, 0)

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def working(self) -> dict[str, int]:
        """By source, how many rows are in its lane."""
        with self._lock:
            return {name: len(lane.rows) for name, lane in self._lanes.items()}

    # handing out ------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._ending.is_set():
            try:
                self._hand_out()
                self._keep()
            except HeadwaterError as error:
                log.warning("the inbox cannot be read: %s", error)
            except Exception:
                # Whatever it was, deliveries go on being answered 202, and somebody has to look at them.
                log.exception("the inbox worker met a fault")
            hot = time.monotonic() < self._hot_until
            self._woken.wait(HOT_PAUSE if hot else COLD_PAUSE)
            self._woken.clear()
            # In a flood, too, others get at the ledger.
            self._ending.wait(SHORTEST_PAUSE)

    def _hand_out(self) -> None:
        # Read first: taking locks the ledger for everyone, also when there is nothing to take.
        if not self._free() or not self._inbox.depth().waiting:
            return
        together: dict[str, list[Waiting]] = {}
        for row in self._inbox.take(TAKEN_TOGETHER, Which(without=self._elsewhere())):
            together.setdefault(row.source, []).append(row)
        for source, rows in together.items():
            if not self._begin(source, rows):
                for row in rows:
                    self._inbox.postponed(row, BUSY_SECONDS)

    def _elsewhere(self) -> frozenset[str]:
        """Sources that are worked on already: a run looks at what is announced of its source by itself."""
        with self._lock:
            ours = set(self._lanes)
        held = (name for name, _ in self._opened.ledger.holders())
        return frozenset(ours | {name.removeprefix("source:") for name in held if name.startswith("source:")})

    def _free(self) -> bool:
        with self._lock:
            return len(self._lanes) < LANES

    def _begin(self, source: str, rows: list[Waiting]) -> bool:
        with self._lock:
            if source in self._lanes or len(self._lanes) >= LANES:
                return False
            lane = self._lanes[source] = _Lane(rows)
            lane.thread = threading.Thread(target=self._work, args=(source, list(rows)), daemon=True)
            lane.thread.name = f"headwater-lane {source}"
            lane.thread.start()
        return True

    def _keep(self) -> None:
        """What takes long stays ours, and people are told now and then what is not fresh."""
        now = time.monotonic()
        if now - self._prolonged > PROLONG_SECONDS:
            self._prolonged = now
            with self._lock:
                rows = [row for lane in self._lanes.values() for row in lane.rows]
            self._inbox.prolong(rows)
        if self._changed and now - self._told > TELL_SECONDS and self._opened.settings.alerts:
            self._changed, self._told = False, now
            threading.Thread(target=self._tell, name="headwater-tell", daemon=True).start()

    def _tell(self) -> None:
        for problem in notify_after_run(self._opened):
            log.warning("%s", problem)

    # one lane ---------------------------------------------------------------------------------------------

    def _work(self, source: str, rows: Sequence[Waiting]) -> None:
        try:
            for row in rows:
                self._one(row)
                with self._lock:
                    self._lanes[source].rows.remove(row)
        except Exception:
            # The ledger itself, say: the claims run out, and the rows are taken again.
            log.exception("work on what was announced of a source broke off", extra={"source": source})
        finally:
            with self._lock:
                del self._lanes[source]
            self._woken.set()

    def _one(self, row: Waiting) -> None:
        if self._ending.is_set():
            self._inbox.postponed(row, 0)
            return
        done = work_off(
            self._inbox,
            row,
            lambda fresh: self._refresh(self._opened, row.source, row.document, self._ending.is_set, fresh),
        )
        self._changed = self._changed or (done is not None and bool(done.indexed or done.removed))
