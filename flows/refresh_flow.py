"""The refresh as a Prefect flow: of what the process that has everything open did, or run by a worker."""

import time
from contextvars import ContextVar

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from flows.prefect_names import REFRESH, SKIPPED, lease_of
from flows.recording import Begun
from flows.refresh import refresh
from flows.session import workshop
from flows.taken import Refreshed, StoppedError, work_off
from flows.workshop import Workshop
from headwater.errors import BusyError, HeadwaterError
from headwater.inbox.inbox import Inbox
from headwater.ledger.waiting import Waiting, Which

STAYS_SECONDS, LONGEST_SECONDS, ASK_SECONDS = 30.0, 600.0, 0.1
"""How long a run of a worker waits for more to be announced, and how old it grows with it."""
TOGETHER = 4

_begun: ContextVar[Begun | None] = ContextVar("begun", default=None)
"""What the flow that is called in this thread is to tell of; a flow's parameters are plain values."""


@flow(
    name=REFRESH,
    flow_run_name="refresh {source} {document}",
    validate_parameters=False,
    persist_result=False,
)
def refresh_flow(source: str, document: str = "", fresh: float = 0.0) -> State[int]:  # noqa: ARG001 - shown by Prefect
    """Look at a document that was announced; run by a worker: at all that is announced of the source for a while."""
    begun = _begun.get()
    try:
        return _by_worker(source) if begun is None else _told(begun.outcome.result())
    except (BusyError, StoppedError) as error:
        return Completed(name=SKIPPED, message=str(error))
    except HeadwaterError as error:
        return Failed(message=f"{type(error).__name__}: {error}")


def record(begun: Begun) -> None:
    """A run of the flow that is what has begun, and ends with it."""
    _begun.set(begun)
    refresh_flow(source=begun.source, document=begun.document, fresh=begun.fresh, return_state=True)


def _told(done: Refreshed) -> State[int]:
    return Completed(message=f"run {done.run}: {done.indexed} indexed, {done.removed} removed")


def _by_worker(source: str) -> State[int]:
    with workshop() as opened, opened.ledger.lease(lease_of(source), opened.holder, seconds=60):
        looked, done = _worked_off(opened, source)
    return Completed(message=f"{looked} looked at, {done} done")


def _worked_off(opened: Workshop, source: str) -> tuple[int, int]:
    """How many rows were taken, and of how many something came."""
    inbox, looked, done = Inbox(opened.ledger, clock=opened.ledger.now), 0, 0
    began = last = time.monotonic()
    while time.monotonic() - last < STAYS_SECONDS and time.monotonic() - began < LONGEST_SECONDS:
        rows = inbox.take(TOGETHER, Which(source=source))
        for number, row in enumerate(rows):
            inbox.prolong(rows[number:])
            done += _look(opened, inbox, row)
            looked += 1
            last = time.monotonic()
        if not rows:
            time.sleep(ASK_SECONDS)
    return looked, done


def _look(opened: Workshop, inbox: Inbox, row: Waiting) -> bool:
    return work_off(inbox, row, lambda fresh: refresh(opened, row.source, row.document, fresh=fresh)) is not None
