"""A whole report to real receivers: a web hook and a mail server on loopback."""

import email
import email.policy
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from flows.alerts import Delivered, notify, open_breaches, try_addresses
from flows.freshness import freshness_of
from flows.workshop import Workshop
from headwater.clock import told_by
from headwater.errors import ConfigError
from headwater.freshness.values import Report
from headwater.ledger.holder import this_process
from headwater.settings import load
from tests.alerting.receiving import Hook, Mailbox, free_port, hook, mailbox
from tests.freshness.made import made as made_report
from tests.freshness.made import report_of
from tests.support.state import open_workshop, run_all, scratch

SUNDAY = datetime(2026, 11, 22, 14, 5, tzinfo=UTC)
SECRET = "t0ken-of-the-room"


@pytest.fixture
def room() -> Iterator[Hook]:
    with hook() as made:
        yield made


@pytest.fixture
def post() -> Iterator[Mailbox]:
    with mailbox() as made:
        yield made


@pytest.fixture
def home() -> Iterator[Path]:
    with scratch("alerts") as folder:
        yield folder


def settings(home: Path, alerts: str, owners: str = "", sources: str = "") -> Path:
    file = home / "headwater.toml"
    file.write_text(f"[owners]\n{owners}\n[alerts]\n{alerts}\n{sources}")
    return file


def opened(file: Path) -> Workshop:
    return Workshop(load(file, home=file.parent / "state"), command="test")


def at(report: Report, moment: datetime, findings: int | None = None) -> Report:
    kept = report.findings if findings is None else report.findings[:findings]
    return replace(report_of(report.documents, kept), as_of=moment, made_at=moment)


def told(delivered: Delivered) -> list[tuple[int, int]]:
    return [(one.began, one.ended) for one in delivered.told]


def test_many_at_once_are_one_message_with_the_worst_ten(home: Path, room: Hook) -> None:
    report = at(made_report(60, 34), SUNDAY)
    counted = {one.key for one in report.findings if one.severity >= 2}
    assert len(counted) > 20
    with opened(settings(home, f'to = ["{room.address}"]\npage = "https://docs.example.com/f.html"')) as workshop:
        assert told(notify(workshop, report)) == [(len(counted), 0)]
        assert told(notify(workshop, at(report, SUNDAY + timedelta(hours=1)))) == [(0, 0)]
    (message,) = room.taken
    lines = message["message"].splitlines()
    assert sum(line.startswith("- ") for line in lines) == 10
    assert all(line.startswith("- critical") for line in lines[:5])
    assert len(set(lines)) == len(lines)
    assert f"And {len(counted) - 10} more." in lines
    assert lines[-1] == "The report: https://docs.example.com/f.html"
    assert message["title"].startswith(f"Headwater: {len(counted)} findings (")
    assert message["type"] == "failure"
    assert len(message["message"]) < 12_000
    assert "notice" not in message["message"]


def test_begin_and_end_through_the_ledger_of_other_processes(home: Path, room: Hook) -> None:
    file, report = settings(home, f'to = ["{room.address}"]'), made_report(20, 2)
    (first, second) = sorted(report.findings, key=lambda one: -one.severity)
    report = replace(report, findings=(first, second))
    for hours, findings in enumerate((1, 1, 0, 0, 0)):
        with opened(file) as workshop:
            moment = SUNDAY + timedelta(hours=hours)
            notify(workshop, replace(report, findings=report.findings[:findings], as_of=moment, made_at=moment))
            open_now = open_breaches(workshop)["***"]
            assert len(open_now) == (hours < 3)
    began, ended = room.taken
    assert (began["type"], ended["type"]) == ("warning", "success")
    assert first.evidence in began["message"]
    assert ended["title"].startswith("Headwater: over: ")
    assert first.title in ended["title"]


def test_each_target_gets_what_it_missed_and_no_other_gets_it_twice(home: Path, room: Hook) -> None:
    report = made_report(20, 4)
    with hook() as other:
        other.status = 503
        file = settings(home, f'to = ["{room.address}", "{other.address}"]')
        with opened(file) as workshop:
            failed = notify(workshop, at(report, SUNDAY))
            (problem,) = failed.problems
            assert "[alerts] to, number 2 (JSON) did not take a message: it answered 503" in problem
            notify(workshop, at(report, SUNDAY + timedelta(minutes=5)))
            other.status = 200
            assert not notify(workshop, at(report, SUNDAY + timedelta(minutes=10))).failed
        assert len(room.taken) == len(other.taken) == 1
        assert len(other.refused) == 2
        assert other.taken[0]["message"] == room.taken[0]["message"]


def test_nobody_there_and_an_answer_that_comes_too_late_are_failures_that_end(home: Path, room: Hook) -> None:
    room.slow = 3.0
    nobody = f"json://127.0.0.1:{free_port()}/hook"
    with opened(settings(home, f'to = ["{nobody}", "{room.address}?rto=0.3"]')) as workshop:
        failed = notify(workshop, at(made_report(20, 4), SUNDAY))
        assert len(failed.problems) == 2
        assert all("does not answer" in problem for problem in failed.problems)
        room.slow = 0.0
        assert told(notify(workshop, at(made_report(20, 4), SUNDAY + timedelta(minutes=5))))[1][0] > 0


def test_a_crash_between_delivery_and_memory_doubles_one_message(home: Path, room: Hook) -> None:
    class Gone(BaseException):
        pass

    report = at(made_report(20, 4), SUNDAY)
    file = settings(home, f'to = ["{room.address}"]')
    with opened(file) as workshop:
        learn = workshop.ledger.learn

        def dies(source: str, name: str, value: dict[str, object]) -> None:
            if room.taken:
                raise Gone
            learn(source, name, value)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(workshop.ledger, "learn", dies)
            with pytest.raises(Gone):
                notify(workshop, report)
    for minutes in (5, 10):
        with opened(file) as workshop:
            notify(workshop, at(made_report(20, 4), SUNDAY + timedelta(minutes=minutes)))
    assert len(room.taken) == 2
    assert room.taken[0]["message"] == room.taken[1]["message"]


def test_two_processes_do_not_tell_at_once(home: Path, room: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flows.alerts.WAIT_SECONDS", 0.2)
    with opened(settings(home, f'to = ["{room.address}"]')) as workshop, opened(home / "headwater.toml") as second:
        with workshop.ledger.lease("alerts", this_process("other"), seconds=60):
            (problem,) = notify(second, at(made_report(20, 4), SUNDAY)).problems
        assert "another process" in problem
        assert room.taken == []
        assert not notify(second, at(made_report(20, 4), SUNDAY)).failed


def test_nothing_is_told_of_another_moment(home: Path, room: Hook) -> None:
    report = replace(made_report(20, 4), as_of=SUNDAY, made_at=SUNDAY + timedelta(days=2))
    with (
        opened(settings(home, f'to = ["{room.address}"]')) as workshop,
        pytest.raises(ConfigError, match="not of another moment"),
    ):
        notify(workshop, report)


def test_without_alerts_nothing_happens(home: Path) -> None:
    with opened(settings(home, "")) as workshop:
        assert notify(workshop, at(made_report(20, 4), SUNDAY)) == Delivered()
        assert workshop.ledger.learned("", "alerts digest") is None


# the digest -----------------------------------------------------------------------------------------------


def test_the_digest_comes_once_a_week_to_each_owner(home: Path, room: Hook, post: Mailbox) -> None:
    report = made_report(60, 34)
    file = settings(
        home,
        f'to = ["{room.address}"]\nseverity = "critical"\ndigest = "mon 09:00"\ntimezone = "Europe/Madrid"\n'
        f'mail = "mailto://127.0.0.1:{post.port}/?from=headwater@example.com&mode=insecure"',
        'support-content = "mailto:content@example.com"\nsre = "https://chat.example.com/sre"',
    )
    monday = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
    moments = [
        (SUNDAY, True), (monday - timedelta(minutes=1), True), (monday + timedelta(minutes=1), False),
        (monday + timedelta(hours=3), True), (monday + timedelta(days=6), True), (monday + timedelta(days=9), True),
    ]  # fmt: skip
    sent = []
    for moment, digest in moments:
        with opened(file) as workshop:
            sent.append(notify(workshop, at(report, moment), digest=digest).digests)
    assert sent == [0, 0, 0, 2, 0, 2]
    assert [recipients for recipients, _ in post.taken] == [("content@example.com",)] * 2
    assert "weekly digest for support-content" in post.taken[0][1]
    rest = [one for one in room.taken if "digest" in one["title"]]
    assert len(rest) == 2
    assert "sre: " in rest[0]["message"]
    assert "Without an owner: " in rest[0]["message"]
    assert "support-content" not in rest[0]["message"]


def test_a_digest_that_fails_is_sent_with_the_next_report(home: Path, post: Mailbox) -> None:
    report = made_report(60, 34)
    file = settings(
        home,
        f'digest = "sun 14:00"\nmail = "mailto://127.0.0.1:{post.port}/?from=headwater@example.com&mode=insecure"',
        'support-content = "content@example.com"\npayments = "mailto:pay@example.com"',
    )
    post.refuses = {"pay@example.com"}
    sent = []
    for number, days in enumerate((-1, 0, 1, 2)):
        with opened(file) as workshop:
            if number == 2:
                post.refuses = set()
            delivered = notify(workshop, at(report, SUNDAY + timedelta(days=days)))
            sent.append((delivered.digests, len(delivered.problems)))
    assert sent == [(0, 0), (1, 1), (1, 0), (0, 0)]
    assert [recipients for recipients, _ in post.taken] == [("content@example.com",), ("pay@example.com",)]


def test_a_report_of_some_sources_sends_no_digest(home: Path, room: Hook) -> None:
    report = made_report(60, 34)
    source = '[[source]]\nname = "elsewhere"\nkind = "folder"\npath = "."\ndefault_access = ["public"]\n'
    file = settings(home, f'to = ["{room.address}"]\ndigest = "sun 14:00"', sources=source)
    for days in (-1, 0):
        with opened(file) as workshop:
            assert notify(workshop, at(report, SUNDAY + timedelta(days=days))).digests == 0
    assert [title for title in room.titles if "digest" in title] == []


def test_no_title_is_taken_for_html_in_a_mail(home: Path, post: Mailbox) -> None:
    report = made_report(60, 34)
    report = replace(report, findings=tuple(replace(one, title="<script>x</script>") for one in report.findings))
    for number, written in enumerate(("", "&format=html")):
        address = f"mailto://127.0.0.1:{post.port}/?from=a@example.com&to=b@example.com&mode=insecure{written}"
        with opened(settings(home, f'to = ["{address}"]')) as workshop:
            workshop.ledger.learn("", "alerts: ***", {})
            assert not notify(workshop, at(report, SUNDAY + timedelta(days=number))).failed
    (_, plain), (_, html) = post.taken
    parts = [email.message_from_string(text, policy=email.policy.default) for text in (plain, html)]
    assert parts[0].get_content_type() == "text/plain"
    assert sum(line.startswith("- ") for line in parts[0].get_content().splitlines()) == 10
    (shown,) = [part.get_content() for part in parts[1].walk() if part.get_content_type() == "text/html"]
    assert "&lt;script&gt;" in shown
    assert "<script" not in shown


# from a run -----------------------------------------------------------------------------------------------


def test_a_run_tells_what_began_and_a_later_one_what_ended(home: Path, room: Hook) -> None:
    docs = home / "docs"
    docs.mkdir()
    stale = "---\nreview_by: 2025-04-01\nowner: team\n---\n# Keys\n\nThe body nobody may see in a chat.\n"
    (docs / "keys.md").write_text(stale)
    source = '[[source]]\nname = "docs"\nkind = "folder"\npath = "docs"\ndefault_access = ["group:sre"]\n'
    file = settings(home, f'to = ["{room.address}"]', sources='[groups]\nsre = ""\n' + source)
    for text in (stale, stale, stale.replace("2025-04-01", "2999-01-01"), None):
        if text is not None:
            (docs / "keys.md").write_text(text)
        with open_workshop(file, home / "state") as workshop:
            report = run_all(workshop)
            assert report.notes == []
    began, ended = room.taken
    assert "overdue review: Keys (docs/keys.md)" in began["title"]
    assert "2025-04-01" in began["message"]
    assert "over: overdue review: Keys (docs/keys.md)" in ended["title"]
    assert "nobody may see" not in room.texts


def test_a_run_goes_well_although_nobody_can_be_told(home: Path, room: Hook) -> None:
    (home / "docs").mkdir()
    (home / "docs" / "keys.md").write_text("---\nreview_by: 2025-04-01\n---\n# Keys\n\nText.\n")
    source = '[[source]]\nname = "docs"\nkind = "folder"\npath = "docs"\ndefault_access = ["public"]\n'
    file = settings(home, f'to = ["{room.address}", "${{NOT_SET}}", "nonsense"]', sources=source)
    room.status = 500
    with open_workshop(file, home / "state") as workshop:
        report = run_all(workshop)
        assert report.exit_code == 0
        assert len(report.notes) == 3
        assert "number 2 refers to the environment variable NOT_SET, which is not set" in report.notes[1]
        assert "number 3 is no address" in report.notes[2]
        assert "number 2" in str(workshop.ledger.runs()[0]["notes"])


def test_the_report_is_of_the_time_of_the_clock(home: Path, room: Hook) -> None:
    with told_by(lambda: SUNDAY), opened(settings(home, f'to = ["{room.address}"]')) as workshop:
        assert not notify(workshop, freshness_of(workshop)).failed


def test_addresses_can_be_tried(home: Path, room: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROOM", room.address)
    alerts = load(settings(home, 'to = ["${ROOM}", "nonsense"]')).alerts
    (good, bad) = try_addresses(alerts)
    assert good == ("[alerts] to, number 1", "${ROOM}", None)
    assert bad[2] is not None
    assert room.titles == ["Headwater: a test"]
