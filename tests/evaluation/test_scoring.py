"""Ranks and recall of one question, and what is made of many."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.errors import ConfigError
from headwater.evaluation.questions import Question
from headwater.evaluation.recall import span_recall, words
from headwater.evaluation.runs import Run, failing, load_run, save, saved
from headwater.evaluation.scoring import Result, metric_names, score, slug
from headwater.retrieval.search import Passage

ANSWER = "Press rotate, then copy the new secret at once."
QUESTION = Question(key="k", line=1, text="How?", documents=("a.md",), answer=ANSWER, anchor="rotate-a-key")
RIGHT = ("docs", "a.md")


def passage(document: str, text: str = "", uri: str = "", path: tuple[str, ...] = ()) -> Passage:
    return Passage(
        document=document, source="docs", kind="help", title=document, heading_path=path, uri=uri or document,
        text=text, score=1.0, updated_at=None, chunk="c", position=0, publication=1, cosine=None, bm25=None,
        whole="chunk", tokens=1, matched=("c",),
    )  # fmt: skip


def test_the_rank_is_that_of_the_first_right_passage() -> None:
    found = score(QUESTION, [RIGHT], "help", [passage("b.md"), passage("b.md"), passage("a.md")], {})
    assert found.rank == 3
    assert found.metrics() == {
        "hit@1": 0.0, "hit@5": 1.0, "mrr": pytest.approx(1 / 3), "section_hit@1": 0.0, "section_hit@5": 0.0,
        "section_mrr": 0.0,
    }  # fmt: skip
    assert score(QUESTION, [RIGHT], "help", [passage("b.md")], {}).metrics()["mrr"] == 0


@pytest.mark.parametrize(
    "given_",
    [
        passage("a.md", uri="file:///a.md#rotate-a-key"),
        passage("a.md", path=("Keys", "Rotate a key")),
        passage("a.md", text="Before\n\nRotate a key\n\nPress rotate."),
    ],
)
def test_a_section_is_known_by_its_anchor_or_its_heading(given_: Passage) -> None:
    found = score(QUESTION, [RIGHT], "help", [passage("a.md"), given_], {})
    assert (found.rank, found.section_rank) == (1, 2)
    elsewhere = replace(given_, document="b.md")
    assert score(QUESTION, [RIGHT], "help", [elsewhere], {}).section_rank == 0


def test_a_section_is_known_by_its_text_in_a_longer_whole() -> None:
    question = replace(QUESTION, anchor="harbour")
    whole = passage("a.md", text="## Before\n\nText.\n\n1. Open the   *harbour* gate.", uri="file:///a.md#top")
    assert score(question, [RIGHT], "help", [whole], {}, ["Open the harbour gate."]).section_rank == 1
    assert score(question, [RIGHT], "help", [whole], {}, ["Close the harbour gate.", ""]).section_rank == 0


def test_recall_counts_the_right_document_alone() -> None:
    within = {
        400: [passage("b.md", ANSWER)],
        800: [passage("b.md", ANSWER), passage("a.md", "Press rotate, then copy")],
    }
    found = score(QUESTION, [RIGHT], "help", [], within)
    assert found.recall == {400: 0.0, 800: pytest.approx(4 / 9)}
    whole = score(QUESTION, [RIGHT], "help", [], {400: [passage("a.md", f"## Keys\n| {ANSWER.upper()} |")]})
    assert whole.metrics()["whole@400"] == 1


def test_words_are_found_in_runs_only() -> None:
    answer = words("one two three four five six")
    assert span_recall(answer, [words("one x two x three x four x five x six")]) == 0
    assert span_recall(answer, [words("zero one two three four x")]) == pytest.approx(4 / 6)
    assert span_recall(answer, [words("one two"), words("three four")]) == 0
    assert span_recall(words("never again"), [words("and never again!")]) == 1
    assert span_recall([], [words("anything")]) == 0


@given(st.lists(st.sampled_from("abcdef"), min_size=1, max_size=30), st.integers(0, 40), st.integers(0, 40))
def test_recall_is_a_share_that_grows_with_what_is_returned(answer: list[str], start: int, end: int) -> None:
    part = span_recall(answer, [answer[start:end]])
    assert 0 <= part <= span_recall(answer, [answer[start:end], answer]) == 1


def test_headings_become_anchors_as_renderers_make_them() -> None:
    assert slug("What's new in 2.3?") == "whats-new-in-23"


def result(key: str, rank: int, recall: float | None = None, source: str = "docs") -> Result:
    return Result(
        key=key, line=1, question=key, expected=("docs/a.md",), source=source, kind="help", rank=rank,
        recall={} if recall is None else {400: recall, 800: recall, 1600: recall},
    )  # fmt: skip


RUN = Run(
    run="20260101T000000-aa", at="2026-01-01", file="q.jsonl", settings={"epoch": 3},
    results=(result("x", 1, 1.0), result("y", 0, 0.0), result("z", 7, source="other"), result("w", 2, 0.5)),
)  # fmt: skip


def test_means_are_over_the_questions_that_have_a_value() -> None:
    metrics = RUN.metrics
    assert (metrics["hit@1"].value, metrics["hit@1"].count) == (0.25, 4)
    assert (metrics["recall@400"].value, metrics["recall@400"].count) == (0.5, 3)
    assert metrics["whole@1600"].value == pytest.approx(1 / 3)
    assert "section_mrr" not in metrics
    assert {name: found["hit@5"].count for name, found in RUN.by(lambda one: one.source).items()} == {
        "docs": 3,
        "other": 1,
    }
    assert set(metrics) <= set(metric_names())


def test_failing_questions_come_worst_first() -> None:
    assert [one.key for one in failing(RUN.results)] == ["y", "z", "w"]


def test_a_saved_run_comes_back_as_it_was(tmp_path: Path) -> None:
    path = save(RUN, tmp_path)
    assert path.stat().st_mode & 0o077 == 0
    assert load_run("last", tmp_path) == load_run(RUN.run, tmp_path) == load_run(str(path), tmp_path) == RUN
    assert saved(tmp_path) == [RUN.run]


def test_what_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no run"):
        load_run("last", tmp_path)
    for text in ("{}", "not json", '{"run": 1, "results": 3}'):
        (tmp_path / "x.json").write_text(text)
        with pytest.raises(ConfigError, match="not a saved run"):
            load_run(str(tmp_path / "x.json"), tmp_path)
