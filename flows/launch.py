"""Run the ingestion flow from a command: Prefect's server starts while sources are scanned and the model loads."""

import importlib
import threading
import time
from collections.abc import Callable, Sequence

from flows.environment import prepare
from flows.session import using
from flows.steps import revoke_everywhere
from flows.workshop import Workshop
from headwater.errors import IndexUnavailableError
from headwater.ingest.report import RunReport

FLOW = "flows.ingest"
WAIT_SECONDS = 0.2
START_SECONDS = 180.0


class PrefectServer(threading.Thread):
    """Imports Prefect and waits until its API answers: an ephemeral server, or the one of PREFECT_API_URL."""

    def __init__(self) -> None:
        super().__init__(name="headwater-prefect", daemon=True)
        self.error: Exception | None = None
        self.seconds = 0.0

    def run(self) -> None:
        started = time.monotonic()
        try:
            # Imported here because the import alone takes seconds, which are spent beside the scan.
            orchestration = importlib.import_module("prefect.client.orchestration")
            importlib.import_module(FLOW)
            with orchestration.get_client(sync_client=True) as client:
                client.hello().raise_for_status()
        except Exception as error:  # noqa: BLE001 - carried to the thread that waits, which says what to do
            self.error = error
        self.seconds = time.monotonic() - started

    def wait(self, between: Callable[[], None]) -> None:
        """Until it answers; `between` is called meanwhile."""
        deadline = time.monotonic() + START_SECONDS
        while self.is_alive() and time.monotonic() < deadline:
            self.join(WAIT_SECONDS)
            between()
        if self.is_alive() or self.error is not None:
            raise IndexUnavailableError(
                f"Prefect did not start: {self.error or f'no answer within {START_SECONDS:.0f} s'}",
                advice="Check PREFECT_API_URL, or run the same steps without Prefect: headwater ingest --direct.",
            )


def run_flow(workshop: Workshop, names: Sequence[str], on_ready: Callable[[float], None]) -> RunReport:
    """The flow, in this process; `on_ready` is told how many seconds Prefect took to start."""
    prepare(workshop.settings.home)
    server = PrefectServer()
    server.start()
    get_ready(workshop, names)
    server.wait(workshop.between)
    on_ready(server.seconds)
    flow_module = importlib.import_module(FLOW)
    with using(workshop):
        state = flow_module.ingest(sources=list(names), return_state=True)
    if workshop.report is None or not workshop.report.sources:
        # The flow itself broke before or between sources: let its own error be seen.
        state.result(raise_on_failure=True)
        raise IndexUnavailableError("the flow ended without a report", advice="Run `headwater ingest --direct`.")
    return workshop.report


def get_ready(workshop: Workshop, names: Sequence[str]) -> None:
    """Everything that needs no Prefect: open the index, scan, take rights away, look ahead into the first source.

    An error of a source is left for the flow to meet and report again.
    """
    workshop.begin_run()
    for source_run in revoke_everywhere(workshop, names):
        if source_run.plan().changed:
            source_run.look_ahead()
            break
