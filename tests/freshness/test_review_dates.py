"""Review dates of a real user guide: read in every file, and overdue exactly when the calendar says so."""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml
from dateutil.relativedelta import relativedelta

from flows.freshness import freshness_of
from flows.workshop import Workshop
from headwater.clock import told_by
from headwater.freshness.values import FindingKind, Kept, Report
from headwater.ledger.standing import Standing
from headwater.parsing.pool import ParserPool
from tests.support.project import Project
from tests.support.state import SharedParsing, run_all, scratch

ZONE = ZoneInfo("Europe/London")
READ = datetime(2026, 4, 22, 12, tzinfo=UTC)
LATER = datetime(2027, 6, 1, tzinfo=UTC)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Stated:
    """What a file says of itself, None and "" where it does not."""

    reviewed: date | None
    interval: str

    @property
    def due(self) -> date | None:
        """By the calendar."""
        if self.reviewed is None or not self.interval:
            return None
        number, unit = self.interval.split()
        assert unit == "months", self.interval
        due: date = self.reviewed + relativedelta(months=int(number))
        return due


@dataclass(frozen=True, slots=True)
class Guide:
    """Ingested at `READ`."""

    project: Project
    stated: dict[str, Stated]

    def report(self, now: datetime, at: datetime) -> Report:
        with told_by(lambda: now), self.project.open() as workshop:
            return freshness_of(workshop, as_of=at)

    def overdue(self, at: datetime) -> set[str]:
        """A day lasts until its end where the guide is written."""
        today = at.astimezone(ZONE).date()
        return {name for name, one in self.stated.items() if one.due is not None and one.due < today}


@pytest.fixture(scope="module")
def guide(data: Path) -> Iterator[Guide]:
    bundle = data / "history" / "moj-cloud-platform-user-guide.bundle"
    if not bundle.is_file():
        pytest.skip(f"no history at {bundle}")
    with scratch("guide") as folder, ParserPool(workers=1) as pool:
        subprocess.run(["git", "clone", "-q", "--", bundle, folder / "clone"], capture_output=True, check=True)
        project = Project(folder, SharedParsing(pool))
        project.configure(content='"help"', timezone='"Europe/London"', default_access='["public"]')
        stated = {}
        for path in sorted((folder / "clone").rglob("*.md.erb")):
            name = str(path.relative_to(folder / "clone")).removesuffix(".erb")
            project.write(name, path.read_bytes())
            stated[name] = _stated(path.read_text())
        with told_by(lambda: READ), project.open() as workshop:
            assert not any(source.error for source in run_all(workshop).sources)
        yield Guide(project, stated)


def _stated(text: str) -> Stated:
    """With a parser of YAML that knows dates; whoever reads it as text has to come to the same."""
    parts = text.split("---\n", 2)
    fields = yaml.safe_load(parts[1]) if len(parts) == 3 and not parts[0].strip() else {}
    return Stated(fields.get("last_reviewed_on"), str(fields.get("review_in", "")).strip())


def _standings(workshop: Workshop) -> dict[str, Standing]:
    return {row.document: row for row in workshop.ledger.standings(workshop.generation)}


def test_what_every_file_states_is_read(guide: Guide) -> None:
    with guide.project.open() as workshop:
        rows = _standings(workshop)
    assert rows.keys() == guide.stated.keys()
    assert sum(one.due is not None for one in guide.stated.values()) > 100
    for name, one in guide.stated.items():
        facts = rows[name].facts
        midnight = datetime.combine(one.reviewed, time(), ZONE) if one.reviewed else None
        assert facts.get("last_reviewed_on") == (midnight.isoformat() if midnight else None), name
        assert facts.get("review_in") == (one.interval or None), name


@pytest.mark.parametrize(
    ("now", "at"),
    [
        (READ, READ),
        (LATER, datetime(2026, 9, 1, 9, 30, tzinfo=UTC)),
        (READ, datetime(2026, 12, 31, 23, 59, tzinfo=UTC)),
        # The first and the last moment of a day on which documents had to be reviewed, in summer time.
        (LATER, datetime(2026, 6, 1, tzinfo=ZONE)),
        (LATER, datetime(2026, 6, 2, tzinfo=ZONE) - timedelta(microseconds=1)),
        (LATER, datetime(2026, 6, 2, tzinfo=ZONE)),
    ],
    ids=["now", "as of the past", "as of the future", "day begins", "day ends", "day is over"],
)
def test_overdue_is_what_the_calendar_says(guide: Guide, now: datetime, at: datetime) -> None:
    report = guide.report(now, at)
    overdue = guide.overdue(at)
    assert overdue
    assert {one.document for one in report.documents if one.content is Kept.NO} == overdue
    found = {one.document: one for one in report.findings if one.kind is FindingKind.OVERDUE_REVIEW}
    assert found.keys() == overdue
    for one in report.documents:
        due = guide.stated[one.document].due
        assert one.due == (datetime.combine(due, time(), ZONE) if due else None), one.document
        if one.document in overdue and due is not None:
            assert f"{due}" in found[one.document].evidence


def test_a_day_makes_the_difference(guide: Guide) -> None:
    day = datetime(2026, 6, 1, tzinfo=ZONE)
    assert guide.overdue(day + DAY) - guide.overdue(day), "the dates above test nothing"


def test_files_without_dates_are_counted_as_such(guide: Guide) -> None:
    report = guide.report(READ, READ)
    without = {name for name, one in guide.stated.items() if one.due is None}
    assert without
    assert {one.document for one in report.documents if one.content is Kept.UNKNOWN} == without
    sums = report.headline
    assert (sums.content_unknown, sums.content_broken) == (len(without), len(guide.overdue(READ)))
    assert sums.content_kept == len(guide.stated) - len(without) - len(guide.overdue(READ))
    assert all(one.age is None for one in report.documents), "the time of a file is not the age of what it says"
