"""Each thing that a report points out, and what it leaves alone."""

from datetime import timedelta

import pytest

from headwater.errors import ConfigError
from headwater.freshness.headline import share
from headwater.freshness.values import FindingKind, Severity
from headwater.ledger.base import SourceRow
from headwater.ledger.standing import INITIAL
from tests.freshness.shelf import NOON, Shelf, ago


@pytest.fixture(autouse=True)
def looked(shelf: Shelf) -> None:
    shelf.looked()
    shelf.ledger.save_source(SourceRow(name="docs", kind="folder", adhoc=False, last_complete=NOON, last_success=NOON))


def test_a_healthy_source_has_none(shelf: Shelf) -> None:
    shelf.put("a.md", what=INITIAL, links=("b.md", "b.md", "images/x.png", "../elsewhere.md"))
    shelf.put("b.md", what=INITIAL)
    assert shelf.findings() == {}


def test_a_source_that_fails_says_why(shelf: Shelf) -> None:
    shelf.put("a.md", what=INITIAL, searchable=ago(days=2))
    shelf.ledger.compact(NOON + timedelta(days=1))
    shelf.looked(NOON + timedelta(days=1), error="403: the token lacks a right")
    shelf.looked(NOON + timedelta(days=2), error="403: the token lacks a right")
    found = shelf.findings(now=NOON + timedelta(days=2, hours=1))["source_silent"]
    assert "403: the token lacks a right" in found.evidence
    assert found.severity is Severity.WARNING
    (source,) = shelf.report(now=NOON + timedelta(days=2, hours=1)).sources
    assert (source.failed_runs, source.last_error) == (2, "403: the token lacks a right")
    assert shelf.findings(now=NOON + timedelta(days=4))["source_silent"].severity is Severity.CRITICAL


def test_removals_and_changes_that_wait(shelf: Shelf) -> None:
    shelf.put("a.md", what=INITIAL)
    shelf.fail("a.md", since=ago(hours=1), error="Quarantined", reason="withheld: it lost 90% of its text")
    shelf.ledger.learn(
        "docs", "withheld", {"documents": ["x.md", "y.md"], "live": 10, "since": ago(hours=2).isoformat()}
    )
    found = shelf.findings()
    assert set(found) == {"withheld"}
    assert found["withheld"].evidence.startswith("2 removals wait and 1 suspicious change held back")
    assert "headwater approve docs" in found["withheld"].next_step
    assert shelf.one("a.md").outcome == "withheld"


def test_a_tombstone_is_pointed_out(shelf: Shelf) -> None:
    shelf.put("a.md", what=INITIAL, searchable=ago(hours=9))
    shelf.ledger.learn("docs", "tombstones", {"a.md": ago(hours=2).isoformat()})
    assert shelf.one("a.md").outcome == "tombstoned"
    assert shelf.findings()["unverified"].severity is Severity.NOTICE


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"superseded_by": ("new.md",)}, {}),
        ({"superseded_by": "file:///docs/guides/new.md"}, {}),
        ({}, {"supersedes": ("old.md",)}),
        ({}, {"supersedes": "Title of guides/old.md"}),
        ({}, {"supersedes": ("docs/guides/old.md", "nobody knows this")}),
    ],
)
def test_a_document_whose_place_was_taken(shelf: Shelf, old: dict[str, str], new: dict[str, str]) -> None:
    shelf.put("guides/old.md", what=INITIAL, meta=old)
    shelf.put("guides/new.md", what=INITIAL, kind="release_note", meta=new, updated_at=ago(days=3))
    finding = shelf.findings()["superseded"]
    assert (finding.document, finding.severity) == ("guides/old.md", Severity.WARNING)
    assert "headwater remove docs/guides/old.md --block" in finding.next_step


def test_braces_in_titles_are_just_text(shelf: Shelf) -> None:
    shelf.put("old.md", what=INITIAL)
    shelf.put("new.md", what=INITIAL, title="{} {0} {dated} %s", meta={"supersedes": "old.md"})
    assert "{} {0} {dated} %s" in shelf.findings()["superseded"].evidence


def test_a_newer_revision_of_the_same_sop(shelf: Shelf) -> None:
    for id, revision, kind in (
        ("a.md", "2.9", "sop"),
        ("b.md", "Rev 2.10", "sop"),
        ("c.md", "1", "help"),
        ("d.md", "", "sop"),
    ):
        meta = {"revision": revision} if revision else {}
        shelf.put(id, what=INITIAL, kind=kind, title="Restore the event store", meta=meta)
    finding = shelf.findings()["superseded"]
    assert finding.document == "a.md"
    assert finding.evidence.startswith(
        "It is revision 2.9, and docs/b.md of 2026-06-14 12:00 UTC is revision 2.10 of it."
    )


def test_what_two_documents_may_not_tell_of_each_other(shelf: Shelf) -> None:
    """Several documents of a name, and one that names itself, mean none."""
    shelf.put("a/index.md", what=INITIAL, title="Index")
    shelf.put("b/index.md", what=INITIAL, title="Index", meta={"superseded_by": "", "supersedes": "b/index.md"})
    shelf.put("c.md", what=INITIAL, meta={"supersedes": ("Index", "index")})
    assert shelf.findings() == {}


def test_near_duplicates_of_different_dates(shelf: Shelf) -> None:
    for id, days in (("a.md", 100), ("b.md", 5), ("c.md", 5.5), ("d.md", 100)):
        shelf.put(id, what=INITIAL, updated_at=ago(days=days))
    shelf.alike("a.md", "b.md", "c.md")
    finding = shelf.findings()["conflicting_dates"]
    assert finding.document == "a.md"
    assert "docs/b.md" in finding.evidence


def test_links_to_documents_that_are_not_there(shelf: Shelf) -> None:
    links = ("guides/gone.md", "guides/b.html", "guides/folder.md", "guides/x.png", "guides/failing.md", "other/far.md")
    shelf.put("guides/a.md", what=INITIAL, links=links)
    shelf.put("guides/b.md", what=INITIAL)
    shelf.put("guides/folder/index.md", what=INITIAL)
    shelf.fail("guides/failing.md", since=ago(hours=1))
    finding = shelf.findings()["dead_link"]
    assert finding.document == "guides/a.md"
    assert finding.evidence.endswith("documents: guides/gone.md.")


def test_links_between_pages(shelf: Shelf) -> None:
    root = "https://docs.example.com/guide"
    for id, links in ((f"{root}/a", (f"{root}/b/", f"{root}/gone", f"{root}/pic.svg", "https://docs.example.com/app")),
                      (f"{root}/b/index.html", ())):  # fmt: skip
        shelf.put(id, what=INITIAL, uri=id, links=links)
    assert shelf.findings()["dead_link"].evidence.endswith(f"{root}/gone.")


def test_dates_in_the_future_count_as_not_stated(shelf: Shelf) -> None:
    shelf.put("a.md", what=INITIAL, updated_at=ago(days=-40), meta={"last_reviewed_on": "2999-01-01T00:00:00+00:00"})
    shelf.put("b.md", changed=ago(hours=-5), after=ago(hours=2), searchable=ago(hours=1))
    report = shelf.report()
    assert [f.kind for f in report.findings] == [FindingKind.WRONG_CLOCK] * 2
    a, b = report.documents
    assert (a.age, a.dated, b.lag, b.lag_exact) == (None, None, timedelta(hours=1), False)
    assert "its date is 2026-07-25" in report.findings[0].evidence.lower()


def test_what_an_audit_found_stays_until_it_is_mended(shelf: Shelf) -> None:
    shelf.put("a.md", what=INITIAL, searchable=ago(days=1))
    worst = {"wrong_access": "critical", "missing": "critical", "orphan": "critical", "wrong_version": "warning"}
    found: dict[str, object] = {name: {"count": 1, "documents": ["a.md"]} for name in worst}
    shelf.ledger.learn("docs", "audit", {"at": ago(hours=3).isoformat(), "found": found})
    assert {kind: f.severity.word for kind, f in shelf.findings().items()} == worst
    shelf.put("a.md", searchable=ago(hours=2), after=ago(hours=3))
    assert shelf.findings() == {}
    shelf.ledger.learn(
        "docs", "audit", {"at": ago(hours=1).isoformat(), "found": {"gone": {"count": 300, "documents": []}}}
    )
    assert "300 documents of which each" in shelf.findings()["orphan"].evidence


def test_findings_lead_to_where_documents_are_edited(shelf: Shelf) -> None:
    overdue = {"updated_at": ago(days=999), "what": INITIAL}
    shelf.put("a.md", uri="https://github.com/acme/docs/blob/main/a.md", **overdue)
    assert shelf.findings()["overdue_review"].edit == "https://github.com/acme/docs/edit/main/a.md"
    shelf.more = {"edit_url": "https://cms.example.com/edit?of={id}"}
    shelf.put("a.md", uri="https://x", **overdue)
    assert shelf.findings()["overdue_review"].edit == "https://cms.example.com/edit?of=a.md"
    shelf.put("a.md", uri="https://x", **overdue, meta={"edit_uri": "https://own"})
    assert shelf.findings()["overdue_review"].edit == "https://own"


def test_owners_are_told_apart(shelf: Shelf) -> None:
    shelf.contacts = {"docs-team": "mailto:docs@example.com"}
    for id, owner, days in (
        ("a.md", "docs-team", 999),
        ("b.md", "docs-team", 1),
        ("c.md", "sre", 999),
        ("d.md", "", 999),
    ):
        shelf.put(id, what=INITIAL, updated_at=ago(days=days), meta={"owner": owner} if owner else {})
    report = shelf.report()
    assert [(o.name, o.contact, o.documents, o.within, o.overdue) for o in report.owners] == [
        ("docs-team", "mailto:docs@example.com", 2, 1, 1), ("sre", "", 1, 0, 1), ("", "", 1, 0, 1)
    ]  # fmt: skip
    assert report.headline.unowned == 1
    assert report.headline.sentence == (
        "25% of 4 documents are within their promise; 2 owners have overdue reviews; 1 overdue review has no owner."
    )


def test_shares_are_rounded_down() -> None:
    assert [share(*of) for of in ((9_996, 10_000), (9_999_999, 10_000_000), (1, 3), (3, 3), (0, 9))] == [
        "99.9%", "99.9%", "33.3%", "100%", "0%"
    ]  # fmt: skip


def test_what_was_served_while_stale_is_counted_and_explained(shelf: Shelf) -> None:
    shelf.put("a.md", what=INITIAL, updated_at=ago(days=999))
    shelf.ledger.count_served([("docs", "a.md")], "2026-06-14")
    shelf.ledger.count_served([("docs", "a.md")], "2026-01-01")
    report = shelf.report()
    assert (report.documents[0].served, report.headline.served_stale) == (1, 1)
    assert any("through Headwater only" in note for note in report.notes)


def test_a_source_that_nobody_knows_is_refused(shelf: Shelf) -> None:
    with pytest.raises(ConfigError, match="'doc'"):
        shelf.report(only=["doc"])


def test_the_past_is_answered_from_the_history(shelf: Shelf) -> None:
    shelf.looked(ago(days=20))
    shelf.put("a.md", what=INITIAL, searchable=ago(days=20), updated_at=ago(days=100), title="Old")
    shelf.looked(ago(days=10))
    before = shelf.report(now=ago(days=9.5))
    shelf.put(
        "a.md", changed=ago(days=5), after=ago(days=6), searchable=ago(days=4), updated_at=ago(days=5), title="New"
    )
    shelf.remove("a.md", at=ago(days=2))
    shelf.put("b.md", what=INITIAL, searchable=ago(days=1))
    again = shelf.report(at=ago(days=9.5))
    assert (again.documents, again.headline, again.findings) == (before.documents, before.headline, before.findings)
    titles = {days: [one.title for one in shelf.report(at=ago(days=days)).documents] for days in (30, 15, 3, 1.5, 0.5)}
    assert titles == {30: [], 15: ["Old"], 3: ["New"], 1.5: [], 0.5: ["Title of b.md"]}
    assert any("history begins" in note for note in shelf.report(at=ago(days=30)).notes)


def test_the_future_says_which_reviews_will_be_due(shelf: Shelf) -> None:
    shelf.put("a.md", what=INITIAL, updated_at=ago(days=100))
    assert shelf.findings() == {}
    assert set(shelf.findings(at=NOON + timedelta(days=100))) == {"overdue_review"}
