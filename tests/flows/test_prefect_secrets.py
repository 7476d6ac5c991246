"""Credentials in Prefect Secret blocks, on a real server: found where they are used, and nowhere else."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from flows.environment import QUIET
from tests.connectors.services.local import serving
from tests.connectors.services.zendesk import EMAIL, TOKEN, Zendesk

pytestmark = pytest.mark.prefect

SAVE = """
import sys
from prefect.blocks.system import Secret
for name, value in zip(sys.argv[1::2], sys.argv[2::2]):
    Secret(value=value).save(name, overwrite=True)
"""
REVEAL = """
import sys
from pathlib import Path
from app.options import load_settings
from headwater.errors import HeadwaterError
settings = load_settings(Path(sys.argv[1]), None)
for secret in (settings.index.api_key, settings.index.url, settings.ledger.url):
    assert "prefect" not in sys.modules or secret is not settings.index.api_key
    try:
        print(secret.reveal())
    except HeadwaterError as error:
        print(type(error).__name__, error, error.advice)
"""


def python(*arguments: str, cwd: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env={**os.environ, **QUIET, "HEADWATER_HOME": str(cwd / "home"), **environment},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


def save(api: str, folder: Path, **blocks: str) -> None:
    named = [text for name, value in blocks.items() for text in (name.replace("_", "-"), value)]
    saved = python("-c", SAVE, *named, cwd=folder, PREFECT_API_URL=api)
    assert saved.returncode == 0, saved.stderr


@pytest.fixture(scope="module")
def secrets_api(prefect_api: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A server that knows every block named here; a process that saves some imports Prefect first, for seconds."""
    folder = tmp_path_factory.mktemp("blocks")
    save(prefect_api, folder, zendesk_token=TOKEN, host="qdrant.example.com", qdrant_key="k3y", password="p4ss")
    return prefect_api


@pytest.fixture
def zendesk() -> Iterator[Zendesk]:
    made = Zendesk()
    made.put(1, "<p>How to pay an invoice.</p>")
    with serving(made.answer) as server:
        made.server = server
        yield made


def project(folder: Path, zendesk: Zendesk, token: str) -> Path:
    assert zendesk.server is not None
    (folder / "headwater.toml").write_text(
        f'[[source]]\nname = "help"\nkind = "zendesk"\nurl = "{zendesk.server.url}"\nemail = "{EMAIL}"\n'
        f'token = "{token}"\nallow_private_addresses = true\ndefault_access = ["public"]\n'
    )
    return folder


def everything_recorded(api: str) -> str:
    """All that the server tells of runs, logs and artifacts."""
    kinds = ("flow_runs", "task_runs", "artifacts", "logs", "flows", "deployments")
    return "".join(httpx.post(f"{api}/{kind}/filter", json={}, timeout=20).text for kind in kinds)


def test_a_run_takes_its_credential_from_a_block_and_records_it_nowhere(
    secrets_api: str, tmp_path: Path, zendesk: Zendesk
) -> None:
    place = project(tmp_path, zendesk, "${prefect-secret:zendesk-token}")
    ran = python(
        "-m", "tests.support.hashed_cli", "ingest", "--json", "-c", str(place / "headwater.toml"),
        cwd=Path.cwd(), PREFECT_API_URL=secrets_api, HEADWATER_HOME=str(place / "home"),
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)["sources"][0]["indexed"] == 1
    recorded = everything_recorded(secrets_api)
    runs: list[dict[str, Any]] = httpx.post(f"{secrets_api}/flow_runs/filter", json={}, timeout=20).json()
    assert {"sources": ["help"]} in [run["parameters"] for run in runs]
    for text in (ran.stdout, ran.stderr, recorded):
        assert TOKEN not in text
    for file in (place / "home").rglob("*"):
        assert not file.is_file() or TOKEN.encode() not in file.read_bytes(), file


def test_a_block_that_is_not_there_is_named_with_its_setting(
    prefect_api: str, tmp_path: Path, zendesk: Zendesk
) -> None:
    place = project(tmp_path, zendesk, "${prefect-secret:nowhere}")
    ran = python(
        "-m", "tests.support.hashed_cli", "ingest", "--direct", "--json", "-c", str(place / "headwater.toml"),
        cwd=Path.cwd(), PREFECT_API_URL=prefect_api, HEADWATER_HOME=str(place / "home"),
    )  # fmt: skip
    assert ran.returncode == 1, ran.stdout
    (source,) = json.loads(ran.stdout)["sources"]
    assert "token refers to the Prefect Secret block 'nowhere', which does not exist" in source["error"]


def settings_file(folder: Path) -> Path:
    file = folder / "headwater.toml"
    file.write_text(
        '[index]\nurl = "https://${prefect-secret:host}:6333"\napi_key = "${prefect-secret:qdrant-key}"\n'
        '[ledger]\nurl = "postgresql://u:${prefect-secret:password}@${LEDGER_HOST}/db"\n'
    )
    return file


def test_every_setting_that_may_be_a_secret_can_be_a_block(secrets_api: str, tmp_path: Path) -> None:
    ran = python(
        "-c", REVEAL, str(settings_file(tmp_path)), cwd=Path.cwd(), PREFECT_API_URL=secrets_api, LEDGER_HOST="pg"
    )
    assert ran.stdout.split() == ["k3y", "https://qdrant.example.com:6333", "postgresql://u:p4ss@pg/db"], ran.stderr


def test_a_server_that_does_not_answer_is_another_matter_than_a_missing_block(tmp_path: Path) -> None:
    file = settings_file(tmp_path)
    ran = python("-c", REVEAL, str(file), cwd=Path.cwd(), PREFECT_API_URL="http://127.0.0.1:9/api", LEDGER_HOST="pg")
    assert ran.stdout.count("RetriableError") == 3, ran.stdout + ran.stderr
    assert "Check PREFECT_API_URL" in ran.stdout


def test_without_a_server_blocks_are_those_of_the_state_folder(tmp_path: Path) -> None:
    """As with runs: a temporary server over the database in the state folder."""
    own = {"PREFECT_HOME": str(tmp_path / "home" / "prefect")}
    Path(own["PREFECT_HOME"]).mkdir(parents=True)
    saved = python("-c", SAVE, "host", "h", "qdrant-key", "k3y", "password", "p", cwd=tmp_path, **own)
    assert saved.returncode == 0, saved.stderr
    environment = {name: value for name, value in os.environ.items() if name != "PREFECT_HOME"}
    ran = subprocess.run(
        [sys.executable, "-c", REVEAL, str(settings_file(tmp_path))],
        env={**environment, "HEADWATER_HOME": str(tmp_path / "home"), "LEDGER_HOST": "pg"},
        capture_output=True, text=True, timeout=180, check=False,
    )  # fmt: skip
    assert ran.stdout.split() == ["k3y", "https://h:6333", "postgresql://u:p@pg/db"], ran.stderr
