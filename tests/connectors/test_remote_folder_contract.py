"""The contract, over every kind of store that can be had here: with tags, with times, and with neither."""

import shutil
import uuid
from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import fsspec
import pytest

from connectors import remote_folder_fsspec, remote_folder_http
from connectors.http.client import HttpSettings, close_all
from connectors.registry import build
from connectors.remote_folder import RemoteFolderConnector
from headwater.interfaces import Connector
from headwater.model import Access
from headwater.settings import SourceSettings
from tests.connectors.bench import IMPATIENT
from tests.connectors.contract import Bench, ConnectorContract, ServedBench
from tests.connectors.services.local import Asked, LocalServer, Reply, serving
from tests.connectors.services.object_store import ObjectStore, serving_objects

_CODES = {403: "AccessDenied", 404: "NoSuchBucket", 429: "TooManyRequests", 500: "InternalError", 503: "SlowDown"}


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

    @property
    def impatient(self) -> Connector:
        """The limits of stores are the suite's to shorten: they are no settings."""
        return self._connector


def _refuse(*_: object, **__: object) -> None:
    raise TimeoutError("late")


class MemoryBench(StoreBench):
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.monkeypatch = monkeypatch
        self.root = f"/bench-{uuid.uuid4().hex}"
        self.fs = fsspec.filesystem("memory")
        super().__init__(connector(f"memory:/{self.root}"))

    def write(self, id: str, content: bytes) -> None:
        self.fs.pipe(f"{self.root}/{id}", content)

    def remove(self, id: str) -> None:
        self.fs.rm(f"{self.root}/{id}")

    def cut_listing(self) -> None:
        self.monkeypatch.setattr(type(self.fs), "ls", _refuse)


class FileBench(StoreBench):
    def __init__(self, root: Path) -> None:
        self.root = root
        super().__init__(connector(root.as_uri()))

    def write(self, id: str, content: bytes) -> None:
        (self.root / id).write_bytes(content)

    def remove(self, id: str) -> None:
        (self.root / id).unlink()

    def cut_listing(self) -> None:
        shutil.rmtree(self.root)


class WebBench(StoreBench, ServedBench):
    def __init__(self, server: LocalServer, files: dict[str, bytes]) -> None:
        self.files, self.server = files, server
        self.secret = "s3cret-header"
        headers = {"Authorization": f"Bearer {self.secret}"}
        super().__init__(
            connector(f"{server.url}/docs", storage_options={"headers": headers}, allow_private_addresses=True)
        )

    def write(self, id: str, content: bytes) -> None:
        self.files[id] = content

    def remove(self, id: str) -> None:
        del self.files[id]

    def is_later_part(self, asked: Asked) -> bool:
        """Such a listing has one part only, and then one request for each file."""
        return asked.path.endswith("/page-5.md")


class ObjectBench(StoreBench):
    def __init__(self, served: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
        self.served, self.objects, self.monkeypatch = served, served.objects, monkeypatch
        self.secret = "s3cret-key"
        options = {
            "key": "id",
            "secret": self.secret,
            "client_kwargs": {"endpoint_url": served.url, "region_name": "local"},
        }
        super().__init__(connector("s3://papers/team/docs", storage_options=options))

    def write(self, id: str, content: bytes) -> None:
        self.objects[f"team/docs/{id}"] = content

    def remove(self, id: str) -> None:
        del self.objects[f"team/docs/{id}"]

    def cut_listing(self) -> None:
        self.served.cut = True

    def break_with(self, status: int) -> None:
        self.served.refused = (status, _CODES[status])

    def stall(self, *, within_body: bool) -> None:
        self.monkeypatch.setattr(remote_folder_fsspec, "_SECONDS", IMPATIENT)
        self.served.slow = 2 * IMPATIENT

    def garble(self, body: bytes) -> None:
        self.served.garbled = body

    def mend(self) -> None:
        self.served.refused = None


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


class TestFolderOfAStoreContract(ConnectorContract):
    kind = "folder"
    unserved = "fsspec reads memory and this machine without asking any service"

    @pytest.fixture(params=["memory", "file"])
    def bench(self, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
        return MemoryBench(monkeypatch) if request.param == "memory" else FileBench(tmp_path)


class TestFolderOnTheWebContract(ConnectorContract):
    kind = "folder"

    @pytest.fixture
    def bench(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
        files: dict[str, bytes] = {}
        monkeypatch.setattr(remote_folder_http, "HttpSettings", partial(HttpSettings, seconds=IMPATIENT))
        with serving(directory(files)) as server:
            yield WebBench(server, files)
        close_all()


class TestFolderOfObjectsContract(ConnectorContract):
    kind = "folder"
    statuses = tuple(_CODES)
    empty_is_empty = "s3fs lists nothing then; a run refuses an empty listing of a source that had documents"

    @pytest.fixture
    def bench(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
        s3fs = pytest.importorskip("s3fs", reason="s3fs is not installed; `uv sync --extra s3` brings it")
        # The library tries again by itself, and then fsspec does.
        monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
        monkeypatch.setattr(s3fs.S3FileSystem, "retries", 1)
        with serving_objects("papers") as served:
            yield ObjectBench(served, monkeypatch)
