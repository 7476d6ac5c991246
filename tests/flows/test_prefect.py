"""The flow on a real Prefect server: recorded, batched, with its summary, and its schedules scheduled."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from flows.environment import QUIET
from flows.workshop import LEDGER_FILE
from headwater.ledger.open import open_ledger

pytestmark = pytest.mark.prefect


def headwater(*arguments: str, cwd: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    """The command line in a process of its own, as a person or a worker runs it."""
    return subprocess.run(
        [sys.executable, "-m", "app.cli", *arguments],
        cwd=cwd,
        env={**os.environ, **QUIET, "HEADWATER_HOME": str(cwd / "home"), **environment},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


def make_project(folder: Path, documents: int = 3) -> Path:
    docs = folder / "docs"
    docs.mkdir()
    for number in range(documents):
        (docs / f"{number}.md").write_text(f"# Article {number}\n\nThis is article number {number}.\n")
    (folder / "headwater.toml").write_text(
        '[[source]]\nname = "docs"\nkind = "folder"\npath = "docs"\ncontent = "help"\ndefault_access = ["public"]\n'
    )
    return folder


def query(api: str, what: str, **body: Any) -> list[dict[str, Any]]:
    answer = httpx.post(f"{api}/{what}/filter", json=body, timeout=20)
    answer.raise_for_status()
    found: list[dict[str, Any]] = answer.json()
    return found


def eventually(api: str, what: str, count: int, **body: Any) -> list[dict[str, Any]]:
    """Task runs are recorded a little after they happen."""
    deadline = time.monotonic() + 20
    while len(found := query(api, what, **body)) < count and time.monotonic() < deadline:
        time.sleep(0.3)
    return found


def test_a_run_is_recorded_with_its_tasks_and_summary(prefect_api: str, tmp_path: Path) -> None:
    project = make_project(tmp_path)
    ran = headwater("ingest", "--json", cwd=project, PREFECT_API_URL=prefect_api)
    assert ran.returncode == 0, ran.stderr
    (source,) = json.loads(ran.stdout)["sources"]
    assert source["indexed"] == 3

    (flow_run,) = query(prefect_api, "flow_runs", flows={"name": {"any_": ["headwater-ingest"]}})
    assert flow_run["state_type"] == "COMPLETED"
    assert flow_run["parameters"] == {"sources": ["docs"]}
    ledger = open_ledger(project / "home" / LEDGER_FILE)
    assert [run["flow_run"] for run in ledger.runs()] == [flow_run["id"]]
    ledger.close()
    tasks = eventually(prefect_api, "task_runs", 3, flow_runs={"id": {"any_": [flow_run["id"]]}})
    assert {task["name"] for task in tasks} == {"scan docs", "index docs #1", "remove absent from docs"}
    assert {task["state_type"] for task in tasks} == {"COMPLETED"}
    artifacts = {a["key"]: a for a in query(prefect_api, "artifacts", flow_runs={"id": {"any_": [flow_run["id"]]}})}
    assert json.loads(artifacts["headwater-ingest"]["data"])[0]["indexed"] == 3
    assert '"allow"' in artifacts["headwater-read-directly"]["data"]


def test_a_source_that_fails_fails_the_flow_and_not_the_others(prefect_api: str, tmp_path: Path) -> None:
    project = make_project(tmp_path)
    config = project / "headwater.toml"
    config.write_text(
        config.read_text().replace('path = "docs"', 'path = "nowhere"').replace('"docs"', '"lost"') + config.read_text()
    )
    ran = headwater("ingest", "--json", cwd=project, PREFECT_API_URL=prefect_api)
    assert ran.returncode == 1
    lost, docs = json.loads(ran.stdout)["sources"]
    assert "nowhere" in lost["error"]
    assert docs["indexed"] == 3
    newest = query(prefect_api, "flow_runs", sort="START_TIME_DESC", limit=1)[0]
    assert newest["state_type"] == "FAILED"
    assert "lost" in newest["state"]["message"]


def test_many_documents_are_few_tasks(prefect_api: str, tmp_path: Path) -> None:
    project = make_project(tmp_path, documents=320)
    ran = headwater("ingest", "--json", cwd=project, PREFECT_API_URL=prefect_api)
    assert ran.returncode == 0, ran.stderr
    newest = query(prefect_api, "flow_runs", sort="START_TIME_DESC", limit=1)[0]
    tasks = eventually(prefect_api, "task_runs", 4, flow_runs={"id": {"any_": [newest["id"]]}})
    assert 4 <= len(tasks) <= 6


def test_a_dead_server_is_said_and_nothing_is_lost(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    ran = headwater("ingest", cwd=project, PREFECT_API_URL="http://127.0.0.1:9/api")
    assert ran.returncode == 1
    assert "headwater ingest --direct" in ran.stderr
    assert headwater("ingest", "--direct", cwd=project).returncode == 0


def test_a_cron_deployment_gets_scheduled_runs(prefect_api: str) -> None:
    """With SQLAlchemy 2.1 the scheduler schedules nothing and says nothing: this would see it."""
    flow = httpx.post(f"{prefect_api}/flows/", json={"name": "headwater-schedule-check"}, timeout=20).json()
    deployment = httpx.post(
        f"{prefect_api}/deployments/",
        json={
            "name": "check",
            "flow_id": flow["id"],
            "schedules": [{"schedule": {"cron": "*/30 * * * *", "timezone": "UTC"}, "active": True}],
        },
        timeout=20,
    )
    deployment.raise_for_status()
    scheduled = {"deployments": {"id": {"any_": [deployment.json()["id"]]}}}
    deadline = time.monotonic() + 60
    while not (found := query(prefect_api, "flow_runs", **scheduled)) and time.monotonic() < deadline:
        time.sleep(1)
    assert found
    assert {run["state_type"] for run in found} == {"SCHEDULED"}
