"""How much one request may bring, and how many of them one asker."""

import asyncio
import threading
import time
from collections import OrderedDict

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

BODY_SECONDS = 30.0
QUESTION_BYTES = 256 * 1024
_MOST_ASKERS = 10_000
_MINUTE = 60.0


class Buckets:
    """Token buckets in memory: so many a minute for each name, and as many at once."""

    def __init__(self, per_minute: int) -> None:
        self._most = float(per_minute)
        self._level: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def wait(self, name: str, *, take: bool = True) -> float:
        """0 when one is left (and taken), else the seconds until there is."""
        with self._lock:
            now = time.monotonic()
            level, before = self._level.pop(name, (self._most, now))
            level = min(self._most, level + (now - before) * self._most / _MINUTE)
            enough = level >= 1
            self._level[name] = (level - 1 if enough and take else level, now)
            while len(self._level) > _MOST_ASKERS:
                self._level.popitem(last=False)
        return 0.0 if enough else (1 - level) * _MINUTE / self._most


class LimitedBodies:
    """ASGI middleware: the body is read, up to a limit and within a time, before anything is done with the request."""

    def __init__(self, app: ASGIApp, *, most: int) -> None:
        """`most`: bytes of what services and people bring; a question has less."""
        self._app = app
        self._most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD", "OPTIONS"):
            await self._app(scope, receive, send)
            return
        most = QUESTION_BYTES if scope["path"] == "/v1/search" else self._most
        try:
            body = await asyncio.wait_for(_read(scope, receive, most), BODY_SECONDS)
        except TimeoutError:
            await _refuse(408, "the request did not come to its end in time")(scope, receive, send)
            return
        if body is None:
            await _refuse(413, f"a request may have {most:,} bytes")(scope, receive, send)
            return
        await self._app(scope, _Again(body, receive), send)


class _Again:
    """Hands a body that was read to whoever asks for it, then what comes after it."""

    def __init__(self, body: bytes, receive: Receive) -> None:
        self._body: bytes | None = body
        self._receive = receive

    async def __call__(self) -> Message:
        if self._body is None:
            return await self._receive()
        body, self._body = self._body, None
        return {"type": "http.request", "body": body, "more_body": False}


async def _read(scope: Scope, receive: Receive, most: int) -> bytes | None:
    """None for one that is too long."""
    stated = Headers(scope=scope).get("content-length", "0")
    if not stated.isdecimal() or int(stated[:20]) > most:
        return None
    parts, length = [], 0
    while True:
        message = await receive()
        part = message.get("body", b"")
        length += len(part)
        if length > most:
            return None
        parts.append(part)
        if message["type"] == "http.disconnect" or not message.get("more_body", False):
            return b"".join(parts)


def _refuse(status: int, error: str) -> JSONResponse:
    return JSONResponse({"error": error, "advice": ""}, status, {"connection": "close"})
