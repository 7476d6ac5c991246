"""Two writers at once: one after the other where they must, side by side where they can."""

import json
import os
import re
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from headwater.ledger.base import Ledger
from headwater.ledger.holder import this_process
from headwater.ledger.open import open_ledger
from tests.atomicity.arena import Arena
from tests.atomicity.bench import Bench, visible

CONFIGURATION = """
[[source]]
name = "docs"
kind = "folder"
path = "docs"
content = "help"
default_access = ["public"]
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """One source with one document, never ingested."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "page.md").write_text("# A page\n\nIt says something.\n")
    (tmp_path / "headwater.toml").write_text(CONFIGURATION)
    return tmp_path


@pytest.fixture
def ledger(project: Path) -> Ledger:
    """What the command will use, opened by a first writer: this process."""
    (project / ".headwater").mkdir()
    return open_ledger(project / ".headwater" / "ledger.db")


def second(project: Path, *options: str) -> subprocess.Popen[str]:
    """`headwater ingest --direct`, as a process of its own."""
    command = [sys.executable, "-P", "-c", "from app.cli import main; main()", "ingest", "--direct", "--json", *options]
    environment = {name: value for name, value in os.environ.items() if name != "HEADWATER_HOME"}
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=project, env=environment, stdout=pipe, stderr=pipe, text=True)


def test_the_second_is_told_who_the_first_is_and_since_when(project: Path, ledger: Ledger) -> None:
    with ledger.lease("source:docs", this_process("headwater ingest docs"), seconds=60):
        process = second(project)
        out, err = process.communicate(timeout=120)
    assert process.returncode == 1, err
    [problem] = json.loads(out)["problems"]
    assert str(os.getpid()) in problem["reason"]
    assert "(headwater ingest docs)" in problem["reason"]
    assert re.search(r"since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", problem["reason"])
    assert "Wait until it is done" in problem["advice"]
    assert list(ledger.documents(ledger.generation())) == []


def test_the_second_waits_when_told_to(project: Path, ledger: Ledger) -> None:
    with ledger.lease("source:docs", this_process("headwater ingest docs"), seconds=60):
        process = second(project, "--wait", "100")
        deadline = time.monotonic() + 60
        while not (project / ".headwater" / "index" / "g1").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(0.5)
        assert process.poll() is None
        assert list(ledger.documents(ledger.generation())) == []
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert json.loads(out)["sources"][0]["indexed"] == 1


def test_two_sources_are_written_at_once_through_one_owner(arena: Arena) -> None:
    go = arena.base / "go-both"
    writers = {name: arena.start("ingest", source=name, rounds=3, home="both", go=str(go)) for name in ("east", "west")}
    assert Counter(writer.hears()[1] for writer in writers.values()) == {"edge": 1, "remote": 1}
    go.touch()
    for writer in writers.values():
        assert writer.hears() == ["done", [{"exit": 0, "error": ""}] * 3]
        writer.gone()
    fresh = Counter(_plain(line) for line in json.loads((arena.base / "fresh-2.json").read_text()))
    for name in writers:
        with Bench(arena.base / name, arena.base / "both", name=name) as bench:
            mine = [line for line in visible(bench) if json.loads(line)["source"] == name]
        assert Counter(map(_plain, mine)) == fresh


def _plain(line: str) -> tuple[str, str]:
    payload = json.loads(line)
    return payload["document"], payload["content"]
