"""A real schedule of a real Prefect server fires, and what changed is found by a search through the owner."""

import json
from typing import Any

import httpx
import psutil
import pytest

from tests.serve.conftest import CONFIGURATION, Node, eventually

pytestmark = pytest.mark.prefect


@pytest.mark.slow
def test_a_schedule_fires(node: Node) -> None:
    scheduled = CONFIGURATION.replace('path = "docs"', 'path = "docs"\nschedule = "* * * * *"', 1)
    (node.folder / "headwater.toml").write_text(f"[serve]\nprefect_port = 0\n{scheduled}", encoding="utf-8")
    # The process that Prefect starts for a run has the model that everyone has, not that of the other tests.
    node.module = "app.cli"
    node.environment |= {"PREFECT_HOME": str(node.home / "prefect"), "PREFECT_SERVER_UI_ENABLED": "false"}
    search, read = node.key("search"), node.key("read")
    node.start("--home", str(node.home))
    status = node.get("/v1/status", read).json()
    assert status["checks"]["schedules"] == "ok"
    assert status["next_runs"].keys() == {"docs"}
    node.write("0.md", "# Article 0\n\nAbout the quokka.\n")
    assert eventually(lambda: any("quokka" in text for text in node.found("quokka", search)), seconds=150)
    runs = eventually(lambda: [run for run in _runs(node, read) if run["command"] == "headwater ingest (Prefect)"])
    assert runs[-1]["sources"][0]["indexed"] == 3
    # What is announced is recorded there, too.
    node.write("1.md", "# Article 1\n\nAbout the axolotl.\n")
    assert node.tell("1.md").status_code == 202
    assert eventually(lambda: any("axolotl" in text for text in node.found("axolotl", search)))
    _only_configured_sources_are_deployed(node, read, scheduled)


def _runs(node: Node, read: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = node.get("/v1/status", read).json()["runs"]
    return found


def _only_configured_sources_are_deployed(node: Node, read: str, scheduled: str) -> None:
    assert node.process is not None
    children = psutil.Process(node.process.pid).children(recursive=True)
    assert len(children) >= 2
    assert node.end() == 0
    _, alive = psutil.wait_procs(children, timeout=20)
    assert not alive
    before, _, _ = scheduled.rpartition("[[source]]")
    (node.folder / "headwater.toml").write_text(f"[serve]\nprefect_port = 0\n{before}", encoding="utf-8")
    node.start("--home", str(node.home))
    log = [line["message"] for line in node.log if "http://127.0.0.1" in line["message"]]
    api = log[-1].rpartition(" ")[2]

    def names() -> list[str]:
        found = httpx.post(f"{api}/deployments/filter", json={}, timeout=20).json()
        return sorted(one["name"] for one in found)

    assert eventually(lambda: names() == ["docs"])
    flows = {run["name"].split()[0] for run in httpx.post(f"{api}/flow_runs/filter", json={}, timeout=20).json()}
    assert "refresh" in flows, json.dumps(sorted(flows))
