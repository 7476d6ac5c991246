"""`headwater backup` and `headwater restore` as a person types them."""

import json
import os
import re
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from app.cli import run
from tests.backup.conftest import Room


@pytest.fixture
def filled(room: Room) -> Room:
    room.write(4)
    room.project.ingest()
    return room


def documented(repository: Path, *keys: str) -> dict[str, Any]:
    text = (repository / "docs" / "commands.md").read_text()
    shapes = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", text, re.DOTALL)]
    (found,) = [shape for shape in shapes if set(keys) <= shape.keys()]
    return dict(found)


def test_there_and_back(
    filled: Room, repository: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = filled.project.folder
    monkeypatch.chdir(folder)
    file = folder / "kept" / "today.tar.gz"
    assert run(["backup", str(file), "--home", str(filled.home), "--json"]) == 0
    made = json.loads(capfd.readouterr().out)
    assert made.keys() == documented(repository, "held", "file").keys()
    assert (made["documents"], made["file"]) == (4, str(file))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    arguments = ["restore", str(file), "--home", str(filled.elsewhere), "--newer", str(filled.home)]
    assert run([*arguments, "--json"]) == 0
    back = json.loads(capfd.readouterr().out)
    shape = documented(repository, "since", "now")
    assert back.keys() == shape.keys()
    assert back["since"] == dict.fromkeys(shape["since"], 0)
    assert run([*arguments, "--json"]) == 2
    assert "is not empty" in json.loads(capfd.readouterr().out)["error"]
    assert run(["backup", str(file), "--home", str(filled.home)]) == 2
    assert "is there already" in " ".join(capfd.readouterr().err.split())
    assert run(["restore", str(file), "--home", str(folder / "third")]) == 0
    assert "headwater ingest" in capfd.readouterr().out


def test_a_disk_that_is_full_leaves_nothing(filled: Room) -> None:
    """The size of files is limited, which fails in the same place as a full disk."""
    folder = filled.project.folder
    target = folder / "kept"
    target.mkdir()
    code = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000)); from app.cli import run; sys.exit(run(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", code, "backup", str(target), "--home", str(filled.home)]
    ran = subprocess.run(command, cwd=folder, env={**os.environ}, capture_output=True, text=True, check=False)
    assert ran.returncode == 1, ran.stderr
    assert "Traceback" not in ran.stderr
    assert not list(target.iterdir())
