"""SIGTERM in the middle of a run of a whole source: its batch is finished or rolled back in the time there is."""

import time

import pytest

from headwater.inbox.inbox import WHOLE, Ask
from tests.serve.conftest import Node, eventually

pytestmark = pytest.mark.slow

MANY = 1_500
SLACK = 30.0
"""For a machine that does other things, too."""


@pytest.mark.parametrize("seconds", [1, 20])
def test_a_run_of_a_whole_source_is_ended_in_time(node: Node, seconds: int) -> None:
    for number in range(MANY):
        node.write(f"many-{number}.md", f"# Article {number}\n\nThis is article number {number} of many.\n")
    config = node.folder / "headwater.toml"
    config.write_text(f"[serve]\nshutdown = {seconds}\n{config.read_text()}")
    node.start()
    assert node.inbox.receive("docs", "", [Ask(source="docs", document=WHOLE, reason="test")])
    assert eventually(lambda: node.ledger.count("g1", "docs") > 3, seconds=120)
    began = time.monotonic()
    assert node.end(seconds=seconds + SLACK) == 0
    took, done = time.monotonic() - began, node.ledger.count("g1", "docs")
    print(f"ended after {took:.1f} s of {seconds}, with {done} of {MANY + 3}")
    assert 3 < done < MANY + 3
    # Not forgotten, and nobody's.
    (row,) = node.inbox.rows()
    assert (row.source, row.document) == ("docs", "")

    node.start()
    assert eventually(lambda: node.ledger.count("g1", "docs") == MANY + 3, seconds=200)
    assert eventually(lambda: not node.inbox.rows(), seconds=60)
    assert node.ledger.open_publications() == []
    assert node.end() == 0
    assert node.ledger.holders() == []
