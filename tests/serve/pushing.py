"""Sources that documents are put to, one process that serves them to many tests, and where its traces go."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.serve.conftest import CONFIGURATION, Node

PUSHED = """
[[source]]
name = "{name}"
kind = "push"
content = "help"
default_access = {access}
{more}
"""
SOURCES = (
    CONFIGURATION.replace('staff = "Staff"', 'staff = "Staff"\nsupport = "Support"')
    + PUSHED.format(name="wiki", access='["public"]', more="max_removals = 1\nmax_removed_share = 0.2")
    + PUSHED.format(name="desk", access="[]", more='exclude = ["drafts/**"]')
)


def project(folder: Path, settings: str = "") -> Node:
    for name in ("docs", "handbook"):
        (folder / name).mkdir()
    (folder / "headwater.toml").write_text(settings + SOURCES, encoding="utf-8")
    return Node(folder)


def put(node: Node, name: str, key: str, **named: Any) -> httpx.Response:
    headers = ({"authorization": f"Bearer {key}"} if key else {}) | named.pop("headers", {})
    return httpx.put(f"{node.url}/v1/documents/{name}", headers=headers, timeout=30, **named)


def delete(node: Node, name: str, key: str, **named: Any) -> httpx.Response:
    headers = ({"authorization": f"Bearer {key}"} if key else {}) | named.pop("headers", {})
    return httpx.delete(f"{node.url}/v1/documents/{name}", headers=headers, timeout=30, **named)


def found(node: Node, word: str, key: str, **named: Any) -> list[str]:
    """Texts of the passages that have this word; the embedder of the tests finds others as well."""
    answer = node.post("/v1/search", key, json={"question": word, "limit": 20, **named})
    assert answer.status_code == 200, answer.text
    return [passage["text"] for passage in answer.json()["passages"] if word in passage["text"]]


def text(words: str) -> dict[str, Any]:
    return {"content": f"# Title\n\n{words}\n", "media_type": "text/markdown"}


# traces ---------------------------------------------------------------------------------------------------


@dataclass
class Collector:
    """What was sent to it."""

    url: str = ""
    requests: list[ExportTraceServiceRequest] = field(default_factory=list)

    @property
    def spans(self) -> list[Any]:
        return [
            span
            for request in self.requests
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    def named(self, name: str, **about: str) -> list[Any]:
        return [span for span in self.spans if span.name == name and about.items() <= told(span).items()]


def told(span: Any) -> dict[str, Any]:
    found = {}
    for one in span.attributes:
        kind = one.value.WhichOneof("value")
        found[one.key.removeprefix("headwater.")] = getattr(one.value, kind)
    return found


@contextmanager
def collecting() -> Iterator[Collector]:
    """Takes OTLP over HTTP."""
    made = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            request = ExportTraceServiceRequest()
            request.ParseFromString(body)
            made.requests.append(request)
            self.send_response(200)
            self.send_header("content-type", "application/x-protobuf")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    made.url = f"http://127.0.0.1:{server.server_port}"
    yield made
    server.shutdown()
    server.server_close()
    thread.join()
