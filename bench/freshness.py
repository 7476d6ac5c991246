"""How long the freshness report and an audit of many documents take, and how much memory.

    python -m bench.freshness --json docs/benchmarks/freshness.json

The report is asked of a ledger that is filled as ingestion fills it: documents of twenty sources, a third of them
changed in the last month, some failing, links, searches. The audit's sweep reads a real embedded index. Each is
measured in a process of its own.
"""

import argparse
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bench import freshness_audit
from bench.machine import describe
from headwater.ledger.base import Commit, DocumentRow, Failure, Intent, Ledger, SourceRow
from headwater.ledger.holder import this_process
from headwater.ledger.open import open_ledger
from headwater.ledger.standing import CONTENT, INITIAL, Change, Listing
from headwater.model import Access

TARGETS = {"report_seconds": 5.0, "report_mb": 500.0}
SOURCES, TOGETHER = 20, 2_000
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
KINDS = ("help", "sop", "release_note")

_REPORT = """
import json, resource, sys, time
cpu = time.process_time()
began = time.perf_counter()
from datetime import datetime
from pathlib import Path
from headwater.freshness.report import Reporter
from headwater.ledger.open import open_ledger
ledger = open_ledger(Path(sys.argv[1]))
made = time.perf_counter()
report = Reporter(ledger, ledger.generation(), {}, {}, now=datetime.fromisoformat(sys.argv[2]), at=AT).report()
print(json.dumps({"seconds": time.perf_counter() - made, "whole_seconds": time.perf_counter() - began,
    "cpu_seconds": time.process_time() - cpu, "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    "documents": report.headline.documents,
    "findings": len(report.findings), "sentence": report.headline.sentence}))
"""


def rows(documents: int) -> Iterator[DocumentRow]:
    """The same rows each time."""
    chance = random.Random(1)
    for number in range(documents):
        source, id = f"source-{number % SOURCES:02d}", f"guides/part-{number % 97}/page-{number}.md"
        changed = chance.random() < 0.33
        published = NOW - timedelta(days=chance.uniform(0, 29) if changed else 200)
        took = timedelta(hours=chance.expovariate(0.2))
        beside = (number + 97 * SOURCES * step for step in (1, 2, 3))
        links = tuple(
            f"guides/part-{number % 97}/page-{other}.md" for other in beside if other < documents or number % 5
        )
        change = Change(INITIAL, detected_at=published, links=links)
        if changed:
            change = Change(CONTENT, published - took, published - took - timedelta(hours=1), published, links)
        updated = NOW - timedelta(days=chance.expovariate(1 / 200)) if chance.random() < 0.9 else None
        meta: dict[str, Any] = {"owner": f"team-{number % 31}", "product": "crm", "content_sha256": f"{number:064x}"}
        if chance.random() < 0.3:
            meta |= {
                "last_reviewed_on": (NOW - timedelta(days=chance.uniform(0, 400))).isoformat(),
                "review_in": "6 months",
            }
            meta["review_by"] = (datetime.fromisoformat(meta["last_reviewed_on"]) + timedelta(days=182)).isoformat()
        yield DocumentRow(
            source=source,
            id=id,
            version=f"v{number}",
            content_hash=f"{number:064x}",
            fingerprint="f" * 64,
            access=Access(frozenset({"public"})),
            publication=1,
            chunks=2,
            kind=KINDS[number % 3],
            title=f"How to do thing number {number}",
            uri=f"https://git.example.com/docs/blob/main/{id}",
            updated_at=updated,
            detected_at=published,
            published_at=published,
            verified_at=published,
            meta=meta,
            change=change,
        )


def fill(ledger: Ledger, documents: int) -> None:
    """Publish them, note a look at each source, let some fail."""
    holder, generation = this_process("bench"), ledger.generation()
    together: list[DocumentRow] = []
    for row in rows(documents):
        together.append(row)
        if len(together) == TOGETHER:
            publish(ledger, holder, generation, together)
            together = []
    publish(ledger, holder, generation, together)
    for number in range(SOURCES):
        for ago in reversed(range(30)):
            at = NOW - timedelta(days=ago, hours=1)
            look = Listing(
                source=f"source-{number:02d}", run=f"bench-{ago}", began_at=at, ended_at=at + timedelta(minutes=5),
                complete=True, vouched=True, documents=documents // SOURCES,
            )  # fmt: skip
            ledger.note_listing(look)
        ledger.save_source(SourceRow(name=look.source, kind="git", adhoc=False, last_complete=NOW, last_success=NOW))
    failing = [row for number, row in enumerate(rows(documents)) if number % 100 == 0]
    ledger.save_failures(
        generation,
        [
            Failure(
                source=row.source, document=row.id, version="next", fingerprint="f", error="ParseError",
                reason="it is broken", retriable=False, attempts=3, first_at=NOW - timedelta(days=2), last_at=NOW,
            )
            for row in failing
        ],
    )  # fmt: skip
    for day in range(10):
        ledger.count_served([(row.source, row.id) for row in failing[:50]], f"2026-11-{10 + day}")


def publish(ledger: Ledger, holder: Any, generation: str, together: Sequence[DocumentRow]) -> None:
    """One epoch."""
    if not together:
        return
    number, epoch = ledger.begin_publication(generation, holder), ledger.next_epoch()
    published = tuple(replace(row, publication=number) for row in together)
    ledger.write_intent(Intent(publication=number, generation=generation, epoch=epoch, new_ids=(), old_ids=()))
    ledger.commit(Commit(publication=number, epoch=epoch, rows=published))


def measured(ledger: Path, *, at: datetime | None) -> dict[str, Any]:
    """One report in a process of its own."""
    code = _REPORT.replace("AT", "None" if at is None else f"datetime.fromisoformat({at.isoformat()!r})")
    command = [sys.executable, "-c", code, str(ledger), NOW.isoformat()]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout))


def main() -> int:
    """Ends with 1 when a target is missed."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--documents", type=int, default=100_000)
    options.add_argument("--audited", type=int, default=20_000, help="documents of ten passages each, for the sweep")
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--json", type=Path)
    asked = options.parse_args()
    scratch = Path(tempfile.mkdtemp(prefix="headwater-bench-"))
    try:
        began = time.perf_counter()
        ledger = open_ledger(scratch / "ledger.db")
        fill(ledger, asked.documents)
        ledger.close()
        print(f"a ledger of {asked.documents:,} documents: {time.perf_counter() - began:.0f} s", file=sys.stderr)
        now = [measured(scratch / "ledger.db", at=None) for _ in range(asked.rounds)]
        past = [measured(scratch / "ledger.db", at=NOW - timedelta(days=10)) for _ in range(asked.rounds)]
        began = time.perf_counter()
        (scratch / "index").mkdir()
        freshness_audit.fill(scratch / "index", asked.audited)
        print(f"an index of {asked.audited:,} documents: {time.perf_counter() - began:.0f} s", file=sys.stderr)
        audit = [freshness_audit.swept(scratch / "index") for _ in range(asked.rounds)]
    finally:
        shutil.rmtree(scratch)
    best = {"now": now[0], "ten days ago": past[0]}
    seconds = sorted(run["seconds"] for run in now)[len(now) // 2]
    megabytes = max(run["mb"] for run in now)
    met = seconds <= TARGETS["report_seconds"] and megabytes <= TARGETS["report_mb"]
    print(
        f"report: {seconds:.2f} s (target {TARGETS['report_seconds']:.0f}), {megabytes:.0f} MB (target 500); "
        f"{now[0]['cpu_seconds']:.2f} s of processor time"
    )
    print(f"as of ten days ago: {sorted(run['seconds'] for run in past)[len(past) // 2]:.2f} s")
    print(best["now"]["sentence"])
    middle = sorted(audit, key=lambda run: run["seconds"])[len(audit) // 2]
    print(
        f"audit: {middle['points'] / middle['seconds']:,.0f} points/s; memory of its own before "
        f"{middle['mb_before']['own']:.0f} MB, after {middle['mb_after']['own']:.0f} MB, with mapped files at most "
        f"{middle['mb_peak']:.0f} MB"
    )
    if asked.json:
        found = {
            "machine": describe(),
            "documents": asked.documents,
            "met": met,
            "now": now,
            "past": past,
            "audit": audit,
        }
        asked.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
