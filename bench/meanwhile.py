"""Webhook to searchable while a cold run over the same source is under way, with the packaged model.

`python -m bench.meanwhile [--documents 10000] [--deliveries 40] [--beside]`: `headwater serve` over an empty index is
told to look at all of a source (or, with `--beside`, `headwater ingest --direct` is started beside it); then, a second
apart, documents all over the source are changed and announced, each followed by searches until the new text is
found. Prints JSON: seconds until then, and how far the run was.
"""

import argparse
import json
import os
import secrets
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path

import httpx

from bench.serve import address, articles, environment, headwater, tell
from flows.workshop import LEDGER_FILE
from headwater.inbox.inbox import Inbox
from headwater.ledger.open import open_ledger
from headwater.ledger.waiting import WHOLE, Ask


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=10_000)
    parser.add_argument("--deliveries", type=int, default=40)
    parser.add_argument("--beside", action="store_true", help="The run is that of another process.")
    asked = parser.parse_args()
    with articles(asked.documents) as folder:
        key = headwater(folder, "keys", "add", "bench", "--scope", "search", "--scope", "read").strip()
        print(json.dumps(measured(folder, key, asked.documents, asked.deliveries, beside=asked.beside)))


def measured(folder: Path, key: str, documents: int, deliveries: int, *, beside: bool) -> dict[str, object]:
    """Until so many were announced, or the run has ended."""
    if not beside:
        ask_for_everything(folder)
    with (folder / "out").open("wb") as out, (folder / "log").open("wb") as log:
        command = [sys.executable, "-m", "app.cli", "serve", "--port", "0", "--no-prefect"]
        process = subprocess.Popen(command, cwd=folder, env=environment(folder), stdout=out, stderr=log)
    other = None
    try:
        with httpx.Client(base_url=address(folder), timeout=60) as client:
            while client.get("/health/ready").status_code != httpx.codes.OK:
                time.sleep(0.1)
            if beside:
                ingest = [sys.executable, "-m", "app.cli", "ingest", "--direct"]
                other = subprocess.Popen(
                    ingest, cwd=folder, env=environment(folder), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
                )
            began = time.monotonic()
            while not _indexed(client, key):
                time.sleep(0.1)
            found, before = [], _indexed(client, key)
            for turn in range(deliveries):
                # Some that the run has done, some that it has ahead of it.
                number = (turn * 7919) % documents
                found.append(tell(client, folder, key, number, secrets.token_hex(8))[1])
                time.sleep(1)
            after = _indexed(client, key)
    finally:
        for each in (other, process):
            if each is not None:
                each.send_signal(signal.SIGTERM)
                each.wait(60)
    return {
        "documents": documents,
        "beside": beside,
        "deliveries": len(found),
        "indexed_before": before,
        "indexed_after": after,
        "seconds": round(time.monotonic() - began, 1),
        "searchable_p50": round(statistics.median(found), 2),
        "searchable_p95": round(statistics.quantiles(found, n=20, method="inclusive")[18], 2),
        "searchable_max": round(max(found), 2),
        "load": round(os.getloadavg()[0], 1),
    }


def ask_for_everything(folder: Path) -> None:
    """As a webhook would that is about the whole source."""
    ledger = open_ledger(folder / "home" / LEDGER_FILE)
    try:
        Inbox(ledger).receive("help", "", [Ask(source="help", document=WHOLE, reason="bench")])
    finally:
        ledger.close()


def _indexed(client: httpx.Client, key: str) -> int:
    answer = client.get("/v1/status", headers={"authorization": f"Bearer {key}"}).raise_for_status().json()
    return sum(int(source["documents"]) for source in answer["status"]["sources"])


if __name__ == "__main__":
    main()
