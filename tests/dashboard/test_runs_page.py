"""Runs: what each did, what to do about what went wrong, and where Prefect shows it."""

import re
from collections.abc import Iterator

import pytest

from tests.dashboard.conftest import EVIL, Served, Visitor

FLOW_RUN = "0190a6f4-0000-7000-8000-000000000000"


@pytest.fixture
def prefect(served: Served, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """A run that Prefect has recorded, in a ledger that has it no more afterwards."""
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:4200/api")
    run = {
        "began": "2026-01-01T10:00:00+00:00",
        "seconds": 1.5,
        "command": "headwater ingest (Prefect)",
        "sources": [{"source": "help-center", "indexed": 2, "failed": 1, "unchanged": 10}],
        "problems": [{"source": "help-center", "document": EVIL, "outcome": "failed", "reason": EVIL, "advice": EVIL}],
        "notes": [EVIL],
        "flow_run": FLOW_RUN,
    }
    served.node.opened.ledger.save_run("with-prefect", run)
    yield served
    served.node.opened.ledger.save_run("with-prefect", {})


def test_runs_say_what_became_of_each_source(reader: Visitor) -> None:
    page = reader.open("/runs")
    assert page.get_by_text("1 source failed").first.is_visible()
    page.get_by_text(re.compile("^2 problems")).first.click()
    assert page.get_by_text("headwater approve handbook").first.is_visible()
    assert reader.complaints == []


def test_only_what_is_asked_for_is_listed(reader: Visitor) -> None:
    page = reader.open("/runs")
    everything = page.locator(".runs > li").count()
    page.get_by_label("Source").select_option("release-notes")
    page.get_by_label("Only").select_option("trouble")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**/runs?source=release-notes&only=trouble")
    listed = page.locator(".runs > li").all_inner_texts()
    assert 0 < len(listed) < everything
    assert all("release-notes" in text and "1 failed" in text for text in listed)


def test_a_run_that_prefect_knows_leads_there(prefect: Served) -> None:
    with prefect.client(prefect.key("read")) as client:
        page = client.get("/dashboard/runs").text
    assert f'href="http://127.0.0.1:4200/runs/flow-run/{FLOW_RUN}"' in page
    assert EVIL not in page


def test_nobody_is_led_to_a_prefect_that_only_this_machine_reaches(prefect: Served) -> None:
    with prefect.client(prefect.key("read")) as client:
        page = client.get("/dashboard/runs", headers={"host": "headwater.example.com"}).text
    assert "4200" not in page


def test_prefects_pages_may_be_elsewhere(prefect: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_UI_URL", "https://prefect.example.com/")
    with prefect.client(prefect.key("read")) as client:
        page = client.get("/dashboard/runs", headers={"host": "headwater.example.com"}).text
        assert f'href="https://prefect.example.com/runs/flow-run/{FLOW_RUN}"' in page
        monkeypatch.setenv("PREFECT_UI_URL", "javascript:alert(1)//")
        assert "javascript:" not in client.get("/dashboard/runs").text


def test_runs_of_older_releases_are_shown_too(served: Served) -> None:
    served.node.opened.ledger.save_run("older", {"command": "headwater ingest", "seconds": 2, "sources": []})
    with served.client(served.key("read")) as client:
        page = client.get("/dashboard/runs")
    assert page.status_code == 200
    assert "Run older" in page.text
