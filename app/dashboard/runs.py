"""What was run: by whom, with what result, and where Prefect shows it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from app.dashboard.access import SIGNED_IN
from app.dashboard.frame import Home
from app.dashboard.layout import parsed, render
from app.dashboard.signin import asked_host, is_loopback
from headwater.freshness.wording import counted

router = APIRouter(dependencies=SIGNED_IN)
SHOWN, MOST_READ, MOST_PROBLEMS = 30, 300, 50
_COUNTS = ("indexed", "removed", "failed", "quarantined", "withheld", "skipped")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One run; `began` is None for runs of older releases, which did not remember it."""

    id: str
    began: datetime | None
    took: timedelta
    command: str
    sources: tuple[tuple[str, str, str], ...]
    """Name, what became of it, and why it failed as a whole."""
    problems: tuple[Mapping[str, Any], ...]
    more_problems: int
    notes: tuple[str, ...]
    result: tuple[str, str]
    """Kind of pill, and words."""
    flow_run: str
    link: str


@router.get("/runs")
def runs(
    request: Request,
    home: Home,
    source: Annotated[str, Query(max_length=300)] = "",
    only: Annotated[str, Query(pattern="^(|trouble|changes)$")] = "",
    page: Annotated[int, Query(ge=1, le=100)] = 1,
) -> Response:
    """Newest first; `only` those with trouble, or those in which anything changed."""
    saved = home.node.opened.ledger.runs(limit=MOST_READ)
    wanted = [run for run in saved if _wanted(run, source, only)]
    chosen = wanted[(page - 1) * SHOWN : page * SHOWN]
    prefect = _prefect(request)
    return render(
        request,
        "runs.html",
        runs=[_shown(run, prefect) for run in chosen],
        sources=[one.name for one in home.node.settings.sources],
        source=source,
        only=only,
        page=page,
        pages=max(1, -(-len(wanted) // SHOWN)),
        found=len(wanted),
        most=MOST_READ if len(saved) == MOST_READ else 0,
        prefect=prefect,
    )


def _wanted(run: Mapping[str, Any], source: str, only: str) -> bool:
    of = [one for one in run.get("sources", ()) if not source or one.get("source") == source]
    if not of:
        return not source and not only
    if only == "trouble":
        return any(one.get("error") or one.get("failed") or one.get("quarantined") or one.get("withheld") for one in of)
    return only != "changes" or any(one.get("indexed") or one.get("removed") for one in of)


def _shown(run: Mapping[str, Any], prefect: str) -> Shown:
    problems = run.get("problems", ())
    flow_run = str(run.get("flow_run", ""))
    return Shown(
        id=str(run.get("run", "")),
        began=parsed(str(run.get("began", ""))),
        took=timedelta(seconds=float(run.get("seconds", 0))),
        command=str(run.get("command", "")),
        sources=tuple((str(one["source"]), _became(one), str(one.get("error", ""))) for one in run.get("sources", ())),
        problems=tuple(problems[:MOST_PROBLEMS]),
        more_problems=max(0, len(problems) - MOST_PROBLEMS),
        notes=tuple(run.get("notes", ())),
        result=_result(run),
        flow_run=flow_run,
        link=f"{prefect}/runs/flow-run/{flow_run}" if prefect and flow_run else "",
    )


def _became(of: Mapping[str, Any]) -> str:
    said = [f"{of[name]:,} {name}" for name in _COUNTS if of.get(name)]
    return ", ".join(said) or (
        f"nothing new in {counted(of['unchanged'], 'document')}" if of.get("unchanged") else "nothing"
    )


def _result(run: Mapping[str, Any]) -> tuple[str, str]:
    of = run.get("sources", ())
    failed = sum(bool(one.get("error")) for one in of)
    if failed:
        return "critical", f"{counted(failed, 'source')} failed"
    held = sum(one.get("failed", 0) + one.get("quarantined", 0) + one.get("withheld", 0) for one in of)
    if held:
        return "warning", f"{counted(held, 'document')} failed or held back"
    return "good", "in order"


def _prefect(request: Request) -> str:
    """Address of Prefect's pages, where who asks can reach them; the one we run listens to this machine alone."""
    api = os.environ.get("PREFECT_API_URL", "").rstrip("/")
    place = (os.environ.get("PREFECT_UI_URL", "") or api.removesuffix("/api")).rstrip("/")
    parts = urlsplit(place)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return ""
    return "" if is_loopback(parts.hostname) and not is_loopback(asked_host(request)) else place
