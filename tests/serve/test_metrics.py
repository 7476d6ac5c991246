"""`/metrics` tells what it says it tells, to those who may ask, in a form that Prometheus reads."""

import math
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace as Some
from typing import cast

import httpx
import pytest
import yaml
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as plain_text

from app.http.figures import FRESHNESS, figures_of
from headwater.freshness.values import Report
from headwater.ledger.waiting import DEAD
from tests.serve.conftest import Node, eventually, signed
from tests.serve.pushing import project

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@pytest.fixture(scope="module")
def served(shared: Node) -> Node:
    return shared


@pytest.fixture(scope="module")
def read(served: Node) -> str:
    return served.key("read")


def samples(node: Node, key: str) -> Samples:
    answer = node.get("/metrics", key)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/plain")
    families = list(plain_text(answer.text))
    return {(one.name, tuple(sorted(one.labels.items()))): one.value for family in families for one in family.samples}


def value(found: Samples, name: str, **labels: str) -> float:
    return found.get((name, tuple(sorted(labels.items()))), math.nan)


def test_a_key_for_reading_is_needed(served: Node, read: str) -> None:
    assert served.get("/metrics").status_code == 401
    assert served.get("/metrics", served.key("search", "ingest", "administer")).status_code == 403
    assert served.get("/metrics", read).status_code == 200


@pytest.mark.slow
def test_how_things_stand(tmp_path: Path) -> None:
    served = project(tmp_path)
    served.write("0.md", "# One\n\nText.\n")
    (served.folder / "handbook" / "a.md").write_text("# Two\n\nText.\n")
    try:
        assert served.beside("ingest", "--direct").returncode == 0
        served.start()
        how_things_stand(served, served.key("read"))
    finally:
        served.close()


def how_things_stand(served: Node, read: str) -> None:
    ran = served.beside("ingest", "handbook", "--direct")
    assert ran.returncode == 0, ran.stderr
    found = eventually(
        lambda: (now := samples(served, read)) and ("headwater_figures_timestamp_seconds", ()) in now and now
    )
    assert found
    assert sum(value(found, "headwater_documents", source="docs", freshness=word) for word in FRESHNESS) == 1
    assert value(found, "headwater_outcomes", source="docs", outcome="indexed") == 1
    assert value(found, "headwater_ready", check="index") == 1
    assert value(found, "headwater_inbox_documents", state="waiting") == 0
    assert value(found, "headwater_epoch") >= 2
    assert value(found, "headwater_index_points", state="current") >= 1
    assert value(found, "headwater_withheld_removals", source="docs") == 0
    assert value(found, "headwater_run_seconds_count", source="handbook", outcome="complete") == 1
    (build,) = [labels for name, labels in found if name == "headwater_build_info"]
    assert dict(build).keys() == {"version", "python"}


def test_what_it_counts(served: Node, read: str) -> None:
    assert eventually(lambda: _is_idle(served))
    before = samples(served, read)
    key = served.key("search")
    served.found("text", key)
    assert served.tell("0.md", id="counted").status_code == 202
    assert served.tell("0.md", id="counted").status_code == 202
    assert served.tell().status_code == 202
    body, _ = signed({"ids": ["0.md"]})
    for source in ("docs", *(f"made-up-{number}" for number in range(5))):
        assert httpx.post(f"{served.url}/webhooks/{source}", content=body).status_code == 401
    assert eventually(lambda: _is_idle(served))
    after = samples(served, read)

    def more(name: str, **labels: str) -> float:
        was = value(before, name, **labels)
        return value(after, name, **labels) - (0 if math.isnan(was) else was)

    assert more("headwater_search_seconds_count") == 1
    for answer in ("accepted", "duplicate", "ignored", "refused"):
        assert more("headwater_webhook_deliveries_total", source="docs", answer=answer) == 1, answer
    assert more("headwater_webhook_deliveries_total", source="(none)", answer="refused") == 5
    assert more("headwater_announced_to_searchable_seconds_count", source="docs") == 1
    assert more("headwater_http_answers_total", method="POST", status="401") == 6
    sources = {dict(labels)["source"] for _, labels in after if "source" in dict(labels)}
    assert sources <= {"docs", "handbook", "wiki", "desk", "(none)"}


def _is_idle(node: Node) -> bool:
    return all(row.state == DEAD for row in node.inbox.rows())


def test_prometheus_reads_both_formats(served: Node, read: str) -> None:
    text = served.get("/metrics", read).text
    names = [family.name for family in plain_text(text)]
    assert len(names) == len(set(names))
    header = {"authorization": f"Bearer {read}", "accept": "application/openmetrics-text; version=1.0.0"}
    answer = httpx.get(f"{served.url}/metrics", headers=header)
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    families = list(openmetrics(answer.text))
    for family in families:
        assert family.name.startswith("headwater_"), family.name
        assert family.documentation.endswith("."), family.name
        if family.type == "histogram":
            assert family.name.endswith("_seconds"), family.name
    assert "0.md" not in text


def test_the_rules_and_the_page_name_what_is_told(served: Node, read: str, repository: Path) -> None:
    figures = ("headwater_figures_timestamp_seconds", ())
    assert eventually(lambda: figures in samples(served, read))
    told = {name for name, _ in samples(served, read)}
    text = served.get("/metrics", read).text
    told |= set(re.findall(r"^# TYPE (\w+)", text, re.MULTILINE))
    rules = yaml.safe_load((repository / "deploy/prometheus/alerts.yml").read_text())
    yaml.safe_load((repository / "deploy/prometheus/prometheus.yml").read_text())
    page = (repository / "docs/monitoring.md").read_text()
    named: set[str] = set(re.findall(r"headwater_\w+", page))
    for group in rules["groups"]:
        for rule in group["rules"]:
            assert {"alert", "expr", "labels", "annotations"} <= rule.keys(), rule
            found = set(re.findall(r"headwater_\w+", rule["expr"]))
            assert found or "up{" in rule["expr"], rule
            named |= found
            assert f"`{rule['alert']}`" in page, f"{rule['alert']} is not on the page"
    assert named <= told, named - told
    families = {re.sub(r"_(bucket|sum|count|total|created|info)$", "", name) for name in told}
    described = {re.sub(r"_(bucket|sum|count|total|created|info)$", "", name) for name in named}
    ours = {name for name in families if not re.match(r"headwater_process_", name)}
    assert ours <= described, f"not on the page: {ours - described}"


@pytest.mark.slow
def test_it_is_open_only_where_nobody_else_reaches_it(tmp_path: Path) -> None:
    for host, status in (("127.0.0.1", 200), ("0.0.0.0", 401)):
        folder = tmp_path / host
        folder.mkdir()
        node = project(folder, f'[serve]\nopen_metrics = true\nhost = "{host}"\n')
        try:
            node.key("read")
            node.start()
            assert node.get("/metrics").status_code == status
        finally:
            node.close()


def test_statistics_of_lag_and_age() -> None:
    documents = [
        Some(source="a", lag=timedelta(seconds=n), age=None, freshness="stale", outcome="indexed")
        for n in range(1, 101)
    ]
    source = Some(name="a", findings={"critical": 2}, withheld=3, failed_runs=1, last_success=None, last_complete=None)
    report = Some(documents=documents, sources=[source], as_of=datetime.now(UTC))
    found = figures_of(cast(Report, report), {}).sources["a"]
    assert found.lag == {"median": 51.0, "p95": 96.0, "worst": 100.0}
    assert found.age == {}
    assert found.freshness == {"fresh": 0, "stale": 100, "unknown": 0, "unpromised": 0}
    assert (found.findings["critical"], found.findings["notice"], found.withheld) == (2, 0, 3)
