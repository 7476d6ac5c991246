from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from connectors.git import GitConnector
from connectors.gitrepo.snapshot import close_all
from connectors.registry import build
from headwater.interfaces import Connector
from headwater.model import Access
from headwater.settings import SourceSettings
from tests.connectors.contract import Bench, ConnectorContract
from tests.support.repository import Repository


class GitBench(Bench):
    def __init__(self, folder: Path) -> None:
        self.repository = Repository(folder / "repository")
        source = SourceSettings(
            name="handbook",
            kind="git",
            default_access=Access(frozenset({"group:readers"})),
            options={"path": str(self.repository.root)},
            cache=folder / "cache",
        )
        built = build(source, frozenset({"readers", "others"}))
        assert isinstance(built, GitConnector)
        # Documents are read from what was listed last; here a test changes them between listing and reading.
        self._connector = replace(built, fresh=0)

    @property
    def connector(self) -> Connector:
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


class TestGitContract(ConnectorContract):
    kind = "git"

    @pytest.fixture
    def bench(self, tmp_path: Path) -> Iterator[Bench]:
        yield GitBench(tmp_path)
        close_all()
