"""Putting a finding aside changes what is told, and nothing that is counted; and it ends with the finding."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.freshness.acknowledged import ANEW, EXPIRED, OVER, WORSE, ending, endings, separated
from headwater.freshness.values import Finding, FindingKind, Severity
from headwater.ledger.acknowledged import Acknowledgement
from headwater.model import SOP
from tests.freshness.shelf import NOON, Shelf, ago

HOUR = timedelta(hours=1)
YESTERDAY = ago(days=1)


def finding(document: str = "a.md", *, kind: FindingKind = FindingKind.FAILING, **changed: object) -> Finding:
    one = Finding(
        kind=kind, severity=Severity.WARNING, source="docs", document=document, title="A", owner="", uri="", edit="",
        since=ago(days=3), evidence="It fails.", next_step="Mend it.",
    )  # fmt: skip
    return replace(one, **changed)  # type: ignore[arg-type] # names of its own fields


def aside(of: Finding, *, at: datetime = YESTERDAY, until: datetime | None = None) -> Acknowledgement:
    return Acknowledgement(
        kind=of.kind.value, source=of.source, document=of.document, severity=int(of.severity), title=of.title,
        reason="known", who="headwater findings", name="ann", at=at, until=until, id=7,
    )  # fmt: skip


KNOWN = finding()


@pytest.mark.parametrize(
    ("acknowledged", "present", "why"),
    [
        (aside(KNOWN), [KNOWN], ""),
        (aside(KNOWN), [], OVER),
        (aside(KNOWN, until=NOON + HOUR), [KNOWN], ""),
        (aside(KNOWN, until=NOON), [KNOWN], EXPIRED),
        (aside(KNOWN), [finding(severity=Severity.CRITICAL)], WORSE),
        (aside(KNOWN), [finding(severity=Severity.NOTICE)], ""),
        (aside(KNOWN), [finding(since=ago(hours=2))], ANEW),
        (aside(KNOWN), [finding(since=ago(hours=2)), KNOWN], ""),
        (aside(KNOWN), [KNOWN, finding(severity=Severity.CRITICAL)], WORSE),
        (aside(KNOWN), [finding(since=None)], ""),
        # The time of an audit is no beginning: the next one finds the same.
        (aside(finding(kind=FindingKind.ORPHAN)), [finding(kind=FindingKind.ORPHAN, since=ago(hours=2))], ""),
    ],
)
def test_why_it_does_not_hold_any_more(acknowledged: Acknowledgement, present: list[Finding], why: str) -> None:
    assert ending(acknowledged, present, NOON) == why
    left, put = separated(present, [acknowledged], NOON)
    assert (len(left), len(put)) == ((0, len(present)) if not why else (len(present), 0))
    assert endings(present, [acknowledged], NOON) == ({why: [7]} if why else {})


def test_what_was_made_after_the_report_began_is_left_to_the_next_one() -> None:
    assert endings([], [aside(KNOWN, at=NOON)], NOON) == {}


_found = st.builds(
    finding,
    st.sampled_from(["a.md", "b.md", ""]),
    kind=st.sampled_from(FindingKind),
    severity=st.sampled_from(Severity),
    since=st.one_of(st.none(), st.integers(0, 90).map(lambda hours: ago(hours=hours))),
)
_aside = st.builds(
    aside,
    _found,
    at=st.integers(1, 60).map(lambda hours: ago(hours=hours)),
    until=st.one_of(st.none(), st.integers(-5, 5).map(lambda hours: NOON + hours * HOUR)),
)


@given(st.lists(_found, max_size=12), st.lists(_aside, max_size=6, unique_by=lambda one: one.key))
def test_every_finding_is_either_open_or_aside_and_none_worse_than_it_was_is_aside(
    findings: list[Finding], acknowledged: list[Acknowledgement]
) -> None:
    left, put = separated(findings, acknowledged, NOON)
    assert sorted(map(id, findings)) == sorted([*map(id, left), *(id(one.finding) for one in put)])
    assert not {one.key for one in left} & {one.finding.key for one in put}
    for one in put:
        assert one.finding.severity <= one.acknowledgement.severity
        assert one.acknowledgement.key == one.finding.key
    over = {key for ids in endings(findings, acknowledged, NOON).values() for key in ids}
    assert bool(over) == any(ending(one, [f for f in findings if f.key == one.key], NOON) for one in acknowledged)


@pytest.fixture
def failing(shelf: Shelf) -> Shelf:
    """A document that fails, one whose review is overdue and that nobody owns."""
    shelf.looked()
    shelf.put("a.md")
    shelf.put("b.md", kind=SOP, updated_at=ago(days=900), meta={"owner": "docs-team", "review_by": "2026-01-01"})
    shelf.fail("a.md", since=ago(hours=3))
    return shelf


def test_documents_count_as_they_stand(failing: Shelf) -> None:
    before = failing.report()
    assert {one.kind for one in before.findings} == {FindingKind.FAILING, FindingKind.OVERDUE_REVIEW}
    for number, one in enumerate(before.findings):
        failing.ledger.acknowledge(aside(one, at=ago(hours=1), until=None if number else NOON + HOUR))
    after = failing.report()
    assert (after.findings, [one.finding for one in after.aside]) == ((), list(before.findings))
    assert after.headline == before.headline
    assert [replace(one, findings={}) for one in after.owners] == [replace(one, findings={}) for one in before.owners]
    assert [one.findings for one in after.sources] == [{}]
    assert after.notes[-1] == (
        "2 findings are put aside (1 acknowledged, 1 snoozed); their documents count as they stand."
    )


def test_a_snooze_ends_by_itself_and_the_past_is_told_as_it_was(failing: Shelf) -> None:
    (one,) = (one for one in failing.report().findings if one.kind is FindingKind.OVERDUE_REVIEW)
    failing.ledger.acknowledge(aside(one, at=ago(hours=1), until=NOON + HOUR))
    kinds = {
        when: [found.kind for found in failing.report(now=when).findings]
        for when in (NOON, NOON + HOUR - timedelta(seconds=1), NOON + HOUR)
    }
    assert [FindingKind.OVERDUE_REVIEW in found for found in kinds.values()] == [False, False, True]
    (held,) = failing.ledger.acknowledgements()
    failing.ledger.end_acknowledgements([held.id], NOON + HOUR, EXPIRED)
    past = failing.report(now=NOON + 2 * HOUR, at=NOON)
    assert [one.finding.key for one in past.aside] == [one.key]
    assert [one.key for one in failing.report(now=NOON + 2 * HOUR).findings if one.kind == one.kind.OVERDUE_REVIEW]
    later = failing.report(now=NOON, at=NOON + 2 * HOUR)
    assert not later.aside, "by then it will have come back"
