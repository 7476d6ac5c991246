"""Questions as people write them, in three formats, and mistakes that are named by line and field."""

from pathlib import Path

import pytest

from headwater.errors import ConfigError
from headwater.evaluation.questions import Question, load_questions

JSON_LINES = """\
{"question": "How do I pay?", "document": ["help/pay.md", "help/bill.md"], "answer": "By card.", "anchor": "#card"}

{"question": "Who leads?", "document": "sop.md", "as": "group:sre", "filter": ["kind=sop", "updated>=2026-01-01"]}
"""
CSV = """\
question,document,answer,anchor,as,filter
How do I pay?,help/pay.md; help/bill.md,By card.,#card,,
Who leads?,sop.md,,,group:sre,kind=sop; updated>=2026-01-01
"""
YAML = """\
- question: How do I pay?
  document: [help/pay.md, help/bill.md]
  answer: By card.
  anchor: "#card"

- question: Who leads?
  document: sop.md
  as: group:sre
  filter: [kind=sop, updated>=2026-01-01]
"""


def load(folder: Path, name: str, text: str) -> list[Question]:
    file = folder / name
    file.write_text(text)
    return load_questions(file)


@pytest.mark.parametrize(
    ("name", "text", "lines"),
    [("q.jsonl", JSON_LINES, [1, 3]), ("q.csv", CSV, [2, 3]), ("q.yaml", YAML, [1, 6])],
)
def test_all_formats_say_the_same(tmp_path: Path, name: str, text: str, lines: list[int]) -> None:
    pay, lead = load(tmp_path, name, text)
    assert [pay.line, lead.line] == lines
    assert (pay.text, pay.documents) == ("How do I pay?", ("help/pay.md", "help/bill.md"))
    assert (pay.answer, pay.anchor, pay.principals, pay.conditions) == ("By card.", "card", None, ())
    assert lead.principals == frozenset({"group:sre"})
    assert len(lead.conditions) == 2


def test_a_question_keeps_its_key_wherever_it_stands(tmp_path: Path) -> None:
    keys = [
        {question.key for question in load(tmp_path, name, text)}
        for name, text in (("q.jsonl", JSON_LINES), ("q.csv", CSV), ("q.yml", YAML))
    ]
    assert keys[0] == keys[1] == keys[2]
    assert load(tmp_path, "i.jsonl", '{"question": "x", "document": "y", "id": 7}')[0].key == "7"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"question": "x"}', "line 2, document: is missing"),
        ('{"document": "x"}', "line 2, question: is missing"),
        ('{"question": "x", "document": "y", "anwser": "z"}', "line 2, anwser: is not a field; did you mean answer?"),
        ('{"question": 3.5, "document": {}}', "line 2, document: has to be a text"),
        ('{"question": "x", "document": "y", "as": "support"}', "line 2, as: 'support' is not a principal"),
        ('{"question": "x", "document": "y", "filter": "colour=red"}', "line 2, filter: 'colour' cannot"),
        ('{"question": "x", "document": "y", "filter": "kind=sop", "filters": []}', "line 2, filters: stands twice"),
        ('{"question": "x"', "line 2, not valid JSON"),
        ('["x", "y"]', "line 2, has to be an object"),
        ('{"question": "fine", "document": "y"}', "line 2, question: the same as in line 1"),
    ],
)
def test_a_mistake_is_named_by_line_and_field(tmp_path: Path, line: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, "q.jsonl", '{"question": "fine", "document": "y"}\n' + line)
    assert said in str(caught.value)


def test_all_mistakes_are_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, "q.yaml", "- question: a\n- document: b\n- 3\n")
    assert [f"line {number}" in str(caught.value) for number in (1, 2, 3)] == [True] * 3


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("q.txt", "x", "has to end in .jsonl"),
        ("q.jsonl", "\n\n", "no questions"),
        ("q.yaml", "", "no questions"),
        ("q.yaml", "- a: [", "line 1: not valid YAML"),
        ("q.yaml", "question: x", "list of questions"),
        ("q.csv", "question,document\nx,y,z\n", "line 2, 3 cells below 2 column names"),
        ("q.csv", 'question,document\n"x,y\n', "not valid CSV"),
    ],
)
def test_a_file_that_is_none_is_refused(tmp_path: Path, name: str, text: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, name, text)
    assert said in str(caught.value)


def test_lines_of_cells_with_line_breaks_are_counted(tmp_path: Path) -> None:
    text = 'question,document\n"two\nlines",a.md\nthird,\n'
    with pytest.raises(ConfigError, match="line 4, document"):
        load(tmp_path, "q.csv", text)


def test_a_missing_or_odd_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load_questions(tmp_path / "none.jsonl")
    (tmp_path / "latin.csv").write_bytes("question,document\nüber,x".encode("latin-1"))
    with pytest.raises(ConfigError, match="UTF-8"):
        load_questions(tmp_path / "latin.csv")
