"""The deployments that `headwater serve` runs itself: one per source, none of sources that left the settings."""

import asyncio
from collections.abc import Awaitable, Collection, Iterator, Sequence
from typing import cast
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    FlowFilter,
    FlowFilterName,
    FlowRunFilter,
    FlowRunFilterDeploymentId,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy, StateType
from prefect.client.schemas.responses import DeploymentResponse
from prefect.deployments.runner import RunnerDeployment
from prefect.runner import Runner
from prefect.states import Crashed
from prefect.types.entrypoint import EntrypointType

from flows.ingest import ingest
from flows.prefect_names import FLOW
from flows.schedules import tag_of
from flows.timetable import as_prefect
from flows.workshop import Workshop
from headwater.settings import Settings, load

RUNS_TOGETHER = 2
"""Each is a process with a model in memory."""
QUERY_SECONDS = 2.0
_PAGE = 200


def deployments(settings: Settings, tag: str) -> Iterator[RunnerDeployment]:
    """Named like their sources; without a schedule they are there to be started by a person."""
    for source in settings.sources:
        made = ingest.to_deployment(
            source.name,
            parameters={"sources": [source.name]},
            schedules=list(as_prefect(source)),
            tags=["headwater", tag],
            description=f"Bring the source {source.name} ({source.kind}) up to date.",
            # After a time in which nobody was there, one of the runs that are late makes up for all.
            concurrency_limit=ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW),
            # Loaded as a file, its folder would come first on the path.
            entrypoint_type=EntrypointType.MODULE_PATH,
        )
        # A coroutine only where a loop runs already.
        yield cast(RunnerDeployment, made)


def registered() -> list[DeploymentResponse]:
    """Of our flow, also those that others run."""
    found: list[DeploymentResponse] = []
    with get_client(sync_client=True) as client:
        while True:
            ours = FlowFilter(name=FlowFilterName(any_=[FLOW]))
            page = client.read_deployments(flow_filter=ours, limit=_PAGE, offset=len(found))
            found += page
            if len(page) < _PAGE:
                return found


def remove_gone(settings: Settings, tag: str) -> list[str]:
    """Names of the deployments that were run for this ledger, of sources that are not configured any more."""
    configured = {source.name for source in settings.sources}
    gone = [one for one in registered() if tag in one.tags and not one.work_pool_name and one.name not in configured]
    with get_client(sync_client=True) as client:
        for one in gone:
            client.delete_deployment(one.id)
    return [one.name for one in gone]


def end_left_over(tag: str, held: Collection[str]) -> list[str]:
    """Say that runs crashed which a runner for this ledger left when it was killed, and begin others for them.

    Prefect would go on showing them as running, and cancels what is late meanwhile, since they hold its place. `held`:
    sources that somebody is at, whose runs may well go on without a runner. Returns the names of the sources.
    """
    names = {one.id: one.name for one in registered() if tag in one.tags and not one.work_pool_name}
    if not names:
        return []
    running = FlowRunFilterStateType(any_=[StateType.PENDING, StateType.RUNNING, StateType.CANCELLING])
    chosen = FlowRunFilter(
        deployment_id=FlowRunFilterDeploymentId(any_=list(names)), state=FlowRunFilterState(type=running)
    )
    ended = []
    with get_client(sync_client=True) as client:
        for run in client.read_flow_runs(flow_run_filter=chosen, limit=_PAGE):
            if run.deployment_id is None or names[run.deployment_id] in held:
                continue
            client.set_flow_run_state(run.id, Crashed(message="The process that ran it was killed."))
            if names[run.deployment_id] not in ended:
                client.create_flow_run_from_deployment(run.deployment_id)
                ended.append(names[run.deployment_id])
    return ended


def run_deployments() -> None:
    """Register them, and run what is due until this process is told to end.

    Sources that `headwater deploy` gave to a work pool are left to its workers.
    """
    settings = load()
    with Workshop(settings, command="headwater serve (schedules)") as opened:
        tag = tag_of(opened.ledger.identity())
        held = {name.removeprefix("source:") for name, _ in opened.ledger.holders()}
    remove_gone(settings, tag)
    end_left_over(tag, held)
    elsewhere = {one.name for one in registered() if one.work_pool_name}
    asyncio.run(_run([one for one in deployments(settings, tag) if one.name not in elsewhere]))


async def _run(served: Sequence[RunnerDeployment]) -> None:
    # What is registered stays scheduled while nobody is there to run it; then it is late.
    runner = Runner("headwater serve", query_seconds=QUERY_SECONDS, limit=RUNS_TOGETHER, pause_on_shutdown=False)
    for deployment in served:
        await cast(Awaitable[UUID], runner.add_deployment(deployment))
    await runner.start()
