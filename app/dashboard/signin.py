"""Signing in with a key, and out; the key itself is kept nowhere."""

import logging
from contextlib import suppress
from ipaddress import ip_address
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from app.dashboard.access import Visit, recognise, within_rate
from app.dashboard.csrf import check_origin, speaks_https
from app.dashboard.errors import page
from app.dashboard.fields import Fields, within
from app.dashboard.frame import PATH, Dashboard, Home
from app.dashboard.layout import render
from app.dashboard.session import COOKIE, LONGEST_SECONDS
from headwater.errors import ForbiddenError, UnauthenticError
from headwater.keys.keys import authenticated, note, require
from headwater.ledger.keys import Key

log = logging.getLogger("headwater.dashboard")
router = APIRouter()
LONGEST_KEY = 200


@router.get("/sign-in")
def form(request: Request, home: Home, next: Annotated[str, Query(max_length=4000)] = "") -> Response:
    """The form; who is signed in already goes on at once."""
    back = _back(next)
    with suppress(UnauthenticError):
        recognise(request, home)
        return RedirectResponse(back, 303)
    # Our cookie does not come along a link on another site; it does with the next request, which is from here.
    came = request.headers.get("sec-fetch-site") == "cross-site" and COOKIE not in request.cookies
    return _form(request, back, again=came)


@router.post("/sign-in")
def sign_in(request: Request, home: Home, fields: Fields) -> Response:
    """A new session, whatever cookie came with the request."""
    check_origin(request.headers)
    if not _private(request):
        return page(
            request, 403, "Not over plain http", "Reach the dashboard by https, or on this machine as http://localhost."
        )
    back = _back(fields.get("next", ""))
    try:
        key = _key(request, home, fields.get("key", "").strip()[:LONGEST_KEY])
    except UnauthenticError:
        return _form(request, back, status=401, problem="There is no such key, or it was revoked.")
    except ForbiddenError:
        return _form(request, back, status=403, problem="This key is not for that: it needs the scope read.")
    before = home.sessions.find(request.cookies.get(COOKIE, ""))
    if before is not None:
        home.sessions.end(before)
    token = home.sessions.begin(key)
    request.state.key = key.id
    note(home.node.opened.ledger, key.id, "dashboard sign-in", _host(request))
    answer = RedirectResponse(back, 303)
    answer.set_cookie(
        COOKIE,
        token,
        max_age=int(LONGEST_SECONDS),
        path=PATH,
        httponly=True,
        samesite="strict",
        secure=speaks_https(request.headers),
    )
    return answer


@router.post("/sign-out")
def sign_out(visit: Visit, home: Home) -> Response:
    home.sessions.end(visit)
    note(home.node.opened.ledger, visit.key.id, "dashboard sign-out")
    answer = RedirectResponse(f"{PATH}/sign-in", 303)
    answer.delete_cookie(COOKIE, path=PATH, httponly=True, samesite="strict")
    return answer


def _key(request: Request, home: Dashboard, text: str) -> Key:
    node, host = home.node, _host(request)
    within_rate(node.refused.wait(host, take=False))
    ledger = node.opened.ledger
    try:
        key = authenticated(ledger, text)
    except UnauthenticError:
        node.refused.wait(host)
        note(ledger, "dashboard", "sign-in refused", host)
        raise
    try:
        require(key, "read")
    except ForbiddenError:
        note(ledger, key.id, "refused", "read: dashboard sign-in")
        raise
    return key


def _form(request: Request, back: str, *, status: int = 200, problem: str = "", again: bool = False) -> Response:
    # Browsers say so only where nobody can listen.
    exposed = "sec-fetch-site" not in request.headers and not is_loopback(asked_host(request))
    return render(request, "signin.html", status=status, back=back, problem=problem, again=again, exposed=exposed)


def _back(asked: str) -> str:
    return within(asked, PATH)


def _host(request: Request) -> str:
    return request.client.host if request.client else ""


def _private(request: Request) -> bool:
    """Whether nobody on the way reads the key: https as far as the browser sees it, or this machine."""
    return speaks_https(request.headers) or is_loopback(asked_host(request))


def asked_host(request: Request) -> str:
    """The name that the browser reached us by."""
    try:
        return urlsplit(f"//{request.headers.get('host', '')}").hostname or ""
    except ValueError:
        return ""


def is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or host.endswith(".localhost") or ip_address(host).is_loopback
    except ValueError:
        return False
