"""`headwater serve` as a process of its own, with the hash embedder, asked over real HTTP."""

import atexit
import base64
import hashlib
import hmac
import itertools
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest

from flows.workshop import LEDGER_FILE
from headwater.inbox.inbox import Inbox
from headwater.keys.keys import make
from headwater.ledger.base import Ledger
from headwater.ledger.open import open_ledger

SECRET = "a secret of some length"
START_SECONDS = 240.0
REPOSITORY = Path(__file__).parents[2]
HASHED = "tests.support.hashed_cli"
T = TypeVar("T")
_numbers = itertools.count()
_client = httpx.Client(timeout=30)
"""One for all: making one takes longer than asking."""
atexit.register(_client.close)


def eventually(ask: Callable[[], T], *, seconds: float = 30.0) -> T:
    """The first answer that is something."""
    deadline = time.monotonic() + seconds
    while not (found := ask()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return found


def signed(
    payload: Any, *, id: str = "", secret: str = SECRET, stamp: int | None = None
) -> tuple[bytes, dict[str, str]]:
    """Body and headers of a delivery by Standard Webhooks."""
    body, id = json.dumps(payload).encode(), id or f"delivery-{os.getpid()}-{next(_numbers)}"
    moment = str(int(time.time()) if stamp is None else stamp)
    mac = hmac.new(secret.encode(), f"{id}.{moment}.".encode() + body, hashlib.sha256).digest()
    signature = "v1," + base64.b64encode(mac).decode()
    return body, {"webhook-id": id, "webhook-timestamp": moment, "webhook-signature": signature}


@dataclass
class Node:
    """A project and the process that serves it, which may be started again."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    process: "subprocess.Popen[bytes] | None" = None
    url: str = ""
    module: str = HASHED

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def docs(self) -> Path:
        return self.folder / "docs"

    @property
    def log(self) -> list[dict[str, Any]]:
        lines = (self.folder / "serve.log").read_text().splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def begin(self, *arguments: str) -> None:
        """Start it, and do not wait for it."""
        output = (self.folder / "serve.out").open("wb")
        errors = (self.folder / "serve.log").open("ab")
        with output, errors:
            self.process = subprocess.Popen(
                [sys.executable, "-m", self.module, "serve", "--port", "0", *arguments],
                cwd=self.folder,
                env=self._variables(),
                stdout=output,
                stderr=errors,
                start_new_session=True,
            )

    def beside(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Another command over the same state."""
        return subprocess.run(
            [sys.executable, "-m", self.module, *arguments],
            cwd=self.folder,
            env=self._variables(),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def _variables(self) -> dict[str, str]:
        own = {"HEADWATER_HOME": str(self.home), "PYTHONPATH": str(REPOSITORY), "HOOK": SECRET}
        return {**os.environ, **own, **self.environment}

    def start(self, *arguments: str) -> None:
        """Returns when it says that it is ready."""
        self.begin(*(arguments or ("--no-prefect",)))
        self.url = eventually(self._address, seconds=START_SECONDS)
        assert self.url, (self.folder / "serve.log").read_text()
        ready = eventually(lambda: self.get("/health/ready").status_code == 200, seconds=START_SECONDS)
        assert ready, (self.get("/health/ready").text, (self.folder / "serve.log").read_text())

    def _address(self) -> str:
        assert self.process is not None
        assert self.process.poll() is None, (self.folder / "serve.log").read_text()
        return (self.folder / "serve.out").read_text().removeprefix("Listening on ").strip()

    def end(self, number: int = signal.SIGTERM, *, seconds: float = 40.0) -> int:
        """The exit code."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(seconds)

    def kill(self) -> None:
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(10)

    def close(self) -> None:
        self.kill()
        if "ledger" in vars(self):
            self.ledger.close()

    # asking -----------------------------------------------------------------------------------------------

    def get(self, path: str, key: str = "", **named: Any) -> httpx.Response:
        return _client.get(self.url + path, headers=_bearer(key), **named)

    def post(self, path: str, key: str = "", **named: Any) -> httpx.Response:
        return _client.post(self.url + path, headers=_bearer(key), **named)

    def tell(self, *ids: str, source: str = "docs", id: str = "", **named: Any) -> httpx.Response:
        """Announce that these documents changed."""
        body, headers = signed({"type": "changed", "ids": ids, **named}, id=id)
        return _client.post(f"{self.url}/webhooks/{source}", content=body, headers=headers)

    def found(self, question: str, key: str) -> list[str]:
        """Texts of the passages for a question."""
        answer = self.post("/v1/search", key, json={"question": question, "limit": 20})
        assert answer.status_code == 200, answer.text
        return [passage["text"] for passage in answer.json()["passages"]]

    # beside it --------------------------------------------------------------------------------------------

    @cached_property
    def ledger(self) -> Ledger:
        """Opened once: who opens a SQLite file anew loses the locks that this process has on it."""
        self.home.mkdir(exist_ok=True)
        return open_ledger(self.home / LEDGER_FILE)

    @property
    def inbox(self) -> Inbox:
        return Inbox(self.ledger)

    def key(self, *scopes: str, principals: tuple[str, ...] = (), may_impersonate: bool = False) -> str:
        """The text of a new key."""
        name = f"key {next(_numbers)}"
        _, text = make(self.ledger, name, scopes, principals=principals, may_impersonate=may_impersonate)
        return text

    def write(self, name: str, text: str) -> None:
        (self.docs / name).write_text(text, encoding="utf-8")


def _bearer(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"} if key else {}


SOURCE = """
[[source]]
name = "{name}"
kind = "folder"
path = "{path}"
content = "help"
default_access = ["{access}"]
webhook = {{ kind = "generic", secret = "${{HOOK}}", documents = ["$.ids[*]"], access = ["$.access[*]"] }}
"""
CONFIGURATION = (
    """
[groups]
staff = "Staff"
"""
    + SOURCE.format(name="docs", path="docs", access="public")
    + SOURCE.format(name="handbook", path="handbook", access="group:staff")
)


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    """A project that is not served yet: three public articles, and one for staff."""
    for name in ("docs", "handbook"):
        (tmp_path / name).mkdir()
    (tmp_path / "headwater.toml").write_text(CONFIGURATION, encoding="utf-8")
    made = Node(tmp_path)
    for number in range(3):
        made.write(f"{number}.md", f"# Article {number}\n\nThis is article number {number}.\n")
    (tmp_path / "handbook" / "salaries.md").write_text("# Salaries\n\nThe ocelot earns most.\n", encoding="utf-8")
    try:
        yield made
    finally:
        made.close()


@pytest.fixture(scope="session")
def collector() -> Iterator[Any]:
    """Where the traces of `shared` go."""
    from tests.serve.pushing import collecting  # builds on this module

    with collecting() as made:
        yield made


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory, collector: Any) -> Iterator[Node]:
    """One node for all tests that get on with each other, with sources that documents are put to."""
    from tests.serve.pushing import project  # builds on this module

    made = project(tmp_path_factory.mktemp("shared"), "[serve]\nmax_body_mb = 2\nrequests_per_minute = 1000000\n")
    made.environment |= {
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
        "OTEL_EXPORTER_OTLP_COMPRESSION": "none",
        "OTEL_BSP_SCHEDULE_DELAY": "200",
    }
    made.write("0.md", "# One\n\nText.\n")
    try:
        made.start()
        yield made
    finally:
        made.close()
