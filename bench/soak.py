"""Months of operation, compressed: `headwater serve` over a help center that changes, fails, and is killed meanwhile.

`python -m bench.soak --minutes 60 [--documents 2000] [--work FOLDER] [--break inbox]`. Webhooks come twice, late, in
another order, or not at all; whole runs come between, some of them killed; the service is out of order, slow, or lists
nothing; for the first half of the time the process is ended or killed every few minutes, for the second it stays up.
At the end: index = source, inbox empty, memory, descriptors and threads flat, the disk within three times the live
data, searches answered. Progress on stderr, one JSON object on stdout; ends with 1 where something does not hold.
"""

import argparse
import json
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import httpx

from bench.soak_judged import judged, unseen
from bench.soak_source import TROUBLES, HelpCenter
from bench.soak_watch import Watch
from tests.connectors.services.local import serving
from tests.connectors.services.zendesk import EMAIL, TOKEN
from tests.serve.conftest import Node, eventually, signed

CONFIGURATION = """
[groups]
support = "Support"
sre = "SRE"
[serve]
requests_per_minute = 1000000
[[source]]
name = "help"
kind = "zendesk"
url = "{url}"
email = "{email}"
token = "{token}"
locales = ["en-us"]
segments = {{ Support = "group:support", SRE = "group:sre" }}
full_every = "{full_every}s"
allow_private_addresses = true
default_access = ["public"]
content = "help"
max_removals = 1000000
max_removed_share = 1.0
webhook = {{ kind = "generic", secret = "${{HOOK}}", documents = ["$.ids[*]"], access = ["$.access[*]"] }}
"""
NODE = "bench.soak_node"


@dataclass(frozen=True, slots=True)
class Plan:
    """Seconds, except for `changes` a second and `documents`; `restless` is the share of the time with kills."""

    seconds: float
    documents: int
    changes: float = 1.0
    restless: float = 0.5
    kill_every: float = 150.0
    run_every: float = 75.0
    trouble_every: float = 60.0
    trouble_seconds: float = 15.0
    compact_every: float = 240.0
    first_run: bool = True
    sampled: float = 5.0
    searched: float = 0.1
    settle: float = 600.0
    full_every: float = 60.0


@dataclass
class Soak:
    """One soak, from an empty folder on."""

    plan: Plan
    folder: Path
    broken: str = ""
    counted: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    announced: set[str] = field(default_factory=set)
    """Articles whose newest change was, or will be, told of."""
    compactions: list[dict[str, Any]] = field(default_factory=list)
    _unsent: list[tuple[float, str, dict[str, Any]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rng = random.Random(11)
        self.center = HelpCenter(self.plan.documents)
        self.node = Node(self.folder, {"SOAK_BREAK": self.broken}, module=NODE)
        self._deliveries = 0
        self._running: threading.Thread | None = None
        self._run: subprocess.Popen[bytes] | None = None

    def soak(self) -> dict[str, Any]:
        """Everything; what does not hold is in `problems` of the answer."""
        with serving(self.center.answer) as server:
            self.center.listen(server)
            every = int(self.plan.full_every)
            text = CONFIGURATION.format(url=server.url, email=EMAIL, token=TOKEN, full_every=every)
            (self.folder / "headwater.toml").write_text(text, encoding="utf-8")
            if self.plan.first_run:
                say("the first run")
                self.ingest(may_die=False)
            key = self.node.key("search", principals=("group:support",))
            self.begin()
            watch = Watch(self.node.home, self.address, self.pid, key, self.plan.sampled, self.plan.searched)
            try:
                self.live(watch)
                self.settle()
            finally:
                watch.stop()
                self.node.kill()
            watch.write(self.folder / "samples.jsonl")
            return judged(self, watch)

    # the node ---------------------------------------------------------------------------------------------

    def address(self) -> str:
        return self.node.url

    def pid(self) -> int:
        return self.node.process.pid if self.node.url and self.node.process is not None else 0

    def begin(self) -> None:
        self.node.url = ""
        self.node.begin("--no-prefect")
        found = eventually(self.node._address, seconds=180)
        until = time.monotonic() + 180
        while time.monotonic() < until:
            with suppress(httpx.HTTPError):
                if httpx.get(f"{found}/health/ready", timeout=10).status_code == httpx.codes.OK:
                    self.node.url = found
                    return
            time.sleep(0.1)
        raise SystemExit("headwater serve did not become ready within three minutes; its log is serve.log")

    def interrupt(self, watch: Watch) -> None:
        """End or kill it, and start it again."""
        number = self.rng.choice((signal.SIGTERM, signal.SIGKILL))
        watch.life += 1
        self.node.url = ""
        self.counted[signal.Signals(number).name] += 1
        say(f"{signal.Signals(number).name}, inbox {len(self.node.inbox.rows())}")
        code = self.node.end(number, seconds=60)
        if number == signal.SIGTERM and code != 0:
            self.problems.append(f"it ended with {code} after SIGTERM")
        self.begin()

    def ingest(self, *, may_die: bool) -> None:
        """A whole run in a process of its own, as a schedule begins it; it may be killed half-way."""
        command = [sys.executable, "-m", NODE, "ingest", "--direct", "--json"]
        with (self.folder / "ingest.log").open("ab") as log:
            self._run = subprocess.Popen(
                command, cwd=self.folder, env=self.node._variables(), stdout=log, stderr=log, start_new_session=True
            )
        if may_die and self.rng.random() < 0.15:
            with suppress(subprocess.TimeoutExpired):
                self._run.wait(self.rng.uniform(2, 15))
            if self._run.poll() is None:
                self.counted["whole runs killed"] += 1
                self._run.kill()
        code = self._run.wait()
        self.counted["whole runs"] += 1
        self.counted[f"whole runs that ended with {code}"] += 1

    # the time ---------------------------------------------------------------------------------------------

    def live(self, watch: Watch) -> None:
        """Changes, deliveries, runs, troubles and kills until the time is over."""
        plan, began = self.plan, time.monotonic()
        due = {"kill": plan.kill_every, "run": plan.run_every / 3, "trouble": plan.trouble_every / 2, "say": 0.0}
        due["compact"] = plan.compact_every / 2
        done = 0
        while (now := time.monotonic() - began) < plan.seconds:
            while done < now * plan.changes:
                self.change()
                done += 1
            self.deliver()
            if now >= due["kill"] and now < plan.seconds * plan.restless:
                due["kill"] = now + plan.kill_every * self.rng.uniform(0.7, 1.3)
                self.interrupt(watch)
            if now >= due["run"]:
                due["run"] = now + plan.run_every
                self.run_beside()
            if now >= due["trouble"]:
                due["trouble"] = now + (plan.trouble_seconds if not self.center.trouble else plan.trouble_every)
                self.center.trouble = "" if self.center.trouble else self.rng.choice(TROUBLES)
                self.counted[f"trouble: {self.center.trouble}"] += bool(self.center.trouble)
            if now >= due["compact"]:
                due["compact"] = now + plan.compact_every
                threading.Thread(target=self.compact, args=(watch,), daemon=True).start()
            if now >= due["say"]:
                due["say"] = now + 30
                self.progress(watch, now)
            time.sleep(0.1)
        self.center.trouble = ""

    def change(self) -> None:
        """One change, and mostly word of it: late, twice, or in another order than it happened."""
        kind, ids = self.center.change()
        self.counted[kind] += 1
        if not ids or self.rng.random() < 0.1:
            self.announced.difference_update(ids)
            return
        self.announced.update(ids)
        self._deliveries += 1
        name = f"soak-{self._deliveries}"
        body = {"type": kind, "ids": ids, "access": ids if kind == "readers" else []}
        for _ in range(1 + (self.rng.random() < 0.2)):
            self._unsent.append((time.monotonic() + self.rng.expovariate(1 / 3), name, body))

    def compact(self, watch: Watch) -> None:
        """By hand, beside it; it also happens by itself, once the index has grown enough."""
        began, life = watch.now, watch.life
        ran = self.node.beside("compact", "--json")
        if ran.returncode == 0:
            self.compactions.append({**json.loads(ran.stdout), "from": began, "to": watch.now})
        elif life == watch.life:
            self.problems.append(f"compaction failed: {ran.stdout or ran.stderr}"[:500])
        self.counted["compactions that a kill ended"] += ran.returncode != 0

    def deliver(self) -> None:
        """What is due; what is not answered 202 is sent again, as services do."""
        now, url = time.monotonic(), self.node.url
        due = [one for one in self._unsent if one[0] <= now]
        if not url or not due:
            return
        self.rng.shuffle(due)
        self._unsent = [one for one in self._unsent if one[0] > now]
        for _, name, body in due:
            content, headers = signed(body, id=name)
            code = 0
            with suppress(httpx.HTTPError):
                code = httpx.post(f"{url}/webhooks/help", content=content, headers=headers, timeout=30).status_code
            self.counted[f"deliveries answered {code}"] += 1
            if code != httpx.codes.ACCEPTED:
                self._unsent.append((now + 3, name, body))

    def run_beside(self) -> None:
        if self._running is None or not self._running.is_alive():
            self._running = threading.Thread(target=self.ingest, kwargs={"may_die": True}, daemon=True)
            self._running.start()

    def settle(self) -> None:
        """The source is well again: everything that was announced arrives, then one more whole run."""
        say("settling")
        until = time.monotonic() + self.plan.settle
        while self._unsent and time.monotonic() < until:
            self.deliver()
            time.sleep(0.1)
        if self._running is not None:
            self._running.join()
        left = max(1.0, until - time.monotonic())
        if not eventually(lambda: not self.node.inbox.rows(), seconds=left):
            dead = len(self.node.inbox.dead())
            rows = [f"{row.document}: {row.error}" for row in self.node.inbox.rows()[:3]]
            self.problems.append(f"the inbox is not empty: {len(self.node.inbox.rows())} rows, {dead} dead: {rows}")
        self.problems += unseen(self)
        time.sleep(self.plan.full_every + 1)  # the next whole run lists everything
        self.ingest(may_die=False)
        if self.node.end(signal.SIGTERM, seconds=60) != 0:
            self.problems.append("it did not end in good order")
        self.node.url = ""

    def progress(self, watch: Watch, now: float) -> None:
        last = watch.samples[-1] if watch.samples else None
        seen = "" if last is None else f"own {last.own} MB, fds {last.descriptors}, index {last.index} MB"
        say(f"{now / 60:5.1f} min: {sum(self.counted[k] for k in ('edit', 'delete', 'create', 'readers', 'rename'))} "
            f"changes, {watch.searches} searches, inbox {len(self.node.inbox.rows())}, {seen}"
            f"{', ' + self.center.trouble if self.center.trouble else ''}")  # fmt: skip


def say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--documents", type=int, default=2_000)
    parser.add_argument("--changes", type=float, default=1.0, help="changes a second")
    parser.add_argument("--work", type=Path, help="a new folder that is kept, with logs and samples")
    parser.add_argument("--break", dest="broken", default="", help="see bench/soak_node.py")
    asked = parser.parse_args()
    folder = asked.work or Path(tempfile.mkdtemp(prefix="headwater-soak-"))
    folder.mkdir(parents=True, exist_ok=True)
    plan = Plan(asked.minutes * 60, asked.documents, asked.changes)
    result = Soak(plan, folder.absolute(), asked.broken).soak()
    print(json.dumps({"plan": asdict(plan), "broken": asked.broken, **result}))
    if asked.work is None:
        shutil.rmtree(folder, ignore_errors=True)
    raise SystemExit(1 if result["problems"] else 0)


if __name__ == "__main__":
    main()
