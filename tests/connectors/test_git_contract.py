from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from connectors.git import GitConnector
from connectors.gitrepo.snapshot import close_all
from connectors.registry import build
from headwater.errors import FatalError
from headwater.interfaces import Connector
from headwater.model import Access
from headwater.settings import SourceSettings
from tests.connectors.contract import Bench, ConnectorContract, refs
from tests.connectors.services.git_http import GitServer, serving_git
from tests.connectors.trouble import TroubleContract
from tests.support.repository import Repository


class GitBench(Bench):
    """A repository on this machine."""

    def __init__(self, folder: Path, **options: str) -> None:
        self.repository = Repository(folder / "repository")
        source = SourceSettings(
            name="handbook",
            kind="git",
            default_access=Access(frozenset({"group:readers"})),
            options=dict(options or {"path": str(self.repository.root)}),
            cache=folder / "cache",
        )
        built = build(source, frozenset({"readers", "others"}))
        assert isinstance(built, GitConnector)
        # Documents are read from what was listed last; here a test changes them between listing and reading.
        self._connector = replace(built, fresh=0)

    @property
    def connector(self) -> GitConnector:
        return self._connector

    def put(self, name: str, text: str, readers: str | None = None) -> str:
        front = "" if readers is None else f"---\naccess: [{readers!r}]\n---\n"
        if readers == "user:ann@example.com":
            # Readers narrow what the source allows, so the one who is to remain has to be among them.
            front = "---\naccess: {deny: [user:bob@example.com]}\n---\n"
        self.repository.put(f"{name}.md", front + text)
        return f"{name}.md"

    def remove(self, id: str) -> None:
        (self.repository.root / id).unlink()
        self.repository.commit()

    def cut_listing(self) -> None:
        """The newest commit names files that are not there."""
        self.put("page-7", "Text")
        for file in (self.repository.root / ".git/objects").glob("??/*"):
            file.unlink()


class GitServerBench(GitBench):
    """A repository behind git's own server."""

    secret = "s3cret-token-value"

    def __init__(self, folder: Path, server: GitServer, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(folder, url=f"{server.url}/repository/.git", token=self.secret)
        self.server, self.monkeypatch = server, monkeypatch

    def break_with(self, status: int) -> None:
        self.server.status = status

    def stall(self, *, within_body: bool) -> None:
        self.monkeypatch.setattr("connectors.gitrepo.remote.ASKING_SECONDS", 0.5)
        self.server.slow = 1.0

    def garble(self, body: bytes) -> None:
        """After a listing: one whose first answer is empty has nothing to lose."""
        refs(self.connector)
        self.server.garbled = body

    def mend(self) -> None:
        self.server.status = 0

    @property
    def impatient(self) -> Connector:
        return replace(self.connector, mirror=replace(self.connector.mirror, seconds=0.5))


class TestGitContract(ConnectorContract):
    kind = "git"
    unserved = "a repository on this machine is read without asking any service"

    @pytest.fixture
    def bench(self, tmp_path: Path) -> Iterator[Bench]:
        yield GitBench(tmp_path)
        close_all()


class TestGitServerContract(TroubleContract):
    kind = "git"
    missing = FatalError

    @pytest.fixture
    def bench(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
        with serving_git(tmp_path) as server:
            yield GitServerBench(tmp_path, server, monkeypatch)
        close_all()
