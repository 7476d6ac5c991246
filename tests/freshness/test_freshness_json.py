"""The JSON of a freshness report is what its schema and the documentation say, and stays so."""

import json
import re
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.measures import floored, length
from headwater.freshness.as_json import SCHEMA, as_json
from headwater.freshness.values import FindingKind, Kept, Report, Severity
from tests.app.test_commands_doc import check, shape_with
from tests.freshness.made import empty, made, put_aside, unpromised

ORDINARY = made()
ASIDE = [put_aside(ORDINARY.findings[0]), put_aside(ORDINARY.findings[1], days=5)]
REPORTS = {
    "ordinary": replace(ORDINARY, aside=tuple(ASIDE)),
    "hostile": made(40, 60, hostile=True),
    "empty": empty(),
    "unpromised": unpromised(),
}
OPTIONAL = {"documents", "notified"}
"""What --documents and --notify add; a source's own `documents` is always there."""
ASKED = {"asked": {"sources": [], "owners": [""], "kinds": ["failing"]}, "fail_on": None, "failing": 0}


@pytest.fixture(scope="module")
def schema(repository: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((repository / "docs" / "freshness.schema.json").read_text())
    return found


def printed(report: Report, *, documents: bool = True) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps({**as_json(report, documents=documents), **ASKED}))
    return found


@pytest.mark.parametrize("name", REPORTS)
def test_every_report_follows_the_schema(schema: dict[str, Any], name: str) -> None:
    validators = pytest.importorskip("jsonschema.validators", reason="jsonschema is not installed")
    validator = validators.validator_for(schema)
    validator.check_schema(schema)
    for documents in (True, False):
        found = printed(REPORTS[name], documents=documents)
        assert [error.message for error in validator(schema).iter_errors(found)] == []
        assert ("documents" in found) == documents
    broken = {**printed(REPORTS[name]), "schema": 2, "as_of": "2026-11-22 14:05"}
    assert len(list(validator(schema).iter_errors(broken))) == 2


def test_the_schema_names_every_field_and_no_other(schema: dict[str, Any]) -> None:
    found = printed(REPORTS["ordinary"])
    assert found["schema"] == schema["properties"]["schema"]["const"] == SCHEMA
    _same(found, schema, schema["$defs"])


def _same(value: Any, shape: dict[str, Any], known: dict[str, Any]) -> None:
    shape = known[shape["$ref"].rpartition("/")[2]] if "$ref" in shape else shape
    if shape.get("type") == "object":
        assert set(shape["required"]) <= value.keys() <= set(shape["required"]) | OPTIONAL
        assert value.keys() | OPTIONAL >= shape["properties"].keys() >= value.keys()
        for name in value:
            _same(value[name], shape["properties"][name], known)
    elif shape.get("type") == "array":
        for item in value:
            _same(item, shape["items"], known)


def test_the_schema_knows_every_word(schema: dict[str, Any]) -> None:
    known = schema["$defs"]
    assert known["kind"]["enum"] == [kind.value for kind in FindingKind]
    assert set(known["finding"]["properties"]["severity"]["enum"]) == {one.word for one in Severity}
    for name in ("pipeline", "content"):
        assert set(known["document"]["properties"][name]["enum"]) == {kept.value for kept in Kept}


def test_the_documentation_shows_it(repository: Path) -> None:
    text = (repository / "docs" / "commands.md").read_text()
    shapes = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", text, re.DOTALL)]
    check(printed(REPORTS["ordinary"]), shape_with(shapes, "schema", "headline"))


def test_every_finding_is_explained(repository: Path) -> None:
    page = (repository / "docs" / "freshness.md").read_text()
    table = page.partition("## Findings")[2].partition("## The command")[0]
    explained = re.findall(
        r"^\| `(\w+)` \| (critical|warning|notice)\b[^|]* \| [^|]+ \| [^|]+ \|$", table, re.MULTILINE
    )
    assert [name for name, _ in explained] == [kind.value for kind in FindingKind]


def test_times_are_utc_and_lengths_are_seconds() -> None:
    report = REPORTS["ordinary"]
    east = timezone(timedelta(hours=5, minutes=30))
    found = printed(report)
    assert found["as_of"] == "2026-11-22T14:05:00Z"
    moved = type(report)(
        **{name: getattr(report, name) for name in report.__dataclass_fields__}
        | {"as_of": datetime(2026, 11, 22, 19, 35, tzinfo=east)}
    )
    assert printed(moved)["as_of"] == found["as_of"]
    for one, standing in zip(found["documents"], report.documents, strict=True):
        assert one["lag_seconds"] == (None if standing.lag is None else standing.lag.total_seconds())


def test_nothing_promised_has_no_share() -> None:
    found = printed(REPORTS["unpromised"])
    assert found["headline"]["within_share"] is None
    assert {one["within_share"] for one in found["sources"]} == {None}


@given(st.integers(0, 10**6), st.integers(1, 10**6))
def test_a_share_is_never_shown_as_more_than_it_is(part: int, whole: int) -> None:
    part = min(part, whole)
    shown = floored(part, whole)
    assert (shown == "100%") == (part == whole)
    exact = 100 * part / whole
    assert float(shown[:-1]) <= exact + 1e-9
    assert exact - float(shown[:-1]) < 0.1 + 1e-9
    assert floored(part, 0) == "-"


@given(st.timedeltas(timedelta(days=-10_000), timedelta(days=10_000)))
def test_a_length_is_never_shown_as_more_than_it_is(of: timedelta) -> None:
    size = {"y": 365 * 86_400, "d": 86_400, "h": 3_600, "min": 60, "s": 1}
    number, unit = length(of).replace(",", "").split()
    assert abs(int(number)) * size[unit] <= abs(of.total_seconds()) + 1
    assert abs(of.total_seconds()) < (abs(int(number)) + 2) * size[unit]
