"""A killed run costs at most one batch of embedding: what was embedded before is found again."""

import json
from pathlib import Path

import pytest

from tests.atomicity.arena import STATES, Arena


def calls(log: Path) -> list[list[str]]:
    """The texts of each call of the model."""
    lines = log.read_text().splitlines(keepends=True) if log.exists() else []
    return [json.loads(line) for line in lines if line.endswith("\n")]


@pytest.mark.parametrize("batches", [1, 4])
def test_after_a_kill_at_most_one_batch_is_embedded_again(arena: Arena, batches: int) -> None:
    arena.restart()  # a first run has most to embed
    before, after = arena.base / f"embedded-before-{batches}", arena.base / f"embedded-after-{batches}"
    arena.trial(until=lambda: len(calls(before)) >= batches, embedded=str(before), verified=False)
    arena.verify(-1, arena.position, embedded=str(after))
    killed, again = calls(before), {text for call in calls(after) for text in call}
    assert [call for call in killed if again & set(call)] in ([], [killed[-1]])
    assert {text for call in killed for text in call} | again >= set(_texts(arena))


def test_after_a_failure_at_most_one_batch_is_embedded_again(arena: Arena) -> None:
    arena.trial()
    log = arena.base / "embedded-failed"
    last = arena.trial(at="before ledger.write_intent", action="StateError", embedded=str(log), verified=False)
    assert last[2] == "before ledger.write_intent"
    made = calls(log)
    assert len([call for n, call in enumerate(made) if any(set(call) & set(later) for later in made[n + 1 :])]) <= 1
    arena.verify(arena.position, arena.position)


def _texts(arena: Arena) -> list[str]:
    lines = json.loads((arena.base / f"fresh-{arena.position % STATES}.json").read_text())
    return [json.loads(line)["embedded"] for line in lines]
