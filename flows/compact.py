"""Give back the disk that deleted points of an embedded index still take: by hand, after a run, while serving."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from flows.workshop import Workshop
from headwater.clock import utc_now
from headwater.errors import HeadwaterError, IndexUnavailableError
from headwater.index.compact import NOTHING_THERE, Compaction, DiskUse
from headwater.index.shared import SharedStore
from headwater.publishing.collect import collect

LOOKED_SECONDS, POLLED_SECONDS = 60.0, 0.1
log = logging.getLogger("headwater.index")


def disk_use(workshop: Workshop) -> DiskUse | None:
    """Of the live generation; None for an index on a server."""
    return workshop.store.disk(workshop.ledger.generation())


def compact(workshop: Workshop, told: Callable[[Compaction], None]) -> Compaction:
    """Compact the live generation, whoever owns the index, and wait for it; `told` hears how far it is.

    IndexUnavailableError when it was given up; the index is as it was then.
    """
    generation = workshop.ledger.generation()
    if workshop.existing_index(generation) is None:
        return NOTHING_THERE
    _collect(workshop, generation)
    status = workshop.store.compact(generation)
    while status.state == "running":
        told(status)
        time.sleep(POLLED_SECONDS)
        status = workshop.store.compaction(generation)
    if status.state in ("failed", "none"):
        problem = status.problem or "the process that owned the index ended"
        raise IndexUnavailableError(f"the index was not compacted: {problem}", advice="Run the same command again.")
    return status


def compact_after_run(workshop: Workshop) -> str:
    """A sentence about what was given back; "" when there was nothing worth while, or others see to it."""
    if "store" not in vars(workshop) or workshop.target is not None or workshop.borrowed:
        return ""
    store = workshop.store
    if not isinstance(store, SharedStore) or not store.owned:
        return ""
    try:
        use = disk_use(workshop)
        if use is None or not use.worth_compacting:
            return ""
        done = compact(workshop, lambda _: None)
    except HeadwaterError as error:
        # What the run did is done; the next one tries again.
        return f"The index could not be compacted: {error}"
    return f"The index was compacted: {done.before / 2**20:,.0f} MB to {done.after / 2**20:,.0f} MB"


@contextmanager
def compacting(opened: Workshop) -> Iterator[None]:
    """A process that stays up looks now and then whether compaction is worth while, and begins it."""
    ending = threading.Event()
    thread = threading.Thread(target=_look_on, args=(opened, ending), name="headwater-compacting", daemon=True)
    thread.start()
    try:
        yield
    finally:
        # A compaction under way is given up when the index is closed.
        ending.set()
        thread.join()


def _look_on(opened: Workshop, ending: threading.Event) -> None:
    while not ending.wait(LOOKED_SECONDS):
        try:
            begin_if_worth(opened)
        except HeadwaterError as error:
            log.warning("the index could not be compacted: %s", error)
        except Exception:
            # Whatever it was, the disk is looked at again.
            log.exception("a fault while the size of the index was looked at")


def begin_if_worth(workshop: Workshop) -> bool:
    """Whether it was begun; whoever owns the index does it in the background."""
    use = disk_use(workshop)
    if use is None or not use.worth_compacting:
        return False
    generation = workshop.ledger.generation()
    _collect(workshop, generation)
    return workshop.store.compact(generation).state == "running"


def _collect(workshop: Workshop, generation: str) -> None:
    # Points that nobody can read any more would be copied.
    collect(workshop.index(generation), workshop.ledger, generation, workshop.holder, since=utc_now())
