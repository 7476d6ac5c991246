"""The ingestion flow: orders the steps, one task per batch of documents, and leaves a summary as an artifact."""

import json
from collections.abc import Sequence

from prefect import flow, get_run_logger, runtime, task
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from flows.environment import run_seconds
from flows.prefect_names import FLOW, SKIPPED
from flows.refresh import attend
from flows.session import workshop
from flows.steps import Steps, direct_steps, run_sources
from flows.workshop import Workshop
from headwater.errors import BusyError
from headwater.ingest.report import RunReport


@task(name="scan", task_run_name="scan {source}", cache_policy=NO_CACHE)
def scan(source: str) -> None:
    """List the source, compare with the ledger, and take reading rights away where they were withdrawn."""
    with workshop() as open_workshop:
        direct_steps(open_workshop).scan(source)


@task(name="index-batch", task_run_name="index {source} #{number}", cache_policy=NO_CACHE)
def index_batch(source: str, number: int) -> bool:
    """Fetch, parse, chunk, embed and publish the next documents; False when none is left."""
    with workshop() as open_workshop:
        return direct_steps(open_workshop).index_batch(source, number)


@task(name="remove-absent", task_run_name="remove absent from {source}", cache_policy=NO_CACHE)
def remove_absent(source: str) -> None:
    """Take out of search what a complete listing did not name any more."""
    with workshop() as open_workshop:
        direct_steps(open_workshop).remove_absent(source)


@flow(name=FLOW, validate_parameters=False, timeout_seconds=run_seconds())
def ingest(sources: list[str] | None = None) -> State[int]:
    """Ingest these sources (default: every configured one); failed when a source failed as a whole."""
    with workshop() as open_workshop:
        names = sources or [source.name for source in open_workshop.settings.sources]
        # A person who asked is told by the report that somebody is at it, and that it was not done.
        busy = taken(open_workshop, names) if runtime.deployment.id else {}
        names = [name for name in names if name not in busy]
        if busy and not names:
            return Completed(name=SKIPPED, message="; ".join(busy.values()), data=0)
        attend(open_workshop)
        report = run_sources(open_workshop, names, Steps(scan, index_batch, remove_absent))
        summarize(open_workshop, report)
    failed = [source.source for source in report.sources if source.error]
    if failed:
        return Failed(message=f"failed sources: {', '.join(failed)}", data=report.exit_code)
    return Completed(data=report.exit_code)


def taken(open_workshop: Workshop, names: Sequence[str]) -> dict[str, str]:
    """By source, who else is at it; those that nobody is at are ours from here on."""
    busy = {}
    for name in names:
        try:
            open_workshop.reserve(name)
        except BusyError as error:
            busy[name] = f"{name} is being looked at already: {error}"
    return busy


def summarize(open_workshop: Workshop, report: RunReport) -> None:
    """What became of the run, for people who look at Prefect's pages."""
    create_table_artifact(
        key="headwater-ingest",
        table=[source.as_json() for source in report.sources],
        description=f"Run {report.run}: epoch {report.epoch}, {report.seconds:.1f} s",
    )
    if report.problems:
        create_table_artifact(
            key="headwater-problems",
            table=[
                {"source": p.source, "document": p.document, "outcome": p.outcome, "reason": p.reason}
                for p in report.problems
            ],
            description="Documents that need a person",
        )
    create_markdown_artifact(key="headwater-read-directly", markdown=_read_directly(open_workshop, report.epoch))
    get_run_logger().info("run %s published epoch %s", report.run, report.epoch)


def _read_directly(open_workshop: Workshop, epoch: int) -> str:
    """How a program that reads the collection itself has to filter, so that it sees what `headwater search` sees."""
    # Imported at the end of a run: qdrant-client takes 1.5 s, which the first document would wait for.
    from headwater.index.permitted_client import permitted_filter

    permitted = permitted_filter(frozenset(), epoch).model_dump(exclude_none=True)
    generation = open_workshop.ledger.generation()
    return (
        f"Programs that read generation `{generation}` without Headwater must send this filter with every query "
        f"(here: of someone without groups, at epoch {epoch}; `headwater.index.permitted_client.permitted_filter` "
        f"makes it for any principals):\n\n```json\n{json.dumps(permitted, indent=2)}\n```\n"
    )
