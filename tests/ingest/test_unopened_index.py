"""A run in which nothing changed leaves the index closed, and yet notices one that does not fit its ledger."""

import shutil
from pathlib import Path

import pytest

from flows import steps
from flows.workshop import Workshop
from headwater.errors import HeadwaterError, IndexMismatchError
from headwater.index.base import NEVER
from headwater.index.query import Between
from headwater.index.record import RECORD_NAME, read_record
from headwater.publishing import collect
from tests.support.project import Project, everything
from tests.support.state import run_all


@pytest.fixture
def filled(project: Project) -> Project:
    for name in ("a", "b"):
        project.write(f"{name}.md", f"# {name}\n\nThe article {name}.\n")
    project.ingest()
    return project


def home(project: Project) -> Path:
    return project.folder / "home"


def generation(project: Project) -> Path:
    (found,) = (path for path in (home(project) / "index").iterdir() if path.is_dir())
    return found


def backed_up_ledger(project: Project) -> None:
    for file in home(project).glob("ledger.db*"):
        shutil.copy2(file, project.folder / f"backup-{file.name}")


def restore_ledger(project: Project) -> None:
    for file in home(project).glob("ledger.db*"):
        file.unlink()
    for file in project.folder.glob("backup-*"):
        shutil.copy2(file, home(project) / file.name.removeprefix("backup-"))


def opened(project: Project) -> bool:
    """Whether a run had to open the index."""
    with project.open() as workshop:
        run_all(workshop)
        return "store" in vars(workshop)


def test_a_run_in_which_nothing_changed_opens_no_index(filled: Project) -> None:
    assert not opened(filled)
    filled.write("a.md", "# a\n\nAnother text.\n")
    assert opened(filled)
    assert not opened(filled)


def test_a_removal_alone_opens_it(filled: Project) -> None:
    (filled.folder / "docs" / "a.md").unlink()
    assert opened(filled)
    assert {found.document for found in filled.search("article", "group:sre")} == {"b.md"}


def test_readers_alone_open_it(filled: Project) -> None:
    filled.configure(default_access='["group:sre"]')
    assert opened(filled)
    assert filled.search("article") == []


def test_an_index_without_a_record_is_opened_and_gets_one_with_the_next_publication(filled: Project) -> None:
    record = generation(filled) / RECORD_NAME
    record.unlink()
    assert opened(filled)
    filled.write("a.md", "# a\n\nAnother text.\n")
    filled.ingest()
    found = read_record(generation(filled))
    assert found is not None
    with filled.open() as workshop:
        assert (found.epoch, found.identity) == (workshop.ledger.epoch(), workshop.index().identity())
        assert found.superseded == workshop.index().count(Between(field="to", lt=float(NEVER))) > 0


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"identity": {"identity": 1}, "epoch": "x"}', "\0"])
def test_a_damaged_record_is_none(filled: Project, content: str) -> None:
    (generation(filled) / RECORD_NAME).write_text(content)
    assert opened(filled)
    assert not filled.ingest().sources[0].error


def test_a_lost_index_is_refused(filled: Project) -> None:
    shutil.rmtree(home(filled) / "index")
    with pytest.raises(IndexMismatchError, match="empty or missing"):
        filled.ingest()


def test_an_index_that_lost_its_points_is_not_taken_at_its_word(filled: Project) -> None:
    shutil.rmtree(generation(filled) / "segments")
    with pytest.raises(HeadwaterError):
        filled.ingest()


def test_an_index_of_another_ledger_is_refused(filled: Project) -> None:
    for file in home(filled).glob("ledger.db*"):
        file.unlink()
    with pytest.raises(IndexMismatchError, match="another ledger"):
        filled.ingest()


@pytest.mark.parametrize("change", ["an edit", "a removal"])
def test_an_older_ledger_is_refused(filled: Project, change: str) -> None:
    backed_up_ledger(filled)
    before = (filled.folder / "docs" / "a.md").read_bytes()
    (filled.folder / "docs" / "a.md").unlink() if change == "a removal" else filled.write("a.md", "# a\n\nNew.\n")
    filled.ingest()
    restore_ledger(filled)
    filled.write("a.md", before)
    with pytest.raises(IndexMismatchError, match="older than its index"):
        filled.ingest()


def test_what_a_record_does_not_know_is_found_when_the_index_is_opened(filled: Project) -> None:
    """As where a version of Headwater that keeps no record wrote in between."""
    backed_up_ledger(filled)
    record = generation(filled) / RECORD_NAME
    stale = record.read_text()
    filled.write("a.md", "# a\n\nNew.\n")
    filled.ingest()
    restore_ledger(filled)
    record.write_text(stale)
    filled.write("b.md", "# b\n\nNew too.\n")
    (source,) = filled.ingest().sources
    assert "older than its index" in source.error
    assert source.indexed == 0


def test_much_that_was_superseded_is_collected_although_nothing_changed(
    filled: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collect, "READER_SECONDS", 0.0)
    for number in range(3):
        filled.write("a.md", f"# a\n\nNumber {number}.\n")
        filled.ingest()
    assert superseded(filled) == 3
    assert not opened(filled), "so few are left for later"
    monkeypatch.setattr(steps, "WORTH_COLLECTING", 3)
    assert opened(filled)
    assert superseded(filled) == 0
    assert not opened(filled)


def superseded(project: Project) -> int:
    with project.open() as workshop:
        return workshop.index().count(Between(field="to", lt=float(NEVER)))


def test_a_search_reads_what_was_there_before_a_run_without_changes(filled: Project) -> None:
    def seen(workshop: Workshop) -> list[str]:
        return sorted(found.document for found in everything(workshop, "article"))

    with filled.open() as workshop:
        run_all(workshop)
        assert seen(workshop) == ["a.md", "b.md"]
