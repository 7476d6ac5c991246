"""The checks themselves: a writer that deletes and then inserts must be found out."""

from collections.abc import Callable

import pytest

from tests.atomicity.arena import Arena


@pytest.fixture(scope="module")
def wrong_arena(make_arena: Callable[..., Arena]) -> Arena:
    return make_arena()


def test_readers_catch_delete_then_insert(wrong_arena: Arena) -> None:
    for _ in range(10):
        wrong_arena.trial(wrong=True, verified=False)
        if wrong_arena.totals.wrong:
            break
    assert wrong_arena.totals.wrong > 0
    assert "is missing" in wrong_arena.problems()
    with pytest.raises(AssertionError, match="is missing"):
        wrong_arena.settle()


def test_a_fresh_process_catches_delete_then_insert(wrong_arena: Arena) -> None:
    with pytest.raises(AssertionError, match=r"before recovery: .* is missing"):
        wrong_arena.trial(wrong=True, at="after index.delete")
