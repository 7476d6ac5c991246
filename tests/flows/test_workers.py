"""Two real workers of a real Prefect server, with ledger and server on Postgres and one index that they share."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from flows.work_pool import SILENCE
from headwater.ledger.holder import this_process
from tests.serve.conftest import SECRET, signed
from tests.support.postgres import Postgres
from tests.support.qdrant_process.running import running_stand_in
from tests.support.workers import Workers, until

pytestmark = pytest.mark.prefect

SOURCE = '[[source]]\nname = "docs"\nkind = "folder"\npath = "docs"\ndefault_access = ["public"]\n{more}\n'
MANY = 200


@pytest.fixture
def made(tmp_path: Path, prefect_api: str, postgres: Postgres | None) -> Iterator[Workers]:
    """One source, with one article."""
    if postgres is None:
        pytest.skip("no Postgres of a distribution to share")
    with running_stand_in() as index:
        workers = Workers(tmp_path, prefect_api, tmp_path.name[-40:], ledger=postgres.new_database(), index=index.url)
        workers.configure(SOURCE.format(more=""))
        (workers.docs / "a.md").write_text("# An article\n\nAbout the quokka.\n")
        try:
            yield workers
        finally:
            workers.close()


def write_many(made: Workers) -> None:
    for number in range(MANY):
        words = " ".join(f"word{number * turn % 997}" for turn in range(40))
        (made.docs / f"{number:04}.md").write_text(f"# Article {number}\n\nThis is number {number}. {words}.\n")


def in_the_middle(made: Workers) -> int:
    """How much of many documents is searchable, once some is."""
    assert until(lambda: made.count("docs") > 1, seconds=90), made.log()
    return made.count("docs")


def test_two_workers_do_not_run_a_source_twice_at_once(made: Workers) -> None:
    made.deploy()
    runs = [made.trigger("docs"), made.trigger("docs")]
    made.start("one")
    made.start("two")
    states = sorted((made.ended(run)["name"], made.ended(run)["message"] or "") for run in runs)
    assert [name for name, _ in states] == ["Cancelled", "Completed"], (states, made.log())
    assert "limit" in states[0][1]
    assert made.leases() == []
    assert made.differences() == []
    assert made.count("docs") == 1


@pytest.mark.slow
def test_a_schedule_fires(made: Workers) -> None:
    made.configure(SOURCE.format(more='schedule = "* * * * *"'))
    made.deploy()
    made.start("one")
    made.start("two")
    assert until(lambda: any("quokka" in text for text in made.search("quokka")), seconds=150), made.log()
    assert [run["auto_scheduled"] for run in made.runs("docs")][:1] == [True]


@pytest.mark.slow
def test_a_run_leaves_a_source_to_whoever_is_at_it(made: Workers) -> None:
    made.deploy()
    made.start("one")
    with made.open() as opened, opened.ledger.lease("source:docs", this_process("a person"), seconds=60):
        state = made.ended(made.trigger("docs"))
    assert (state["type"], state["name"]) == ("COMPLETED", "Skipped")
    assert "a person" in state["message"]
    with made.open() as opened:
        assert all(not row.last_error for row in opened.ledger.sources())
    write_many(made)
    run = made.trigger("docs")
    assert until(made.leases)
    refused = made.command("ingest", "--direct")
    assert refused.returncode == 1
    assert "headwater ingest (Prefect)" in " ".join(refused.stdout.split())
    assert made.ended(run)["type"] == "COMPLETED"
    assert made.differences() == []


@pytest.mark.slow
def test_a_cancelled_run_leaves_everything_consistent(made: Workers) -> None:
    write_many(made)
    made.deploy()
    made.start("one")
    made.start("two")
    run = made.trigger("docs")
    before = in_the_middle(made)
    began = time.monotonic()
    made.cancel(run)
    assert made.ended(run)["type"] == "CANCELLED"
    assert until(lambda: not made.leases(), seconds=30)
    print(f"cancelled with {before} of {MANY + 1}, free after {time.monotonic() - began:.1f} s")
    assert made.count("docs") < MANY + 1
    assert made.disagreements() == []
    assert made.ended(made.trigger("docs"))["type"] == "COMPLETED"
    assert made.differences() == []


@pytest.mark.slow
def test_a_killed_worker_leaves_everything_consistent(made: Workers) -> None:
    write_many(made)
    made.deploy()
    worker = made.start("one")
    run = made.trigger("docs")
    before = in_the_middle(made)
    assert made.kill(worker) >= 1
    began = time.monotonic()
    assert made.state(run)["type"] == "RUNNING"
    assert made.count("docs") < MANY + 1
    assert made.disagreements() == []
    made.start("two")
    state = made.ended(run, seconds=2 * SILENCE.total_seconds())
    assert (state["type"], state["message"]) == ("CRASHED", "Its worker sent no sign of life.")
    print(f"killed with {before} of {MANY + 1}, seen after {time.monotonic() - began:.0f} s")
    assert made.ended(made.trigger("docs"))["type"] == "COMPLETED"
    assert made.leases() == []
    assert made.differences() == []


@pytest.mark.slow
def test_what_is_announced_is_looked_at_by_workers(made: Workers) -> None:
    made.configure(SOURCE.format(more='webhook = { kind = "generic", secret = "${HOOK}", documents = ["$.ids[*]"] }'))
    made.deploy()
    made.start("one")
    address = made.serve(HOOK=SECRET, HEADWATER_SERVE__REFRESH="workers")
    for turn in ("quokka", "axolotl"):
        (made.docs / "a.md").write_text(f"# An article\n\nAbout the {turn}.\n")
        body, headers = signed({"ids": ["a.md"]})
        assert httpx.post(f"{address}/webhooks/docs", content=body, headers=headers, timeout=20).status_code == 202
        assert until(lambda turn=turn: any(turn in text for text in made.search(turn))), made.log()
    runs = made.ask("flow_runs/filter", deployments={"name": {"any_": [made.pool]}})
    assert len(runs) == 1
    assert runs[0]["parameters"] == {"source": "docs"}
    state = made.ended(runs[0]["id"])
    assert (state["type"], state["message"]) == ("COMPLETED", "2 looked at, 2 done")
    assert made.leases() == []
    assert made.differences() == []


@pytest.mark.slow
def test_one_run_makes_up_for_all_that_were_missed(made: Workers) -> None:
    made.deploy()
    now = datetime.now(UTC).isoformat()
    often = {"schedule": {"interval": 5, "anchor_date": now}, "active": True}
    id = made.deployment("docs")["id"]
    httpx.patch(f"{made.api}/deployments/{id}", json={"schedules": [often]}, timeout=20).raise_for_status()

    def late() -> int:
        chosen = {"id": {"any_": [id]}}
        missed = {"expected_start_time": {"before_": datetime.now(UTC).isoformat()}}
        return len(made.ask("flow_runs/filter", deployments=chosen, flow_runs=missed))

    assert until(lambda: late() >= 12, seconds=120)
    came = datetime.now(UTC).isoformat()
    made.start("one")
    made.start("two")
    missed = until(lambda: _all_settled(made, came), seconds=90)
    print(sorted(run["state_name"] for run in missed), len(missed))
    assert [run["state_name"] for run in missed].count("Completed") == 1
    assert {run["state_name"] for run in missed} == {"Completed", "Cancelled"}
    assert made.count("docs") == 1


def _all_settled(made: Workers, came: str) -> list[dict[str, str]]:
    chosen = {"id": {"any_": [made.deployment("docs")["id"]]}}
    due = {"expected_start_time": {"before_": came}}
    runs = made.ask("flow_runs/filter", deployments=chosen, flow_runs=due)
    return runs if all(run["state_type"] in ("COMPLETED", "CANCELLED", "FAILED", "CRASHED") for run in runs) else []
