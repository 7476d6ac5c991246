"""A writer that loses its connection at the COMMIT of a publication does not know whether it is published."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.atomicity import bench as benches
from tests.atomicity.arena import scratch_folder
from tests.atomicity.bench import Bench
from tests.atomicity.child import attempt
from tests.atomicity.corpus import ring, write
from tests.several.node import Node, Shared
from tests.support.cutting_proxy import cutting_proxy
from tests.support.postgres import Postgres
from tests.support.qdrant_process.running import running_stand_in

SOURCE = "east"


@pytest.fixture
def base() -> Iterator[Path]:
    folder = scratch_folder()
    write(folder / SOURCE, None, ring(1, documents=5)[0])
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.parametrize("how", ["reply", "late", "never"])
def test_the_ledger_is_asked_once_it_can_tell(base: Path, server: Postgres, how: str) -> None:
    with Bench(base / SOURCE, base / "fresh", name=SOURCE) as bench:
        assert bench.ingest().exit_code == 0
        wanted = benches.visible(bench)
    address = server.new_database()
    with cutting_proxy(server.port) as proxy, running_stand_in() as index:
        shared = Shared(address.replace(f":{server.port}/", f":{proxy.port}/"), index.url)
        with Node(base, shared, sources=[SOURCE]) as node:
            node.ledger.epoch()
            proxy.cut = how
            outcome = attempt(node)
            assert proxy.done == [how]
            undone = "before index.stamp:fence" in node.boundaries.names
            assert undone == (how == "never"), "what is committed is never taken back"
            assert outcome == {"exit": 0, "error": ""}
            assert benches.ledger_differences(node) == []
            assert [json.loads(line) for line in benches.visible(node)] == [json.loads(line) for line in wanted]
            # What was undone in this run is collected by the next one, which finds its vectors there.
            assert [p.state for p in node.raw_ledger.open_publications()] == ["undone"] * undone
