"""The workshop of this process: the one a command opened, or one opened from the configuration for a deployed run."""

from collections.abc import Iterator
from contextlib import contextmanager

from flows import traces
from flows.workshop import Workshop
from headwater.settings import load

WAIT_SECONDS = 60.0
"""So long a deployed run waits for whoever is at its source: longer than a look at one announced document takes."""

_open: list[Workshop] = []


@contextmanager
def using(workshop: Workshop) -> Iterator[Workshop]:
    """Make this workshop the one that flows and tasks of this process find; tasks run in threads of it."""
    _open.append(workshop)
    try:
        yield workshop
    finally:
        _open.remove(workshop)


@contextmanager
def workshop() -> Iterator[Workshop]:
    """The open workshop; without one (a run that Prefect started) a new one, from HEADWATER_CONFIG or the cwd."""
    if _open:
        yield _open[-1]
        return
    traces.begin()
    with Workshop(load(), command="headwater ingest (Prefect)", wait=WAIT_SECONDS) as opened, using(opened):
        yield opened
