"""The switches of tests/conftest.py and .ci/run do what they promise, tried on pytest itself."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PROBE = """
import os
import pytest

def test_runs(): pass

@pytest.mark.skip(reason="the moon is in the wrong house")
def test_left_out(): pass

@pytest.mark.slow
def test_takes_long(): pass

def test_offline_and_quiet():
    assert os.environ["HF_HUB_OFFLINE"] == os.environ["DO_NOT_TRACK"] == "1"

def test_state_is_its_own():
    assert "headwater-tests-" in os.environ["HEADWATER_HOME"]

def test_needs_data(data):
    assert data.is_dir()
"""


def probe(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    conftest = Path(__file__).resolve().parents[1] / "conftest.py"
    (folder / "conftest.py").write_text(conftest.read_text())
    (folder / "test_probe.py").write_text(PROBE)
    (folder / "pytest.ini").write_text("[pytest]\nmarkers = slow\naddopts = -ra --import-mode=importlib\n")
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("HEADWATER_")}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments],
        cwd=folder,
        env=inherited | {"HEADWATER_DATA": str(folder), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_skip_is_explained_and_allowed(tmp_path: Path) -> None:
    run = probe(tmp_path)
    assert run.returncode == 0, run.stdout
    assert "the moon is in the wrong house" in run.stdout
    assert re.search(r"4 passed, 1 skipped, 1 deselected", run.stdout)


def test_a_skip_fails_the_run_when_all_is_required(tmp_path: Path) -> None:
    run = probe(tmp_path, HEADWATER_REQUIRE_ALL="1")
    assert run.returncode == pytest.ExitCode.TESTS_FAILED
    assert "test_probe.py::test_left_out: the moon is in the wrong house" in run.stdout


@pytest.mark.parametrize("required", ["", "1"])
def test_a_skip_is_told_by_the_process_that_met_it(tmp_path: Path, required: str) -> None:
    run = probe(tmp_path, "-p", "xdist", "-n", "2", HEADWATER_REQUIRE_ALL=required)
    assert "created: 2/2 workers" in run.stdout
    assert "the moon is in the wrong house" in run.stdout
    assert re.search(r"4 passed, 1 skipped.* in [\d.]+s", run.stdout.splitlines()[-1])
    assert run.returncode == (pytest.ExitCode.TESTS_FAILED if required else 0), run.stdout
    assert ("test_probe.py::test_left_out: the moon" in run.stdout) == bool(required)


def test_processes_are_for_more_than_one_file(tmp_path: Path) -> None:
    assert "workers" not in probe(tmp_path, "-p", "xdist", "-n", "auto", "test_probe.py").stdout
    assert re.search(r"created: (\d)/\1 workers?", probe(tmp_path, "-p", "xdist", "-n", "auto").stdout)


def test_all_required_passes_without_skips(tmp_path: Path) -> None:
    assert probe(tmp_path, "-k", "runs or takes_long", HEADWATER_REQUIRE_ALL="1").returncode == 0


def test_absent_data_is_a_skip_that_names_the_folder(tmp_path: Path) -> None:
    run = probe(tmp_path, HEADWATER_DATA=str(tmp_path / "nowhere"))
    assert run.returncode == 0
    assert f"no measuring data at {tmp_path / 'nowhere'}" in run.stdout.replace("\n", "")


def test_slow_tests_run_when_asked_for(tmp_path: Path) -> None:
    assert "1 passed, 5 deselected" in probe(tmp_path, "-m", "slow").stdout


def test_an_unset_developer_setting_does_not_leak_in(tmp_path: Path) -> None:
    assert probe(tmp_path, HEADWATER_HOME="/root/precious", HEADWATER_INDEX__URL="http://prod").returncode == 0


def test_ci_runs_the_command_that_the_readme_documents(repository: Path) -> None:
    script = (repository / ".ci" / "run").read_text()
    command = re.search(r'^test_command="(.+)"$', script, re.MULTILINE)
    assert command is not None
    for page in ("README.md", "CONTRIBUTING.md"):
        fenced = re.findall(r"^```\w*\n(.*?)^```$", (repository / page).read_text(), re.MULTILINE | re.DOTALL)
        lines = [line.split("#")[0].strip().removeprefix("$ ") for block in fenced for line in block.splitlines()]
        assert command[1] in lines, f"{page} documents another test command than .ci/run runs"


def test_ci_script_is_strict_and_executable(repository: Path) -> None:
    script = repository / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert "set -euo pipefail" in script.read_text()
    assert subprocess.run(["bash", "-n", str(script)], check=False).returncode == 0
