"""Changed documents that came out alike or empty: a few are published, many wait for a person."""

import pytest

from flows.approve import approve, withheld
from headwater.errors import ConfigError
from tests.support.project import Project

LOGIN = "# Sign in\n\nPlease sign in to go on to the documentation of this product.\n"


def page(number: int) -> str:
    return f"# Page {number}\n\n" + " ".join(f"Lantern {number} burns at berth {line}." for line in range(40)) + "\n"


def fill(project: Project, number: int = 40) -> None:
    for n in range(number):
        project.write(f"page-{n:02}.md", page(n))
    assert project.ingest().exit_code == 0


def texts(project: Project) -> dict[str, str]:
    return {passage.document: passage.text for passage in project.search("sign in lantern")}


@pytest.mark.parametrize("content", [LOGIN, "# Other {n}\n\nGone.\n"], ids=["alike", "empty"])
def test_many_are_held_back_and_their_last_version_stays(project: Project, content: str) -> None:
    fill(project)
    for n in range(0, 39, 3):
        project.write(f"page-{n:02}.md", content.format(n=n))
    project.write("page-01.md", page(1) + "\nAnd another line.\n")
    project.write("new.md", "# New\n\nA new page.\n")
    report = project.ingest()
    (source,) = report.sources
    assert report.exit_code == 3
    assert (source.quarantined, source.indexed) == (13, 2)
    assert all("headwater approve docs" in problem.reason for problem in source.problems)
    assert not any("sign in" in text or "Gone." in text for text in texts(project).values())
    again = project.ingest()
    assert (again.sources[0].quarantined, again.sources[0].unchanged) == (13, 28)
    with project.open() as workshop:
        (waiting,) = withheld(workshop)
        assert len(waiting.changes) == 13
        approve(workshop, "docs")
    report = project.ingest()
    assert (report.exit_code, report.sources[0].indexed) == (0, 13)
    with project.open() as workshop, pytest.raises(ConfigError, match="nothing of 'docs' is withheld"):
        approve(workshop, "docs")


def test_a_source_that_is_mended_needs_no_approval(project: Project) -> None:
    fill(project)
    for n in range(12):
        project.write(f"page-{n:02}.md", LOGIN)
    assert project.ingest().sources[0].quarantined == 12
    for n in range(12):
        project.write(f"page-{n:02}.md", page(n))
    report = project.ingest()
    assert report.exit_code == 0
    with project.open() as workshop:
        assert withheld(workshop) == []


def test_a_few_are_published_all_the_same(project: Project) -> None:
    fill(project)
    for n in range(10):
        project.write(f"page-{n:02}.md", LOGIN)
    report = project.ingest()
    assert (report.exit_code, report.sources[0].indexed) == (0, 10)


def test_a_first_run_and_new_documents_are_never_in_doubt(project: Project) -> None:
    for n in range(30):
        project.write(f"page-{n:02}.md", LOGIN)
    assert project.ingest().sources[0].indexed == 30
    for n in range(30):
        project.write(f"more-{n:02}.md", LOGIN)
    assert project.ingest().sources[0].indexed == 30


def test_the_same_text_as_before_is_no_doubt(project: Project) -> None:
    for n in range(30):
        project.write(f"page-{n:02}.md", LOGIN)
    project.ingest()
    for n in range(30):
        project.write(f"page-{n:02}.md", f"---\nowner: team-{n}\n---\n{LOGIN}")
    assert project.ingest().exit_code == 0
