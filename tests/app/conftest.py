"""The command line as a person uses it, in this process: arguments in, exit code and output back."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from app.cli import run


@dataclass(frozen=True, slots=True)
class Ran:
    """What one command did."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        """What stands on stderr, however long the names in it are that lines are broken for."""
        return " ".join(self.err.split())

    @property
    def json(self) -> Any:
        """The one JSON object on stdout; fails when there is anything else."""
        assert self.out.count("\n") == 1, self.out
        return json.loads(self.out)


Headwater = Callable[..., Ran]


@pytest.fixture
def headwater(capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch) -> Headwater:
    """Runs one command line; `home` and `cwd` decide what it sees."""

    def call(*arguments: str, cwd: Path | None = None, home: Path | None = None) -> Ran:
        if cwd is not None:
            monkeypatch.chdir(cwd)
        if home is not None:
            monkeypatch.setenv("HEADWATER_HOME", str(home))
        capfdbinary.readouterr()
        code = run([*arguments])
        out, err = capfdbinary.readouterr()
        return Ran(code, out.decode(), err.decode())

    return call


@pytest.fixture(scope="session")
def example_home(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> Path:
    """A state folder with the example knowledge base in it."""
    home = tmp_path_factory.mktemp("examples") / "home"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEADWATER_HOME", str(home))
        patch.chdir(repository)
        assert run(["ingest", "--direct", "--json"]) == 0
    return home


@pytest.fixture
def example(headwater: Headwater, example_home: Path, repository: Path) -> Headwater:
    """Commands over the ingested example knowledge base; they must not change it."""

    def call(*arguments: str) -> Ran:
        return headwater(*arguments, cwd=repository, home=example_home)

    return call


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A few documents that a test may change, last written a while ago."""
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "billing.md").write_text("# Billing\n\nInvoices are sent on the first day of each month.\n")
    (docs / "keys.md").write_text(
        "---\naccess: [group:sre]\n---\n\n# Signing keys\n\nThe signing key is rotated with the vault command.\n"
    )
    for file in docs.iterdir():
        os.utime(file, (1_700_000_000, 1_700_000_000))
    return docs


@pytest.fixture
def project(tmp_path: Path, folder: Path) -> Path:
    """A folder with a configuration over `folder`, and state of its own."""
    (tmp_path / "headwater.toml").write_text(
        '[groups]\nsre = "Site reliability"\nsupport = "Support"\n\n'
        '[[source]]\nname = "docs"\nkind = "folder"\npath = "docs"\ncontent = "help"\n'
        'default_access = ["public", "group:sre"]\n'
    )
    return tmp_path
