"""Traces arrive where the environment says, as OTLP, one for a delivery and its work; names and numbers alone."""

import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from headwater import tracing
from tests.serve.conftest import REPOSITORY, Node, eventually
from tests.serve.pushing import Collector, put, told

STAGES = {"run", "scan", "revoke", "fetch", "parse", "chunk", "embed", "stage", "publish"}


@pytest.fixture(scope="module")
def served(shared: Node) -> Node:
    return shared


def test_a_delivery_and_what_it_leads_to_are_one_trace(served: Node, collector: Collector) -> None:
    served.write("traced.md", "# One\n\nThe thylacine is back.\n")
    assert served.tell("traced.md", id="traced-1").status_code == 202
    assert eventually(lambda: collector.named("publish", document="traced.md"))
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
            assert (found["run"], found["delivery"], found["document"]) == (number, "traced-1", "traced.md"), span.name
    assert told(next(span for span in within if span.name == "chunk"))["chunks"] == 1


def test_a_document_that_is_put_too(served: Node, collector: Collector) -> None:
    assert put(served, "wiki/traced.md?wait=true", served.key("ingest"), content=b"# A\n\nThe numbat is back.\n").json()
    assert eventually(lambda: collector.named("publish", source="wiki", document="traced.md"))
    (kept,) = eventually(lambda: collector.named("put", source="wiki", document="traced.md"))
    (looked,) = eventually(lambda: collector.named("announced", source="wiki", document="traced.md"))
    assert kept.trace_id == looked.trace_id


def test_a_search(served: Node, collector: Collector) -> None:
    before = len(collector.spans)
    served.found("a question that nobody else may read", served.key("search"))
    found = eventually(lambda: [span for span in collector.spans[before:] if span.name == "search"])[-1]
    assert eventually(lambda: _children(collector, found) == {"embed", "candidates", "fuse", "assemble"})
    assert told(found)["limit"] == 20


def _children(collector: Collector, parent: Any) -> set[str]:
    return {span.name for span in collector.spans if span.parent_span_id == parent.span_id}


def test_a_command_tells_of_its_run(served: Node, collector: Collector) -> None:
    (served.folder / "handbook" / "traced.md").write_text("# Salaries\n\nThe ocelot earns most.\n")
    ran = served.beside("ingest", "handbook", "--direct", "--json")
    assert ran.returncode == 0, ran.stderr
    (run,) = collector.named("run", run=json.loads(ran.stdout)["run"])  # everything is sent before it ends
    assert {span.name for span in collector.spans if span.trace_id == run.trace_id} >= STAGES


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


def test_a_collector_that_is_down_keeps_nobody_waiting(served: Node) -> None:
    down = {**served.environment, "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}
    began = time.monotonic()
    ran = replace(served, environment=down).beside("ingest", "handbook", "--direct")
    assert ran.returncode == 0, ran.stderr
    assert "Transient" not in ran.stderr
    assert time.monotonic() - began < 60, "not for minutes, however busy the machine is"


def test_nothing_is_done_while_it_is_off() -> None:
    assert not tracing.is_on()
    assert tracing.span("a") is tracing.span("b", source="x")
    with tracing.span("a") as nothing:
        nothing.tell(passages=3)
