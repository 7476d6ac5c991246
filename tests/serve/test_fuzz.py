"""Whatever is sent to it, it answers as /openapi.json says, and never with a fault."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.serve.conftest import REPOSITORY, Node

CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,"
    "response_schema_conformance,unsupported_method,allow_header_conformance,ignored_auth"
)
"""Without those that want everything accepted which the schema allows (what cannot be kept is refused with 4xx), and
everything else refused ("5" may stand for 5)."""


@pytest.fixture(scope="module")
def fuzzed(shared: Node) -> Node:
    return shared


def run(node: Node, tmp_path: Path, key: str, *arguments: str, sign: bool = True) -> None:
    """Everything that a fault would show in: what schemathesis says, the log, and whether it still answers."""
    program = [sys.executable, "-m", "schemathesis.cli", "run", f"{node.url}/openapi.json", "--no-color"]
    ran = subprocess.run(
        [
            *program,
            *(("-H", f"Authorization: Bearer {key}") if key else ()),
            "--checks",
            CHECKS,
            "--request-timeout",
            "90",
            *arguments,
        ],
        cwd=tmp_path,
        env={
            **{name: value for name, value in os.environ.items() if not name.startswith("PYTEST")},
            "PYTHONPATH": str(REPOSITORY),
            "SCHEMATHESIS_HOOKS": "tests.serve.fuzz_hooks",
            **({"FUZZ_SIGNED": "1"} if sign else {}),
        },
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout[:20_000] + ran.stdout[-2_000:] + ran.stderr[-5_000:]
    assert "generated" in ran.stdout
    faults = [line for line in node.log if "traceback" in line or "fault" in line["message"]]
    assert not faults
    assert node.get("/health/ready").status_code == 200


@pytest.fixture(scope="module")
def mighty(fuzzed: Node) -> str:
    return fuzzed.key("ingest", "search", "read", "administer", may_impersonate=True)


def test_with_a_key(fuzzed: Node, mighty: str, tmp_path: Path) -> None:
    run(fuzzed, tmp_path, mighty, "--phases", "fuzzing", "-n", "4", "--seed", "1")


@pytest.mark.slow
def test_with_a_key_for_long(fuzzed: Node, mighty: str, tmp_path: Path) -> None:
    run(fuzzed, tmp_path, mighty, "-n", "400", "--max-time", "180")


@pytest.mark.slow
@pytest.mark.parametrize("scopes", [("ingest",), ("search",), ("read",), ("administer",), ()])
def test_with_a_key_for_something_else(fuzzed: Node, tmp_path: Path, scopes: tuple[str, ...]) -> None:
    key = fuzzed.key(*scopes) if scopes else ""
    run(fuzzed, tmp_path, key, "-n", "60", "--max-time", "40", sign=False)
