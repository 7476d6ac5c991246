"""What every test gets: no network and no telemetry, a state folder of its own, shared data by fixture.

Slow tests are deselected unless `-m` is given; with HEADWATER_REQUIRE_ALL=1 a skipped test fails the run. Tests are
shared out to processes, which import this file each, and so have their own state folders, servers and ports.
"""

import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

REPOSITORY = Path(__file__).resolve().parents[1]
MOST_PROCESSES = 4
"""Each may have a Prefect server, a browser, parser processes and an index: 3 GB and more than one core at times."""
ALL_REQUIRED = os.environ.get("HEADWATER_REQUIRE_ALL", "") not in {"", "0"}

QUIET = {
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
    "UNSTRUCTURED_DISABLE_NOTICE": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_LOGGING_TO_API_ENABLED": "false",
    "PREFECT_SERVER_REGISTER_BLOCKS_ON_START": "false",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "180",
    "NO_COLOR": "1",
    "COLUMNS": "120",
}


def _isolate_environment() -> Path:
    """A developer's own settings must neither steer a test nor be touched by one."""
    for name in list(os.environ):
        if name.startswith("HEADWATER_") and name != "HEADWATER_DATA":
            del os.environ[name]
    # A test that needs a Prefect server starts it; one that happens to run here is somebody's work.
    os.environ.pop("PREFECT_API_URL", None)
    os.environ.update(QUIET)
    scratch = Path(tempfile.mkdtemp(prefix="headwater-tests-"))
    os.environ["HEADWATER_HOME"] = str(scratch / "home")
    os.environ["PREFECT_HOME"] = str(scratch / "prefect")
    (scratch / "prefect").mkdir()
    return scratch


# At import, not in a hook: test modules are imported before any fixture runs, and prefect reads its settings then.
_SCRATCH = _isolate_environment()

settings.register_profile("ci", derandomize=True, deadline=None, print_blob=True)
settings.register_profile("dev", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Processes for `-n auto`; none beside this one for a single file, which would only start later."""
    asked = config.args
    if len(asked) == 1 and Path(asked[0].partition("::")[0]).is_file():
        return 0
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    # One more than cores: much of the time a test waits for a server, a lease or another process.
    return min(cores + 1, MOST_PROCESSES)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    shutil.rmtree(_SCRATCH, ignore_errors=True)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    # First, and so all in one process: they share a server, take long each, and leave short ones to even out the end.
    items.sort(key=lambda item: item.get_closest_marker("prefect") is None)
    if config.option.markexpr:
        return
    slow = [item for item in items if item.get_closest_marker("slow")]
    if slow:
        config.hook.pytest_deselected(items=slow)
        items[:] = [item for item in items if not item.get_closest_marker("slow")]


def _skips(config: pytest.Config) -> list[tuple[str, str]]:
    """(test or module, reason) of everything that was skipped in this run."""
    terminal = config.pluginmanager.get_plugin("terminalreporter")
    if terminal is None:
        return []
    skipped = []
    for report in terminal.stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        skipped.append((report.nodeid, reason.removeprefix("Skipped: ")))
    return skipped


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    if exitstatus == pytest.ExitCode.OK and ALL_REQUIRED and _skips(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_report_header() -> str:
    server = "the one of QDRANT_URL" if os.environ.get("QDRANT_URL") else "none (no QDRANT_URL), but a stand-in"
    return f"qdrant server: {server}"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    skipped = _skips(config)
    if skipped and ALL_REQUIRED:
        terminalreporter.section("skipped, and so failed: HEADWATER_REQUIRE_ALL is set", red=True)
        for nodeid, reason in skipped:
            terminalreporter.write_line(f"{nodeid}: {reason}")


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of this checkout."""
    return REPOSITORY


@pytest.fixture(scope="session")
def examples(repository: Path) -> Path:
    """The example knowledge base."""
    return repository / "examples"


@pytest.fixture(scope="session")
def data() -> Path:
    """Folder of the shared measuring data (HEADWATER_DATA); a test that needs it is skipped where it is absent."""
    folder = Path(os.environ.get("HEADWATER_DATA") or REPOSITORY.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"no measuring data at {folder}; set HEADWATER_DATA to its folder")
    return folder
