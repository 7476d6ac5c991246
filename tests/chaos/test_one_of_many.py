"""One document that cannot be read, and the others of its source."""

from collections.abc import Iterator

import pytest

from headwater.ingest import source_run
from headwater.ingest.absence import TOMBSTONES, WITHHELD
from headwater.ingest.report import SourceReport
from headwater.model import NOBODY, PUBLIC
from tests.chaos.reading import SOURCE, ChaosConnector, Direct
from tests.chaos.runs import Runs
from tests.chaos.wiki import ANCHOR, SENTENCES, Faults, Wiki
from tests.support.state import SharedParsing, scratch

IDS = tuple(f"page-{n}" for n in range(9))


class Room:
    """A wiki of ten pages, indexed."""

    def __init__(self, runs: Runs, wiki: Wiki) -> None:
        self.runs, self.wiki = runs, wiki
        for number, id in enumerate(IDS):
            wiki.write(id, (number % len(SENTENCES),), PUBLIC)
        assert self.run().indexed == len(IDS) + 1

    def run(self) -> SourceReport:
        report = self.runs.run().report
        assert report is not None
        self.wiki.faults = Faults()
        return report

    def live(self) -> set[str]:
        with self.runs.open() as workshop:
            return {row.id for row in workshop.ledger.documents(workshop.generation, SOURCE)}


@pytest.fixture(params=[True, False], ids=["changes alone", "whole listings"])
def room(parsing: SharedParsing, request: pytest.FixtureRequest) -> Iterator[Room]:
    wiki = Wiki()
    with scratch("one") as folder:
        yield Room(Runs(folder, ChaosConnector(Direct(wiki), deltas=request.param), parsing), wiki)


@pytest.mark.parametrize(("status", "error"), [(403, "CredentialError"), (2, "FetchError"), (500, "TransientSource")])
def test_it_does_not_stop_the_others(room: Room, status: int, error: str) -> None:
    for id in IDS:
        room.wiki.write(id, (3, 3), PUBLIC)
    room.wiki.faults.documents[IDS[0]] = [status] * 100
    report = room.run()
    assert (report.error, report.indexed, report.failed) == ("", len(IDS) - 1, 1)
    assert error in report.problems[0].reason
    if status != 2:
        assert room.run().indexed == 1


def test_when_all_are_refused_the_credentials_are_wrong(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_run, "REFUSED_TOGETHER", 4)
    for id in IDS:
        room.wiki.write(id, (3, 3), PUBLIC)
        room.wiki.faults.documents[id] = [403] * 100
    report = room.run()
    assert "403" in report.error
    assert room.run().indexed == len(IDS)


def test_what_is_withheld_stays_so_until_it_is_approved(room: Room) -> None:
    for id in IDS[:4]:
        room.wiki.delete(id)
    for _ in range(3):
        assert room.run().withheld == 4
        with room.runs.open() as workshop:
            assert len((workshop.ledger.learned(SOURCE, WITHHELD) or {})["documents"]) == 4
    room.wiki.bring_back(IDS[0])
    assert room.run().withheld == 3
    room.wiki.bring_back(IDS[1])
    report = room.run()
    assert (report.withheld, report.removed) == (0, 2)
    assert room.live() == {ANCHOR, *IDS} - {IDS[2], IDS[3]}


def test_an_entry_that_is_listed_twice_counts_as_it_was_listed_last(room: Room) -> None:
    room.wiki.restrict(IDS[0], NOBODY)
    room.wiki.faults.repeated = frozenset(IDS[:1])
    room.wiki.faults.documents[IDS[0]] = [500] * 100
    room.run()
    with room.runs.open() as workshop:
        row = workshop.ledger.document(workshop.generation, SOURCE, IDS[0])
        assert row is not None
        assert row.access == NOBODY


def test_a_listing_that_ends_early_does_not_shorten_the_next(room: Room) -> None:
    room.wiki.whole_is_due, room.wiki.faults.stops_at = True, 1
    assert room.run().removed == 0
    assert room.run().removed == 0
    assert room.live() == {ANCHOR, *IDS}


def test_a_document_that_is_listed_again_loses_its_tombstone(room: Room) -> None:
    room.wiki.whole_is_due, room.wiki.faults.omitted = True, frozenset(IDS[:1])
    assert room.run().tombstones == 1
    room.wiki.write(IDS[0], (2, 2), PUBLIC)
    room.wiki.faults.stops_at = 2
    assert room.run().removed == 0
    with room.runs.open() as workshop:
        assert not workshop.ledger.learned(SOURCE, TOMBSTONES)
    room.wiki.whole_is_due, room.wiki.faults.omitted = True, frozenset(IDS[:1])
    assert room.run().removed == 0
    assert IDS[0] in room.live()


def test_it_does_so_although_others_are_withheld(room: Room) -> None:
    room.wiki.whole_is_due, room.wiki.faults.omitted = True, frozenset(IDS[:1])
    assert room.run().tombstones == 1
    for id in IDS[1:5]:
        room.wiki.delete(id)
    room.wiki.write(IDS[0], (2, 2), PUBLIC)
    assert room.run().withheld == 4
    with room.runs.open() as workshop:
        assert not workshop.ledger.learned(SOURCE, TOMBSTONES)


def test_who_may_not_read_an_unlisted_document_any_more_is_believed(room: Room) -> None:
    room.wiki.whole_is_due, room.wiki.faults.omitted = True, frozenset(IDS[:1])
    room.wiki.restrict(IDS[0], NOBODY)
    room.run()
    with room.runs.open() as workshop:
        row = workshop.ledger.document(workshop.generation, SOURCE, IDS[0])
        assert row is not None
        assert row.access == NOBODY
