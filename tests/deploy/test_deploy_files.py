"""What deploy/ names exists: commands, options, settings, paths of the image, packages that are copied."""

import configparser
import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.main import get_command
from typer.testing import CliRunner

from app.cli import app
from headwater.settings import Settings, load

COMMANDS: dict[str, Any] = get_command(app).commands  # type: ignore[attr-defined] # the whole line is a group


@pytest.fixture(scope="module")
def folder(repository: Path) -> Path:
    return repository / "deploy"


@pytest.fixture(scope="module")
def compose(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((folder / "compose.yaml").read_text())
    return found


def check_command(arguments: list[str]) -> None:
    """A command of ours with options that it has; what is asked for in `--help` is only ever documentation."""
    name, *rest = arguments
    assert name in COMMANDS, f"there is no headwater {name}"
    while rest and rest[0] in getattr(COMMANDS[name], "commands", {}):
        name = f"{name} {rest.pop(0)}"
    said = CliRunner().invoke(app, [*name.split(), "--help"], env={"COLUMNS": "200", "TERM": "dumb"}).output
    for option in rest:
        if option.startswith("--"):
            assert re.search(rf"{re.escape(option)}\b", said), f"headwater {name} has no {option}"


def settings_of(environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """ConfigError for a variable that is no setting."""
    for name, value in environment.items():
        if name.startswith("HEADWATER_") and name not in ("HEADWATER_CONFIG", "HEADWATER_HOME"):
            monkeypatch.setenv(name, re.sub(r"\$\{[^}]*\}", "x", value))
    file = tmp_path / "headwater.toml"
    file.write_text("")
    return load(file, home=tmp_path)


# units ------------------------------------------------------------------------------------------------------


def units(folder: Path) -> list[Path]:
    return sorted([*folder.glob("*.service"), *folder.glob("*.timer")])


def parsed(unit: Path) -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser(strict=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign] # as configparser documents it
    parser.read_string(unit.read_text())
    return parser


def test_units_start_commands_that_exist(folder: Path, repository: Path) -> None:
    started = []
    for unit in units(folder):
        found = parsed(unit)
        if unit.suffix == ".timer":
            assert unit.with_suffix(".service").is_file()
            continue
        program, *arguments = shlex.split(found["Service"]["ExecStart"])
        assert program == "/opt/headwater/.venv/bin/headwater"
        check_command(arguments)
        started.append(arguments[0])
        named = found["Unit"].get("Documentation", "")
        if named:
            assert (repository / named.removeprefix("file:/opt/headwater/")).is_file()
    assert {"serve", "ingest", "backup"} <= set(started)


def test_the_readme_names_units_that_exist(folder: Path) -> None:
    named = set(re.findall(r"headwater[a-z-]*\.(?:service|timer)", (folder / "README.md").read_text()))
    assert named
    assert named <= {unit.name for unit in units(folder)}


# image ------------------------------------------------------------------------------------------------------


def instructions(folder: Path) -> list[str]:
    text = re.sub(r"\\\n\s*", "", "\n".join(_code(folder / "Dockerfile")))
    return [line for line in text.splitlines() if line]


def _code(path: Path) -> list[str]:
    return [line for line in path.read_text().splitlines() if not line.startswith("#")]


def test_the_image_holds_every_package_and_nothing_else(folder: Path, repository: Path) -> None:
    project = tomllib.loads((repository / "pyproject.toml").read_text())
    packages = set(project["tool"]["uv"]["build-backend"]["module-name"])
    copied = {word for line in instructions(folder) if line.startswith("COPY ") for word in line.split()[1:-1]}
    copied = {word for word in copied if not word.startswith(("--", "/"))}
    assert packages <= copied
    for name in copied:
        assert (repository / name).exists(), name
    ignored = {line.removeprefix("!") for line in (folder / "Dockerfile.dockerignore").read_text().split()}
    assert copied <= ignored
    for line in instructions(folder):
        for extra in re.findall(r"--extra (\S+)", line):
            assert extra in project["project"]["optional-dependencies"]
        if "uv sync" in line:
            assert "--locked" in line
            assert "--no-dev" in line


def test_the_image_serves_as_somebody_who_is_not_root(folder: Path) -> None:
    lines = instructions(folder)
    users = [line for line in lines if line.startswith("USER ")]
    assert users == ["USER 10001"]
    assert json.loads(next(line for line in lines if line.startswith("ENTRYPOINT")).partition(" ")[2]) == ["headwater"]
    command = json.loads([line for line in lines if line.startswith("CMD")][-1].partition(" ")[2])
    check_command(command)
    assert lines.index(users[0]) < next(n for n, line in enumerate(lines) if line.startswith("ENTRYPOINT"))


def test_its_health_is_asked_where_it_listens(folder: Path, compose: dict[str, Any]) -> None:
    port = Settings(home=Path(), base=Path()).serve.port
    text = (folder / "Dockerfile").read_text()
    assert f"http://127.0.0.1:{port}/health/ready" in text
    assert f"EXPOSE {port}\n" in text
    assert compose["services"]["headwater"]["ports"] == [f"127.0.0.1:{port}:{port}"]


def test_the_health_check_can_fail(folder: Path) -> None:
    line = next(line for line in instructions(folder) if line.startswith("HEALTHCHECK"))
    program, *arguments = json.loads(line.partition("CMD ")[2])
    arguments = [argument.replace(":8700", ":9") for argument in arguments]
    assert program == "python"
    assert subprocess.run([sys.executable, *arguments], capture_output=True, check=False, timeout=30).returncode != 0


# compose ----------------------------------------------------------------------------------------------------


def test_services_run_commands_and_settings_that_exist(
    compose: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = 0
    for service in compose["services"].values():
        if "build" not in service:
            continue
        if service.get("entrypoint") == ["prefect"]:
            assert service["command"][:2] in (["server", "start"], ["worker", "start"])
            continue
        ours += 1
        check_command(service["command"])
        settings = settings_of(service["environment"], tmp_path, monkeypatch)
        assert settings.index.url.reveal().startswith("http://qdrant:")
        assert settings.ledger.url.reveal().startswith("postgresql://")
        assert "PREFECT_API_URL" in service["environment"]
    assert ours == 2


def test_workers_work_on_the_pool_that_is_deployed_to(compose: dict[str, Any], folder: Path) -> None:
    deployed = Settings(home=Path(), base=Path()).deploy
    command = compose["services"]["worker"]["command"]
    assert command[command.index("--pool") + 1] == deployed.pool
    assert command[command.index("--type") + 1] == deployed.type
    by_hand = yaml.safe_load((folder / "prefect.yaml").read_text())["deployments"]
    assert {one["work_pool"]["name"] for one in by_hand} == {deployed.pool}


def test_services_wait_for_services_that_exist_and_can_tell(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert services.keys() == {"postgres", "qdrant", "prefect", "deploy", "worker", "headwater"}
    for service in services.values():
        for name, need in service.get("depends_on", {}).items():
            if need["condition"] == "service_healthy":
                assert "healthcheck" in services[name]
        for volume in service.get("volumes", []):
            source = volume.partition(":")[0]
            assert source.startswith("./") or source in compose["volumes"]
        for port in service.get("ports", []):
            assert port.startswith("127.0.0.1:"), "what others may reach is for whoever runs it to decide"
    assert ": ${POSTGRES_PASSWORD:?" in json.dumps(compose).replace('"', "")


# Prefect ----------------------------------------------------------------------------------------------------


def test_the_deployment_runs_a_flow_that_exists_with_settings_that_exist(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for deployment in yaml.safe_load((folder / "prefect.yaml").read_text())["deployments"]:
        settings_of(deployment["work_pool"]["job_variables"]["env"], tmp_path, monkeypatch)
        module, _, name = deployment["entrypoint"].rpartition(".")
        code = f"import {module}; print({module}.{name}.name, {module}.{name}.timeout_seconds)"
        environment = {**os.environ, "HEADWATER_RUN_SECONDS": "21600", "PREFECT_HOME": str(tmp_path)}
        ran = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
        assert ran.stdout.split() == ["headwater-ingest", "21600.0"], ran.stderr
