"""What somebody put aside is told to nobody, from the ledger to a room, until it comes back."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from flows.alerts import notify
from flows.findings import find, put_aside
from flows.freshness import freshness_of
from flows.workshop import Workshop
from headwater.alerting.digest import owed
from headwater.clock import told_by
from headwater.freshness.values import Severity
from headwater.ledger.base import SourceRow
from headwater.settings import load
from tests.alerting.receiving import Hook, hook
from tests.freshness.shelf import Shelf

MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.fixture
def room() -> Iterator[Hook]:
    with hook() as made:
        yield made


@pytest.fixture
def workshop(tmp_path: Path, room: Hook) -> Iterator[Workshop]:
    """A source that is looked at, with one overdue review and a document that fails."""
    file = tmp_path / "headwater.toml"
    file.write_text(
        f'[alerts]\nto = ["{room.address}"]\n\n'
        f'[[source]]\nname = "docs"\nkind = "folder"\npath = "{tmp_path}"\ndefault_access = ["public"]\n'
    )
    with Workshop(load(file, home=tmp_path / "state"), command="test") as opened:
        shelf = Shelf(opened.ledger)
        opened.ledger.save_source(SourceRow(name="docs", kind="folder", adhoc=False, last_complete=MONDAY))
        shelf.put("old.md", searchable=MONDAY, updated_at=MONDAY, meta={"review_by": "2026-01-31"}, title="Old")
        shelf.fail("broken.md", since=MONDAY - timedelta(hours=2))
        yield opened


def told(workshop: Workshop, room: Hook, hours: float) -> list[str]:
    """The titles of what is told at this hour, by a report of that hour, a look at the source just before."""
    moment, before = MONDAY + timedelta(hours=hours), len(room.taken)
    with told_by(lambda: moment):
        Shelf(workshop.ledger).looked(moment)
        notify(workshop, freshness_of(workshop))
    return [str(one["title"]) for one in room.taken[before:]]


def aside(workshop: Workshop, kind: str, hours: float, until: float | None = None) -> None:
    moment = MONDAY + timedelta(hours=hours)
    with told_by(lambda: moment):
        report = freshness_of(workshop)
        id = next(one.id for one in report.findings if one.kind.value == kind)
        end = None if until is None else MONDAY + timedelta(hours=until)
        put_aside(workshop.ledger, find(report, id), reason="known", who="test", name="ann", until=end)


def test_a_snoozed_one_is_told_again_when_its_time_has_come(workshop: Workshop, room: Hook) -> None:
    aside(workshop, "overdue_review", 0, until=5)
    assert told(workshop, room, 1) == ["Headwater: warning: failing: docs/broken.md"]
    assert [told(workshop, room, hours) for hours in (2, 3, 4)] == [[], [], []]
    assert told(workshop, room, 6) == ["Headwater: warning: overdue review: Old (docs/old.md)"]
    (ended,) = workshop.ledger.past_acknowledgements()
    assert ended.ending == "its time has come"


def test_an_acknowledged_one_is_told_again_when_it_becomes_worse(workshop: Workshop, room: Hook) -> None:
    assert len(told(workshop, room, 1)) == 1
    aside(workshop, "failing", 1.5)
    assert [told(workshop, room, hours) for hours in (2, 3, 4)] == [[], [], []]
    (title,) = told(workshop, room, 30)  # beyond the 24 h that are promised
    assert title == "Headwater: critical: failing: docs/broken.md"
    with told_by(lambda: MONDAY + timedelta(hours=31)):
        worst = max(freshness_of(workshop).findings, key=lambda one: one.severity)
    assert worst.severity is Severity.CRITICAL
    assert not workshop.ledger.acknowledgements()


def test_the_end_of_an_acknowledged_one_is_told(workshop: Workshop, room: Hook) -> None:
    assert told(workshop, room, 1) == ["Headwater: 2 findings (2 warning)"]
    aside(workshop, "failing", 1.5)
    workshop.ledger.clear_failures("g1", [("docs", "broken.md")])
    assert told(workshop, room, 2) == []
    assert told(workshop, room, 3) == ["Headwater: over: failing: docs/broken.md"]
    with told_by(lambda: MONDAY + timedelta(hours=4)):
        Shelf(workshop.ledger).fail("broken.md", since=MONDAY + timedelta(hours=4))
    assert told(workshop, room, 4) == ["Headwater: warning: failing: docs/broken.md"]


def test_digests_leave_it_out(workshop: Workshop) -> None:
    aside(workshop, "overdue_review", 0)
    with told_by(lambda: MONDAY + timedelta(hours=1)):
        owing = owed(freshness_of(workshop), Severity.NOTICE, [])
    assert [one.document for _, findings in owing.others for one in findings] == ["broken.md"]
    assert [owner.overdue for owner, _ in owing.others] == [1], "it is overdue all the same"
