"""What becomes of one row of the inbox that somebody has taken: looked at, put back, tried again, or given up."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from headwater import tracing
from headwater.errors import BusyError, HeadwaterError, RetriableError
from headwater.inbox.inbox import Inbox
from headwater.ledger.waiting import Waiting
from headwater.tracing import span

BUSY_SECONDS = 0.5


class StoppedError(RetriableError):
    """This process is ending, so that a run of a whole source was not done to its end."""


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What became of it: `indexed` is 0 where nothing had changed."""

    run: str
    indexed: int
    removed: int


Looking: TypeAlias = Callable[[float], Refreshed]
"""Given the seconds since the change was announced: no listing that is older will do."""

log = logging.getLogger("headwater.worker")


def work_off(inbox: Inbox, row: Waiting, look: Looking) -> Refreshed | None:
    """Never raises for what goes wrong with the row; None when nothing came of it now."""
    about = {"source": row.source, "document": row.document, "delivery": row.delivery}
    began = time.monotonic()
    try:
        with tracing.about(**about), span("announced", of_delivery=row.delivery, **about):
            done = look(max(0.0, (inbox.clock() - row.last_at).total_seconds()))
    except (BusyError, StoppedError) as error:
        inbox.postponed(row, 0 if isinstance(error, StoppedError) else BUSY_SECONDS)
        log.debug("put back: %s", error, extra=about)
    except HeadwaterError as error:
        inbox.failed(row, error)
        log.warning("could not be looked at: %s: %s", type(error).__name__, error, extra=about)
    except Exception as error:
        # Whatever it was, the rows after this one are looked at.
        log.exception("a fault while looking at what was announced", extra=about)
        fault = HeadwaterError(f"{type(error).__name__}", advice="A fault in Headwater; the log has its traceback.")
        inbox.failed(row, fault)
    else:
        inbox.done(row)
        took = round(time.monotonic() - began, 3)
        log.info(
            "looked at what was announced",
            extra={**about, "run": done.run, "indexed": done.indexed, "removed": done.removed, "seconds": took},
        )
        return done
    return None
