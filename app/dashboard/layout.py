"""Templates to answers: every text escaped, the frame around each page, and where people go after an action."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app.dashboard.fields import address
from app.dashboard.frame import PATH, TABS, home_of
from app.dashboard.session import Session
from app.measures import floored, length, moment
from app.pages.rendering import clean, href
from headwater.clock import utc_now
from headwater.freshness.wording import counted

_FOLDER = Path(__file__).parent
STATIC = _FOLDER / "static"
EVERY = "5s"
"""How often a page asks for those parts of it that follow by themselves."""


def render(request: Request, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """A whole page, or a part of one for htmx, which says nothing of what was done before."""
    session: Session | None = getattr(request.state, "session", None)
    said: list[str] = []
    if session is not None and request.headers.get("hx-request") != "true":
        session.said, said = [], session.said
    zone = home_of(request).zone
    content = (
        _environment()
        .get_template(template)
        .render(
            session=session,
            may_administer=session is not None and session.may("administer"),
            said=said,
            tabs=TABS,
            here=request.scope["path"].removeprefix(PATH) or "/",
            now=utc_now(),
            every=EVERY,
            moment=lambda at, missing="never": moment(at, zone, missing=missing),
            **values,
        )
    )
    return HTMLResponse(content, status)


def went(visit: Session, said: str, path: str, **named: object) -> RedirectResponse:
    """To a page of ours (`path` is below the dashboard's), which says what was done; loading it again does nothing."""
    visit.said.append(said)
    return RedirectResponse(address(PATH + path, **named), 303)


def document_address(source: str, document: str) -> str:
    """Where one document is shown: ids may have anything in them, so they are no part of the path."""
    return address(f"{PATH}/document", source=source, id=document)


def documents_address(**named: object) -> str:
    """Where documents are listed, by source, owner and what else that page knows."""
    return address(f"{PATH}/documents", **named)


@cache
def asset(name: str) -> str:
    """The address of a file in static/, another one whenever its content is."""
    return f"{PATH}/static/{name}?v={hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]}"


def ago(at: datetime | None, now: datetime, *, missing: str = "never") -> str:
    """As in `5 min ago` and `in 3 h`."""
    if at is None:
        return missing
    passed = now - at
    if abs(passed) < timedelta(seconds=5):
        return "now"
    return f"{length(passed)} ago" if passed > timedelta() else f"in {length(-passed)}"


def parsed(text: str) -> datetime | None:
    """A moment that a ledger or Prefect wrote down; None for what is none."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    environment.filters |= {"href": href, "clean": clean}
    known: Mapping[str, Any] = {
        "root": PATH,
        "asset": asset,
        "address": address,
        "document_address": document_address,
        "documents_address": documents_address,
        "ago": ago,
        "length": length,
        "counted": counted,
        "floored": floored,
    }
    environment.globals |= known
    return environment


def _shown(value: object) -> object:
    """Without characters that HTML has no form for."""
    return clean(value) if type(value) is str else value
