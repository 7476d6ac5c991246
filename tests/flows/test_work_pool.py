"""Deployments on a real Prefect server: scheduled, replaced, removed with their sources, and run by a real worker."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from flows.environment import QUIET

pytestmark = pytest.mark.prefect

SOURCE = '[[source]]\nname = "{name}"\nkind = "folder"\npath = "docs"\ndefault_access = ["public"]\n{more}\n'


def headwater(*arguments: str, cwd: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "app.cli", *arguments],
        cwd=cwd,
        env={**os.environ, **QUIET, "HEADWATER_HOME": str(cwd / "home"), **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def configure(folder: Path, pool: str, *sources: str, more: str = "") -> None:
    text = f'[deploy]\npool = "{pool}"\ntimeout = "90m"\ntags = ["docs-team"]\n{more}\n' + "\n".join(sources)
    (folder / "headwater.toml").write_text(text)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.md").write_text("# An article\n\nIts text.\n")
    return tmp_path


def deployed(api: str, pool: str) -> dict[str, dict[str, Any]]:
    body = {"work_pools": {"name": {"any_": [pool]}}}
    answer = httpx.post(f"{api}/deployments/filter", json=body, timeout=20)
    answer.raise_for_status()
    found = {one["name"]: one for one in answer.json()}
    # That which looks at what is announced is named like its pool.
    return {name: one for name, one in found.items() if name != pool}


def deploy(folder: Path, api: str) -> dict[str, Any]:
    ran = headwater("deploy", "--json", cwd=folder, PREFECT_API_URL=api)
    assert ran.returncode == 0, ran.stderr + ran.stdout
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


def test_sources_come_and_go_with_the_configuration(prefect_api: str, folder: Path) -> None:
    nightly = SOURCE.format(name="nightly", more='schedule = "0 3 * * *"\ntimezone = "Europe/Madrid"')
    configure(folder, "come-and-go", nightly, SOURCE.format(name="by-hand", more=""))
    printed = deploy(folder, prefect_api)
    assert printed == {
        "pool": "come-and-go",
        "type": "process",
        "deployments": {"nightly": "0 3 * * *", "by-hand": ""},
        "removed": [],
    }
    found = deployed(prefect_api, "come-and-go")
    assert found.keys() == {"nightly", "by-hand"}
    (schedule,) = found["nightly"]["schedules"]
    assert (schedule["schedule"]["cron"], schedule["schedule"]["timezone"]) == ("0 3 * * *", "Europe/Madrid")
    assert schedule["active"]
    assert found["by-hand"]["schedules"] == []
    assert set(found["nightly"]["tags"]) == {"headwater", "folder", "docs-team"}
    assert found["nightly"]["parameters"] == {"sources": ["nightly"]}
    given = found["nightly"]["job_variables"]["env"]
    assert given["HEADWATER_RUN_SECONDS"] == "5400"
    assert given["HEADWATER_CONFIG"] == str(folder / "headwater.toml")

    often = SOURCE.format(name="other", more='schedule = "every 6 hours"')
    configure(folder, "come-and-go", nightly.replace("0 3", "0 4"), often)
    assert deploy(folder, prefect_api)["removed"] == ["by-hand"]
    found = deployed(prefect_api, "come-and-go")
    assert found.keys() == {"nightly", "other"}
    assert [one["schedule"]["cron"] for one in found["nightly"]["schedules"]] == ["0 4 * * *"]
    assert [one["schedule"]["interval"] for one in found["other"]["schedules"]] == [6 * 3600]

    automations = httpx.post(f"{prefect_api}/automations/filter", json={}, timeout=20).json()
    assert [one["name"] for one in automations].count("headwater: runs whose worker is gone") == 1


def test_another_pool_and_other_peoples_deployments_are_left_alone(prefect_api: str, folder: Path) -> None:
    configure(folder, "one", SOURCE.format(name="first", more=""))
    deploy(folder, prefect_api)
    flow = httpx.post(f"{prefect_api}/flows/", json={"name": "of-others"}, timeout=20).json()
    theirs = {
        "name": "theirs",
        "flow_id": flow["id"],
        "work_pool_name": "one",
        "entrypoint": "x.y",
        "tags": ["headwater"],
    }
    httpx.post(f"{prefect_api}/deployments/", json=theirs, timeout=20).raise_for_status()
    configure(folder, "two", SOURCE.format(name="second", more=""))
    assert deploy(folder, prefect_api)["removed"] == []
    configure(folder, "one", SOURCE.format(name="third", more=""))
    assert deploy(folder, prefect_api)["removed"] == ["first"]
    assert deployed(prefect_api, "one").keys() == {"third", "theirs"}
    assert deployed(prefect_api, "two").keys() == {"second"}


def test_what_workers_could_not_do_is_refused(prefect_api: str, folder: Path) -> None:
    source = SOURCE.format(name="docs", more="")
    configure(folder, "refused", source, more='type = "docker"')
    ran = headwater("deploy", cwd=folder, PREFECT_API_URL=prefect_api)
    assert (ran.returncode, "need an image" in ran.stderr) == (2, True)
    configure(folder, "refused", source, more='type = "docker"\nimage = "headwater:1"')
    ran = headwater("deploy", cwd=folder, PREFECT_API_URL=prefect_api)
    assert (ran.returncode, "index.url and ledger.url" in ran.stderr) == (2, True)
    configure(folder, "come", source)
    deploy(folder, prefect_api)
    servers = '[index]\nurl = "http://qdrant:6333"\n[ledger]\nurl = "postgresql://u:${PW}@db/headwater"\n'
    configure(folder, "come", servers, source, more='type = "kubernetes"\nimage = "headwater:1"')
    ran = headwater("deploy", cwd=folder, PREFECT_API_URL=prefect_api, PW="secret-word")
    assert (ran.returncode, "of type process" in ran.stderr) == (2, True)
    configure(folder, "come-kubernetes", servers, source, more='type = "kubernetes"\nimage = "headwater:1"')
    ran = headwater("deploy", cwd=folder, PREFECT_API_URL=prefect_api, PW="secret-word")
    assert ran.returncode == 0, ran.stderr
    variables = deployed(prefect_api, "come-kubernetes")["docs"]["job_variables"]
    assert variables["image"] == "headwater:1"
    assert "secret-word" not in json.dumps(variables)
    assert "HEADWATER_HOME" not in variables["env"]


def test_no_server_is_said(folder: Path) -> None:
    configure(folder, "pool", SOURCE.format(name="docs", more=""))
    ran = headwater("deploy", cwd=folder)
    assert (ran.returncode, "PREFECT_API_URL" in ran.stderr) == (2, True)
    ran = headwater("deploy", cwd=folder, PREFECT_API_URL="http://127.0.0.1:9/api")
    assert (ran.returncode, "did not take" in ran.stderr) == (1, True)
    assert "Traceback" not in ran.stderr


@pytest.mark.slow
def test_a_process_worker_runs_it(prefect_api: str, folder: Path) -> None:
    configure(folder, "worked", SOURCE.format(name="docs", more=""))
    deploy(folder, prefect_api)
    deployment = deployed(prefect_api, "worked")["docs"]["id"]
    answer = httpx.post(f"{prefect_api}/deployments/{deployment}/create_flow_run", json={}, timeout=20)
    answer.raise_for_status()
    run = answer.json()["id"]
    # From a folder that is neither the project's nor the sources': the deployment says where everything is.
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HEADWATER_")}
    environment |= {**QUIET, "PREFECT_API_URL": prefect_api, "PREFECT_HOME": str(folder / "worker")}
    (folder / "worker").mkdir()
    log = folder / "worker.log"
    command = [
        sys.executable,
        "-m",
        "prefect",
        "worker",
        "start",
        "--pool",
        "worked",
        "--type",
        "process",
        "--run-once",
    ]
    with log.open("wb") as output:
        worker = subprocess.Popen(
            command, cwd=elsewhere, env=environment, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        state = _ended(prefect_api, run)
    finally:
        os.killpg(worker.pid, signal.SIGTERM)
        worker.wait(30)
    assert state["type"] == "COMPLETED", log.read_text()
    shown = json.loads(headwater("status", "--json", cwd=folder).stdout)
    assert [(source["source"], source["documents"]) for source in shown["sources"]] == [("docs", 1)]


def _ended(api: str, run: str) -> dict[str, Any]:
    deadline = time.monotonic() + 90
    while True:
        state: dict[str, Any] = httpx.get(f"{api}/flow_runs/{run}", timeout=20).json()["state"]
        if state["type"] not in ("SCHEDULED", "PENDING", "RUNNING") or time.monotonic() > deadline:
            return state
        time.sleep(0.5)
