"""A real Prefect server for the tests that need one, on Postgres where a distribution's is installed."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from flows.environment import QUIET
from tests.support.postgres import Postgres, programs_with_contrib, running_postgres

START_SECONDS = 120


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres | None]:
    """Where Prefect's server can have its tables; None where there is none that has what it needs."""
    folder = programs_with_contrib()
    with ExitStack() as stack:
        yield stack.enter_context(running_postgres(folder)) if folder else None


@pytest.fixture(scope="session")
def prefect_api(tmp_path_factory: pytest.TempPathFactory, postgres: Postgres | None) -> Iterator[str]:
    """The API address of a `prefect server` process, with its scheduler, on a free port."""
    home = tmp_path_factory.mktemp("prefect-server")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, **QUIET, "PREFECT_HOME": str(home), "PREFECT_SERVER_UI_ENABLED": "false"}
    if postgres is not None:
        address = postgres.new_database().replace("postgresql://", "postgresql+asyncpg://")
        environment["PREFECT_SERVER_DATABASE_CONNECTION_URL"] = address
    log = home / "server.log"
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    with log.open("wb") as output:
        server = subprocess.Popen(
            command, env=environment, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        yield _ready(f"http://127.0.0.1:{port}/api", server, log)
    finally:
        server.terminate()
        try:
            server.wait(30)
        except subprocess.TimeoutExpired:
            server.kill()


def _ready(api: str, server: "subprocess.Popen[bytes]", log: Path) -> str:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            if httpx.get(f"{api}/health", timeout=2).status_code == httpx.codes.OK:
                return api
        except httpx.HTTPError:
            time.sleep(0.3)
    raise AssertionError(f"the Prefect server did not start:\n{log.read_text()}")
