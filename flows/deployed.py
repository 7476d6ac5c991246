"""What is announced is looked at by the workers of a Prefect server: this process only has them begin.

A run of the deployment `headwater-refresh/POOL` works off the inbox of one source, and stays for a while in case more
comes: its start takes seconds, each document after the first does not.
"""

import logging
import time
from dataclasses import dataclass
from uuid import UUID

import httpx
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.objects import State, StateType
from prefect.exceptions import ObjectNotFound, PrefectHTTPStatusError
from prefect.states import Cancelling

from flows.prefect_names import REFRESH, lease_of
from flows.worker import Worker
from flows.workshop import Workshop
from headwater.inbox.inbox import Inbox

TAKEN_SECONDS, AGAIN_SECONDS = 60.0, 5.0
_WAITS = (StateType.SCHEDULED, StateType.PENDING)

log = logging.getLogger("headwater.worker")


@dataclass(slots=True)
class _Triggered:
    run: UUID
    at: float


class Trigger(Worker):
    """A `Worker` that takes nothing from the inbox itself."""

    def __init__(self, opened: Workshop, inbox: Inbox) -> None:
        super().__init__(opened, inbox)
        self._triggered: dict[str, _Triggered] = {}
        self._pool = opened.settings.deploy.pool
        self._not_before = 0.0

    def _hand_out(self) -> None:
        if time.monotonic() < self._not_before or not self._inbox.depth().waiting:
            return
        held = {name for name, _ in self._opened.ledger.holders()}
        due = sorted(source for source in self._due() if lease_of(source) not in held)
        if not due:
            return
        try:
            with get_client(sync_client=True) as client:
                for source in due:
                    self._trigger(client, source)
        except (httpx.HTTPError, PrefectHTTPStatusError) as error:
            self._not_before = time.monotonic() + AGAIN_SECONDS
            log.warning("the Prefect server cannot be asked to have workers look at what was announced: %s", error)

    def _due(self) -> set[str]:
        now = self._inbox.clock()
        return {row.source for row in self._inbox.rows() if row.state != "dead" and row.due_at <= now and not row.token}

    def _trigger(self, client: SyncPrefectClient, source: str) -> None:
        """Unless a run that will look is on its way."""
        before = self._triggered.get(source)
        if before is not None and self._comes(client, source, before):
            return
        name = f"{REFRESH}/{self._pool}"
        try:
            deployment = client.read_deployment_by_name(name)
        except ObjectNotFound:
            self._not_before = time.monotonic() + AGAIN_SECONDS
            log.warning("there is no deployment %s: run headwater deploy", name)
            return
        run = client.create_flow_run_from_deployment(deployment.id, parameters={"source": source})
        self._triggered[source] = _Triggered(run.id, time.monotonic())
        log.info("a worker is to look at what was announced", extra={"source": source, "run": str(run.id)})

    def _comes(self, client: SyncPrefectClient, source: str, before: _Triggered) -> bool:
        try:
            state = client.read_flow_run(before.run).state
        except ObjectNotFound:
            return False
        if state is None or state.is_final():
            return False
        if time.monotonic() - before.at < TAKEN_SECONDS or not _waits(state):
            return True
        log.warning(
            "no worker took the run for %.0f s: prefect worker start --pool %s", TAKEN_SECONDS, self._pool,
            extra={"source": source},
        )  # fmt: skip
        client.set_flow_run_state(before.run, Cancelling())
        return False


def _waits(state: State[object]) -> bool:
    return state.type in _WAITS
