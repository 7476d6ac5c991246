"""Everything is killed in the middle of a scheduled run, and is away for a while: one run makes up for all."""

import time
from datetime import UTC, datetime
from typing import Any

import httpx
import psutil
import pytest

from tests.serve.conftest import CONFIGURATION, Node, eventually

pytestmark = [pytest.mark.prefect, pytest.mark.slow, pytest.mark.timeout(900)]

MANY = 200
AWAY_SECONDS = 150.0


def test_one_run_makes_up_for_a_killed_one_and_for_those_that_were_missed(node: Node) -> None:
    # Every minute; a run of the first takes longer than that on a busy machine.
    scheduled = CONFIGURATION.replace('path = "docs"', 'path = "docs"\nschedule = "1m"', 1)
    (node.folder / "headwater.toml").write_text(f"[serve]\nprefect_port = 0\n{scheduled}", encoding="utf-8")
    node.module = "app.cli"
    node.environment |= {"PREFECT_HOME": str(node.home / "prefect"), "PREFECT_SERVER_UI_ENABLED": "false"}
    for number in range(MANY):
        words = " ".join(f"word{number * turn % 997}" for turn in range(60))
        node.write(f"many-{number}.md", f"# Article {number}\n\nThis is number {number}. {words}.\n")
    node.start("--home", str(node.home))
    assert eventually(lambda: node.ledger.count("g1", "docs") > 3, seconds=200)
    assert node.process is not None
    everybody = [psutil.Process(node.process.pid), *psutil.Process(node.process.pid).children(recursive=True)]
    for process in everybody:
        process.kill()
    node.process.wait(20)
    psutil.wait_procs(everybody, timeout=20)
    assert node.ledger.count("g1", "docs") < MANY + 3
    time.sleep(AWAY_SECONDS)

    came = datetime.now(UTC).isoformat()
    node.start("--home", str(node.home))
    runs = eventually(lambda: _settled(node, came), seconds=400)
    print(sorted((run["expected_start_time"][:19], run["state_name"]) for run in runs))
    missed = sorted((run for run in runs if run["auto_scheduled"]), key=lambda run: run["expected_start_time"])
    states = [run["state_name"] for run in missed]
    assert states[0] == "Crashed"
    assert len(states) >= 3
    # By one of them, or by the one that was begun for the one that crashed.
    assert states.count("Completed") <= 1
    assert set(states[1:]) <= {"Completed", "Cancelled"}
    assert eventually(lambda: node.ledger.count("g1", "docs") == MANY + 3, seconds=200)
    begun = [run for run in _runs(node) if not run["auto_scheduled"]]
    assert [run["parameters"] for run in begun] == [{"sources": ["docs"]}]
    assert node.ledger.open_publications() == []


def _runs(node: Node, **chosen: Any) -> list[dict[str, Any]]:
    api = [line["message"] for line in node.log if "Prefect's address" in line["message"]][-1].rpartition(" ")[2]
    body = {"flows": {"name": {"any_": ["headwater-ingest"]}}, "flow_runs": chosen}
    try:
        found: list[dict[str, Any]] = httpx.post(f"{api}/flow_runs/filter", json=body, timeout=20).json()
    except httpx.HTTPError:
        return []
    return found


def _settled(node: Node, came: str) -> list[dict[str, Any]]:
    """The runs that were due before it came back, once all of them have ended."""
    runs = _runs(node, expected_start_time={"before_": came})
    ended = ("COMPLETED", "CANCELLED", "FAILED", "CRASHED")
    return runs if all(run["state_type"] in ended for run in runs) else []
