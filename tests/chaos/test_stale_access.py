"""Readers that a source cannot verify: they stay for a while, then nobody reads the document until they are."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest

from connectors.confluence import ConfluenceConnector
from connectors.registry import build
from connectors.zendesk import ZendeskConnector
from headwater.errors import ConfigError
from headwater.ingest.report import SourceReport
from headwater.ingest.stale_access import reads_permissions
from headwater.interfaces import Connector
from headwater.model import NOBODY, PUBLIC, Access
from headwater.settings import SourceSettings
from headwater.settings.durations import parse_duration
from tests.chaos.reading import SOURCE, ChaosConnector, Direct
from tests.chaos.runs import Runs
from tests.chaos.wiki import ANCHOR, Faults, Wiki
from tests.support.compare import disagreements
from tests.support.state import SharedParsing, scratch

SRE = Access(frozenset({"group:sre"}))


class Room:
    """A wiki of two pages that is indexed already, and time that passes."""

    def __init__(self, folder: Path, parsing: SharedParsing) -> None:
        self.wiki = Wiki()
        self.wiki.write("guide", (0, 1, 2), SRE)
        self.runs = Runs(folder, ChaosConnector(Direct(self.wiki), deltas=False, states_readers=False), parsing)
        assert self.run().exit_error == ""

    def run(self) -> "Result":
        report = self.runs.run().report
        assert report is not None
        self.wiki.faults = Faults()
        return Result(report)

    def days_pass(self, days: int) -> None:
        with self.runs.open() as workshop:
            for row in list(workshop.ledger.documents(workshop.generation, SOURCE)):
                earlier = row.verified_at - timedelta(days=days)
                workshop.ledger.touch(workshop.generation, SOURCE, {row.id: row.version}, earlier)

    def readers(self) -> dict[str, Access]:
        with self.runs.open() as workshop:
            assert disagreements(workshop) == []
            return {row.id: row.access for row in workshop.ledger.documents(workshop.generation, SOURCE)}


class Result:
    def __init__(self, report: SourceReport) -> None:
        self.exit_error = report.error
        self.unverified = {one.document for one in report.problems if "could not be verified since" in one.reason}
        self.embedded = report.embedded


@pytest.fixture
def room(parsing: SharedParsing) -> Iterator[Room]:
    with scratch("stale") as folder:
        yield Room(folder, parsing)


def test_a_source_that_cannot_be_listed_keeps_its_readers_for_a_week(room: Room) -> None:
    room.days_pass(6)
    room.wiki.faults.breaks_at = 0
    result = room.run()
    assert (bool(result.exit_error), result.unverified) == (True, set())
    assert room.readers() == {ANCHOR: PUBLIC, "guide": SRE}
    room.days_pass(2)
    for _ in range(2):
        room.wiki.faults.breaks_at = 0
        assert room.run().unverified == {ANCHOR, "guide"}
        assert room.readers() == {ANCHOR: NOBODY, "guide": NOBODY}
    back = room.run()
    assert (back.exit_error, back.unverified, back.embedded) == ("", set(), 0)
    assert room.readers() == {ANCHOR: PUBLIC, "guide": SRE}


def test_one_document_whose_readers_cannot_be_asked_for(room: Room) -> None:
    room.days_pass(8)
    room.wiki.faults.unreadable = frozenset({"guide"})
    assert room.run().unverified == {"guide"}
    assert room.readers() == {ANCHOR: PUBLIC, "guide": NOBODY}
    assert room.run().unverified == set()
    assert room.readers() == {ANCHOR: PUBLIC, "guide": SRE}


def test_a_change_that_cannot_be_read_is_not_verified_until_it_is(room: Room) -> None:
    room.days_pass(8)
    room.wiki.write("guide", (3,), PUBLIC)
    room.wiki.faults.documents["guide"] = [500] * 100
    assert room.run().unverified == {"guide"}
    assert room.readers()["guide"] == NOBODY
    room.run()
    assert room.readers()["guide"] == PUBLIC


def test_what_fails_to_parse_is_verified_all_the_same(room: Room) -> None:
    room.wiki.write("guide", (), SRE, malformed=True)
    for _ in range(3):
        room.days_pass(8)
        assert room.run().unverified == set()
    assert room.readers()["guide"] == SRE


def test_it_is_for_readers_that_come_from_a_service(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ChaosConnector, "reads_permissions", False)
    room.days_pass(800)
    room.wiki.faults.breaks_at = 0
    assert room.run().unverified == set()
    assert room.readers() == {ANCHOR: PUBLIC, "guide": SRE}


@pytest.mark.parametrize("kind", [ConfluenceConnector, ZendeskConnector])
def test_it_is_for_these(kind: object) -> None:
    assert reads_permissions(cast(Connector, kind))


def test_how_long_is_a_setting(room: Room) -> None:
    (source,) = room.runs.settings.sources
    longer = replace(source, max_access_age=parse_duration("30d"))
    room.runs.settings = replace(room.runs.settings, sources=(longer,))
    room.days_pass(29)
    room.wiki.faults.breaks_at = 0
    assert room.run().unverified == set()
    room.days_pass(2)
    room.wiki.faults.breaks_at = 0
    assert room.run().unverified == {ANCHOR, "guide"}


def test_complete_listings_come_often_enough() -> None:
    options = {"url": "https://example.zendesk.com", "full_every": "8d"}
    source = SourceSettings(name="help", kind="zendesk", default_access=PUBLIC, options=options)
    with pytest.raises(ConfigError, match="full_every"):
        build(source, None)
    assert build(replace(source, max_access_age=parse_duration("9d")), None)
