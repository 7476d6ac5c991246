"""Clocks that are wrong, days that have 23 hours, and dates that no calendar should hold."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from flows.freshness import freshness_of
from headwater.clock import told_by, utc_now
from headwater.freshness.as_json import as_json
from headwater.freshness.values import DocumentStanding, FindingKind, Kept, Report
from headwater.ledger.standing import INITIAL
from headwater.model import Access, RawDocument
from headwater.parsing.pool import ParserPool
from headwater.settings import parse_duration
from tests.freshness.shelf import NOON, Shelf, ago
from tests.support.project import Project
from tests.support.repository import Repository
from tests.support.state import SharedParsing, scratch

HOUR, DAY, YEAR = timedelta(hours=1), timedelta(days=1), timedelta(days=365)
ZONES = ("UTC", "Europe/Madrid", "America/New_York", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kathmandu")


@pytest.fixture(scope="module")
def parsing() -> Iterator[SharedParsing]:
    with ParserPool(workers=1) as pool:
        yield SharedParsing(pool)


@pytest.fixture
def project(parsing: SharedParsing) -> Iterator[Project]:
    with scratch("clocks") as folder:
        found = Project(folder, parsing)
        found.configure(content='"help"', default_access='["public"]')
        yield found


def run(project: Project, now: datetime) -> None:
    """One run, at that time."""
    with told_by(lambda: now):
        assert [source.error for source in project.ingest().sources] == [""]


def asked(project: Project, now: datetime, at: datetime | None = None) -> Report:
    with told_by(lambda: now), project.open() as workshop:
        report = freshness_of(workshop, as_of=at)
    as_json(report, documents=True)
    return report


def one(report: Report, id: str) -> DocumentStanding:
    (found,) = (document for document in report.documents if document.document == id)
    assert found.lag is None or found.lag >= timedelta(0)
    assert found.age is None or found.age >= timedelta(0)
    return found


def kinds(report: Report, id: str = "") -> set[FindingKind]:
    return {finding.kind for finding in report.findings if not id or finding.document == id}


# times without a zone -------------------------------------------------------------------------------------


def test_naive_times_are_refused_wherever_they_could_come_in(shelf: Shelf) -> None:
    naive = datetime(2026, 6, 1, 12)
    with pytest.raises(ValueError, match="no time zone"):
        RawDocument(
            source="docs", id="a", version="1", uri="", title="", kind="", media_type="text/plain", content=b"",
            updated_at=naive, access=Access(frozenset({"public"})),
        )  # fmt: skip
    with pytest.raises(ValueError, match="no time zone"):
        shelf.put("a.md", updated_at=naive)
    with pytest.raises(ValueError, match="no time zone"):
        shelf.put("b.md", changed=naive)
    with pytest.raises(ValueError, match="no time zone"):
        shelf.looked(naive)
    with pytest.raises(ValueError, match="time zone"):
        naive + parse_duration("6 months")
    with pytest.raises(ValueError, match="time zone"):
        shelf.report(at=naive)
    with told_by(lambda: naive), pytest.raises(ValueError, match="time zone"):
        utc_now()
    assert shelf.report().documents == ()


# days and the changing of clocks --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "stated", "over"),
    [
        # 23 hours, 25 hours.
        ("Europe/Madrid", "2026-03-29", datetime(2026, 3, 29, 22, tzinfo=UTC)),
        ("Europe/Madrid", "2026-10-25", datetime(2026, 10, 25, 23, tzinfo=UTC)),
        ("America/New_York", "2026-03-08", datetime(2026, 3, 9, 4, tzinfo=UTC)),
        ("America/New_York", "2026-11-01", datetime(2026, 11, 2, 5, tzinfo=UTC)),
        # Days that begin at one in the morning.
        ("America/Santiago", "2026-09-06", datetime(2026, 9, 7, 3, tzinfo=UTC)),
        ("Africa/Cairo", "2026-04-24", datetime(2026, 4, 24, 21, tzinfo=UTC)),
        # The day before one.
        ("America/Santiago", "2026-09-05", datetime(2026, 9, 6, 4, tzinfo=UTC)),
        ("Pacific/Kiritimati", "2026-06-01", datetime(2026, 6, 1, 10, tzinfo=UTC)),
    ],
)
def test_a_day_lasts_until_its_end(project: Project, zone: str, stated: str, over: datetime) -> None:
    project.configure(timezone=f'"{zone}"')
    project.write("a.md", f"---\nreview_by: {stated}\n---\n# A\n\nText.\n")
    run(project, datetime(2026, 1, 15, tzinfo=UTC))
    for at in (over - timedelta(microseconds=1), (over - timedelta(microseconds=1)).astimezone(ZoneInfo(zone))):
        assert one(asked(project, at), "a.md").content is Kept.YES
    for at in (over, over.astimezone(ZoneInfo(zone))):
        report = asked(project, at)
        assert one(report, "a.md").content is Kept.NO
        (finding,) = (found for found in report.findings if found.kind is FindingKind.OVERDUE_REVIEW)
        assert stated in finding.evidence


@pytest.mark.parametrize(
    ("zone", "reviewed", "interval", "last_day"),
    [
        ("Europe/Madrid", "2026-03-01", "4 weeks", "2026-03-29"),
        ("Europe/Madrid", "2026-01-31", "6 months", "2026-07-31"),
        ("America/New_York", "2026-05-01", "6 months", "2026-11-01"),
        ("America/New_York", "2026-08-31", "6 months", "2027-02-28"),
        ("America/Santiago", "2026-03-06", "6 months", "2026-09-06"),
        ("UTC", "2024-02-29", "1 year", "2025-02-28"),
        ("Europe/Madrid", "2024-02-29", "4 years", "2028-02-29"),
        ("UTC", "2023-11-30", "3 months", "2024-02-29"),
    ],
)
def test_reviews_follow_the_calendar_of_their_source(
    project: Project, zone: str, reviewed: str, interval: str, last_day: str
) -> None:
    project.configure(timezone=f'"{zone}"')
    project.write("a.md", f"---\nlast_reviewed_on: {reviewed}\nreview_in: {interval}\n---\n# A\n\nText.\n")
    run(project, datetime.fromisoformat(f"{reviewed}T23:00:00+00:00"))
    over = datetime.fromisoformat(last_day).replace(tzinfo=ZoneInfo(zone)) + DAY
    assert one(asked(project, over - timedelta(seconds=1)), "a.md").content is Kept.YES
    assert one(asked(project, over), "a.md").content is Kept.NO
    assert one(asked(project, NOON, over - timedelta(seconds=1)), "a.md").content is Kept.YES


def test_a_length_in_days_keeps_the_hour_when_clocks_change(shelf: Shelf) -> None:
    shelf.more = {"timezone": "Europe/Madrid"}
    written = datetime(2026, 3, 1, 10, 30, tzinfo=ZoneInfo("Europe/Madrid"))
    shelf.put("a.md", what=INITIAL, updated_at=written, searchable=written)
    due = datetime(2026, 8, 28, 10, 30, tzinfo=ZoneInfo("Europe/Madrid"))
    assert shelf.one("a.md", now=due).due == due
    assert shelf.one("a.md", now=due).content is Kept.YES
    assert shelf.one("a.md", now=due + timedelta(seconds=1)).content is Kept.NO


def test_an_hour_that_comes_twice_is_told_apart(shelf: Shelf) -> None:
    zone = ZoneInfo("America/New_York")
    first, second = (datetime(2026, 11, 1, 1, 30, tzinfo=zone, fold=fold) for fold in (0, 1))
    shelf.more = {"timezone": "America/New_York"}
    shelf.put("a.md", what=INITIAL, meta={"review_by": first.isoformat()}, updated_at=first, searchable=first)
    assert shelf.one("a.md", now=second).content is Kept.NO
    assert shelf.one("a.md", now=second).age == HOUR
    shelf.put("b.md", what=INITIAL, meta={"review_by": second.isoformat()}, searchable=first)
    assert shelf.one("b.md", now=first.astimezone(UTC) + timedelta(minutes=59)).content is Kept.YES
    assert shelf.one("b.md", now=second).content is Kept.YES


def test_a_date_is_one_of_its_source(project: Project) -> None:
    project.configure(timezone='"Europe/Madrid"')
    project.write("a.md", "---\nupdated: 2026-06-01\n---\n# A\n\nText.\n")
    run(project, NOON)
    found = one(asked(project, NOON), "a.md")
    assert found.dated == datetime(2026, 5, 31, 22, tzinfo=UTC)
    assert found.age == NOON - datetime(2026, 5, 31, 22, tzinfo=UTC)
    assert asked(project, NOON).timezone == "Europe/Madrid"


# dates that cannot be true --------------------------------------------------------------------------------


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("year", ["2500", "9999"])
def test_a_date_in_the_future_is_pointed_out(project: Project, zone: str, year: str) -> None:
    project.configure(timezone=f'"{zone}"')
    project.write("a.md", f"---\nupdated: {year}-12-31\n---\n# A\n\nText.\n")
    project.write("b.md", f"---\nlast_reviewed_on: {year}-12-31\nreview_in: 6 months\n---\n# B\n\nText.\n")
    project.write("c.md", f"---\nreview_by: {year}-12-31\n---\n# C\n\nText.\n")
    project.write("d.md", f'---\nupdated: "{year}-12-31T23:59:59-12:00"\n---\n# D\n\nText.\n')
    run(project, NOON)
    report = asked(project, NOON)
    for id in ("a.md", "b.md", "d.md"):
        assert (one(report, id).age, one(report, id).content) == (None, Kept.UNKNOWN)
        assert FindingKind.WRONG_CLOCK in kinds(report, id)
    assert one(report, "c.md").content is Kept.YES, "a review that is due in the far future is none that is wrong"
    assert kinds(report, "c.md") == set()
    assert report.headline.content_unknown == 3


@pytest.mark.parametrize("zone", ZONES)
def test_a_date_in_the_year_one_is_very_old(project: Project, zone: str) -> None:
    project.configure(timezone=f'"{zone}"')
    project.write("a.md", '---\nupdated: "0001-01-01T00:00:00Z"\n---\n# A\n\nText.\n')
    project.write("b.md", "---\nlast_reviewed_on: 0001-01-01\nreview_in: 6 months\n---\n# B\n\nText.\n")
    project.write("c.md", "---\nreview_by: 0001-01-01\n---\n# C\n\nText.\n")
    project.write("d.md", '---\nupdated: "0001-01-01T00:00:00+14:00"\n---\n# D\n\nText.\n')
    run(project, NOON)
    report = asked(project, NOON)
    for id in ("a.md", "b.md", "c.md", "d.md"):
        assert one(report, id).content is Kept.NO
        assert FindingKind.OVERDUE_REVIEW in kinds(report, id)


def test_a_day_that_does_not_exist_is_not_stated(project: Project) -> None:
    project.write("a.md", "---\nlast_reviewed_on: 2023-02-29\nreview_in: 1 year\n---\n# A\n\nText.\n")
    run(project, NOON)
    assert one(asked(project, NOON), "a.md").content is Kept.UNKNOWN


@pytest.mark.parametrize("at", [datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, tzinfo=UTC)])
@pytest.mark.parametrize("zone", ZONES)
def test_a_report_of_any_moment_can_be_asked_for(project: Project, zone: str, at: datetime) -> None:
    project.configure(timezone=f'"{zone}"')
    project.write("a.md", "---\nupdated: 2026-06-01\n---\n# A\n\nText.\n")
    project.write("b.md", "---\nlast_reviewed_on: 9999-12-30\nreview_in: 6 months\n---\n# B\n\nText.\n")
    project.write("c.md", '---\nupdated: "9999-12-31T23:59:59Z"\n---\n# C\n\nText.\n')
    run(project, NOON)
    report = asked(project, NOON, at)
    assert len(report.documents) == (3 if at.year > 1 else 0)
    assert all(document.lag is None for document in report.documents)


# the clock of the source ----------------------------------------------------------------------------------


@pytest.fixture
def versioned(project: Project) -> tuple[Project, Repository]:
    """A git source, whose first commit was made a day before noon and ingested an hour before it."""
    repository = Repository(project.folder / "docs")
    (project.folder / "headwater.toml").write_text(
        f'[[source]]\nname = "docs"\nkind = "git"\npath = "{repository.root}"\ncontent = "help"\n'
        'default_access = ["public"]\n'
    )
    repository.write("other.md", "# Other\n\nText.\n")
    repository.put("a.md", "# A\n\nText.\n", seconds(NOON - DAY))
    run(project, NOON - HOUR)
    return project, repository


def seconds(moment: datetime) -> int:
    return int(moment.timestamp())


@pytest.mark.parametrize("wrong", [-YEAR, -2 * HOUR, HOUR, YEAR], ids=["year behind", "behind", "ahead", "year ahead"])
def test_a_source_whose_clock_is_wrong(versioned: tuple[Project, Repository], wrong: timedelta) -> None:
    project, repository = versioned
    repository.put("a.md", "# A\n\nChanged.\n", seconds(NOON - HOUR / 2 + wrong))
    repository.put("new.md", "# New\n\nText.\n", seconds(NOON - HOUR / 2 + wrong))
    run(project, NOON)
    report = asked(project, NOON)
    for id in ("a.md", "new.md"):
        found = one(report, id)
        assert (found.lag, found.lag_exact) == (HOUR, False), "at most since the look before"
        assert (FindingKind.WRONG_CLOCK in kinds(report, id)) is (wrong > timedelta(0))
        assert found.pipeline is Kept.YES
        if wrong == YEAR:
            assert found.age is None
    assert one(report, "other.md").lag is None
    # When that time has come, it still is not when the change was made.
    late = NOON + 2 * YEAR
    assert one(asked(project, late), "a.md").lag == HOUR
    assert one(asked(project, late, NOON), "a.md") == one(report, "a.md")


def test_a_source_whose_clock_is_right(versioned: tuple[Project, Repository]) -> None:
    project, repository = versioned
    repository.put("a.md", "# A\n\nChanged.\n", seconds(NOON - HOUR / 2))
    run(project, NOON)
    report = asked(project, NOON)
    assert (one(report, "a.md").lag, one(report, "a.md").lag_exact) == (HOUR / 2, True)
    assert FindingKind.WRONG_CLOCK not in kinds(report)


def test_a_document_that_was_mended_was_late_and_no_clock_is_wrong(versioned: tuple[Project, Repository]) -> None:
    project, repository = versioned
    repository.put("a.md", "", seconds(NOON - HOUR / 2))
    run(project, NOON)
    assert one(asked(project, NOON), "a.md").outcome == "failing"
    repository.put("a.md", "# A\n\nMended.\n", seconds(NOON + 2 * DAY - HOUR))
    run(project, NOON + 2 * DAY)
    report = asked(project, NOON + 2 * DAY)
    found = one(report, "a.md")
    assert (found.lag, found.lag_exact) == (2 * DAY + HOUR, False), "what people found was out of date that long"
    assert found.pipeline is Kept.NO, "the change was known for longer than was promised"
    assert kinds(report, "a.md") == {FindingKind.LAG_BREACH}


@pytest.mark.parametrize("time", [0, 1, 253_402_300_799, 2**40, 2**62])
def test_a_commit_of_any_time(versioned: tuple[Project, Repository], time: int) -> None:
    project, repository = versioned
    repository.write("a.md", "# A\n\nChanged.\n")
    repository.git("add", "-A", ".")
    tree, parent = repository.git("write-tree"), repository.git("rev-parse", "HEAD")
    who = f"A <a@example.com> {time} +1400"
    body = f"tree {tree}\nparent {parent}\nauthor {who}\ncommitter {who}\n\nchange\n"
    (repository.root / ".git" / "made").write_text(body)
    made = repository.git("hash-object", "-t", "commit", "-w", "--literally", ".git/made")
    repository.git("update-ref", "refs/heads/main", made)
    run(project, NOON)
    found = one(asked(project, NOON), "a.md")
    assert (found.lag, found.lag_exact) == (HOUR, False)


# the clock of this machine --------------------------------------------------------------------------------


@pytest.mark.parametrize("back", [HOUR, 3 * DAY, YEAR], ids=["an hour", "days", "a year"])
def test_a_machine_whose_clock_goes_backwards(project: Project, back: timedelta) -> None:
    project.write("a.md", "---\nupdated: 2026-01-01\n---\n# A\n\nText.\n")
    project.write("b.md", "---\nupdated: 2026-01-01\n---\n# B\n\nText.\n")
    run(project, NOON)
    project.write("a.md", "---\nupdated: 2026-01-01\n---\n# A\n\nChanged.\n")
    project.write("c.md", "# C\n\nNew.\n")
    run(project, NOON - back)
    for now, at in ((NOON - back, None), (NOON, None), (NOON + YEAR, NOON - back), (NOON + YEAR, NOON)):
        report = asked(project, now, at)
        ids = {document.document for document in report.documents}
        assert {"a.md", "c.md"} <= ids
        for id in ids:
            one(report, id)
        assert FindingKind.LAG_BREACH not in kinds(report)
    assert one(asked(project, NOON), "a.md").lag in (None, timedelta(0))


def test_what_was_written_while_the_clock_was_ahead_proves_nothing(project: Project) -> None:
    project.write("a.md", "# A\n\nText.\n")
    run(project, NOON - HOUR)
    project.write("a.md", "# A\n\nChanged.\n")
    run(project, NOON + YEAR)
    # The clock was set right, and nobody looked at the source since.
    report = asked(project, NOON + 10 * DAY)
    found = one(report, "a.md")
    assert found.lag is None
    assert found.pipeline is not Kept.YES, "confirmed in a year from now"
    assert kinds(report, "a.md") >= {FindingKind.WRONG_CLOCK}
    (source,) = report.sources
    assert source.last_verified == NOON - HOUR
    assert FindingKind.SOURCE_SILENT in kinds(report)
    # A run with the right clock confirms it again.
    run(project, NOON + 11 * DAY)
    assert one(asked(project, NOON + 11 * DAY), "a.md").pipeline is Kept.YES


# moments that nothing is known of -------------------------------------------------------------------------


def test_before_the_history_begins_nothing_is_known(project: Project) -> None:
    project.write("a.md", "---\nupdated: 2026-01-01\n---\n# A\n\nText.\n")
    run(project, NOON)
    report = asked(project, NOON + DAY, NOON - timedelta(microseconds=1))
    assert report.documents == ()
    assert any("history begins" in note for note in report.notes)
    assert kinds(report) == set()
    assert len(asked(project, NOON + DAY, NOON).documents) == 1


def test_the_future_knows_of_reviews_and_of_nothing_else(project: Project) -> None:
    project.write("a.md", "---\nupdated: 2026-06-01\n---\n# A\n\nText.\n")
    run(project, NOON)
    report = asked(project, NOON, NOON + YEAR)
    found = one(report, "a.md")
    assert (found.pipeline, found.content) == (Kept.YES, Kept.NO)
    assert found.age == NOON + YEAR - datetime(2026, 6, 1, tzinfo=UTC)
    assert FindingKind.SOURCE_SILENT not in kinds(report)
    assert ago(days=-365) == report.as_of
    assert any("as they will be due" in note for note in report.notes)


def test_runs_over_a_source_are_told_in_order(project: Project) -> None:
    """A look that the clock puts before another is still the newest."""
    project.write("a.md", "# A\n\nText.\n")
    for now in (NOON, NOON - HOUR):
        run(project, now)
    (source,) = asked(project, NOON + HOUR).sources
    assert source.last_verified == NOON - HOUR
