"""`eval`: figures, comparison, a floor for CI, and a page, over the example knowledge base."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.app.browser import open_browser
from tests.app.conftest import Headwater

QUESTIONS: list[dict[str, Any]] = [
    {
        "question": "how do I rotate an API key",
        "document": "help/security/rotate-api-key.html",
        "answer": "Copy the new secret. It is shown only once.",
        "anchor": "harbour",
    },
    {"question": "what is new in version 2.4.0", "document": "2.4.0.md", "filter": "kind=release_note"},
    {"question": "who leads a major incident", "document": "sop-001-major-incident.md", "as": ["group:sre"]},
]


def write(folder: Path, questions: list[dict[str, Any]], name: str = "questions.jsonl") -> str:
    file = folder / name
    file.write_text("\n".join(json.dumps(question) for question in questions))
    return str(file)


def test_figures_by_kind_and_source(example: Headwater, tmp_path: Path) -> None:
    ran = example("eval", write(tmp_path, QUESTIONS), "--json")
    assert ran.code == 0
    found = ran.json
    assert found["asked"] == 3
    assert found["metrics"]["hit@5"] == {"value": 1.0, "count": 3}
    assert found["metrics"]["section_hit@5"] == {"value": 1.0, "count": 1}
    assert found["metrics"]["recall@1600"] == {"value": 1.0, "count": 1}
    assert set(found["by_kind"]) == {"help", "release_note", "sop"}
    assert found["by_source"]["sops"]["mrr"]["count"] == 1
    assert found["settings"]["epoch"] > 0
    assert found["not_asked"] == found["notes"] == found["below"] == []


def test_people_see_figures_and_what_failed(example: Headwater, tmp_path: Path) -> None:
    wrong = {"question": "how do I rotate an API key", "document": "glossary.md"}
    ran = example("eval", write(tmp_path, [*QUESTIONS, wrong]))
    assert ran.code == 0
    assert "recall@400" in ran.out
    assert "line 4: how do I rotate an API key" in ran.out
    assert "first instead: help/help/" not in ran.out
    assert "first instead: help/security/rotate-api-key.html" in ran.out


def test_what_cannot_be_asked_is_told_apart(example: Headwater, tmp_path: Path) -> None:
    questions = [
        {"question": "gone", "document": "nowhere.md"},
        {"question": "closed", "document": "sop-001-major-incident.md"},
        {"question": "half gone", "document": ["nowhere.md", "glossary.md"]},
        {"question": "odd answer", "document": "glossary.md", "answer": "these words stand in no document at all"},
    ]
    found = example("eval", write(tmp_path, questions), "--json").json
    assert [(one["line"], one["problem"]) for one in found["not_asked"]] == [(1, "missing"), (2, "unreadable")]
    assert found["asked"] == found["metrics"]["mrr"]["count"] == 2
    assert [note.split(":")[0] for note in found["notes"]] == ["line 3", "line 4"]
    asked = example("eval", write(tmp_path, questions), "--as", "group:sre", "--json").json
    assert [one["line"] for one in asked["not_asked"]] == [1]


def test_nobody_is_measured_on_what_they_may_not_read(example: Headwater, tmp_path: Path) -> None:
    questions = [{"question": QUESTIONS[2]["question"], "document": ["sop-001-major-incident.md", "glossary.md"]}]
    (result,) = example("eval", write(tmp_path, questions), "--json").json["results"]
    assert result["expected"] == ["help/glossary.md"]
    assert all("sop" not in one["document"] for one in result["returned"])


def test_runs_are_compared_question_by_question(example: Headwater, tmp_path: Path) -> None:
    file = write(tmp_path, QUESTIONS)
    first = example("eval", file, "--json").json
    again = example("eval", file, "--compare", first["run"], "--json").json["compared"]
    assert (again["run"], again["pairs"], again["better"], again["worse"]) == (first["run"], 3, [], [])
    assert again["metrics"]["mrr"]["low"] == again["metrics"]["mrr"]["high"] == 0
    earlier = tmp_path / "earlier.json"
    worse = dict(first, results=[{**one, "rank": 0, "recall": {}} for one in first["results"]])
    earlier.write_text(json.dumps({key: value for key, value in worse.items() if key not in ("compared", "below")}))
    compared = example("eval", file, "--compare", str(earlier), "--json").json["compared"]
    assert len(compared["better"]) == 3
    assert compared["metrics"]["hit@5"]["certain"] == 1
    ran = example("eval", file, "--compare", str(earlier))
    assert "3 questions in both" in ran.out
    assert "better: " in ran.out


def test_a_floor_ends_with_1(example: Headwater, tmp_path: Path) -> None:
    file = write(tmp_path, [*QUESTIONS, {"question": "how do I rotate an API key", "document": "glossary.md"}])
    assert example("eval", file, "--fail-under", "hit@5=0.5").code == 0
    ran = example("eval", file, "--fail-under", "hit@1=0.99", "--fail-under", "mrr=0.1")
    assert ran.code == 1
    assert "hit@1 is 0." in ran.err
    assert "mrr" not in ran.err
    unmeasured = example("eval", write(tmp_path, QUESTIONS[1:]), "--fail-under", "recall@400=0", "--json")
    assert unmeasured.code == 1
    assert "was not measured" in unmeasured.json["below"][0]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--fail-under", "recal@400=0.5"], "did you mean recall@400?"),
        (["--fail-under", "hit@1=60"], "from 0 to 1"),
        (["--compare", "never"], "there is no run 'never'"),
        (["--as", "sre"], "--as group:support"),
    ],
)
def test_wrong_usage_is_said(example: Headwater, tmp_path: Path, arguments: list[str], said: str) -> None:
    ran = example("eval", write(tmp_path, QUESTIONS), *arguments)
    assert ran.code == 2
    assert said in ran.err


def test_mistakes_name_line_and_field(example: Headwater, tmp_path: Path) -> None:
    ran = example("eval", write(tmp_path, [QUESTIONS[0], {"question": "x", "documnt": "y"}]))
    assert ran.code == 2
    assert "line 2, documnt: is not a field; did you mean document?" in ran.err


def test_an_empty_index_is_said(headwater: Headwater, project: Path, tmp_path: Path) -> None:
    ran = headwater("eval", write(tmp_path, QUESTIONS), cwd=project, home=project / "home")
    assert ran.code == 2
    assert "headwater ingest" in ran.err


def test_the_page_has_plots_and_failures_and_asks_for_nothing(example: Headwater, tmp_path: Path) -> None:
    browser = open_browser(tmp_path)
    hostile = {"question": "<script>document.title='taken'</script>", "document": "glossary.md", "answer": "a & <b>"}
    file, page = write(tmp_path, [*QUESTIONS, hostile]), tmp_path / "page.html"
    run = example("eval", file, "--json").json["run"]
    assert example("eval", file, "--compare", run, "--html", str(page)).code == 0
    shown = browser(page)
    assert (shown.console, shown.hosts) == ([], set())
    assert "<script" not in shown.dom
    assert "&lt;script&gt;document.title" in shown.dom
    for title in ("Span recall over returned tokens", "Rank of the right document", "By source", f"Against {run}"):
        assert title in shown.dom
    assert shown.dom.count("<svg") == 3
    assert "right document</b>" in shown.dom or "What was returned" in shown.dom
