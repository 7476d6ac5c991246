"""A refresh is done first, and recorded by Prefect like any other run."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows.recording import Begun, Recording
from flows.refresh_flow import record
from flows.taken import Refreshed
from headwater.errors import BusyError, SkippableError
from tests.support.state import open_workshop

pytestmark = pytest.mark.prefect


def recorded(api: str, begun: Begun) -> dict[str, Any]:
    with temporary_settings({PREFECT_API_URL: api}):
        record(begun)
    body = {"flow_runs": {"name": {"any_": [f"refresh {begun.source} {begun.document}"]}}}
    (run,) = httpx.post(f"{api}/flow_runs/filter", json=body, timeout=20).json()
    return dict(run)


def test_what_became_of_it_is_recorded(prefect_api: str) -> None:
    done, gone, busy = (Begun("docs", f"{number}.md", 0.0) for number in range(3))
    done.outcome.set_result(Refreshed("abc", 1, 0))
    gone.outcome.set_exception(SkippableError("it cannot be read"))
    busy.outcome.set_exception(BusyError("somebody is at it"))
    run = recorded(prefect_api, done)
    assert (run["state_type"], run["state"]["message"]) == ("COMPLETED", "run abc: 1 indexed, 0 removed")
    assert run["parameters"] == {"source": "docs", "document": "0.md", "fresh": 0.0}
    run = recorded(prefect_api, gone)
    assert (run["state_type"], run["state"]["message"]) == ("FAILED", "SkippableError: it cannot be read")
    assert recorded(prefect_api, busy)["state_name"] == "Skipped"


def test_nothing_waits_for_prefect(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# An article\n\nIts text.\n")
    source = '[[source]]\nname = "docs"\nkind = "folder"\npath = "."\ninclude = ["*.md"]\ndefault_access = ["public"]\n'
    (tmp_path / "headwater.toml").write_text(source)
    # Never started: nobody is there to record.
    recording = Recording(lambda: True)
    with open_workshop(tmp_path / "headwater.toml", tmp_path / "home") as opened:
        assert recording(opened, "docs", "a.md").indexed == 1
        with pytest.raises(BusyError), opened.ledger.lease("source:docs", opened.holder, seconds=60):
            recording(opened, "docs", "a.md")
