"""One Prefect deployment for each source, on a work pool, so that workers run the sources on their schedules."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import DeploymentScheduleCreate, WorkPoolCreate
from prefect.client.schemas.filters import WorkPoolFilter, WorkPoolFilterName
from prefect.client.schemas.objects import ConcurrencyLimitStrategy, ConcurrencyOptions, StateType
from prefect.client.schemas.responses import DeploymentResponse
from prefect.events.actions import ChangeFlowRunState
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture
from prefect.exceptions import ObjectNotFound, PrefectHTTPStatusError
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows.prefect_names import FLOW, REFRESH
from flows.timetable import as_prefect
from headwater.errors import ConfigError, IndexUnavailableError
from headwater.settings import Settings, SourceSettings

ENTRYPOINT = "flows.ingest.ingest"
REFRESH_ENTRYPOINT = "flows.refresh_flow.refresh_flow"
"""A module, not a file: a file's folder would come first on the path of a run, and hide modules of the same names."""
TAG = "headwater"
ZOMBIES = "headwater: runs whose worker is gone"
HEARTBEAT_SECONDS = 30
SILENCE = timedelta(seconds=4 * HEARTBEAT_SECONDS)
_PAGE = 200


@dataclass(frozen=True, slots=True)
class Deployed:
    """`registered` sources with their schedules ("" for none), and the deployments that left with their sources."""

    pool: str
    type: str
    registered: dict[str, str]
    removed: tuple[str, ...]


def deploy(settings: Settings, server: str) -> Deployed:
    """Register a deployment for each configured source, and remove those of this pool whose source is gone.

    ConfigError where workers could not do what the settings say, IndexUnavailableError when no server answers.
    """
    _refuse(settings)
    pool = settings.deploy.pool
    with _client(server) as client:
        _make_pool(client, settings)
        flow = client.create_flow_from_name(FLOW)
        for source in settings.sources:
            client.create_deployment(flow_id=flow, **_values(settings, source))
        client.create_deployment(flow_id=client.create_flow_from_name(REFRESH), **_refreshing(settings))
        names = {source.name for source in settings.sources}
        gone = [one for one in _ours(client, pool) if one.name not in names]
        for one in gone:
            client.delete_deployment(one.id)
        _watch_for_zombies(client)
    schedules = {source.name: source.schedule for source in settings.sources}
    return Deployed(pool, settings.deploy.type, schedules, tuple(sorted(one.name for one in gone)))


def _refuse(settings: Settings) -> None:
    kind, image = settings.deploy.type, settings.deploy.image
    if settings.file is None or not settings.sources:
        raise ConfigError("there are no sources to deploy", advice="Write a configuration: headwater init.")
    if kind == "process":
        return
    if not image:
        raise ConfigError(
            f"{kind} workers need an image", advice='Set [deploy] image = "...", built from deploy/Dockerfile.'
        )
    embedded = [
        n for n, one in (("index.url", settings.index), ("ledger.url", settings.ledger)) if not one.url.reveal()
    ]
    if embedded:
        raise ConfigError(
            f"runs in {kind} could not share a state that is kept in a folder: {' and '.join(embedded)} is empty",
            advice='Set a Qdrant server and a Postgres database, or [deploy] type = "process".',
        )


@contextmanager
def _client(server: str) -> Iterator[SyncPrefectClient]:
    try:
        with temporary_settings({PREFECT_API_URL: server}), get_client(sync_client=True) as client:
            yield client
    except (httpx.HTTPError, PrefectHTTPStatusError) as error:
        raise IndexUnavailableError(
            f"the Prefect server did not take the deployments: {error}",
            advice="Check PREFECT_API_URL, and that the server runs: prefect server start.",
        ) from error


def _make_pool(client: SyncPrefectClient, settings: Settings) -> None:
    wanted = settings.deploy
    try:
        found = client.read_work_pool(wanted.pool)
    except ObjectNotFound:
        # Without a template: the first worker brings that of its type.
        client.create_work_pool(WorkPoolCreate(name=wanted.pool, type=wanted.type))
        return
    if found.type != wanted.type:
        raise ConfigError(
            f"the work pool {wanted.pool!r} is there already, of type {found.type}",
            advice=f'Set [deploy] type = "{found.type}", or name another pool.',
        )


def _values(settings: Settings, source: SourceSettings) -> dict[str, Any]:
    schedules = [DeploymentScheduleCreate(schedule=one, active=True) for one in as_prefect(source)]
    return {
        "name": source.name,
        "description": f"Bring the source {source.name} ({source.kind}) up to date.",
        "entrypoint": ENTRYPOINT,
        "parameters": {"sources": [source.name]},
        "schedules": schedules,
        # After a time in which no worker was there, one of the runs that are late makes up for all.
        "concurrency_limit": 1,
        "concurrency_options": ConcurrencyOptions(collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW),
        "tags": list(dict.fromkeys([TAG, source.kind, *settings.deploy.tags])),
        "work_pool_name": settings.deploy.pool,
        "job_variables": _job(settings),
        "pull_steps": [],
        "enforce_parameter_schema": False,
    }


def _refreshing(settings: Settings) -> dict[str, Any]:
    """What is run for each document that is announced where `[serve] refresh` is "workers"."""
    return {
        "name": settings.deploy.pool,
        "description": "Look at one document that was announced.",
        "entrypoint": REFRESH_ENTRYPOINT,
        "tags": list(dict.fromkeys([TAG, *settings.deploy.tags])),
        "work_pool_name": settings.deploy.pool,
        "job_variables": _job(settings),
        "pull_steps": [],
        "enforce_parameter_schema": False,
    }


def _job(settings: Settings) -> dict[str, Any]:
    environment = {
        "HEADWATER_RUN_SECONDS": f"{settings.deploy.timeout:.0f}",
        "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": str(HEARTBEAT_SECONDS),
    }
    if settings.deploy.type != "process":
        # Where configuration and secrets are in there is up to the image, and to the pool's template.
        return {"image": settings.deploy.image, "env": environment}
    here = {"HEADWATER_CONFIG": str(settings.file), "HEADWATER_HOME": str(settings.home)}
    return {"env": here | environment}


def _ours(client: SyncPrefectClient, pool: str) -> list[DeploymentResponse]:
    """Of our flow in this pool; those that `headwater serve` runs are in none."""
    flow = client.create_flow_from_name(FLOW)
    where, found = WorkPoolFilter(name=WorkPoolFilterName(any_=[pool])), list[DeploymentResponse]()
    while True:
        page = client.read_deployments(work_pool_filter=where, limit=_PAGE, offset=len(found))
        found += page
        if len(page) < _PAGE:
            return [one for one in found if one.flow_id == flow and TAG in one.tags]


def _watch_for_zombies(client: SyncPrefectClient) -> None:
    """A run that stops sending signs of life is set to crashed; its lease ran out before that, so the next one runs."""
    ended = ("Completed", "Failed", "Cancelled", "Crashed")
    automation = AutomationCore(
        name=ZOMBIES,
        description="A flow run that sent heartbeats and then none for two minutes, without having ended.",
        trigger=EventTrigger(
            match={"prefect.resource.id": "prefect.flow-run.*"},
            match_related={"prefect.resource.role": "flow", "prefect.resource.name": FLOW},
            after={"prefect.flow-run.heartbeat"},
            expect={"prefect.flow-run.heartbeat", *(f"prefect.flow-run.{state}" for state in ended)},
            for_each={"prefect.resource.id"},
            posture=Posture.Proactive,
            threshold=1,
            within=SILENCE,
        ),
        actions=[
            ChangeFlowRunState(
                state=StateType.CRASHED, name="Crashed", message="Its worker sent no sign of life.", force=False
            )
        ],
    )
    for found in client.read_automations_by_name(ZOMBIES):
        client.update_automation(found.id, automation)
        return
    client.create_automation(automation)
