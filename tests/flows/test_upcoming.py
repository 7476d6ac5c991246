"""Status says what runs next, and who is there to run it."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from flows.inspect import status_of
from flows.leases import schedules_lease, serve_lease
from flows.workshop import Workshop
from headwater.inbox.inbox import Inbox
from headwater.ledger.waiting import Ask
from headwater.settings.schedule import next_run
from tests.support.state import open_workshop, run_all

SOURCE = '[[source]]\nname = "{name}"\nkind = "folder"\npath = "docs"\ndefault_access = ["public"]\n{more}\n'
DUE = "2030-01-01T03:00:00Z"


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Workshop]:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.md").write_text("# An article\n\nIts text.\n")
    scheduled = SOURCE.format(name="docs", more='schedule = "0 3 * * *"\ntimezone = "Europe/Madrid"')
    (tmp_path / "headwater.toml").write_text(scheduled + SOURCE.format(name="by-hand", more=""))
    with open_workshop(tmp_path / "headwater.toml", tmp_path / "home") as workshop:
        yield workshop


def test_without_anybody_it_is_what_the_schedule_says(opened: Workshop) -> None:
    found = status_of(opened)
    due = next_run("0 3 * * *", "Europe/Madrid", opened.ledger.now())
    assert due is not None
    assert found["scheduled_by"] == ""
    assert {name: datetime.fromisoformat(at) for name, at in found["next_runs"].items()} == {"docs": due}
    with opened.ledger.lease(serve_lease(opened.settings), opened.holder, seconds=60):
        assert status_of(opened)["scheduled_by"] == ""
        with opened.ledger.lease(schedules_lease(opened.settings), opened.holder, seconds=60):
            assert status_of(opened)["scheduled_by"] == "headwater serve"


def test_runs_lag_and_inbox_are_told(opened: Workshop, tmp_path: Path) -> None:
    run_all(opened)
    found = {one["source"]: one for one in status_of(opened)["sources"]}
    assert found["docs"]["last_run"]["changed"] == 1
    assert found["docs"]["lag_median_seconds"] is None
    (tmp_path / "docs" / "a.md").write_text("# An article\n\nAnother text.\n")
    with Workshop(opened.settings, command="test", opened=opened) as again:
        run_all(again)
    Inbox(opened.ledger).receive("docs", "one", [Ask(source="docs", document="a.md", reason="test")])
    status = status_of(opened)
    found = {one["source"]: one for one in status["sources"]}
    assert 0 <= found["docs"]["lag_median_seconds"] < 60
    assert [look["source"] for look in status["last_runs"]] == ["by-hand", "docs", "by-hand", "docs"]
    assert status["inbox"]["waiting"] == 1


@contextmanager
def answering() -> Iterator[str]:
    """The address of something that answers like a Prefect server where one run is scheduled."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            deployments = self.path.endswith("/deployments/filter")
            one = {"id": "1", "name": "docs"} if deployments else {"deployment_id": "1", "expected_start_time": DUE}
            body = json.dumps([one]).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Silent."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/api"
        server.shutdown()


def test_prefect_is_asked_where_there_is_one(opened: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    with answering() as api:
        monkeypatch.setenv("PREFECT_API_URL", api)
        found = status_of(opened)
    assert (found["scheduled_by"], found["next_runs"]) == ("Prefect", {"docs": DUE})
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    found = status_of(opened)
    assert (found["scheduled_by"], list(found["next_runs"])) == ("", ["docs"])
