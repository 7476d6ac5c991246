"""`[alerts]` and `[owners]`: what is written, when a digest is due, who can be written to."""

from datetime import UTC, datetime

import pytest

from headwater.errors import ConfigError
from headwater.settings import Weekly
from headwater.settings.schedule import checked_weekly
from tests.settings.conftest import Write


def test_the_whole_of_it(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROOM", "json://example.com/hook")
    alerts = write(
        '[owners]\na = "mailto:a@example.com"\nb = "${ROOM}"\nc = "https://example.com/c"\nd = "Room 12"\ne = "slack://x/y"\n'
        '[alerts]\nto = ["${ROOM}"]\nseverity = "critical"\ndigest = "Friday 7:30"\ntimezone = "Asia/Tokyo"\n'
        'mail = "mailtos://u:p@example.com"\npage = "https://example.com/f.html"\n'
    ).alerts
    assert [address.reveal() for address in alerts.to] == ["json://example.com/hook"]
    assert (alerts.severity, alerts.digest, alerts.timezone) == ("critical", Weekly(4, 7, 30), "Asia/Tokyo")
    assert alerts.mail.reveal() == "mailtos://u:p@example.com"
    assert sorted(alerts.owners) == ["a", "b", "e"]
    assert alerts


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("", False),
        ('[owners]\na = "mailto:a@example.com"\n', False),
        ('[owners]\na = "mailto:a@example.com"\n[alerts]\ndigest = "mon 09:00"\n', True),
        ('[owners]\na = "Room 12"\n[alerts]\ndigest = "mon 09:00"\n', False),
        ('[alerts]\nto = "json://example.com"\n', True),
    ],
)
def test_whether_anything_is_sent(write: Write, text: str, sent: bool) -> None:
    assert bool(write(text).alerts) is sent


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('digest = "monday"', "'monday' is not a time of the week; write for example mon 09:00"),
        ('digest = "mon 24:00"', "is not a time of the week"),
        ('digest = "abc 09:00"', "is not a time of the week"),
        ("digest = 9", "has to be a time of the week such as mon 09:00 in quotes"),
        ('severity = "bad"', "has to be 'notice', 'warning' or 'critical'"),
        ("to = 1", "has to be a list of texts"),
        ('to = ["${not a name}"]', "has to hold the name of an environment variable"),
        ('page = "f.html"', "has to be an address that begins with https://"),
        ('too = ["x"]', "too is not a setting; did you mean to?"),
    ],
)
def test_what_is_wrong_is_said_in_plain_words(write: Write, line: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        write(f"[alerts]\n{line}\n")
    assert message in str(caught.value)
    assert "[alerts]" in str(caught.value)


@pytest.mark.parametrize(
    ("now", "zone", "last"),
    [
        ("2026-11-23T08:00Z", "UTC", "2026-11-16T09:00Z"),
        ("2026-11-23T09:00Z", "UTC", "2026-11-23T09:00Z"),
        ("2026-11-29T23:59Z", "UTC", "2026-11-23T09:00Z"),
        # Nine o'clock on the wall, before and after clocks change (29 March, 25 October 2026).
        ("2026-03-29T12:00Z", "Europe/Madrid", "2026-03-23T08:00Z"),
        ("2026-03-30T07:00Z", "Europe/Madrid", "2026-03-30T07:00Z"),
        ("2026-10-26T07:59Z", "Europe/Madrid", "2026-10-19T07:00Z"),
        ("2026-10-26T08:00Z", "Europe/Madrid", "2026-10-26T08:00Z"),
        # Monday in Tokyo is Sunday in UTC.
        ("2026-11-23T00:00Z", "Asia/Tokyo", "2026-11-23T00:00Z"),
        ("2026-11-22T23:59Z", "Asia/Tokyo", "2026-11-16T00:00Z"),
    ],
)
def test_the_last_time_a_digest_was_due(now: str, zone: str, last: str) -> None:
    weekly = checked_weekly("mon 09:00")
    assert weekly is not None
    assert weekly.last(datetime.fromisoformat(now), zone).astimezone(UTC) == datetime.fromisoformat(last)


def test_no_digest() -> None:
    assert checked_weekly(" ") is None
