"""What stores do to a listing: tags, times, refusals, pages that are no listings, and folders that close."""

import os
import pickle
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import fsspec
import pytest

from connectors import remote_folder_stores
from connectors.remote_folder import RemoteFolderConnector
from connectors.remote_folder_fsspec import FsspecStore
from connectors.remote_folder_stores import ClosedPlace, aware
from headwater.errors import ConfigError, CredentialError, FatalError, FetchError, GoneError, TransientSourceError
from headwater.interfaces import Scanned
from headwater.model import Complete, NotModified, RawDocument, Ref, Unreadable
from tests.connectors.services.local import Asked, LocalServer, Reply, once, serving
from tests.connectors.services.object_store import ObjectStore, serving_objects
from tests.connectors.test_remote_folder_contract import connector


def ids(items: list[Scanned]) -> list[str]:
    return [item.id for item in items if isinstance(item, Ref)]


def is_complete(items: list[Scanned]) -> bool:
    return bool(items) and isinstance(items[-1], Complete)


def fetch(source: RemoteFolderConnector, id: str) -> RawDocument:
    raw = source.fetch(id)
    assert isinstance(raw, RawDocument)
    return raw


@pytest.fixture
def memory() -> Iterator[str]:
    root = f"/scan-{uuid.uuid4().hex}"
    yield root
    fs = fsspec.filesystem("memory")
    if fs.exists(root):
        fs.rm(root, recursive=True)


def put(root: str, files: dict[str, str | bytes]) -> None:
    for path, content in files.items():
        fsspec.filesystem("memory").pipe(f"{root}/{path}", content.encode() if isinstance(content, str) else content)


# folders, rules, names ------------------------------------------------------------------------------------


@pytest.mark.parametrize("fresh", [0, 600])
def test_rules_of_folders_count_as_in_a_local_folder(memory: str, fresh: float) -> None:
    put(memory, {
        "a.md": "text", "ops/b.md": "---\nowner: ann\n---\ntext", "ops/deep/c.md": "text", "closed/d.md": "text",
        "ops/.headwater.toml": 'kind = "sop"\naccess = { deny = ["user:bob@example.com"] }\nowner = "sre"',
        "closed/.headwater.toml": "access = [broken",
    })  # fmt: skip
    source = connector(f"memory:/{memory}", fresh)
    items = list(source.scan())
    assert is_complete(items)
    assert sorted(ids(items)) == ["a.md", "closed/d.md", "ops/b.md", "ops/deep/c.md"]
    found = {id: fetch(source, id) for id in ids(items)}
    assert found["ops/b.md"].meta["owner"] == "ann"
    assert (found["ops/deep/c.md"].kind, found["ops/deep/c.md"].meta["owner"]) == ("sop", "sre")
    assert found["ops/deep/c.md"].access.deny == {"user:bob@example.com"}
    assert not found["closed/d.md"].access.admits(frozenset({"group:readers"}))
    assert {id: raw.version for id, raw in found.items()} == {i.id: i.version for i in items if isinstance(i, Ref)}
    put(memory, {"ops/.headwater.toml": 'owner = "others"'})
    after = {item.id: item.version for item in source.scan() if isinstance(item, Ref)}
    assert {id for id, raw in found.items() if raw.version != after[id]} == {"ops/b.md", "ops/deep/c.md"}


def test_odd_and_hidden_names(memory: str) -> None:
    put(
        memory,
        {"größe 名前.md": "a", "a b%20.md": "b", ".hidden/c.md": "c", "d/.e.md": "d", "f.bin": "f", "g#h.md": "g"},
    )
    source = connector(f"memory:/{memory}")
    assert sorted(ids(list(source.scan()))) == ["a b%20.md", "g#h.md", "größe 名前.md"]
    assert source.left_out() == {".bin": 1}
    assert fetch(source, "größe 名前.md").uri == f"memory:/{memory}/gr%C3%B6%C3%9Fe%20%E5%90%8D%E5%89%8D.md"
    for id in (".hidden/c.md", "f.bin"):
        with pytest.raises(GoneError):
            source.fetch(id)


def test_links_of_a_store_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out/secret.md").write_text("secret")
    (tmp_path / "in/a.md").write_text("text")
    (tmp_path / "in/link.md").symlink_to(tmp_path / "out/secret.md")
    (tmp_path / "in/folder").symlink_to(tmp_path / "out")
    assert ids(list(connector((tmp_path / "in").as_uri()).scan())) == ["a.md"]


def test_too_large_files_fail_alone(memory: str, monkeypatch: pytest.MonkeyPatch) -> None:
    put(memory, {"a.md": "text", "b.md": "text that is longer"})
    monkeypatch.setattr("connectors.remote_folder.MAX_BYTES", 10)
    source = connector(f"memory:/{memory}")
    assert sorted(ids(list(source.scan()))) == ["a.md", "b.md"]
    with pytest.raises(FetchError, match=r"b\.md has"):
        source.fetch("b.md")


# changes --------------------------------------------------------------------------------------------------


def test_young_files_are_told_by_their_content(tmp_path: Path) -> None:
    file = tmp_path / "a.md"
    file.write_text("one")
    source = connector(tmp_path.as_uri())
    young = fetch(source, "a.md").version
    times = file.stat()
    file.write_text("two")
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    (listed,) = (item.version for item in source.scan() if isinstance(item, Ref))
    assert listed != young
    old = time.time() - remote_folder_stores.SETTLED.total_seconds() - 1
    os.utime(file, (old, old))
    settled = fetch(source, "a.md").version
    (again,) = (item.version for item in source.scan() if isinstance(item, Ref))
    assert again == settled
    assert source.fetch("a.md", settled) == NotModified(settled)


def test_a_version_from_when_a_file_was_young_is_confirmed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.md").write_text("one")
    source = connector(tmp_path.as_uri())
    young = fetch(source, "a.md").version
    monkeypatch.setattr(remote_folder_stores, "SETTLED", remote_folder_stores.SETTLED * -1)
    settled = fetch(source, "a.md").version
    assert settled != young
    assert source.fetch("a.md", young) == NotModified(settled)


def test_times_as_stores_tell_them() -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert [
        aware(value) for value in (moment, moment.timestamp(), "2026-01-02T03:04:05Z", datetime(2026, 1, 2, 3, 4, 5))
    ] == [moment] * 4
    assert [aware(value) for value in ("soon", None, 1e300, object())] == [None] * 4


# errors are never an empty listing ------------------------------------------------------------------------


class Refusing(fsspec.get_filesystem_class("memory")):  # type: ignore[misc] # its class is only known when asked for
    """A memory store of which one folder answers with an error."""

    protocol = "refusing"
    cachable = False
    refused = ""
    error: Exception = PermissionError("no")

    def ls(self, path: str, detail: bool = True, **options: Any) -> Any:
        if self.refused and path.rstrip("/").endswith(self.refused):
            raise self.error
        return super().ls(path, detail=detail, **options)


@pytest.fixture
def refusing(memory: str, monkeypatch: pytest.MonkeyPatch) -> FsspecStore:
    put(memory, {"a.md": "text", "below/b.md": "text"})
    store = FsspecStore(f"memory:/{memory}", {}, ("s3cret-value",))
    store._fs = Refusing()
    monkeypatch.setattr("connectors.remote_folder_fsspec._ATTEMPTS", 2)
    return store


@pytest.mark.parametrize(
    ("error", "expected"),
    [(TimeoutError("late"), TransientSourceError),
     (OSError("s3cret-value: broken"), TransientSourceError), (RuntimeError("what"), TransientSourceError),
     (ValueError("bad"), FatalError)],
)  # fmt: skip
def test_an_error_of_any_folder_ends_the_listing(
    refusing: FsspecStore, error: Exception, expected: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Refusing, "refused", "below")
    monkeypatch.setattr(Refusing, "error", error)
    with pytest.raises(expected) as raised:
        list(refusing.entries())
    assert "s3cret" not in str(raised.value)


def test_a_folder_that_is_refused_is_told_and_the_root_ends_it(
    refusing: FsspecStore, memory: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Refusing, "error", PermissionError("no s3cret-value"))
    monkeypatch.setattr(Refusing, "refused", "below")
    found = list(refusing.entries())
    assert [item.id for item in found if isinstance(item, ClosedPlace)] == ["below"]
    monkeypatch.setattr(Refusing, "refused", memory)
    with pytest.raises(CredentialError) as raised:
        list(refusing.entries())
    assert "s3cret" not in str(raised.value)


def test_a_store_that_does_not_answer(refusing: FsspecStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.remote_folder_fsspec._SECONDS", 0.1)
    monkeypatch.setattr(Refusing, "ls", lambda *_, **__: time.sleep(1))
    with pytest.raises(TransientSourceError, match="did not answer within"):
        list(refusing.entries())


def test_a_root_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FatalError, match="is not there"):
        list(connector((tmp_path / "nowhere").as_uri()).scan())


# settings -------------------------------------------------------------------------------------------------


def test_a_missing_package_names_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.remote_folder_options.find_spec", lambda _: None)
    for url, extra in (("s3://b/x", "s3"), ("gs://b", "gcs"), ("az://b", "azure"), ("sftp://h/x", "sftp")):
        with pytest.raises(ConfigError) as refused:
            connector(url)
        assert f"uv sync --extra {extra}" in refused.value.advice


@pytest.mark.parametrize(
    ("url", "options", "message"),
    [
        ("ftps://host/x", {}, r"path begins with ftps://, which is none of s3://"),
        ("sftp://ann:word@host/x", {}, "carries a user or a password"),
        ("https://ann@host/x", {}, "carries a user or a password"),
        ("https://host/x", {"storage_options": {"token": "x"}}, "can hold only headers"),
        ("memory://x", {"storage_options": {"keys": ["x"]}}, "may hold texts, numbers"),
        ("memory://x", {"storage_options": {"key": "${not a name}"}}, "name of an environment variable"),
    ],
)
def test_settings_that_are_refused(url: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message) as refused:
        connector(url, **options)
    assert "word@" not in str(refused.value)


def test_secrets_are_read_when_they_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    source = connector("memory://x", storage_options={"table": {"key": "${STORE_KEY}"}, "plain": "visible-secret"})
    assert "visible-secret" not in repr(source)
    assert b"hidden" not in pickle.dumps(source)
    with pytest.raises(ConfigError, match="STORE_KEY, which is not set"):
        list(source.scan())


# a web server's folders -----------------------------------------------------------------------------------

APACHE = (
    "<html><head><title>Index of /docs</title></head><body><h1>Index of /docs</h1><table>"
    '<tr><th><a href="?C=N;O=D">Name</a></th></tr><tr><td><a href="/">Parent Directory</a></td></tr>'
    '<tr><td><a href="a%20b.md">a b.md</a></td></tr><tr><td><a href="guides/">guides/</a></td></tr>'
    '<tr><td><a href="https://elsewhere.example/x.md">x</a></td></tr></table></body></html>'
)
IIS = (
    '<html><head><title>host - /docs/guides/</title></head><body><pre><A HREF="/docs/">[To Parent Directory]</A><br>'
    '1/2/2026 3:04 AM 12 <A HREF="/docs/guides/c&amp;d.html">c&amp;d.html</A><br></pre></body></html>'
)


def pages(asked: Asked) -> Reply:
    headers = {"Content-Type": "text/html"}
    found = {"/docs/": APACHE.encode(), "/docs/guides/": IIS.encode()}.get(asked.path)
    if found is not None:
        return Reply(200, found, headers)
    if asked.path in ("/docs/a b.md", "/docs/a%20b.md", "/docs/guides/c&d.html", "/docs/guides/c%26d.html"):
        ranged = {"ETag": '"v1"', "Content-Range": "bytes 0-0/4"}
        return Reply(206, b"t", ranged) if "range" in asked.headers else Reply(200, b"text", {"ETag": '"v1"'})
    return Reply(404)


@pytest.fixture
def server() -> Iterator[LocalServer]:
    with serving(pages) as served:
        yield served


def web(server: LocalServer, fresh: float = 0) -> RemoteFolderConnector:
    return connector(f"{server.url}/docs", fresh, allow_private_addresses=True)


def test_listings_of_several_servers(server: LocalServer) -> None:
    source = web(server, 600)
    items = list(source.scan())
    assert is_complete(items)
    assert ids(items) == ["a b.md", "guides/c&d.html"]
    assert fetch(source, "a b.md").content == b"text"
    assert fetch(source, "a b.md").version == next(item.version for item in items if isinstance(item, Ref))
    server.asked.clear()
    list(source.scan())
    bodies = [asked for asked in server.asked if asked.path.endswith((".md", ".html")) and "range" not in asked.headers]
    assert not bodies, "no content is read where the server has tags"


def test_a_page_in_the_place_of_a_listing_is_not_an_empty_folder(server: LocalServer) -> None:
    source = web(server)
    page = b"<html><head><title>Our guides</title></head><body>Welcome</body></html>"
    server.faults.append(lambda asked: Reply(200, page) if asked.path == "/docs/guides/" else None)
    items = list(source.scan())
    assert ids(items) == ["a b.md"]
    assert not is_complete(items)
    assert [item.id for item in items if isinstance(item, Unreadable)] == ["guides/"]
    server.faults.append(once(200, page))
    with pytest.raises(FatalError, match="not a listing"):
        list(source.scan())


def test_a_server_that_hides_rules_closes_what_they_might_close(server: LocalServer) -> None:
    source = web(server)
    server.faults.append(lambda asked: Reply(403) if asked.path == "/docs/guides/.headwater.toml" else None)
    raw = fetch(source, "guides/c&d.html")
    assert not raw.access.admits(frozenset({"group:readers"}))
    assert fetch(source, "a b.md").access.admits(frozenset({"group:readers"}))


@pytest.mark.parametrize(("status", "error"), [(401, CredentialError), (403, CredentialError), (404, FatalError)])
def test_refusals_of_a_web_server(server: LocalServer, status: int, error: type[Exception]) -> None:
    server.faults.append(once(status))
    with pytest.raises(error):
        list(web(server).scan())


def test_inner_networks_are_out_of_reach_unless_allowed(server: LocalServer) -> None:
    with pytest.raises(FatalError, match="inner network"):
        list(connector(f"{server.url}/docs").scan())


# an object store ------------------------------------------------------------------------------------------


@pytest.fixture
def objects() -> Iterator[ObjectStore]:
    pytest.importorskip("s3fs", reason="s3fs is not installed; `uv sync --extra s3` brings it")
    with serving_objects("papers") as served:
        yield served


def s3(objects: ObjectStore, fresh: float = 600, place: str = "s3://papers/docs") -> RemoteFolderConnector:
    client = {"endpoint_url": objects.url, "region_name": "local"}
    retries = {"retries": {"max_attempts": 1}}
    return connector(
        place,
        fresh,
        storage_options={"key": "id", "secret": "s3cret", "client_kwargs": client, "config_kwargs": retries},
    )


def test_pages_of_an_object_store_and_no_content_read_twice(objects: ObjectStore) -> None:
    wanted = {f"{folder}{n}.md" for folder in ("", "x/", "x/y/") for n in range(5)}
    objects.objects = {f"docs/{id}": f"text {id}".encode() for id in wanted} | {"docs/x/": b"", "other/z.md": b"z"}
    source = s3(objects)
    items = list(source.scan())
    assert is_complete(items)
    assert set(ids(items)) == wanted
    assert {id: fetch(source, id).version for id in wanted} == {i.id: i.version for i in items if isinstance(i, Ref)}
    objects.asked.clear()
    list(source.scan())
    assert not [asked for asked in objects.asked if ".md" in asked]


def test_refusals_of_an_object_store(objects: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.remote_folder_fsspec._ATTEMPTS", 2)
    monkeypatch.setattr("s3fs.S3FileSystem.retries", 1)
    objects.objects = {"docs/a.md": b"text"}
    source = s3(objects)
    assert ids(list(source.scan())) == ["a.md"]
    for refused, error in (((403, "AccessDenied"), CredentialError), ((503, "SlowDown"), TransientSourceError)):
        objects.refused = refused
        with pytest.raises(error) as raised:
            list(source.scan())
        assert "s3cret" not in str(raised.value)
    objects.refused = None
    with pytest.raises(FatalError, match="is not there"):
        list(s3(objects, place="s3://nobucket/docs").scan())


def test_an_sftp_server_that_is_away_is_left_for_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """What opens it takes the options that it is given: nothing answers at this port, and that is all that is wrong."""
    pytest.importorskip("paramiko", reason="paramiko is not installed; `uv sync --extra sftp` brings it")
    monkeypatch.setattr("connectors.remote_folder_fsspec._ATTEMPTS", 1)
    options = {"username": "ann", "password": "s3cret-value", "allow_agent": False, "look_for_keys": False}
    source = connector("sftp://127.0.0.1:1/srv/docs", storage_options=options)
    with pytest.raises(TransientSourceError, match="Unable to connect") as raised:
        list(source.scan())
    assert "s3cret" not in str(raised.value)


class StatusError(Exception):
    """As libraries of clouds have one for everything."""

    status_code = 403


def test_a_status_that_refuses_is_a_matter_of_credentials(
    refusing: FsspecStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Refusing, "error", StatusError("no"))
    monkeypatch.setattr(Refusing, "refused", refusing._root.rpartition("/")[2])
    with pytest.raises(CredentialError, match="StatusError"):
        list(refusing.entries())


def test_a_web_folder_of_an_inner_network_says_what_to_set() -> None:
    with serving(lambda _: Reply(404)) as server:
        source = connector(f"{server.url}/docs")
        with pytest.raises(FatalError, match="inner network") as raised:
            list(source.scan())
    assert "allow_private_addresses" in raised.value.advice
