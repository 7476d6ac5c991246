"""Runs over what was put over HTTP: all of it is listed, and what was taken back is believed however much it is."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from app.cli import run as run_command
from flows.maintain import remove_source
from headwater.errors import FatalError
from headwater.ingest.report import SourceReport
from headwater.ledger.base import Ledger
from headwater.ledger.pushed import Pushed, version_of
from tests.support.project import Project


def keep(ledger: Ledger, id: str, text: str = "", **said: Any) -> None:
    made = Pushed(
        source="docs",
        document=id,
        media_type="text/markdown",
        content=(text or f"# {id}\n\nText of {id}.").encode(),
        pushed_at=datetime.now(UTC),
        **said,
    )
    ledger.keep_pushed(replace(made, version=version_of(made)))


def take_back(ledger: Ledger, *ids: str) -> None:
    now = datetime.now(UTC)
    for id in ids:
        ledger.keep_pushed(Pushed(source="docs", document=id, pushed_at=now, removed_at=now))


@pytest.fixture
def empty(project: Project) -> Project:
    """More than one document at a time is not removed without a person."""
    project.configure(max_removals="1", max_removed_share="0.05")
    file = project.folder / "headwater.toml"
    file.write_text(file.read_text().replace('kind = "folder"\npath = "docs"', 'kind = "push"'))
    return project


@pytest.fixture
def pushed(empty: Project) -> Project:
    """Twenty documents."""
    project = empty
    with project.open() as workshop:
        for number in range(20):
            keep(workshop.ledger, f"{number}.md")
    assert run(project).indexed == 20
    return project


def run(project: Project) -> SourceReport:
    return project.ingest().sources[0]


def test_before_anything_is_put_it_says_how_that_is_done(empty: Project) -> None:
    report = empty.ingest()
    assert report.exit_code == 0
    assert any("PUT /v1/documents/" in note for note in report.notes)


def test_nothing_new_is_nothing_to_do(pushed: Project) -> None:
    report = run(pushed)
    assert (report.unchanged, report.indexed, pushed.parsing.asked) == (20, 0, [])


def test_what_was_taken_back_goes_however_much_it_is(pushed: Project) -> None:
    with pushed.open() as workshop:
        take_back(workshop.ledger, *(f"{number}.md" for number in range(15)))
    report = run(pushed)
    assert (report.removed, report.withheld, report.unchanged) == (15, 0, 5)
    with pushed.open() as workshop:
        take_back(workshop.ledger, *(f"{number}.md" for number in range(15, 20)))
    report = run(pushed)
    assert (report.removed, report.error) == (5, "")


def test_what_is_gone_without_being_taken_back_waits_for_a_person(pushed: Project) -> None:
    with pushed.open() as workshop:
        workshop.ledger.forget_pushed("docs")
        for number in range(10):
            keep(workshop.ledger, f"{number}.md")
        take_back(workshop.ledger, "19.md")
    report = run(pushed)
    assert (report.removed, report.withheld) == (1, 9)
    with pushed.open() as workshop:
        workshop.ledger.forget_pushed("docs")
    assert "lists no documents" in run(pushed).error


def test_other_readers_alone_write_nothing_anew(pushed: Project) -> None:
    with pushed.open() as workshop:
        keep(workshop.ledger, "0.md", allow=frozenset({"group:sre"}))
    report = run(pushed)
    assert (report.indexed, report.embedded, report.unchanged) == (1, 0, 19)
    assert "0.md" not in {passage.document for passage in pushed.search("text")}
    assert "0.md" in {passage.document for passage in pushed.search("text", "group:sre")}


def test_a_source_that_is_removed_for_good_is_kept_no_longer(pushed: Project) -> None:
    with pushed.open() as workshop:
        remove_source(workshop, "docs")
        assert len(workshop.ledger.pushed_names()) == 20, "it is configured: the next run brings it back"
    assert run(pushed).indexed == 20
    (pushed.folder / "headwater.toml").write_text("")
    with pushed.open() as workshop:
        remove_source(workshop, "docs")
        assert workshop.ledger.pushed_names() == []


def test_a_store_that_cannot_be_read_removes_nothing(pushed: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: object, source: str) -> dict[str, str]:
        raise FatalError("the ledger is damaged")

    with pushed.open() as workshop:
        monkeypatch.setattr(type(workshop.ledger), "pushed_versions", broken)
    report = run(pushed)
    assert (report.removed, report.error) == (0, "the ledger is damaged")


def test_it_is_linted_and_checked_where_it_is_kept(pushed: Project, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    place = ["--config", str(pushed.folder / "headwater.toml"), "--home", str(pushed.folder / "home"), "--json"]
    assert run_command(["lint", "docs", *place]) == 0
    assert json.loads(capfdbinary.readouterr().out)["documents"] == 20
    assert run_command(["sources", "check", "docs", *place]) == 0
    assert json.loads(capfdbinary.readouterr().out)["sources"][0]["listed"] == 20
