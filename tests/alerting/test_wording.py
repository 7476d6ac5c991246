"""Messages: what they hold, and what no title can make of them."""

import unicodedata
from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from headwater.alerting import wording
from headwater.alerting.digest import Round, owed
from headwater.alerting.tracking import Breach
from headwater.freshness.values import Severity
from tests.freshness.made import AS_OF, made


def breach(title: str = "Rotate a key", *, told: bool = True) -> Breach:
    return Breach(
        key=("overdue_review", "docs", "keys.md"), severity=2, title=title, owner="team", since="", told=told, absent=2
    )


def test_one_finding_says_everything_in_its_title_and_once() -> None:
    finding = replace(
        made().findings[0], title="Rotate a key", document="keys.md", source="docs", edit="https://e.org/1"
    )
    message = wording.began([finding], "Europe/Madrid", "")
    kind = finding.kind.value.replace("_", " ")
    assert message.title == f"Headwater: {finding.severity.word}: {kind}: Rotate a key (docs/keys.md)"
    assert message.severity is finding.severity
    assert finding.evidence in message.body
    assert f"Next: {finding.next_step} https://e.org/1" in message.body
    assert len(message.body.splitlines()) == 1


def test_times_are_those_of_the_zone() -> None:
    finding = replace(made().findings[0], since=AS_OF)
    assert "since 2026-11-22 15:05 CET" in wording.began([finding], "Europe/Madrid", "").body


def test_hostile_titles_stay_on_their_line_and_call_nobody() -> None:
    report = made(60, 60, hostile=True)
    findings = [replace(one, title=f"@everyone <!channel> {one.title}") for one in report.findings]
    for start in range(0, 60, wording.SHOWN):
        part = findings[start : start + wording.SHOWN]
        messages = [wording.began(part, "UTC", ""), wording.ended([Breach.of(one) for one in part], "")]
        for message in messages:
            check(message)
            assert sum(line.startswith("- ") for line in message.body.splitlines()) == len(part)


def check(message: wording.Message) -> None:
    text = message.title + message.body
    assert "\n" not in message.title
    assert len(message.title) <= 240
    assert len(message.body) < 15_000
    assert "@everyone" not in text
    assert "<!" not in text
    assert not [one for one in text if unicodedata.category(one) in ("Cc", "Cs") and one != "\n"]
    assert "\u202e" not in text


@given(st.text(max_size=300))
def test_any_title_makes_a_message_of_one_line(title: str) -> None:
    message = wording.ended([breach(title), breach(title, told=False)], "")
    check(message)
    assert len(message.body.splitlines()) == 3


def test_what_was_missed_is_told_apart() -> None:
    lines = wording.ended([breach("a"), breach("b", told=False)], "https://r.org").body.splitlines()
    assert lines == [
        "- overdue review: a (docs/keys.md)",
        "Began and ended while this could not be delivered:",
        "- overdue review: b (docs/keys.md)",
        "The report: https://r.org",
    ]


def test_more_than_ten_are_counted() -> None:
    breaches = [replace(breach(str(number)), told=number % 2 == 0) for number in range(34)]
    lines = wording.ended(breaches, "").body.splitlines()
    shown = sum(line.startswith("- ") for line in lines)
    assert shown == wording.SHOWN
    assert lines[-1] == "And 24 more."


def test_owners_without_findings_get_no_digest_and_the_rest_is_one_message() -> None:
    report = made(60, 34)
    report = replace(report, findings=tuple(one for one in report.findings if one.owner != "sre"))
    found = owed(report, Severity.WARNING, ["payments", "sre", "nobody-here"])
    assert list(found.reachable) == ["payments"]
    assert sorted(owner.name for owner, _ in found.others) == ["", "support-content"]
    text = wording.digests(found.others, "https://r.org").body
    assert "support-content: " in text
    assert "Without an owner: " in text
    assert text.endswith("The report: https://r.org")
    owner, findings = found.reachable["payments"]
    message = wording.digest(owner, findings, "UTC", "")
    assert message.title == f"Headwater: weekly digest for payments: {len(findings)} open findings"
    assert "documents within their promise" in message.body


def test_rounds_come_one_after_the_other() -> None:
    due = AS_OF
    first = Round().begun(due, ["a", "b"])
    assert first.pending == ()
    assert first.begun(due, ["a", "b"]) == first
    second = first.begun(due + timedelta(days=7), ["a", "b"])
    assert second.without("a").pending == ("b",)
    assert Round.of_json(second.as_json()) == second
    # Whoever did not get theirs before the next one is due gets one, not two.
    assert second.begun(due + timedelta(days=14), ["a", "b"]).pending == ("a", "b")
