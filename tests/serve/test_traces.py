"""Traces arrive where the environment says, as OTLP, one for a delivery and its work; names and numbers alone."""

import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from headwater import tracing
from tests.serve.conftest import REPOSITORY, Node, eventually
from tests.serve.test_documents import project, put

STAGES = {"run", "scan", "revoke", "fetch", "parse", "chunk", "embed", "stage", "publish"}


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


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
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


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, collector: Collector) -> Iterator[Node]:
    node = project(tmp_path_factory.mktemp("traced"))
    node.environment |= {
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
        "OTEL_EXPORTER_OTLP_COMPRESSION": "none",
        "OTEL_BSP_SCHEDULE_DELAY": "200",
    }
    node.write("0.md", "# One\n\nThe thylacine is back.\n")
    (node.folder / "handbook" / "a.md").write_text("# Salaries\n\nThe ocelot earns most.\n")
    try:
        node.start()
        yield node
    finally:
        node.close()


def test_a_delivery_and_what_it_leads_to_are_one_trace(served: Node, collector: Collector) -> None:
    assert served.tell("0.md", id="traced-1").status_code == 202
    assert eventually(lambda: collector.named("publish", document="0.md"))
    (received,) = eventually(lambda: collector.named("webhook", delivery="traced-1"))
    (looked,) = eventually(lambda: collector.named("announced", delivery="traced-1"))
    (run,) = eventually(lambda: collector.named("run", delivery="traced-1"))
    assert received.trace_id == looked.trace_id == run.trace_id
    assert run.parent_span_id == looked.span_id
    within = [span for span in collector.spans if span.trace_id == run.trace_id]
    assert {span.name for span in within} >= (STAGES - {"scan"}) | {"webhook", "announced"}
    number = told(run)["run"]
    for span in within:
        if span.name in STAGES:
            found = told(span)
            assert (found["run"], found["delivery"], found["document"]) == (number, "traced-1", "0.md"), span.name
    assert told(next(span for span in within if span.name == "chunk"))["chunks"] == 1


def test_a_document_that_is_put_too(served: Node, collector: Collector) -> None:
    assert put(served, "wiki/a.md?wait=true", served.key("ingest"), content=b"# A\n\nThe numbat is back.\n").json()
    assert eventually(lambda: collector.named("publish", source="wiki"))
    (kept,) = eventually(lambda: collector.named("put", source="wiki"))
    (looked,) = eventually(lambda: collector.named("announced", source="wiki"))
    assert kept.trace_id == looked.trace_id


def test_a_search(served: Node, collector: Collector) -> None:
    served.found("a question that nobody else may read", served.key("search"))
    (found,) = eventually(lambda: [one for one in collector.named("search") if told(one).get("passages")])
    assert eventually(lambda: _children(collector, found) == {"embed", "candidates", "fuse", "assemble"})


def _children(collector: Collector, parent: Any) -> set[str]:
    return {span.name for span in collector.spans if span.parent_span_id == parent.span_id}


def test_a_command_tells_of_its_run(served: Node, collector: Collector) -> None:
    before = len(collector.named("run"))
    assert served.beside("ingest", "handbook", "--direct").returncode == 0
    runs = collector.named("run")
    assert len(runs) == before + 1, "everything is sent before it ends"
    names = Counter(span.name for span in collector.spans if span.trace_id == runs[-1].trace_id)
    assert names.keys() >= STAGES


def test_it_holds_no_contents_and_no_secrets(served: Node, collector: Collector) -> None:
    written = b"".join(request.SerializeToString() for request in collector.requests)
    assert len(collector.spans) > 20
    for text in ("thylacine", "numbat", "nobody else may read", "hwk_", "a secret of some length", "ocelot"):
        assert text.encode() not in written
    attributes = [one for request in collector.requests for one in request.resource_spans[0].resource.attributes]
    assert {one.value.string_value for one in attributes if one.key == "service.name"} == {"headwater"}


def test_without_the_extra_it_says_so_and_goes_on(tmp_path: Path) -> None:
    (tmp_path / "hidden").mkdir()
    (tmp_path / "hidden" / "sitecustomize.py").write_text(
        "import sys\nsys.modules['opentelemetry.exporter.otlp.proto.http.trace_exporter'] = None\n"
    )
    environment = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "HEADWATER_HOME": str(tmp_path)}
    ran = subprocess.run(
        [sys.executable, "-m", "app.cli", "status"],
        cwd=tmp_path,
        env={**os.environ, **environment, "PYTHONPATH": f"{tmp_path / 'hidden'}:{REPOSITORY}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0
    assert "install headwater with its extra otel" in " ".join(ran.stderr.split())


def test_nothing_is_done_while_it_is_off() -> None:
    assert not tracing.is_on()
    assert tracing.span("a") is tracing.span("b", source="x")
    with tracing.span("a") as nothing:
        nothing.tell(passages=3)
