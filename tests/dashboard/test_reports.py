"""The shared report: made once for many, shown while the next is made, and never without saying as of when."""

import threading
import weakref
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.routing import Mount

from app.dashboard.reports import FRESH_SECONDS, SHOWN_SECONDS, NotYetError, Reports
from app.http.application import application
from headwater.clock import utc_now
from headwater.errors import HeadwaterError, LedgerUnavailableError
from headwater.freshness.headline import headline
from headwater.freshness.values import Report
from tests.dashboard.conftest import Served
from tests.dashboard.test_signin import Clock

WAIT = 30.0


class Sentence(str):
    """One that can be seen to be gone."""


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that are not about it have a page wait as long as it takes."""
    monkeypatch.setattr("app.dashboard.reports.PATIENCE_SECONDS", WAIT)


def made(epoch: int) -> Report:
    return Report(
        as_of=utc_now(),
        made_at=utc_now(),
        timezone="UTC",
        epoch=epoch,
        headline=replace(headline((), ()), sentence=Sentence("All is well.")),
        sources=(),
        owners=(),
        findings=(),
        lag=(),
        age=(),
        documents=(),
    )


class Making:
    """Makes reports one after the other, each when `go` says so; `begun` counts."""

    def __init__(self) -> None:
        self.begun = 0
        self.go = threading.Semaphore(0)
        self.error: Exception | None = None

    def __call__(self) -> Report:
        self.begun += 1
        number = self.begun
        assert self.go.acquire(timeout=WAIT)
        if self.error is not None:
            raise self.error
        return made(number)


def together(call: Callable[[], Report], count: int) -> tuple[list[threading.Thread], list[int]]:
    epochs: list[int] = []
    threads = [threading.Thread(target=lambda: epochs.append(call().epoch)) for _ in range(count)]
    for thread in threads:
        thread.start()
    return threads, epochs


def joined(threads: list[threading.Thread]) -> None:
    for thread in threads:
        thread.join(WAIT)
        assert not thread.is_alive()


def settled(reports: Reports, epoch: int) -> None:
    """Returns when the report with this number is the one that is shown."""
    pause = threading.Event()
    for _ in range(int(WAIT / 0.01)):
        with suppress(NotYetError):
            if reports.latest().epoch == epoch:
                return
        pause.wait(0.01)
    raise AssertionError(f"no report {epoch}")


def test_one_is_made_for_all_who_ask_at_once() -> None:
    make = Making()
    reports = Reports(make, Clock())
    threads, epochs = together(reports.latest, 8)
    make.go.release()
    joined(threads)
    assert epochs == [1] * 8
    assert make.begun == 1


def test_nobody_waits_for_one_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.dashboard.reports.PATIENCE_SECONDS", 0.02)
    make = Making()
    reports = Reports(make, Clock())
    for _ in range(3):
        with pytest.raises(NotYetError):
            reports.latest()
    assert make.begun == 1
    make.go.release()
    settled(reports, 1)


def test_the_last_is_shown_while_the_next_is_made_and_not_for_ever() -> None:
    clock, make = Clock(), Making()
    reports = Reports(make, clock)
    make.go.release()
    assert reports.latest().epoch == 1
    clock.now = FRESH_SECONDS
    assert reports.latest().epoch == 1
    assert make.begun == 1
    clock.now += 1
    assert [reports.latest().epoch for _ in range(5)] == [1] * 5
    make.go.release()
    settled(reports, 2)
    assert make.begun == 2
    clock.now += SHOWN_SECONDS + 1
    make.go.release()
    assert reports.latest().epoch == 3


def test_one_from_now_on_is_begun_after_the_one_that_is_under_way() -> None:
    make = Making()
    reports = Reports(make, Clock())
    first, _ = together(reports.latest, 1)
    while not make.begun:
        pass
    second, epochs = together(reports.renewed, 1)
    make.go.release()
    joined(first)
    make.go.release()
    joined(second)
    assert epochs == [2]


@pytest.mark.parametrize("error", [LedgerUnavailableError("no ledger"), ZeroDivisionError("secret")])
def test_what_cannot_be_made_is_said_and_tried_again(error: Exception) -> None:
    make = Making()
    reports = Reports(make, Clock())
    make.error = error
    make.go.release()
    with pytest.raises(HeadwaterError) as told:
        reports.latest()
    assert "secret" not in str(told.value)
    make.error = None
    make.go.release()
    assert reports.latest().epoch == 2


def test_a_report_that_is_still_good_survives_one_that_cannot_be_made() -> None:
    clock, make = Clock(), Making()
    reports = Reports(make, clock)
    make.go.release()
    reports.latest()
    clock.now, make.error = FRESH_SECONDS + 1, LedgerUnavailableError("no ledger")
    make.go.release()
    assert reports.latest().epoch == 1


def test_what_nobody_asks_for_any_more_is_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.dashboard.reports.SHOWN_SECONDS", 0.2)
    make = Making()
    reports = Reports(make)
    make.go.release()
    held = weakref.ref(reports.latest().headline.sentence)
    pause = threading.Event()
    for _ in range(int(WAIT / 0.01)):
        if held() is None:
            break
        pause.wait(0.01)
    assert held() is None
    make.go.release()
    assert reports.latest().epoch == 2


def test_a_page_does_not_wait_for_long_and_is_loaded_again(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.dashboard.reports.PATIENCE_SECONDS", 0.05)
    app, make = application(served.node), Making()
    (pages,) = (route.app for route in app.routes if isinstance(route, Mount))
    assert isinstance(pages, FastAPI)
    pages.state.dashboard = replace(pages.state.dashboard, reports=Reports(make))
    here = "https://here.test"
    with TestClient(app, here, headers={"origin": here}, follow_redirects=False) as client:
        assert client.post("/dashboard/sign-in", data={"key": served.key("read")}).status_code == 303
        for path in ("/dashboard/", "/dashboard/sources"):
            waiting = client.get(path)
            assert (waiting.status_code, waiting.headers["refresh"]) == (200, "2")
            assert "is being made" in waiting.text
        assert make.begun == 1
        make.go.release()
        settled(pages.state.dashboard.reports, 1)
        shown = client.get("/dashboard/")
        assert "refresh" not in shown.headers
        assert "All is well." in shown.text
