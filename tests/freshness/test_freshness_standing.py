"""Lag, age and review of single documents, against what was promised of them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from headwater.freshness.values import Kept
from headwater.ledger.standing import ACCESS, INITIAL, NEW
from headwater.settings import PromiseRule, Promises, parse_duration
from headwater.settings.promises import NOTHING
from tests.freshness.shelf import NOON, Shelf, ago


def test_lag_runs_from_the_change_at_the_source(shelf: Shelf) -> None:
    shelf.looked()
    shelf.put("a.md", changed=ago(hours=5), after=ago(hours=9), searchable=ago(hours=2))
    one = shelf.one("a.md")
    assert (one.lag, one.lag_exact, one.pipeline) == (timedelta(hours=3), True, Kept.YES)


@pytest.mark.parametrize(("after", "detected", "state"), [(9, 2, Kept.YES), (40, 2, Kept.UNKNOWN), (60, 30, Kept.NO)])
def test_without_a_time_of_change_the_most_it_can_have_been_counts(
    shelf: Shelf, after: float, detected: float, state: Kept
) -> None:
    shelf.looked()
    shelf.put("a.md", after=ago(hours=after), detected=ago(hours=detected), searchable=ago(hours=1))
    one = shelf.one("a.md")
    assert (one.lag, one.lag_exact, one.pipeline) == (timedelta(hours=after - 1), False, state)
    # At least the time between detection and publication is known.
    assert ("lag_breach" in shelf.findings()) == (state is Kept.NO)


def test_what_was_there_at_first_has_no_lag(shelf: Shelf) -> None:
    shelf.looked()
    shelf.put("a.md", what=INITIAL)
    one = shelf.one("a.md")
    assert (one.lag, one.pipeline, one.within) == (None, Kept.YES, True)


def test_an_access_change_is_no_change_of_content(shelf: Shelf) -> None:
    shelf.looked()
    shelf.put("a.md", changed=ago(hours=5), after=ago(hours=9), searchable=ago(hours=4))
    shelf.put("a.md", what=ACCESS, searchable=ago(hours=1))
    assert shelf.one("a.md").lag == timedelta(hours=1)


def test_a_late_change_is_a_broken_promise_for_thirty_days(shelf: Shelf) -> None:
    shelf.looked()
    shelf.put("a.md", changed=ago(hours=60), after=ago(hours=70), searchable=ago(hours=3))
    finding = shelf.findings()["lag_breach"]
    assert "2 d 9 h later, where 24h are promised" in finding.evidence
    assert finding.since == ago(hours=3)
    later = NOON + timedelta(days=31)
    shelf.looked(later)
    assert shelf.one("a.md", now=later).pipeline is Kept.YES


def test_a_source_that_nobody_looked_at_keeps_no_promise(shelf: Shelf) -> None:
    shelf.put("a.md", what=INITIAL, searchable=ago(days=9))
    shelf.looked(ago(days=8))
    report = shelf.report()
    assert report.documents[0].pipeline is Kept.UNKNOWN
    assert report.headline.sentence == "0% of 1 document is within their promise."
    assert "8 d ago" in shelf.findings()["source_silent"].evidence
    shelf.looked(ago(hours=3))
    assert shelf.one("a.md").pipeline is Kept.YES


def test_a_failing_document_is_late_once_its_promise_has_passed(shelf: Shelf) -> None:
    shelf.looked()
    shelf.put("a.md", what=INITIAL, searchable=ago(days=9))
    shelf.fail("a.md", since=ago(hours=3), reason="not a PDF")
    shelf.fail("never.md", since=ago(hours=30), error="Quarantined", reason="lacks an owner")
    one, never = shelf.one("a.md"), shelf.one("never.md")
    assert (one.outcome, one.attempts, one.pipeline, one.next_retry) == ("failing", 2, Kept.UNKNOWN, "when it changes")
    assert (never.outcome, never.searchable_at, never.pipeline) == ("quarantined", None, Kept.NO)
    found = shelf.findings()
    assert (found["failing"].severity.word, found["quarantined"].severity.word) == ("warning", "critical")
    assert "its last good version is served" in found["failing"].evidence
    assert "it is not searchable" in found["quarantined"].evidence
    assert "not a PDF" in found["failing"].evidence


def test_without_a_date_the_age_is_unknown(shelf: Shelf) -> None:
    shelf.looked()
    shelf.put("a.md", what=INITIAL, updated_at=None, meta={"modified": ago(days=900).isoformat()})
    shelf.put("b.md", what=INITIAL, updated_at=None, kind="release_note")
    one, note = shelf.one("a.md"), shelf.one("b.md")
    assert (one.age, one.content, one.within) == (None, Kept.UNKNOWN, False)
    assert (note.content, note.within) == (Kept.NONE, True)
    headline = shelf.report().headline
    assert (headline.content_unknown, headline.content_unpromised, headline.within) == (1, 1, 1)


def test_content_grows_old_and_a_review_renews_it(shelf: Shelf) -> None:
    shelf.looked()
    shelf.put("a.md", what=INITIAL, updated_at=ago(days=200))
    shelf.put("b.md", what=INITIAL, updated_at=ago(days=200), meta={"last_reviewed_on": ago(days=100).isoformat()})
    a, b = shelf.one("a.md"), shelf.one("b.md")
    assert (a.content, a.due, a.due_by) == (Kept.NO, ago(days=20), "at most 180d old")
    assert (b.content, b.due, b.age) == (Kept.YES, ago(days=-80), timedelta(days=200))
    assert "20 days ago" in shelf.findings()["overdue_review"].evidence


def test_a_stated_review_counts_before_every_promise(shelf: Shelf) -> None:
    shelf.looked()
    said = {
        "last_reviewed_on": "2026-01-31T00:00:00+00:00",
        "review_in": "4 months",
        "review_by": "2026-05-31T00:00:00+00:00",
    }
    shelf.put("a.md", what=INITIAL, updated_at=ago(days=900), meta=said)
    shelf.put("b.md", what=INITIAL, meta={"review_by": "2026-06-15T00:00:00+00:00"})
    a, b = shelf.one("a.md"), shelf.one("b.md")
    assert (a.due, a.due_by, a.content) == (datetime(2026, 5, 31, tzinfo=UTC), "reviewed every 4 months", Kept.NO)
    assert (b.due_by, b.content) == ("stated", Kept.YES), "a day lasts until its end"
    assert shelf.one("b.md", at=NOON + timedelta(hours=13)).content is Kept.NO


def test_a_day_ends_where_its_source_is(shelf: Shelf) -> None:
    shelf.more = {"timezone": "America/New_York"}
    due = datetime(2026, 6, 15, tzinfo=ZoneInfo("America/New_York"))
    shelf.put("a.md", what=INITIAL, meta={"review_by": due.isoformat()})
    for hours, state in ((15.9, Kept.YES), (16, Kept.NO)):
        assert shelf.one("a.md", at=NOON + timedelta(hours=hours)).content is state


def test_promises_by_kind_and_path(shelf: Shelf) -> None:
    shelf.looked()
    shelf.promises = Promises(
        review={"sop": parse_duration("1 month")},
        rules=(
            PromiseRule(path="runbooks/**", max_age=parse_duration("10d"), max_lag=parse_duration("1h")),
            PromiseRule(kind="help", max_age=NOTHING),
            PromiseRule(path="runbooks/**", kind="help", verify_every=parse_duration("2h")),
        ),
    )
    for id, kind in (("runbooks/a.md", "help"), ("b.md", "help"), ("c.md", "sop")):
        shelf.put(id, what=INITIAL, kind=kind, updated_at=ago(days=20))
    a, b, c = (shelf.one(id) for id in ("runbooks/a.md", "b.md", "c.md"))
    assert (a.due_by, a.content) == ("at most 10d old", Kept.NO)
    assert (b.due_by, b.content) == ("", Kept.NONE)
    assert (c.due_by, c.content) == ("reviewed every 1 month", Kept.YES)
    later = NOON + timedelta(hours=3)
    assert shelf.one("runbooks/a.md", now=later).pipeline is Kept.UNKNOWN
    assert shelf.one("b.md", now=later).pipeline is Kept.YES
    assert [f.document for f in shelf.report(now=later).findings if f.kind == "unverified"] == ["runbooks/a.md"]


def test_nothing_promised_is_never_everything_kept(shelf: Shelf) -> None:
    shelf.promises = Promises(max_lag=NOTHING, max_age={})
    shelf.put("a.md", what=INITIAL)
    headline = shelf.report().headline
    assert (headline.promised, headline.within) == (0, 0)
    assert headline.sentence == "Nothing was promised of any of 1 document."
    assert shelf.report().findings == ()


def test_new_documents_of_a_known_source_have_a_lag(shelf: Shelf) -> None:
    shelf.looked()
    shelf.put("a.md", what=NEW, after=ago(hours=6), searchable=ago(hours=1))
    assert shelf.one("a.md").lag == timedelta(hours=5)
    (source,) = shelf.report().sources
    assert (source.lag_median, source.days[-1].changes, source.days[-1].worst) == (
        timedelta(hours=5),
        1,
        timedelta(hours=5),
    )
    assert sum(day.changes for day in source.days) == 1
