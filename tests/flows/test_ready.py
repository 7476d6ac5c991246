"""`problem` says whether schedules fire: with a paused deployment, a dead runner, and a Prefect server that is down."""

import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from flows.schedules import PrefectSchedules
from headwater.settings import load
from tests.support.workers import until

pytestmark = pytest.mark.prefect

SOURCE = '[[source]]\nname = "{name}"\nkind = "folder"\npath = "."\ndefault_access = ["public"]\nschedule = "6h"\n'
FIRST, SECOND = "ready-one", "ready-two"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "headwater.toml").write_text(SOURCE.format(name=FIRST) + SOURCE.format(name=SECOND))
    # They are set for the processes that it starts.
    for name in ("HEADWATER_CONFIG", "HEADWATER_HOME", "PREFECT_API_URL", "PREFECT_LOGGING_LEVEL"):
        monkeypatch.setenv(name, os.environ.get(name, ""))
    monkeypatch.delenv("PREFECT_LOGGING_LEVEL")
    return tmp_path


def schedules(project: Path) -> PrefectSchedules:
    return PrefectSchedules(load(project / "headwater.toml", home=project / "home"))


@pytest.fixture
def watched(project: Path, prefect_api: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[PrefectSchedules]:
    monkeypatch.setenv("PREFECT_API_URL", prefect_api)
    made = schedules(project)
    made.start()
    yield made
    made.stop(20)


def test_a_server_that_is_down_is_said(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    made = schedules(project)
    assert made.problem()
    made.start()
    assert until(lambda: "does not answer" in made.problem())
    assert not made.ready.is_set()
    made.stop(20)
    assert "nobody watches" in made.problem()


@pytest.mark.slow
def test_it_is_ready_when_what_is_due_will_be_run(watched: PrefectSchedules, prefect_api: str) -> None:
    assert until(lambda: not watched.problem(), seconds=120), watched.problem()
    assert watched.next_runs().keys() >= {FIRST, SECOND}
    assert watched.ready.is_set()
    (runner,) = (
        child for child in psutil.Process().children() if child.cmdline()[-2:] == ["flows.prefect_child", "runner"]
    )
    runner.kill()
    assert until(lambda: "nobody is there" in watched.problem(), seconds=30), watched.problem()
    assert until(lambda: not watched.problem(), seconds=120), watched.problem()

    body = {"deployments": {"name": {"any_": [FIRST]}}}
    (found,) = httpx.post(f"{prefect_api}/deployments/filter", json=body, timeout=20).json()
    httpx.patch(f"{prefect_api}/deployments/{found['id']}", json={"paused": True}, timeout=20).raise_for_status()
    assert until(lambda: FIRST not in watched.next_runs(), seconds=60)
    # Somebody meant it.
    assert not watched.problem()
    httpx.delete(f"{prefect_api}/deployments/{found['id']}", timeout=20).raise_for_status()
    assert until(lambda: "not scheduled" in watched.problem() and FIRST in watched.problem(), seconds=60)
