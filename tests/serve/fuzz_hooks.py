"""Loaded by schemathesis: half of what it makes up goes to sources that exist, and webhooks are signed."""

import itertools
import json
import os
from typing import Any

import schemathesis

from tests.serve.conftest import signed

SOURCES = ("wiki", "desk", "docs", "handbook")
_turn = itertools.count()


@schemathesis.hook  # type: ignore[untyped-decorator]  # the library's own
def before_call(context: Any, case: Any, kwargs: dict[str, Any]) -> None:
    turn = next(_turn)
    parameters = case.path_parameters
    if parameters and "source" in parameters and turn % 4:
        parameters["source"] = SOURCES[turn % len(SOURCES)]
    if case.method == "PUT" and parameters and turn % 3 == 0:
        _keepable(case)
    if case.query and turn % 20:
        case.query.pop("wait", None)  # each takes as long as a document does
    if case.path.startswith("/webhooks/") and os.environ.get("FUZZ_SIGNED") and turn % 2:
        body, headers = signed(_delivery(case.body, turn))
        kwargs["data"] = body
        case.headers = {**(case.headers or {}), **headers, "content-type": "application/json"}
        parameters["source"] = "docs"


def _keepable(case: Any) -> None:
    """Of what was made up, what does not keep a document from being kept."""
    case.path_parameters |= {"source": "wiki", "id": f"{next(_turn) % 50}.html"}
    if isinstance(case.body, dict):
        case.query = {}
        content = case.body.get("content") or case.body.get("content_base64")
        fit = {"content": content if isinstance(content, str) else "x", "media_type": "text/html", "allow": ["public"]}
        unfit = ("content_base64", "deny", "uri", "sequence")
        case.body = {name: value for name, value in case.body.items() if name not in unfit} | fit
    else:
        case.query = {name: value for name, value in (case.query or {}).items() if name in ("title", "wait")}


def _delivery(made_up: Any, turn: int) -> Any:
    """As it is, or as a list of documents that changed."""
    try:
        json.dumps(made_up)
    except (TypeError, ValueError):
        made_up = repr(made_up)
    return made_up if turn % 4 == 1 else {"type": "changed", "ids": [f"{turn % 7}.md"], "access": [made_up]}
