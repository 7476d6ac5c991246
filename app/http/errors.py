"""Every error as one JSON object `{"error", "advice"}`; what is for our log stays there."""

import logging
from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.routing import Route

from headwater.errors import (
    ConfigError,
    ForbiddenError,
    HeadwaterError,
    MalformedError,
    RequestError,
    RetriableError,
    UnauthenticError,
)

RETRY_SECONDS = 5
log = logging.getLogger("headwater.http")


class TooManyError(RequestError):
    """More requests than are allowed; `seconds` until there may be another."""

    def __init__(self, message: str, *, seconds: int) -> None:
        super().__init__(message, advice=f"Try again in {seconds} s.")
        self.seconds = seconds


class RefusedError(RequestError):
    """Refused with this status; its message is for whoever asked."""

    def __init__(self, status: int, message: str, advice: str = "") -> None:
        super().__init__(message, advice=advice)
        self.status = status


class Problem(BaseModel):
    """What is wrong, and what to do about it where that is known."""

    error: str
    advice: str = ""


KEYED: dict[int | str, dict[str, Any]] = {
    400: {"model": Problem, "description": "What it asks for makes no sense; `error` says why"},
    401: {"model": Problem, "description": "No key, or none that is good"},
    403: {"model": Problem, "description": "The key is not for that"},
    422: {"model": Problem, "description": "Not in the form that is documented"},
    429: {"model": Problem, "description": "More requests than a key may make; `Retry-After` says when"},
    503: {
        "model": Problem,
        "description": "Not now: the ledger or the index cannot be reached, or too many long requests come at once",
    },
}
"""What every route that wants a key may answer."""
BODIES: dict[int | str, dict[str, Any]] = {
    408: {"model": Problem, "description": "The body did not come to its end in time"},
    413: {"model": Problem, "description": "The body is longer than it may be"},
}


def said_of(problems: Sequence[Any]) -> str:
    """What pydantic found, without what was sent: it may be a question."""
    return "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}".removeprefix(": ") for one in problems[:10])


def answer(error: HeadwaterError) -> JSONResponse:
    """What the asker gets to know of an error."""
    match error:
        case UnauthenticError():
            headers = {"www-authenticate": "Bearer"}
            return _said(401, "no key, or none that is good", "Send a key as a bearer token.", headers)
        case ForbiddenError():
            return _said(403, "this key is not for that")
        case TooManyError(seconds=seconds):
            return _said(429, str(error), error.advice, {"retry-after": str(seconds)})
        case RefusedError(status=status):
            return _said(status, str(error), error.advice)
        case MalformedError():
            return _said(400, "this is not in the form that is documented")
        case ConfigError():
            return _said(400, str(error), error.advice)
        case RetriableError():
            log.warning("not now: %s: %s", type(error).__name__, error)
            return _said(503, "not now", "Try again in a moment.", {"retry-after": str(RETRY_SECONDS)})
        case _:
            log.error("failed: %s: %s", type(error).__name__, error)
            return _said(500, "this failed; the log of headwater serve says why")


def handle_errors(app: FastAPI) -> None:
    """Translate what routes raise."""

    async def ours(request: Request, error: Exception) -> JSONResponse:  # noqa: ARG001 - the shape of a handler
        return answer(error) if isinstance(error, HeadwaterError) else fault(error)

    async def invalid(request: Request, error: Exception) -> JSONResponse:  # noqa: ARG001
        said = said_of(error.errors()) if isinstance(error, RequestValidationError) else ""
        return _said(422, said or "this is not in the form that is documented", "See /openapi.json.")

    async def http(request: Request, error: Exception) -> JSONResponse:
        status = error.status_code if isinstance(error, HTTPException) else 500
        headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
        if status == 405:
            headers["Allow"] = ", ".join(_allowed(request))
        return _said(status, "there is nothing here" if status == 404 else "this cannot be done here", "", headers)

    app.add_exception_handler(HeadwaterError, ours)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(Exception, ours)


def _allowed(request: Request) -> list[str]:
    """Every method of this path: it may have several routes."""
    path = request.scope["path"]
    routes = [one for one in request.app.routes if isinstance(one, Route) and one.path_regex.match(path)]
    return sorted({method for route in routes for method in route.methods or ()})


def fault(error: Exception) -> JSONResponse:
    log.error("a fault in Headwater: %s", type(error).__name__, exc_info=error)
    return _said(500, "a fault in Headwater; its log has the traceback")


def _said(status: int, error: str, advice: str = "", headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"error": error, "advice": advice}, status, headers)
