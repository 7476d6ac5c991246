"""The audit's sweep over an embedded index that holds many passages: rate and memory, in a process of its own."""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from headwater.index.base import NEVER, IndexIdentity, Point
from headwater.index.points import point_id
from headwater.index.store import open_store
from headwater.interfaces import SparseVector
from headwater.ledger.base import Commit, DocumentRow, Intent
from headwater.ledger.holder import this_process
from headwater.ledger.open import open_ledger
from headwater.model import Access

CHUNKS, TOGETHER, DIMENSIONS = 10, 500, 8
_ACCESS = Access(frozenset({"public", "group:support"}))
_WHEN = datetime(2026, 11, 20, 12, tzinfo=UTC)

_SWEEP = """
import json, resource, sys, time
from pathlib import Path
from headwater.audit.points import sweep
from headwater.index.store import open_store
from headwater.ledger.open import open_ledger
home = Path(sys.argv[1])
def memory():
    lines = [line.split() for line in open("/proc/self/status") if line.startswith("Rss")]
    found = {name: int(kilobytes) / 1024 for name, kilobytes, _ in lines}
    return {"own": found["RssAnon:"], "mapped": found["RssFile:"] + found["RssShmem:"]}
ledger = open_ledger(home / "ledger.db")
store = open_store(home, command="bench")
index = store.open(ledger.generation(), dimensions=0)
before = memory()
began, cpu = time.perf_counter(), time.process_time()
found = sweep(index, ledger, ledger.generation(), None, lambda said: None)
print(json.dumps({"points": found.points, "suspects": len(found.suspects), "seconds": time.perf_counter() - began,
    "cpu_seconds": time.process_time() - cpu, "mb_before": before, "mb_after": memory(),
    "mb_peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
store.close()
"""


def fill(home: Path, documents: int) -> None:
    """An index and its ledger, published as ingestion publishes."""
    ledger, store = open_ledger(home / "ledger.db"), open_store(home, command="bench")
    generation = ledger.generation()
    index = store.open(generation, dimensions=DIMENSIONS)
    index.write_identity(IndexIdentity(ledger.identity(), "bench", DIMENSIONS))
    publication, epoch = ledger.begin_publication(generation, this_process("bench")), ledger.next_epoch()
    rows: list[DocumentRow] = []
    for start in range(0, documents, TOGETHER):
        part = [_row(number, publication) for number in range(start, min(documents, start + TOGETHER))]
        index.upsert([point for row in part for point in _points(row, epoch)])
        rows += part
    index.flush()
    intent = Intent(publication=publication, generation=generation, epoch=epoch, new_ids=(), old_ids=())
    ledger.write_intent(intent)
    ledger.commit(Commit(publication=publication, epoch=epoch, rows=tuple(rows)))
    store.close()
    ledger.close()


def swept(home: Path) -> dict[str, Any]:
    """What one sweep took; nothing is wrong, so that nothing is suspected."""
    done = subprocess.run([sys.executable, "-c", _SWEEP, str(home)], capture_output=True, text=True, check=True)
    found = dict(json.loads(done.stdout))
    if found["suspects"]:
        raise RuntimeError(f"the sweep suspects {found['suspects']} points of an index in order")
    return found


def _row(number: int, publication: int) -> DocumentRow:
    id = f"folder-{number % 97}/page-{number}.md"
    return DocumentRow(
        source="docs",
        id=id,
        version=f"v{number}",
        content_hash=f"{number:064x}",
        fingerprint="text/markdown help",
        access=_ACCESS,
        publication=publication,
        chunks=CHUNKS,
        kind="help",
        title=id,
        uri=f"file:///{id}",
        updated_at=_WHEN,
        detected_at=_WHEN,
        published_at=_WHEN,
        verified_at=_WHEN,
    )


def _points(row: DocumentRow, epoch: int) -> Iterator[Point]:
    dense = np.ones(DIMENSIONS, dtype=np.float32) / DIMENSIONS**0.5
    for position in range(row.chunks):
        payload = {
            "source": row.source, "document": row.id, "publication": row.publication, "position": position,
            "from": epoch, "to": NEVER, "allow": sorted(row.access.allow), "deny": [], "content": "a few words " * 30,
            "metadata": {"title": row.title}, "embedded_hash": f"{row.id}-{position}",
        }  # fmt: skip
        identity = point_id(row.publication, row.source, row.id, position)
        yield Point(identity, dense, SparseVector((1,), (1.0,)), payload)
