"""Documents that a listing lacks: removed when that is certain, and never many without a person."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from connectors.folder import FolderConnector
from flows.maintain import find_document, remove_document
from headwater.errors import GoneError, TransientSourceError
from headwater.ingest.absence import APPROVED, TOMBSTONES, WITHHELD, Caution, confirmed_gone
from headwater.interfaces import Scanned
from headwater.ledger.base import Block, Ledger
from headwater.ledger.open import open_ledger
from headwater.model import NotModified, RawDocument
from tests.support.project import Project

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Asked:
    """A source of which only single documents matter here: each is present, "gone", or "broken"."""

    name: str = "wiki"
    state: dict[str, str] = field(default_factory=dict)

    def scan(self, resume: bytes | None = None) -> Iterator[Scanned]:
        yield from ()

    def fetch(self, id: str, known: str | None = None) -> RawDocument | NotModified:
        match self.state.get(id):
            case "gone":
                raise GoneError(f"{id} is gone")
            case "broken":
                raise TransientSourceError("503")
            case _:
                return NotModified("1")


@pytest.fixture
def ledger(tmp_path) -> Iterator[Ledger]:
    opened = open_ledger(tmp_path / "ledger.db")
    yield opened
    opened.close()


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("headwater.ingest.look.fetch.retry.wait", lambda _: 0)


def gone(ledger: Ledger, source: Asked, *unsure: str, now: datetime = NOON, complete: bool = True) -> list[str]:
    return confirmed_gone(source, ledger, unsure, now=now, complete=complete, caution=Caution())


def test_a_first_absence_asks_the_source(ledger: Ledger) -> None:
    source = Asked(state={"a": "gone", "b": "broken"})
    assert gone(ledger, source, "a", "b", "c") == ["a"]
    assert (ledger.learned("wiki", TOMBSTONES) or {}).keys() == {"b", "c"}


def test_a_later_complete_listing_settles_it(ledger: Ledger) -> None:
    source = Asked(state={"b": "broken"})
    assert gone(ledger, source, "b", "c") == []
    assert gone(ledger, source, complete=False) == []
    assert gone(ledger, source, "b") == ["b"]  # c is listed again
    assert ledger.learned("wiki", TOMBSTONES) == {}


def test_time_settles_it_without_a_complete_listing(ledger: Ledger) -> None:
    assert gone(ledger, Asked(), "a") == []
    assert gone(ledger, Asked(), now=NOON + timedelta(days=6), complete=False) == []
    assert gone(ledger, Asked(), now=NOON + timedelta(days=8), complete=False) == ["a"]


@pytest.mark.parametrize(
    ("going", "live", "withheld"), [(10, 10, False), (11, 110, False), (11, 109, True), (500, 501, True)]
)
def test_what_is_too_much(going: int, live: int, withheld: bool) -> None:
    assert Caution().withholds(going, live) is withheld


def fill(project: Project, number: int) -> None:
    for n in range(number):
        project.write(f"page-{n:02}.md", f"# Page {n}\n\nThe lantern {n} is lit.\n")


def live(project: Project) -> set[str]:
    with project.open() as workshop:
        return {row.id for row in workshop.ledger.documents(workshop.generation, "docs")}


def test_many_removals_wait_for_a_person(project: Project) -> None:
    fill(project, 40)
    assert project.ingest().exit_code == 0
    for n in range(12):
        (project.folder / f"docs/page-{n:02}.md").unlink()
    project.write("new.md", "# New\n\nPublished all the same.\n")
    for _ in range(2):
        report = project.ingest()
        assert report.exit_code == 3
        (source,) = report.sources
        assert (source.withheld, source.removed) == (12, 0)
        (problem,) = source.problems
        assert "12 of 41 documents (29%)" in problem.reason
        assert problem.advice.endswith("headwater approve docs")
        assert len(live(project)) == 41
    with project.open() as workshop:
        withheld = workshop.ledger.learned("docs", WITHHELD) or {}
        assert len(withheld["documents"]) == 12
        workshop.ledger.learn("docs", APPROVED, {"documents": withheld["documents"]})
    report = project.ingest()
    assert (report.exit_code, report.sources[0].removed) == (0, 12)
    assert len(live(project)) == 29
    with project.open() as workshop:
        assert not workshop.ledger.learned("docs", WITHHELD)
        assert not workshop.ledger.learned("docs", APPROVED)


def test_an_approval_is_for_what_was_shown(project: Project) -> None:
    fill(project, 40)
    project.ingest()
    for n in range(12):
        (project.folder / f"docs/page-{n:02}.md").unlink()
    project.ingest()
    with project.open() as workshop:
        shown = workshop.ledger.learned("docs", WITHHELD) or {}
        workshop.ledger.learn("docs", APPROVED, {"documents": shown["documents"]})
    (project.folder / "docs/page-39.md").unlink()
    assert project.ingest().sources[0].withheld == 13
    assert len(live(project)) == 40


def test_renames_and_few_removals_go_on(project: Project) -> None:
    fill(project, 40)
    project.ingest()
    for n in range(20):
        (project.folder / f"docs/page-{n:02}.md").rename(project.folder / f"docs/renamed-{n:02}.md")
    for n in range(20, 30):
        (project.folder / f"docs/page-{n:02}.md").unlink()
    report = project.ingest()
    assert report.exit_code == 0
    assert len(live(project)) == 30


def test_a_person_who_blocks_is_not_asked_again(project: Project) -> None:
    fill(project, 13)
    project.ingest()
    with project.open() as workshop:
        for n in range(12):
            workshop.ledger.block(Block("docs", f"page-{n:02}.md", "wrong", NOON))
    assert project.ingest().sources[0].withheld == 0
    assert live(project) == {"page-12.md"}


def test_folders_say_that_their_listing_is_all_there_is() -> None:
    assert FolderConnector.absence_is_final


BROKEN = b"\x7fELF\x02\x01\x01\x00"


def test_what_a_person_blocked_fails_no_more(project: Project) -> None:
    """Nobody has to mend a document that is not to be searched."""
    project.write("one.md", "# One\n\nText.\n")
    project.ingest()
    project.write("one.md", BROKEN)
    assert project.ingest().sources[0].failed == 1
    with project.open() as workshop:
        remove_document(workshop, find_document(workshop, "one.md"), block="no more")
        assert not workshop.ledger.failures(workshop.generation)


def test_what_was_blocked_before_it_was_ever_read_fails_no_more(project: Project) -> None:
    project.write("one.md", BROKEN)
    assert project.ingest().sources[0].failed == 1
    with project.open() as workshop:
        workshop.ledger.block(Block("docs", "one.md", "no more", NOON))
    assert project.ingest().sources[0].failed == 0
    with project.open() as workshop:
        assert not workshop.ledger.failures(workshop.generation)
