"""Webhook to searchable through `headwater serve`, over HTTP, with the packaged model.

`python -m bench.serve [--deliveries 200] [--documents 500] [--prefect | --workers [--pause 45]]`: a folder of articles,
ingested, then one delivery after the other, each followed by searches until the new text is found. Prints JSON: seconds
until then, and how busy the machine was. With `--workers` a process worker does the work; with a `--pause` longer than
its process stays, each delivery waits for a new one to start.
"""

import argparse
import base64
import hashlib
import hmac
import json
import os
import secrets
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx

from bench.corpus import article
from flows.environment import QUIET

SECRET = secrets.token_hex(16)
CONFIGURATION = """
[serve]
prefect_port = 0
requests_per_minute = 1000000
[[source]]
name = "help"
kind = "folder"
path = "docs"
default_access = ["public"]
webhook = { kind = "generic", secret = "${HOOK}", documents = ["$.ids[*]"] }
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--deliveries", type=int, default=200)
    parser.add_argument("--documents", type=int, default=500)
    parser.add_argument("--prefect", action="store_true", help="Have each run recorded by a Prefect server, too.")
    parser.add_argument("--workers", action="store_true", help="Have a process worker do the work.")
    parser.add_argument("--pause", type=float, default=0.0, help="Seconds between deliveries.")
    asked = parser.parse_args()
    with articles(asked.documents) as folder:
        headwater(folder, "ingest", "--direct")
        key = headwater(folder, "keys", "add", "bench", "--scope", "search").strip()
        with ExitStack() as stack:
            if asked.workers:
                work(folder, stack)
            print(json.dumps(measured(folder, key, asked)))


@contextmanager
def articles(documents: int) -> Iterator[Path]:
    """A folder with a configuration of one source of so many documents, gone in the end."""
    with tempfile.TemporaryDirectory(prefix="headwater-bench-") as scratch:
        folder = Path(scratch)
        (folder / "docs").mkdir()
        (folder / "headwater.toml").write_text(CONFIGURATION, encoding="utf-8")
        for number in range(documents):
            (folder / "docs" / f"{number:05}.md").write_text(article(number), encoding="utf-8")
        yield folder


def environment(folder: Path) -> dict[str, str]:
    repository = str(Path(__file__).parents[1])
    return {**os.environ, "HEADWATER_HOME": str(folder / "home"), "HOOK": SECRET, "PYTHONPATH": repository}


def headwater(folder: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "app.cli", *arguments]
    ran = subprocess.run(command, cwd=folder, env=environment(folder), capture_output=True, text=True, check=True)
    return ran.stdout


def work(folder: Path, stack: ExitStack) -> None:
    """A Prefect server, and a worker that waits for what `headwater deploy` registered."""
    os.environ |= {**QUIET, "PREFECT_HOME": str(folder / "prefect"), "HEADWATER_SERVE__REFRESH": "workers"}
    os.environ |= {"PREFECT_WORKER_QUERY_SECONDS": "1", "PREFECT_SERVER_UI_ENABLED": "false"}
    (folder / "prefect").mkdir()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    api = os.environ["PREFECT_API_URL"] = f"http://127.0.0.1:{port}/api"
    beside(folder, stack, "server", "start", "--host", "127.0.0.1", "--port", str(port))
    while True:
        try:
            httpx.get(f"{api}/health").raise_for_status()
            break
        except httpx.HTTPError:
            time.sleep(0.2)
    headwater(folder, "deploy")
    beside(folder, stack, "worker", "start", "--pool", "headwater", "--type", "process")


def beside(folder: Path, stack: ExitStack, *arguments: str) -> None:
    with (folder / f"{arguments[0]}.log").open("wb") as log:
        command = [sys.executable, "-m", "prefect", *arguments]
        process = subprocess.Popen(command, cwd=folder, env=environment(folder), stdout=log, stderr=subprocess.STDOUT)
    stack.callback(process.wait, 60)
    stack.callback(process.terminate)


def measured(folder: Path, key: str, asked: argparse.Namespace) -> dict[str, object]:
    """Serve the folder, and tell it of one changed document after the other."""
    deliveries, documents, prefect = asked.deliveries, asked.documents, asked.prefect
    with (folder / "out").open("wb") as out, (folder / "log").open("wb") as log:
        command = [sys.executable, "-m", "app.cli", "serve", "--port", "0", *([] if prefect else ["--no-prefect"])]
        process = subprocess.Popen(command, cwd=folder, env=environment(folder), stdout=out, stderr=log)
    try:
        with httpx.Client(base_url=address(folder), timeout=60) as client:
            while client.get("/health/ready").status_code != httpx.codes.OK:
                time.sleep(0.1)
            tell(client, folder, key, 0, secrets.token_hex(8))
            answered, found = [], []
            for turn in range(deliveries):
                time.sleep(asked.pause)
                first, last = tell(client, folder, key, (7 * turn + 1) % documents, secrets.token_hex(8))
                answered.append(first)
                found.append(last)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
    return {
        "prefect": prefect,
        "workers": asked.workers,
        "pause": asked.pause,
        "load": [round(one, 1) for one in os.getloadavg()],
        "documents": documents,
        "deliveries": deliveries,
        "answered_p50": round(statistics.median(answered), 3),
        "searchable_p50": round(statistics.median(found), 3),
        "searchable_p95": round(statistics.quantiles(found, n=20, method="inclusive")[18], 3),
        "searchable_max": round(max(found), 3),
    }


def address(folder: Path) -> str:
    while not (said := (folder / "out").read_text().strip()):
        time.sleep(0.05)
    return said.removeprefix("Listening on ")


def tell(client: httpx.Client, folder: Path, key: str, number: int, note: str) -> tuple[float, float]:
    """Seconds until the delivery was answered, and until its document was found."""
    id = f"{number:05}.md"
    (folder / "docs" / id).write_text(article(number, note=note), encoding="utf-8")
    body, stamp, delivery = json.dumps({"ids": [id]}).encode(), str(int(time.time())), secrets.token_hex(8)
    mac = hmac.new(SECRET.encode(), f"{delivery}.{stamp}.".encode() + body, hashlib.sha256).digest()
    signature = f"v1,{base64.b64encode(mac).decode()}"
    headers = {"webhook-id": delivery, "webhook-timestamp": stamp, "webhook-signature": signature}
    began = time.monotonic()
    client.post("/webhooks/help", content=body, headers=headers).raise_for_status()
    answered = time.monotonic() - began
    while time.monotonic() - began < 60:
        asked = {"question": note, "limit": 10, "duplicates": True}
        answer = client.post("/v1/search", json=asked, headers={"authorization": f"Bearer {key}"}).raise_for_status()
        if any(note in passage["text"] for passage in answer.json()["passages"]):
            return answered, time.monotonic() - began
        time.sleep(0.02)
    raise SystemExit(f"{id} was not found within a minute")


if __name__ == "__main__":
    main()
