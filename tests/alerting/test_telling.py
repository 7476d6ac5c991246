"""Each breach is told once when it begins and once when it ends, whatever fails in between."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.alerting.telling import Seen, tell
from headwater.alerting.tracking import ABSENT, Breach, Tracked
from headwater.errors import RetriableError
from headwater.freshness.values import Finding, FindingKind, Severity

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


class Crash(BaseException):
    """The process is gone."""


def finding(name: str, severity: Severity = Severity.WARNING, source: str = "docs") -> Finding:
    return Finding(
        kind=FindingKind.OVERDUE_REVIEW, severity=severity, source=source, document=name, title=name.title(),
        owner="team", uri="", edit="", since=NOW, evidence=f"{name} is overdue.", next_step="Review it.",
    )  # fmt: skip


@dataclass
class Room:
    """A receiver that may refuse, and a process that may die right after a delivery."""

    name: str = "room"
    refuses: bool = False
    dies: bool = False
    heard: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)

    def began(self, findings: Sequence[Finding]) -> None:
        self._hear("began", [one.document for one in findings])

    def ended(self, breaches: Sequence[Breach]) -> None:
        self._hear("ended", [one.key[2] for one in breaches])

    def _hear(self, what: str, names: list[str]) -> None:
        if self.refuses:
            raise RetriableError("it refused", advice="Try again.")
        self.heard.append((what, tuple(names)))
        if self.dies:
            raise Crash


@dataclass
class Memory:
    """Goes through JSON, as the ledger does."""

    kept: dict[str, object] = field(default_factory=dict)

    def load(self, name: str) -> Tracked:
        return Tracked.of_json(self.kept.get(name))  # type: ignore[arg-type]

    def save(self, name: str, tracked: Tracked) -> None:
        self.kept[name] = tracked.as_json()


class Reports:
    """One report after the other, a minute apart."""

    def __init__(self, room: Room, least: Severity = Severity.WARNING, covered: frozenset[str] | None = None) -> None:
        self.room, self.memory, self.least, self.number = room, Memory(), least, 0

    def __call__(self, *names: str, covered: frozenset[str] = frozenset({"docs"})) -> str:
        return self.of([finding(name) for name in names], covered)

    def of(
        self,
        findings: list[Finding],
        covered: frozenset[str] = frozenset({"docs"}),
        aside: frozenset[tuple[str, str, str]] = frozenset(),
    ) -> str:
        self.number += 1
        seen = Seen(
            findings=findings,
            least=self.least,
            as_of=NOW + timedelta(minutes=self.number),
            covered=lambda source: source in covered,
            aside=aside,
        )
        return tell(self.room, seen, self.memory).problem


def test_begins_once_ends_once_and_nothing_in_between() -> None:
    room = Room()
    report = Reports(room)
    for names in (["a"], ["a"], ["a", "b"], ["b"], ["b"], ["b"], ["b"], [], [], []):
        report(*names)
    assert room.heard == [("began", ("a",)), ("began", ("b",)), ("ended", ("a",)), ("ended", ("b",))]


def test_what_comes_and_goes_is_told_once() -> None:
    room = Room()
    report = Reports(room)
    for turn in range(20):
        report(*(["a"] if turn % 2 else []))
    assert room.heard == [("began", ("a",))]


A, B = finding("a"), finding("b")


def test_what_is_put_aside_is_not_told_again_until_it_comes_back() -> None:
    room = Room()
    report = Reports(room)
    report("a")
    for _ in range(4):
        report.of([], aside=frozenset({A.key}))
    assert room.heard == [("began", ("a",))], "neither repeated nor over"
    report("a")
    report("a")
    assert room.heard == [("began", ("a",)), ("began", ("a",))]
    report.of([], aside=frozenset({A.key}))
    report()
    report()
    assert room.heard[2:] == [("ended", ("a",))], "who was told that it began is told that it is over"


def test_what_was_put_aside_before_anybody_was_told_is_never_told() -> None:
    room = Room()
    report = Reports(room)
    room.refuses = True
    report("b")
    room.refuses = False
    for _ in range(2):
        report.of([], aside=frozenset({A.key, B.key}))
    report()
    report()
    assert room.heard == []


def test_what_older_releases_remembered_is_read() -> None:
    lines = [["failing", "docs", "a", 2, "A", "team", "", 1, 0]]
    (breach,) = Tracked.of_json({"as_of": None, "breaches": lines}).breaches.values()
    assert (breach.told, breach.aside) == (True, False)


def test_what_begins_again_after_its_end_is_told_again() -> None:
    room = Room()
    report = Reports(room)
    for names in (["a"], [], [], ["a"]):
        report(*names)
    assert room.heard == [("began", ("a",)), ("ended", ("a",)), ("began", ("a",))]


def test_a_refused_message_comes_with_the_next_report_together_with_what_is_new() -> None:
    room = Room(refuses=True)
    report = Reports(room)
    assert report("a") == "it refused"
    assert report("a", "b") == "it refused"
    room.refuses = False
    assert report("a", "b") == ""
    room.refuses = True
    report("b")
    report("b")
    room.refuses = False
    report("b")
    report("b")
    assert room.heard == [("began", ("a", "b")), ("ended", ("a",))]


def test_what_began_and_ended_while_nothing_could_be_delivered_is_told_afterwards() -> None:
    room = Room(refuses=True)
    report = Reports(room)
    for names in (["a"], [], []):
        report(*names)
    room.refuses = False
    for _ in range(3):
        report()
    assert room.heard == [("ended", ("a",))]


@pytest.mark.parametrize("before", [[], [["a"]], [["a"], []]])
def test_a_crash_after_a_delivery_doubles_that_message_and_no_other(before: list[list[str]]) -> None:
    room = Room()
    report = Reports(room)
    for names in before:
        report(*names)
    room.dies = True
    last = ["a"] if not before else [] if len(before) > 1 else ["a", "b"]
    with pytest.raises(Crash):
        report(*last)
    room.dies = False
    told = list(room.heard)
    for _ in range(3):
        report(*last)
    assert room.heard == [*told, told[-1]]


def test_less_severe_ones_are_not_told_and_a_rise_is() -> None:
    room = Room()
    report = Reports(room, least=Severity.CRITICAL)
    report.of([finding("a", Severity.WARNING)])
    report.of([finding("a", Severity.CRITICAL)])
    report.of([finding("a", Severity.WARNING)])
    report.of([finding("a", Severity.WARNING)])
    assert room.heard == [("began", ("a",)), ("ended", ("a",))]


def test_another_least_severity_ends_nothing() -> None:
    room = Room()
    report = Reports(room)
    report("a")
    report.least = Severity.CRITICAL
    for _ in range(3):
        report("a")
    assert room.heard == [("began", ("a",))]


def test_a_report_of_some_sources_ends_nothing_in_others() -> None:
    room = Room()
    report = Reports(room)
    report("a")
    for _ in range(3):
        report(covered=frozenset({"other"}))
    assert room.heard == [("began", ("a",))]
    report()
    report()
    assert room.heard[1:] == [("ended", ("a",))]


def test_an_older_report_than_the_last_is_left_aside() -> None:
    room = Room()
    report = Reports(room)
    report("a")
    report.number -= 1
    report("b")
    assert room.heard == [("began", ("a",))]


def test_a_clock_that_was_wrong_once_silences_nobody() -> None:
    room = Room()
    report = Reports(room)
    report.number = 60 * 24 * 365
    report("a")
    report.number = 0
    report("a", "b")
    assert room.heard == [("began", ("a",)), ("began", ("b",))]


@given(st.lists(st.tuples(st.sets(st.sampled_from("abc")), st.booleans()), max_size=30))
def test_in_any_order_of_reports_and_failures_nothing_is_lost_or_doubled(turns: list[tuple[set[str], bool]]) -> None:
    room = Room()
    report = Reports(room)
    appeared: set[str] = set()
    for names, refuses in turns:
        room.refuses = refuses
        report(*sorted(names))
        appeared |= names
    room.refuses = False
    for _ in range(ABSENT + 1):
        report()
    for name in "abc":
        heard = [what for what, names in room.heard if name in names]
        # What was never told to begin is told once, as over; else beginning and end take turns.
        assert bool(heard) == (name in appeared)
        assert heard[-1:] in ([], ["ended"])
        assert "began,began" not in ",".join(heard)
    assert report() == ""
    assert report.memory.load("room").breaches == {}
