"""What the README promises: its commands run, in a clone, on what they are built from; its tables name what exists."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from app.cli import app

PARTS = {
    "unstructured": "unstructured.partition.docx",
    "langchain-text-splitters": "langchain_text_splitters.character",
    "qdrant-client": "qdrant_client.http.models.models",
    "fastembed": "fastembed.text.text_embedding",
    "prefect": "prefect.flow_engine",
    "beautifulsoup4": "bs4",
}

WITNESS = '''
import os, sys

class Witness:
    """Writes down which modules any process of the run looks for, and finds none itself."""

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in WANTED:
            with open(os.environ["WITNESS_FILE"], "a") as file:
                file.write(name + "\\n")
        return None

WANTED = {name.partition(".")[0] for name in os.environ["WITNESS_MODULES"].split(",")}
sys.meta_path.insert(0, Witness())
'''


def readme(repository: Path) -> str:
    return (repository / "README.md").read_text()


def console_lines(text: str) -> list[str]:
    """The commands of all console blocks, without prompt and comment."""
    blocks = re.findall(r"```console\n(.*?)```", text, re.DOTALL)
    lines = [line.removeprefix("$ ") for block in blocks for line in block.splitlines() if line.startswith("$ ")]
    return [re.sub(r"\s+#.*", "", line) for line in lines]


@pytest.fixture
def clone(repository: Path, tmp_path: Path) -> Path:
    """The committed state of the repository in a folder of its own."""
    if not (repository / ".git").exists():
        pytest.skip("not a git checkout, so there is nothing to clone")
    folder = tmp_path / "headwater"
    subprocess.run(["git", "clone", "-q", str(repository), str(folder)], check=True)
    # What is not committed yet is to be tried as well.
    changed = subprocess.run(
        ["git", "ls-files", "--modified", "--others", "--exclude-standard"],
        cwd=repository, check=True, capture_output=True, text=True,
    ).stdout.splitlines()  # fmt: skip
    for name in changed:
        if (repository / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(repository / name, folder / name)
    return folder


@pytest.mark.prefect
def test_every_command_of_the_readme_runs_in_a_clone(repository: Path, clone: Path, tmp_path: Path) -> None:
    """And each package that Headwater is built from does its part in the first of them: a run with Prefect."""
    commands = [line for line in console_lines(readme(repository)) if "pytest" not in line]
    assert len(commands) >= 5
    # The installation itself is what the CI script does; here the installed programs stand in for `uv run`.
    bin_folder = str(Path(sys.executable).parent)
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("HEADWATER_", "PREFECT_"))}
    environment |= {"PATH": f"{bin_folder}:{environment['PATH']}", "XDG_CACHE_HOME": str(tmp_path / "cache")}
    (tmp_path / "sitecustomize.py").write_text(WITNESS)
    seen = tmp_path / "seen"
    path = os.pathsep.join(filter(None, (str(tmp_path), environment.get("PYTHONPATH"))))
    witness = {"PYTHONPATH": path, "WITNESS_FILE": str(seen), "WITNESS_MODULES": ",".join(PARTS.values())}
    for number, command in enumerate(commands):
        runnable = command.replace("pip install uv && ", "").replace("uv run ", "")
        ran = subprocess.run(
            runnable, shell=True, cwd=clone, env=environment | (witness if number == 0 else {}),
            capture_output=True, text=True, timeout=240, check=False,
        )  # fmt: skip
        assert ran.returncode == 0, f"{runnable}\n{ran.stdout}\n{ran.stderr}"
        if number == 0:
            assert runnable == "headwater ingest"
            loaded = set(seen.read_text().splitlines())
            assert [package for package, module in PARTS.items() if module not in loaded] == []
        if runnable.startswith("headwater search"):
            assert "Rotate an API key" in ran.stdout
            assert "file://" in ran.stdout
    assert (clone / ".headwater" / "ledger.db").exists()
    status = subprocess.run(
        ["headwater", "status", "--json"], cwd=clone, env=environment, capture_output=True, check=True
    )
    assert sum(source["documents"] for source in json.loads(status.stdout)["sources"]) >= 30


def test_the_readme_is_one_screen(repository: Path) -> None:
    assert len(readme(repository).splitlines()) <= 70


def test_every_command_and_option_of_the_readme_exists(repository: Path) -> None:
    help_of = {name: _help(name) for name in _commands()}
    rows = re.findall(r"^\| ((?:`[a-z]+`(?:, )?)+) \| (.*) \|$", readme(repository), re.MULTILINE)
    named = {name for names, _ in rows for name in re.findall(r"`([a-z]+)`", names)}
    assert named == set(help_of)
    for names, text in rows:
        commands = re.findall(r"`([a-z]+)`", names)
        for option in re.findall(r"--[a-z-]+", text):
            assert any(option in help_of[command] for command in commands), option


def test_every_command_teaches_and_speaks_json() -> None:
    for name in _commands():
        text = _help(name)
        assert "--json" in text, name
        assert len(text.split("Usage:")[1].split("Options")[0].split()) > 10, f"{name} --help says too little"


def _commands() -> list[str]:
    group = typer.main.get_command(app)
    return sorted(group.commands)  # type: ignore[attr-defined]


def _help(command: str) -> str:
    result = CliRunner().invoke(app, [command, "--help"], env={"COLUMNS": "200", "TERM": "dumb"})
    assert result.exit_code == 0
    return re.sub(r"\x1b\[[0-9;]*m", "", result.output)
