"""Prefect workers as processes, over a project whose ledger is a Postgres and whose index several share."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import httpx
import psutil

from flows.environment import QUIET
from flows.workshop import Workshop
from headwater.ledger.base import DocumentRow
from headwater.settings import load
from tests.support.compare import disagreements, rows, visible

T = TypeVar("T")
POLL_SECONDS = "1"
_UNDER_WAY = ("SCHEDULED", "PENDING", "RUNNING", "CANCELLING")


def until(ask: Callable[[], T], *, seconds: float = 90.0) -> T:
    """The first answer that is something."""
    deadline = time.monotonic() + seconds
    while not (found := ask()) and time.monotonic() < deadline:
        time.sleep(0.1)
    return found


class Workers:
    """One project, deployed to one pool; workers come and go."""

    def __init__(self, folder: Path, api: str, pool: str, *, ledger: str, index: str) -> None:
        self.folder, self.api, self.pool = folder, api, pool
        self.docs = folder / "docs"
        self._shared = f'[ledger]\nurl = "{ledger}"\n[index]\nurl = "{index}"\n'
        self._started: list[subprocess.Popen[bytes]] = []
        (folder / "worker").mkdir()
        self.docs.mkdir()
        own = {name: value for name, value in os.environ.items() if not name.startswith("HEADWATER_")}
        self._environment = {**own, **QUIET, "PREFECT_API_URL": api, "PREFECT_HOME": str(folder / "worker")}

    @property
    def config(self) -> Path:
        return self.folder / "headwater.toml"

    def configure(self, sources: str) -> None:
        self.config.write_text(f'{self._shared}[deploy]\npool = "{self.pool}"\n{sources}', encoding="utf-8")

    def command(self, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "app.cli", *arguments],
            cwd=self.folder,
            env={**self._environment, "HEADWATER_HOME": str(self.folder / "home"), **environment},
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )

    def deploy(self) -> None:
        ran = self.command("deploy", "--json")
        assert ran.returncode == 0, ran.stderr + ran.stdout

    # workers ----------------------------------------------------------------------------------------------

    def start(self, name: str) -> "subprocess.Popen[bytes]":
        """Does not wait for it."""
        command = [sys.executable, "-m", "prefect", "worker", "start", "--pool", self.pool, "--type", "process"]
        with (self.folder / f"{name}.log").open("ab") as log:
            worker = subprocess.Popen(
                [*command, "--name", name],
                cwd=self.folder / "worker",
                env={**self._environment, "PREFECT_WORKER_QUERY_SECONDS": POLL_SECONDS},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._started.append(worker)
        return worker

    def serve(self, **environment: str) -> str:
        """The address of a `headwater serve` that is ready."""
        command = [sys.executable, "-m", "app.cli", "serve", "--no-prefect", "--port", "0"]
        own = {"HEADWATER_HOME": str(self.folder / "home"), **environment}
        said = self.folder / "serve.out"
        with said.open("wb") as out, (self.folder / "serve.log").open("wb") as log:
            process = subprocess.Popen(
                command, cwd=self.folder, env=self._environment | own, stdout=out, stderr=log, start_new_session=True
            )
        self._started.append(process)
        assert until(said.read_text), self.log()
        address = said.read_text().removeprefix("Listening on ").strip()
        assert until(lambda: httpx.get(f"{address}/health/ready", timeout=20).status_code == 200), self.log()
        return address

    def kill(self, worker: "subprocess.Popen[bytes]") -> int:
        """With every process that it started, at once; how many those were."""
        children = psutil.Process(worker.pid).children(recursive=True)
        for process in (psutil.Process(worker.pid), *children):
            process.kill()
        worker.wait(20)
        return len(children)

    def close(self) -> None:
        for worker in self._started:
            if worker.poll() is None:
                os.killpg(worker.pid, signal.SIGTERM)
        for worker in self._started:
            try:
                worker.wait(20)
            except subprocess.TimeoutExpired:
                self.kill(worker)

    def log(self) -> str:
        return "\n".join(path.read_text() for path in sorted(self.folder.glob("*.log")))

    # runs -------------------------------------------------------------------------------------------------

    def ask(self, what: str, **body: Any) -> Any:
        answer = httpx.post(f"{self.api}/{what}", json=body, timeout=20)
        answer.raise_for_status()
        return answer.json()

    def deployment(self, source: str) -> dict[str, Any]:
        pools = {"name": {"any_": [self.pool]}}
        (found,) = (one for one in self.ask("deployments/filter", work_pools=pools) if one["name"] == source)
        return dict(found)

    def trigger(self, source: str) -> str:
        """The id of a new run."""
        return str(self.ask(f"deployments/{self.deployment(source)['id']}/create_flow_run")["id"])

    def runs(self, source: str) -> list[dict[str, Any]]:
        """Of its deployment, the oldest first, without those that are only scheduled."""
        chosen = {"id": {"any_": [self.deployment(source)["id"]]}}
        found = self.ask("flow_runs/filter", deployments=chosen, sort="EXPECTED_START_TIME_ASC")
        return [run for run in found if run["state_type"] != "SCHEDULED"]

    def state(self, run: str) -> dict[str, Any]:
        found: dict[str, Any] = httpx.get(f"{self.api}/flow_runs/{run}", timeout=20).json()["state"]
        return found

    def cancel(self, run: str) -> None:
        """As a person does it on Prefect's pages."""
        self.ask(f"flow_runs/{run}/set_state", state={"type": "CANCELLING", "name": "Cancelling"})

    def ended(self, run: str, *, seconds: float = 120.0) -> dict[str, Any]:
        """Its final state."""
        assert until(lambda: self.state(run)["type"] not in _UNDER_WAY, seconds=seconds), self.log()
        return self.state(run)

    # what is searchable -----------------------------------------------------------------------------------

    def open(self) -> Workshop:
        return Workshop(load(self.config, home=self.folder / "home"), command="test")

    def count(self, source: str) -> int:
        with self.open() as opened:
            return opened.ledger.count(opened.generation, source)

    def leases(self) -> list[str]:
        """Of those that ingest."""
        with self.open() as opened:
            return [name for name, _ in opened.ledger.holders() if name.startswith(("source:", "publish"))]

    def search(self, question: str) -> list[str]:
        found = self.command("search", question, "--json")
        assert found.returncode == 0, found.stderr
        return [passage["text"] for passage in json.loads(found.stdout)["passages"]]

    def disagreements(self) -> list[str]:
        """Between what the ledger and the visible points say."""
        with self.open() as opened:
            return disagreements(opened)

    def differences(self) -> list[str]:
        """Between this state and that of an embedded index, filled by one run from the same sources."""
        plain = {"HEADWATER_INDEX__URL": "", "HEADWATER_LEDGER__URL": "", "HEADWATER_HOME": str(self.folder / "fresh")}
        ran = self.command("ingest", "--direct", **plain)
        assert ran.returncode == 0, ran.stderr
        alone = self.folder / "alone.toml"
        alone.write_text(self.config.read_text(encoding="utf-8").replace(self._shared, ""), encoding="utf-8")
        with self.open() as here, Workshop(load(alone, home=self.folder / "fresh"), command="test") as fresh:
            points, wanted = visible(here), visible(fresh)
            said = [f"{count} times only here: {text}" for text, count in (points - wanted).items()]
            said += [f"{count} times only in a fresh index: {text}" for text, count in Counter(wanted - points).items()]
            ours, theirs = _timeless(here), _timeless(fresh)
            differ = [key for key in ours | theirs if ours.get(key) != theirs.get(key)]
            said += [f"{ours.get(key)} here and {theirs.get(key)} in a fresh ledger" for key in differ]
            return said + disagreements(here)


def _timeless(opened: Workshop) -> dict[tuple[str, str], DocumentRow]:
    """Of ledgers that were filled at different times."""
    then = datetime(2000, 1, 1, tzinfo=UTC)
    return {
        key: replace(row, detected_at=then, published_at=then, verified_at=then) for key, row in rows(opened).items()
    }
