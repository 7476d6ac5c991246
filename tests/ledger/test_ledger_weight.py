"""The ledger's share of a run in which nothing changed, in seconds and megabytes."""

import json
import subprocess
import sys
import threading
import time
import tracemalloc
from datetime import UTC, datetime
from itertools import islice

import pytest

from headwater.ledger.open import open_ledger

MANY = 10_000


@pytest.fixture(scope="module")
def filled(tmp_path_factory, row, event, publish):
    from headwater.ledger.holder import this_process

    ledger = open_ledger(tmp_path_factory.mktemp("filled") / "ledger.sqlite")
    rows = [row(f"chapter-{n // 100:04d}/some-page-{n:06d}.html") for n in range(MANY)]
    publish(ledger, this_process("fill"), *rows, events=tuple(event(r.id) for r in rows))
    yield ledger
    ledger.close()


def best_of(times, call):
    """Seconds of this process's own work: what else the machine is doing is not the ledger's fault."""
    taken = []
    for _ in range(times):
        started = time.process_time()
        call()
        taken.append(time.process_time() - started)
    return min(taken)


def test_versions_of_ten_thousand(filled):
    assert len(filled.versions("g1", "handbook")) == MANY
    assert best_of(5, lambda: filled.versions("g1", "handbook")) < 0.1


def test_touching_ten_thousand(filled):
    versions = {id: version for id, (version, _) in filled.versions("g1", "handbook").items()}
    assert best_of(3, lambda: filled.touch("g1", "handbook", versions, datetime.now(UTC))) < 1.0


def test_finding_among_ten_thousand(filled):
    assert [r.id for r in filled.find("g1", "page-004321.html")] == ["chapter-0043/some-page-004321.html"]
    assert best_of(3, lambda: filled.find("g1", "page-004321.html")) < 0.2


def test_documents_are_streamed(filled):
    some = MANY // 2
    next(filled.documents("g1"))
    tracemalloc.start()
    assert sum(1 for _ in islice(filled.documents("g1"), some)) == some
    _, streamed = tracemalloc.get_traced_memory()
    tracemalloc.reset_peak()
    held = list(islice(filled.documents("g1"), some))
    _, whole = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(held) == some
    assert streamed < whole / 2


def test_threads_share_one_ledger(filled):
    taken, failed = [], []

    def work():
        try:
            for _ in range(5):
                taken.append(filled.next_epoch())
                assert len(filled.versions("g1", "handbook")) == MANY
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=work) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert len(set(taken)) == 60


def test_importing_it_leaves_the_heavy_parts_out():
    look = "import sys, json, headwater.ledger.open, headwater.ledger.holder; print(json.dumps(list(sys.modules)))"
    loaded = json.loads(subprocess.run([sys.executable, "-c", look], capture_output=True, check=True).stdout)
    heavy = ("sqlalchemy.orm", "sqlalchemy.ext.asyncio", "pydantic", "numpy", "prefect", "qdrant_client")
    assert [name for name in loaded if name.startswith(heavy)] == []
