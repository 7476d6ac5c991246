"""What went wrong, as a page: what it is, and what to do next; what is for our log stays there."""

import logging
from contextlib import suppress

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse, Response
from starlette.exceptions import HTTPException

from app.dashboard.access import recognise
from app.dashboard.fields import address, within
from app.dashboard.frame import PATH, home_of
from app.dashboard.layout import render
from app.dashboard.reports import NotYetError
from app.http.errors import RETRY_SECONDS, TooManyError
from headwater.errors import (
    ConfigError,
    ForbiddenError,
    HeadwaterError,
    MalformedError,
    RetriableError,
    UnauthenticError,
)

log = logging.getLogger("headwater.dashboard")
AGAIN_SECONDS = 2
SIGN_IN = f"{PATH}/sign-in"


def handle_errors(app: FastAPI) -> None:
    """Translate what pages raise; in threads, as the pages themselves, since who asks is looked up."""

    def ours(request: Request, error: Exception) -> Response:
        return _answer(request, error) if isinstance(error, HeadwaterError) else _fault(request, error)

    def invalid(request: Request, error: Exception) -> Response:
        problems = error.errors() if isinstance(error, RequestValidationError) else []
        said = "; ".join(f"{'.'.join(map(str, one['loc'][1:]))}: {one['msg']}" for one in problems[:5])
        return page(request, 422, "This is not in a form that is understood", said)

    def http(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        if status == 404:
            return page(request, 404, "There is nothing here", "The address may be of something that is gone by now.")
        return page(request, status, "This cannot be done here")

    app.add_exception_handler(HeadwaterError, ours)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(Exception, ours)


def page(request: Request, status: int, what: str, advice: str = "", headers: dict[str, str] | None = None) -> Response:
    """In the design of all others, with the menu for who is signed in."""
    if getattr(request.state, "session", None) is None:
        with suppress(HeadwaterError):
            recognise(request, home_of(request))
    answer = render(request, "error.html", status=status, number=status, what=what, advice=advice)
    answer.headers.update(headers or {})
    return answer


def signed_out(request: Request) -> Response:
    """To the sign-in, and from there back to what was asked for."""
    if request.headers.get("hx-request") == "true":
        # A part of a page would show the sign-in within it.
        shown = request.headers.get("hx-current-url", "")
        path = shown[shown.find(PATH) :] if PATH in shown else ""
        headers = {"hx-redirect": address(SIGN_IN, next=within(path, PATH))}
        return Response(status_code=401, headers=headers)
    if request.method != "GET":
        return page(request, 401, "You are not signed in any more", "Sign in, and do again what you wanted to do.")
    asked = request.scope["path"] + (f"?{request.url.query}" if request.url.query else "")
    return RedirectResponse(address(SIGN_IN, next=within(asked, PATH)), 303)


def _answer(request: Request, error: HeadwaterError) -> Response:
    match error:
        case UnauthenticError():
            return signed_out(request)
        case ForbiddenError():
            return page(request, 403, "This key is not for that", f"{_sentence(str(error))} {error.advice}")
        case TooManyError(seconds=seconds):
            return page(request, 429, "Too many requests", error.advice, {"retry-after": str(seconds)})
        case MalformedError() | ConfigError():
            return page(request, 422, _sentence(str(error)), error.advice)
        case NotYetError() if request.method == "GET":
            headers = {"refresh": str(AGAIN_SECONDS)}
            return page(
                request, 200, "One moment", "The freshness report is being made; then this page is shown.", headers
            )
        case RetriableError():
            log.warning("not now: %s: %s", type(error).__name__, error)
            headers = {"retry-after": str(RETRY_SECONDS)}
            return page(request, 503, "Not now", "Try again in a moment; the log says what is in the way.", headers)
        case _:
            log.error("failed: %s: %s", type(error).__name__, error)
            return page(request, 500, "This failed", "The log of headwater serve says why.")


def _fault(request: Request, error: Exception) -> Response:
    log.error("a fault in Headwater: %s", type(error).__name__, exc_info=error)
    return page(request, 500, "A fault in Headwater", "Its log has the traceback.")


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
