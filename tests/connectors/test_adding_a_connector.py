"""docs/adding-a-connector.md: its code holds the contract, is installed as it says, and stays under 100 lines each."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture
def written(repository: Path, tmp_path: Path) -> Path:
    """A folder with the files of the page, and what installing them would leave there."""
    page = (repository / "docs" / "adding-a-connector.md").read_text()
    files = dict(re.findall(r"`(\w+\.py)`.*?\n\n```python\n(.*?)```", page, re.DOTALL))
    assert set(files) == {"desk.py", "test_desk.py"}
    for name, text in files.items():
        assert len(text.splitlines()) < 100, name
        (tmp_path / name).write_text(text)
    (entry,) = re.findall(
        r'^\[project.entry-points."headwater.connectors"\]\n(.*?)\n```', page, re.DOTALL | re.MULTILINE
    )
    info = tmp_path / "desk-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: desk\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[headwater.connectors]\n" + entry.replace('"', "") + "\n")
    return tmp_path


def python(*arguments: str, repository: Path, folder: Path) -> "subprocess.CompletedProcess[str]":
    environment = {
        **os.environ,
        "PYTHONPATH": f"{folder}{os.pathsep}{repository}",
        "HEADWATER_HOME": str(folder / "home"),
    }
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def test_the_connector_of_the_page_holds_the_contract(written: Path, repository: Path) -> None:
    arguments = (
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-W",
        "error",
        "--rootdir",
        str(written),
        "test_desk.py",
    )
    ran = python(*arguments, repository=repository, folder=written)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert int(re.findall(r"(\d+) passed", ran.stdout)[0]) >= 15


def test_the_connector_of_the_page_is_found_once_it_is_installed(written: Path, repository: Path) -> None:
    (written / "headwater.toml").write_text("")
    for command in (("kinds", "desk"), ("add", "desk", "--access", "public")):
        ran = python("-m", "app.cli", "sources", *command, repository=repository, folder=written)
        assert ran.returncode == 0, ran.stdout + ran.stderr
    assert 'url = "https://desk.example.com"' in (written / "headwater.toml").read_text()
    ran = python("-m", "app.cli", "sources", repository=repository, folder=written)
    assert ran.returncode == 0, ran.stderr
    assert "desk" in ran.stdout
