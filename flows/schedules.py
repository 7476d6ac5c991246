"""Sources run when they are due: a Prefect server and a runner as child processes, watched and started again."""

import importlib
import logging
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from flows.environment import prepare
from flows.prefect_names import FLOW
from flows.recording import Recording
from headwater.settings import Settings

HOST, START_SECONDS, WATCH_SECONDS, ASK_SECONDS, AGAIN_SECONDS = "127.0.0.1", 240.0, 1.0, 10.0, 15.0
CHILD, RECORDER = "flows.prefect_child", "flows.refresh_flow"
LEASES_IN_FILES = "prefect.server.concurrency.lease_storage.filesystem"
RECORD_SECONDS, SILENT_SECONDS = 3.0, 60.0
_MOST_SHOWN = 200

log = logging.getLogger("headwater.schedules")


def tag_of(identity: str) -> str:
    """What marks deployments as those of one ledger, on a server that others may use too."""
    return f"headwater-{identity[:16]}"


class PrefectSchedules:
    """`start` and `stop` it once; between them `problem` says whether every schedule fires."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._ending, self.ready = threading.Event(), threading.Event()
        """`ready`: Prefect answers, so that runs may be recorded there."""
        self.recording = Recording(self.ready.is_set)
        """Refreshes by this process, as Prefect records them."""
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._problem, self._next = "Prefect is being started", dict[str, str]()
        self._deadline = float("inf")
        self._runner_since, self._polls = 0.0, dict[str, tuple[Any, float]]()
        self._thread = threading.Thread(target=self._run, name="headwater-schedules", daemon=True)

    def start(self) -> None:
        self.recording.start()
        self._thread.start()

    def stop(self, seconds: float) -> None:
        """What runs in processes of the runner is stopped; it is rolled back, and the next run heals it."""
        self._deadline = time.monotonic() + seconds
        self.recording.stop(min(seconds / 4, RECORD_SECONDS))
        self._ending.set()
        self.ready.clear()
        self._thread.join(max(1.0, self._deadline - time.monotonic()))
        # Whatever its thread waits for.
        for child in self._children.values():
            child.kill()

    def problem(self) -> str:
        """Why a schedule may not fire; "" when all are scheduled."""
        return self._problem if self._thread.is_alive() else "nobody watches over the schedules"

    def next_runs(self) -> Mapping[str, str]:
        """By source, when it runs next."""
        return dict(self._next)

    # the thread -------------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            api = self._api()
            while not self._ending.is_set():
                try:
                    self._tend(api)
                except Exception as error:
                    # Whatever it was, schedules have to go on; /health/ready says so until they do.
                    self._problem = f"{type(error).__name__} while Prefect was looked after"
                    log.exception("Prefect could not be looked after")
                    self._ending.wait(AGAIN_SECONDS)
        finally:
            self._end_children()

    def _api(self) -> str:
        """Address of the server; ours unless the environment names one."""
        prepare(self._settings.home)
        if self._settings.file is not None:
            os.environ["HEADWATER_CONFIG"] = str(self._settings.file)
        os.environ["HEADWATER_HOME"] = str(self._settings.home)
        self._own = "PREFECT_API_URL" not in os.environ
        if self._own:
            self._port = _free_port(self._settings.serve.prefect_port)
            address = f"http://{HOST}:{self._port}/api"
            # In memory, the places of runs that were killed together with the server would be taken for ever.
            os.environ.setdefault("PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE", LEASES_IN_FILES)
            os.environ["PREFECT_API_URL"] = os.environ["PREFECT_SERVER_UI_API_URL"] = address
        log.info("Prefect's address is %s", os.environ["PREFECT_API_URL"])
        return os.environ["PREFECT_API_URL"].rstrip("/")

    def _tend(self, api: str) -> None:
        if self._own and not self._runs("server"):
            self.ready.clear()
            self._begin("server", "server", HOST, str(self._port))
        if not self._answers(api):
            self.ready.clear()
            self._problem = "the Prefect server does not answer"
            self._ending.wait(WATCH_SECONDS)
            return
        # Imported before the first refresh that is recorded, which it would slow down.
        importlib.import_module(RECORDER)
        self.ready.set()
        if not self._runs("runner"):
            self._begin("runner", "runner")
            self._runner_since = time.monotonic()
        self._ask(api)
        until = time.monotonic() + (ASK_SECONDS if not self._problem else WATCH_SECONDS)
        while time.monotonic() < until and not self._ending.wait(WATCH_SECONDS):
            if any(child.poll() is not None for child in self._children.values()):
                return

    def _answers(self, api: str) -> bool:
        if not self._own:
            return self._reached(api)
        try:
            return httpx.get(f"{api}/health", timeout=5).status_code == httpx.codes.OK
        except httpx.HTTPError:
            return False

    def _reached(self, api: str) -> bool:
        """Of a server that may want to know who we are."""
        try:
            with _client(api) as client:
                return client.api_healthcheck() is None
        except httpx.HTTPError:
            return False

    def _ask(self, api: str) -> None:
        """What Prefect has scheduled."""
        wanted = {source.name for source in self._settings.sources if source.schedule}
        filters = importlib.import_module("prefect.client.schemas.filters")
        states = importlib.import_module("prefect.client.schemas.objects").StateType
        ours = filters.FlowFilter(name=filters.FlowFilterName(any_=[FLOW]))
        due = filters.FlowRunFilter(
            state=filters.FlowRunFilterState(type=filters.FlowRunFilterStateType(any_=[states.SCHEDULED]))
        )
        with _client(api) as client:
            known = {one.id: one for one in client.read_deployments(flow_filter=ours, limit=_MOST_SHOWN)}
            runs = client.read_flow_runs(
                flow_filter=ours, flow_run_filter=due, sort="EXPECTED_START_TIME_ASC", limit=_MOST_SHOWN
            )
        self._next = _first_runs(runs, {id: one.name for id, one in known.items()})
        # A person who pauses one in Prefect means it.
        wanted -= {one.name for one in known.values() if one.paused}
        missing = sorted(wanted - self._next.keys())
        elsewhere = {one.name for one in known.values() if one.work_pool_name}
        unasked = sorted(self._unasked(known.values()) & (wanted - elsewhere))
        self._problem = f"not scheduled yet: {', '.join(missing)}" if missing else ""
        if unasked and not missing:
            self._problem = f"nobody is there to run what is due: {', '.join(unasked)}"

    def _unasked(self, known: Iterable[Any]) -> set[str]:
        """Those whose runs the runner has not asked Prefect for since it was started, or for a minute."""
        now = time.monotonic()
        for one in known:
            before = self._polls.get(one.name)
            if before is None or before[0] != one.last_polled:
                # What is seen for the first time may be of a runner of long ago.
                self._polls[one.name] = (one.last_polled, now if before is not None else 0.0)
        oldest = max(self._runner_since, now - SILENT_SECONDS)
        return {name for name, (_, at) in self._polls.items() if at < oldest}

    # children ---------------------------------------------------------------------------------------------

    def _runs(self, name: str) -> bool:
        child = self._children.get(name)
        return child is not None and child.poll() is None

    def _begin(self, name: str, *arguments: str) -> None:
        if name in self._children:
            log.error("the Prefect %s ended with %s; starting it again", name, self._children[name].returncode)
            self._ending.wait(WATCH_SECONDS)
        written = _log_file(self._settings.home / "prefect" / f"{name}.log")
        with written.open("ab") as output:
            # A session of its own, so that Ctrl-C reaches it through us alone.
            self._children[name] = subprocess.Popen(
                [sys.executable, "-m", CHILD, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        log.info("started the Prefect %s; its log is %s", name, written)

    def _end_children(self) -> None:
        for name in ("runner", "server"):
            child = self._children.get(name)
            if child is None or child.poll() is not None:
                continue
            child.terminate()
            left = (self._deadline - time.monotonic()) / (2 if name == "runner" else 1)
            try:
                child.wait(max(0.5, min(8.0, left)))
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait(5)


@contextmanager
def _client(api: str) -> Iterator[Any]:
    # Imported in the thread that needs it, when Prefect's environment is set: it takes seconds.
    settings = importlib.import_module("prefect.settings")
    orchestration = importlib.import_module("prefect.client.orchestration")
    here = settings.temporary_settings({settings.PREFECT_API_URL: api})
    with here, orchestration.get_client(sync_client=True) as client:
        yield client


def _first_runs(runs: Sequence[Any], names: Mapping[Any, str]) -> dict[str, str]:
    first: dict[str, str] = {}
    for run in runs:
        if run.deployment_id in names and run.expected_start_time is not None:
            first.setdefault(names[run.deployment_id], run.expected_start_time.isoformat())
    return first


def _free_port(wanted: int) -> int:
    for port in (wanted, 0):
        with socket.socket() as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                tried.bind((HOST, port))
            except OSError:
                log.warning("port %s is taken: the Prefect server gets another", port)
                continue
            found: int = tried.getsockname()[1]
            return found
    return wanted


def _log_file(path: Path) -> Path:
    """Not grown without end: each start of `headwater serve` begins it anew once it is large."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > 10 * 2**20:
        path.unlink()
    return path
