"""The contract, over every kind of store that can be had here: with tags, with times, and with neither."""

import uuid
from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import fsspec
import pytest

from connectors.registry import build
from connectors.remote_folder import RemoteFolderConnector
from headwater.interfaces import Connector
from headwater.model import Access
from headwater.settings import SourceSettings
from tests.connectors.contract import Bench, ConnectorContract
from tests.connectors.services.local import Asked, Reply, serving
from tests.connectors.services.object_store import serving_objects


def connector(url: str, fresh: float = 0, **options: Any) -> RemoteFolderConnector:
    source = SourceSettings(
        name="papers",
        kind="folder",
        default_access=Access(frozenset({"group:readers"})),
        options={"path": url, **options},
    )
    built: Connector = build(source, frozenset({"readers", "others"}))
    assert isinstance(built, RemoteFolderConnector)
    # The rules of folders hold as they were listed last; here a test changes them between listing and reading.
    return replace(built, fresh=fresh)


class StoreBench(Bench):
    def __init__(self, connector: RemoteFolderConnector) -> None:
        self._connector = connector

    @property
    def connector(self) -> Connector:
        return self._connector

    def put(self, name: str, text: str, readers: str | None = None) -> str:
        front = "" if readers is None else f"---\naccess: [{readers!r}]\n---\n"
        if readers == "user:ann@example.com":
            # Readers narrow what the folder allows, so the one who is to remain has to be among them.
            front = "---\naccess: {deny: [user:bob@example.com]}\n---\n"
        self.write(f"{name}.md", (front + text).encode())
        return f"{name}.md"

    @abstractmethod
    def write(self, id: str, content: bytes) -> None: ...


class MemoryBench(StoreBench):
    def __init__(self) -> None:
        self.root = f"/bench-{uuid.uuid4().hex}"
        self.fs = fsspec.filesystem("memory")
        super().__init__(connector(f"memory:/{self.root}"))

    def write(self, id: str, content: bytes) -> None:
        self.fs.pipe(f"{self.root}/{id}", content)

    def remove(self, id: str) -> None:
        self.fs.rm(f"{self.root}/{id}")


class FileBench(StoreBench):
    def __init__(self, root: Path) -> None:
        self.root = root
        super().__init__(connector(root.as_uri()))

    def write(self, id: str, content: bytes) -> None:
        (self.root / id).write_bytes(content)

    def remove(self, id: str) -> None:
        (self.root / id).unlink()


class WebBench(StoreBench):
    def __init__(self, url: str, files: dict[str, bytes]) -> None:
        self.files = files
        self.secret = "s3cret-header"
        headers = {"Authorization": f"Bearer {self.secret}"}
        super().__init__(connector(f"{url}/docs", storage_options={"headers": headers}, allow_private_addresses=True))

    def write(self, id: str, content: bytes) -> None:
        self.files[id] = content

    def remove(self, id: str) -> None:
        del self.files[id]


class ObjectBench(StoreBench):
    def __init__(self, url: str, objects: dict[str, bytes]) -> None:
        self.objects = objects
        self.secret = "s3cret-key"
        options = {"key": "id", "secret": self.secret, "client_kwargs": {"endpoint_url": url, "region_name": "local"}}
        super().__init__(connector("s3://papers/team/docs", storage_options=options))

    def write(self, id: str, content: bytes) -> None:
        self.objects[f"team/docs/{id}"] = content

    def remove(self, id: str) -> None:
        del self.objects[f"team/docs/{id}"]


def directory(files: dict[str, bytes]) -> Any:
    """A web server's listing of `files` below /docs/, with nothing but a Content-Length about each of them."""

    def answer(asked: Asked) -> Reply:
        if asked.path == "/docs/":
            links = "".join(f'<a href="{name}">{name}</a>\n' for name in ("../", *sorted(files)))
            page = f"<html><head><title>Index of /docs/</title></head><body><pre>{links}</pre></body></html>"
            return Reply(200, page.encode(), {"Content-Type": "text/html"})
        content = files.get(asked.path.removeprefix("/docs/"))
        return Reply(404) if content is None else Reply(200, content)

    return answer


class TestRemoteFolderContract(ConnectorContract):
    kind = "folder"

    @pytest.fixture(params=["memory", "file", "web", "s3"])
    def bench(self, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
        if request.param == "memory":
            yield MemoryBench()
        elif request.param == "file":
            yield FileBench(tmp_path)
        elif request.param == "web":
            files: dict[str, bytes] = {}
            with serving(directory(files)) as server:
                yield WebBench(server.url, files)
        else:
            pytest.importorskip("s3fs", reason="s3fs is not installed; `uv sync --extra s3` brings it")
            with serving_objects("papers") as served:
                yield ObjectBench(served.url, served.objects)
