"""docs/commands.md names exactly what the commands print."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.app.conftest import Headwater


@pytest.fixture(scope="module")
def shapes(repository: Path) -> list[dict[str, Any]]:
    """Every JSON example of the page."""
    text = (repository / "docs" / "commands.md").read_text()
    return [json.loads(block) for block in re.findall(r"```json\n(.*?)```", text, re.DOTALL)]


def shape_with(shapes: list[dict[str, Any]], *keys: str) -> dict[str, Any]:
    found = [shape for shape in shapes if set(keys) <= shape.keys()]
    return min(found, key=len)


def check(printed: Any, documented: Any, where: str = "") -> None:
    """Same keys all the way down; open mappings and lists without an example are free."""
    if isinstance(documented, dict) and documented:
        assert printed.keys() == documented.keys(), where
        for key, value in documented.items():
            check(printed[key], value, f"{where}.{key}")
    elif isinstance(documented, list) and documented:
        for item in printed:
            check(item, documented[0], f"{where}[]")


def test_search_and_show(example: Headwater, shapes: list[dict[str, Any]]) -> None:
    check(example("search", "api key", "--json").json, shape_with(shapes, "passages"))
    shown = example("show", "rotate-api-key.html", "--json").json
    assert all({"kind", "text"} <= block.keys() for block in shown.pop("blocks"))
    documented = dict(shape_with(shapes, "chunks", "history"))
    documented.pop("blocks")
    check(shown, documented)


def test_status_access_doctor(example: Headwater, shapes: list[dict[str, Any]]) -> None:
    check(example("status", "--json").json, shape_with(shapes, "generation", "home"))
    check(example("access", "--json").json, shape_with(shapes, "as"))
    check(example("doctor", "--json").json, shape_with(shapes, "checks"))


def test_ingest_remove_init(headwater: Headwater, project: Path, folder: Path, shapes: list[dict[str, Any]]) -> None:
    home = project / "home"
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7 and nothing more")
    check(headwater("ingest", "--dry-run", "--json", cwd=project, home=home).json, shape_with(shapes, "dry_run"))
    check(headwater("ingest", "--direct", "--json", cwd=project, home=home).json, shape_with(shapes, "run", "problems"))
    removed = headwater("remove", "billing.md", "--block", "x", "--json", cwd=project, home=home).json
    check(removed, shape_with(shapes, "removed"))
    check(headwater("remove", "billing.md", "--unblock", "--json", cwd=project, home=home).json, {"unblocked": ""})
    check(headwater("init", str(project / "new"), "--json", cwd=project).json, shape_with(shapes, "file"))


def test_eval_and_lint(example: Headwater, shapes: list[dict[str, Any]], tmp_path: Path) -> None:
    questions = tmp_path / "questions.jsonl"
    lines = [{"question": "api key", "document": "rotate-api-key.html"}, {"question": "x", "document": "nowhere.md"}]
    questions.write_text("\n".join(json.dumps(line) for line in lines))
    (compared,) = [shape for shape in shapes if shape.keys() == {"compared"}]
    shape = shape_with(shapes, "results")
    found = example("eval", str(questions), "--json").json
    check(found, shape)
    before = {**found, "results": [{**found["results"][0], "rank": 0}]}
    earlier = tmp_path / "earlier.json"
    earlier.write_text(json.dumps({key: value for key, value in before.items() if key not in ("compared", "below")}))
    again = example("eval", str(questions), "--compare", str(earlier), "--json").json["compared"]
    check(again["metrics"].pop("mrr"), compared["compared"]["metrics"].pop("hit@1"))
    check(again, {**compared["compared"], "metrics": {}})
    assert again["better"]
    check(example("lint", "release-notes", "--json").json, shape_with(shapes, "findings"))


def test_an_error_has_error_and_advice(headwater: Headwater, project: Path) -> None:
    ran = headwater("ingest", "nowhere", "--json", cwd=project, home=project / "home")
    assert ran.code == 2
    assert ran.json.keys() == {"error", "advice"}
