"""The freshness flow on a real Prefect server: artifacts, events and alerts are really there, credentials are not."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from flows.environment import QUIET
from tests.alerting.receiving import Hook, hook

pytestmark = pytest.mark.prefect

WORD = "sw0rdf1sh-of-the-room"
RUN = """
import sys
from flows.freshness_flow import freshness
state = freshness(**({"sources": sys.argv[1:]} if sys.argv[1:] else {}), return_state=True)
print(state.type.value, state.message)
"""


@pytest.fixture
def room() -> Iterator[Hook]:
    with hook() as made:
        yield made


@pytest.fixture
def project(tmp_path: Path) -> Path:
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "keys.md").write_text(
        "---\nreview_by: 2025-04-01\nowner: team\n---\n# Keys | *bold*\n\nNobody's business.\n"
    )
    (docs / "fine.md").write_text("---\nreview_by: 2999-04-01\n---\n# Fine\n\nText.\n")
    (tmp_path / "headwater.toml").write_text(
        '[alerts]\nto = ["${ROOM}"]\npage = "https://docs.example.com/freshness.html"\n'
        '[[source]]\nname = "docs"\nkind = "folder"\npath = "docs"\ndefault_access = ["public"]\n'
    )
    # Without alerts, so that the flow is the first to tell anybody.
    python("-m", "tests.support.hashed_cli", "ingest", "--direct", project=tmp_path, HEADWATER_ALERTS__TO="[]")
    return tmp_path


def python(*arguments: str, project: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    ran = subprocess.run(
        [sys.executable, *arguments],
        env={
            **os.environ, **QUIET, "HEADWATER_CONFIG": str(project / "headwater.toml"),
            "HEADWATER_HOME": str(project / "home"), **environment,
        },
        capture_output=True, text=True, timeout=180, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    return ran


def query(api: str, what: str, **body: Any) -> Any:
    answer = httpx.post(f"{api}/{what}/filter", json=body, timeout=20)
    answer.raise_for_status()
    return answer.json()


def breaches(api: str, since: str, count: int) -> list[dict[str, Any]]:
    """Events are kept a little after they are taken."""
    wanted = {"event": {"prefix": ["headwater."]}, "occurred": {"since": since}}
    deadline = time.monotonic() + 20
    while len(found := query(api, "events", filter=wanted)["events"]) < count and time.monotonic() < deadline:
        time.sleep(0.3)
    return sorted(found, key=lambda event: event["occurred"])


def newest_run(api: str) -> dict[str, Any]:
    wanted = {"name": {"any_": ["headwater-freshness"]}}
    runs: list[dict[str, Any]] = query(api, "flow_runs", flows=wanted, sort="START_TIME_DESC", limit=1)
    return runs[0]


def artifacts_of(api: str, run: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["key"]: one for one in query(api, "artifacts", flow_runs={"id": {"any_": [run["id"]]}})}


def test_report_events_and_alerts(prefect_api: str, project: Path, room: Hook) -> None:
    environment = {"PREFECT_API_URL": prefect_api, "ROOM": f"{room.address}/{WORD}"}
    since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    ran = python("-c", RUN, project=project, **environment)
    assert ran.stdout.startswith("COMPLETED 50% of 2 documents are within their promise"), ran.stdout
    first = newest_run(prefect_api)
    assert first["parameters"] == {"sources": None}
    artifacts = artifacts_of(prefect_api, first)
    assert {artifact["type"] for artifact in artifacts.values()} == {"markdown", "table", "progress"}
    (finding,) = json.loads(artifacts["headwater-freshness-findings"]["data"])
    assert (finding["finding"], finding["title"], finding["owner"]) == ("overdue review", "Keys | bold", "team")
    assert json.loads(artifacts["headwater-freshness-sources"]["data"])[0]["stale"] == 1
    assert artifacts["headwater-freshness-within"]["data"] == 50.0
    assert "50% of 2 documents" in artifacts["headwater-freshness"]["data"]
    assert "https://docs.example.com/freshness.html" in artifacts["headwater-freshness-page"]["data"]
    (began,) = breaches(prefect_api, since, 1)
    assert began["event"] == "headwater.freshness.breach-began"
    assert began["resource"]["prefect.resource.id"] == "headwater.document.docs/keys.md"
    assert began["payload"]["finding"] == "overdue_review"
    assert len(room.taken) == 1

    # Again: nothing new is said, except as artifacts.
    python("-c", RUN, "docs", project=project, **environment)
    assert newest_run(prefect_api)["parameters"] == {"sources": ["docs"]}
    assert len(room.taken) == len(breaches(prefect_api, since, 1)) == 1

    (project / "docs" / "keys.md").write_text("---\nreview_by: 2999-04-01\n---\n# Keys\n\nText.\n")
    python("-m", "tests.support.hashed_cli", "ingest", "--direct", project=project, ROOM=environment["ROOM"])
    for _ in range(2):
        python("-c", RUN, project=project, **environment)
    events = breaches(prefect_api, since, 2)
    assert [event["event"].rpartition("-")[2] for event in events] == ["began", "ended"]
    assert [message["type"] for message in room.taken] == ["warning", "success"]

    kinds = ("flow_runs", "task_runs", "artifacts", "logs", "flows", "deployments", "events")
    recorded = "".join(httpx.post(f"{prefect_api}/{kind}/filter", json={}, timeout=20).text for kind in kinds)
    assert "headwater-freshness" in recorded
    assert WORD not in recorded
    assert WORD not in ran.stdout + ran.stderr
    assert "Nobody's business" not in recorded + room.texts


def test_a_run_fails_when_somebody_cannot_be_told(prefect_api: str, project: Path, room: Hook) -> None:
    room.status = 500
    ran = python("-c", RUN, project=project, PREFECT_API_URL=prefect_api, ROOM=f"{room.address}/{WORD}")
    assert ran.stdout.startswith("FAILED"), ran.stdout
    assert "[alerts] to, number 1 (JSON) did not take a message: it answered 500" in ran.stdout
    assert artifacts_of(prefect_api, newest_run(prefect_api))
    assert WORD not in ran.stdout + ran.stderr
