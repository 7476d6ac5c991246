"""What can be checked of the server adapter without a Qdrant server; with one, the contract runs on it."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from headwater.errors import (
    BusyError,
    ConfigError,
    CredentialError,
    FatalError,
    HeadwaterError,
    IndexUnavailableError,
)
from headwater.index.server import ServerStore, require_version


@pytest.fixture
def answering() -> Iterator[tuple[str, dict[str, object]]]:
    """A real HTTP server that gives one answer to everything: its address, and what it is to say."""
    says: dict[str, object] = {"status": 200, "body": {}}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            says["api-key"] = self.headers.get("api-key")
            body = json.dumps(says["body"]).encode()
            self.send_response(int(str(says["status"])))
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", says
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_server_that_is_too_old_is_refused(answering) -> None:
    url, says = answering
    says["body"] = {"title": "qdrant", "version": "1.18.2"}
    with pytest.raises(ConfigError, match=r"1\.18\.2; 1\.19 or newer") as raised:
        ServerStore(url)
    assert "index.url" in raised.value.advice


@pytest.mark.parametrize("version", ["1.19.0", "1.20.3", "2.0.0", "1.19.0-dev"])
def test_versions_that_know_the_corpus(version: str) -> None:
    require_version(version, "url")


@pytest.mark.parametrize("version", ["1.18.9", "0.99.0", "dev", ""])
def test_versions_that_do_not(version: str) -> None:
    with pytest.raises(ConfigError, match="newer"):
        require_version(version, "url")


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (401, CredentialError),
        (403, CredentialError),
        (409, BusyError),
        (400, FatalError),
        (404, IndexUnavailableError),
        (429, IndexUnavailableError),
        (500, IndexUnavailableError),
        (503, IndexUnavailableError),
    ],
)
def test_refusals_have_names(answering, status: int, expected: type[HeadwaterError]) -> None:
    url, says = answering
    says["status"] = status
    with pytest.raises(expected, match=url) as raised:
        ServerStore(url)
    assert raised.value.advice


@pytest.mark.filterwarnings("ignore:Api key is used with an insecure connection")
def test_the_key_is_sent_and_never_shown(answering) -> None:
    url, says = answering
    says["status"] = 403
    with pytest.raises(CredentialError) as raised:
        ServerStore(url, api_key="s3cret")
    assert says["api-key"] == "s3cret"
    assert "s3cret" not in f"{raised.value} {raised.value.advice}"


def test_nobody_there() -> None:
    with pytest.raises(IndexUnavailableError, match="does not answer"):
        ServerStore("http://127.0.0.1:1")
