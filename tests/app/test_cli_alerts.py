"""`headwater alerts`, and `headwater freshness --notify`."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.workshop import Workshop
from tests.alerting.receiving import Hook, hook
from tests.app.conftest import Headwater, Ran
from tests.app.test_commands_doc import check
from tests.support.hash_embedder import HashDense


@pytest.fixture
def room() -> Iterator[Hook]:
    with hook() as made:
        yield made


@pytest.fixture
def alerts(headwater: Headwater, project: Path, folder: Path, room: Hook, monkeypatch: pytest.MonkeyPatch) -> Headwater:
    """Commands over a project with a document that is overdue, where alerts go to `room`."""
    monkeypatch.setattr(Workshop, "dense", HashDense(), raising=False)
    monkeypatch.setenv("ROOM", room.address)
    (folder / "late.md").write_text("---\nreview_by: 2025-04-01\n---\n# Late\n\nText.\n")
    file = project / "headwater.toml"
    file.write_text('[alerts]\nto = ["${ROOM}"]\n' + file.read_text())

    def call(*arguments: str) -> Ran:
        return headwater(*arguments, cwd=project, home=project / "home")

    return call


def test_an_ingest_tells_and_alerts_shows_what_is_open(alerts: Headwater, room: Hook) -> None:
    assert alerts("ingest", "--direct").code == 0
    assert [title for title in room.titles if "Late (docs/late.md)" in title]
    ran = alerts("alerts")
    assert ran.code == 0
    assert "[alerts] to, number 1 (${ROOM}): 1 finding told and not over" in ran.out
    assert "  warning: overdue review: docs/late.md" in ran.out
    shown = alerts("alerts", "--json").json
    check(shown, {"alerts": [{"to": "", "open": 0}]})
    assert shown["alerts"] == [{"to": "${ROOM}", "open": 1}]


def test_the_report_tells_when_it_is_asked_to(alerts: Headwater, room: Hook) -> None:
    room.status = 500
    assert alerts("ingest", "--direct").code == 0
    assert alerts("freshness", "--json").code == 0
    failed = alerts("freshness", "--notify", "--json")
    assert failed.code == 1
    assert "number 1 (JSON) did not take a message: it answered 500" in failed.said
    check(failed.json["notified"], {"told": [{"to": "", "began": 0, "ended": 0}], "digests": 0, "problems": []})
    assert len(room.refused) == 2
    room.status = 200
    sent = alerts("freshness", "--notify", "--json", "--kind", "dead_link")
    assert sent.json["notified"] == {"told": [{"to": "${ROOM}", "began": 1, "ended": 0}], "digests": 0, "problems": []}
    assert sent.code == 0
    assert alerts("freshness", "--notify", "--fail-on", "warning").code == 3
    assert len(room.taken) == 1


def test_addresses_are_tried(alerts: Headwater, room: Hook) -> None:
    assert alerts("alerts", "--test").code == 0
    room.status = 404
    ran = alerts("alerts", "--test", "--json")
    assert ran.code == 1
    check(ran.json, {"tried": [{"to": "", "ok": True, "problem": ""}]})
    assert "it answered 404" in ran.json["tried"][0]["problem"]


def test_without_alerts_it_is_said_what_to_write(headwater: Headwater, project: Path) -> None:
    for command in (["alerts"], ["freshness", "--notify"]):
        ran = headwater(*command, cwd=project, home=project / "home")
        assert ran.code == 2
        assert "[alerts] to =" in ran.said


def test_another_moment_is_told_to_nobody(alerts: Headwater, room: Hook) -> None:
    ran = alerts("freshness", "--as-of", "2026-01-31", "--notify")
    assert ran.code == 2
    assert room.taken == []
