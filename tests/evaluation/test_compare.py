"""Two runs paired by question, with an interval that says what may be chance."""

import numpy as np
import pytest

from headwater.evaluation.compare import compare, interval
from headwater.evaluation.runs import Run
from headwater.evaluation.scoring import Result


def run(name: str, ranks: dict[str, int], recall: float | None = None) -> Run:
    recalls = {} if recall is None else {400: recall, 800: recall, 1600: recall}
    results = tuple(
        Result(key=key, line=1, question=key, expected=("s/d",), source="s", kind="help", rank=rank, recall=recalls)
        for key, rank in ranks.items()
    )
    return Run(run=name, at="", file="", results=results)


def test_only_questions_of_both_runs_are_paired() -> None:
    found = compare(run("now", {"a": 1, "b": 2, "c": 3}), run("before", {"a": 2, "b": 2, "x": 1}))
    assert (found.pairs, found.only_now, found.only_before) == (2, 1, 1)
    assert found.metrics["hit@1"].change == 0.5
    assert found.metrics["mrr"].change == pytest.approx(0.25)
    assert "recall@400" not in found.metrics
    assert [(one.key, one.rank_before, one.rank) for one in found.better] == [("a", 2, 1)]
    assert found.worse == ()


def test_recall_moves_questions_too() -> None:
    found = compare(run("now", {"a": 1}, 0.25), run("before", {"a": 1}, 1.0))
    assert [(one.recall_before, one.recall) for one in found.worse] == [(1.0, 0.25)]
    assert found.metrics["whole@800"].change == -1


def test_a_clear_change_is_certain_and_a_small_one_is_not() -> None:
    before = {str(number): 2 for number in range(60)}
    clear = compare(run("now", dict.fromkeys(before, 1)), run("before", before))
    assert clear.metrics["mrr"].certain
    assert clear.metrics["mrr"].low == clear.metrics["mrr"].high == 0.5
    mixed = {key: 1 if int(key) % 2 else 20 for key in before}
    unclear = compare(run("now", mixed), run("before", before))
    assert not unclear.metrics["mrr"].certain
    assert unclear.metrics["mrr"].low < 0 < unclear.metrics["mrr"].high


def test_the_interval_is_that_of_a_mean_and_always_the_same() -> None:
    draws = np.random.default_rng(3).normal(0.1, 1.0, 400)
    low, high = interval(draws)
    assert (low, high) == interval(draws)
    # 1.96 standard errors either side, give or take what resampling costs.
    error = draws.std() / 20
    assert low == pytest.approx(draws.mean() - 1.96 * error, abs=0.2 * error)
    assert high == pytest.approx(draws.mean() + 1.96 * error, abs=0.2 * error)


def test_the_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    random = np.random.default_rng(11)
    bounds = [interval(random.binomial(1, 0.3, 80) - 0.3, resamples=400) for _ in range(200)]
    covered = sum(low <= 0 <= high for low, high in bounds)
    assert 175 <= covered <= 200


def test_runs_without_common_questions_compare_to_nothing() -> None:
    found = compare(run("now", {"a": 1}), run("before", {"b": 1}))
    assert (found.pairs, found.metrics) == (0, {})
