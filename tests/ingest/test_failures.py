"""A document that fails is tried once in each of its versions, and again when a person asks for it."""

import os
import time

import pytest

from connectors import opened
from tests.support.project import Project

SETTLED_NS = 50_000_000
BROKEN = b"no text \x00\x01\x02 at all"


@pytest.fixture(autouse=True)
def short_youth(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opened, "SETTLED_NS", SETTLED_NS)


def settle() -> None:
    time.sleep(SETTLED_NS / 1e9 + 0.02)


@pytest.mark.parametrize("live", [False, True])
@pytest.mark.parametrize("young", [False, True])
def test_it_is_parsed_once_and_reported_each_time(project: Project, live: bool, young: bool) -> None:
    if live:
        project.write("page.md", "# Page\n\nIts last good version.\n")
        project.ingest()
    project.write("page.md", " \n\t\n")
    if not young:
        settle()
    first = project.ingest()
    assert (first.exit_code, project.parsing.asked) == (3, ["page.md"])
    for _ in range(3):
        settle()
        again = project.ingest()
        assert (again.exit_code, project.parsing.asked) == (3, [])
        assert [problem.reason for problem in again.problems] == [problem.reason for problem in first.problems]
    assert bool(project.search("page")) == live


def test_a_touched_file_is_tried_again_and_so_is_one_that_is_named(project: Project) -> None:
    path = project.write("page.md", " \n")
    project.ingest()
    assert project.parsing.asked == ["page.md"]
    project.ingest(only="page.md")
    assert project.parsing.asked == ["page.md"]
    os.utime(path, (1_700_000_000, 1_700_000_000))
    project.ingest()
    assert project.parsing.asked == ["page.md"]


def test_another_chunker_or_parser_is_another_chance(project: Project) -> None:
    project.write("page.md", " \n")
    project.ingest()
    project.configure(chunker='"fixed"')
    project.ingest()
    assert project.parsing.asked == ["page.md"]


def test_what_was_repaired_or_removed_is_not_failing_any_more(project: Project) -> None:
    project.write("other.md", "# Other\n\nFine.\n")
    path = project.write("page.md", BROKEN)
    assert project.ingest().exit_code == 3
    project.write("page.md", "# Page\n\nRepaired.\n")
    assert project.ingest().exit_code == 0
    assert project.search("repaired") != []
    project.write("page.md", BROKEN)
    assert project.ingest().exit_code == 3
    path.unlink()
    assert project.ingest().exit_code == 0
    with project.open() as workshop:
        assert workshop.ledger.failures(workshop.generation) == []


def test_a_file_that_returns_to_its_last_good_version_is_unchanged(project: Project) -> None:
    good = "# Page\n\nIts last good version.\n"
    project.write("page.md", good)
    project.ingest()
    project.write("page.md", BROKEN)
    assert project.ingest().exit_code == 3
    project.write("page.md", good)
    back = project.ingest()
    assert (back.exit_code, back.sources[0].unchanged, project.dense.texts) == (0, 1, [])
    assert project.ingest().sources[0].unchanged == 1


def test_an_id_that_no_ledger_could_keep_fails_alone(project: Project) -> None:
    deep = "/".join("d" * 200 for _ in range(11)) + "/page.md"
    project.write(deep, "# Deep\n\nFar below.\n")
    project.write("page.md", "# Page\n\nAt the top.\n")
    for _ in range(2):
        report = project.ingest()
        assert report.exit_code == 3
        (problem,) = report.problems
        assert "its id has 2,2" in problem.reason
        assert len(problem.document) < 300
    assert project.search("page")
