"""The refresh as a Prefect flow, called in a thread of the process that has everything open, recorded like any run."""

from collections.abc import Callable
from contextvars import ContextVar

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from flows.refresh import Refreshed, busy, never, refresh
from flows.session import workshop
from flows.workshop import Workshop
from headwater.errors import HeadwaterError, RetriableError

_ends: ContextVar[Callable[[], bool]] = ContextVar("ends", default=never)
"""Whether the process that called the flow, in this thread, is ending: a flow's parameters are plain values."""


@flow(
    name="headwater-refresh",
    flow_run_name="refresh {source} {document}",
    validate_parameters=False,
    persist_result=False,
)
def refresh_flow(source: str, document: str, fresh: float = 0.0) -> State[Refreshed]:
    """Look at one document that was announced, or with "" at its source, by no listing older than `fresh` seconds."""
    try:
        with workshop() as opened:
            done = refresh(opened, source, document, _ends.get(), fresh)
    except HeadwaterError as error:
        return Failed(message=f"{type(error).__name__}: {error}", data=error)
    return Completed(message=f"{done.indexed} indexed, {done.removed} removed", data=done)


def recorded(
    opened: Workshop, source: str, document: str, ends: Callable[[], bool] = never, fresh: float = 0.0
) -> Refreshed:
    """As `refresh` does it; what waits for somebody else is not recorded, since it is tried several times a second."""
    busy(opened, source)
    _ends.set(ends)
    state = refresh_flow(source=source, document=document, fresh=fresh, return_state=True)
    found = state.result(raise_on_failure=False)
    if isinstance(found, Refreshed):
        return found
    if isinstance(found, HeadwaterError):
        raise found
    raise RetriableError(f"Prefect ended the run: {state.type.value}")
