"""How much one request may bring, and how many of them one asker."""

import asyncio
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

BODY_SECONDS = 30.0
QUESTION_BYTES = 256 * 1024
LONG_TOGETHER = 4
"""Bodies of full length that are held at one time."""
RETRY = {"retry-after": "1"}
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
    """ASGI middleware: the body is read, up to a limit and within a time, before anything is done with the request.

    Who asks is known only later; so the long bodies that are held at one time are bounded together.
    """

    def __init__(self, app: ASGIApp, *, most: int) -> None:
        """`most`: bytes of what services and people bring; a question has less."""
        self._app = app
        self._most = most
        self._room = LONG_TOGETHER * most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD", "OPTIONS"):
            await self._app(scope, receive, send)
            return
        most = QUESTION_BYTES if scope["path"] == "/v1/search" else self._most
        reading = _Reading(scope, receive, most, self._take)
        try:
            body = await self._read(reading)
            if isinstance(body, JSONResponse):
                await body(scope, receive, send)
            else:
                await self._app(scope, _Again(body, receive), send)
        finally:
            self._room += reading.taken

    async def _read(self, reading: "_Reading") -> bytes | JSONResponse:
        try:
            return await asyncio.wait_for(reading.body(), BODY_SECONDS)
        except TimeoutError:
            return _refuse(408, "the request did not come to its end in time")

    def _take(self, length: int) -> bool:
        """Whether there is room for so many bytes more."""
        fits = length <= self._room
        self._room -= length if fits else 0
        return fits


class _Reading:
    """A body as it comes; `taken` bytes of the room for long ones are its own."""

    def __init__(self, scope: Scope, receive: Receive, most: int, take: Callable[[int], bool]) -> None:
        self._scope, self._receive, self._most, self._take = scope, receive, most, take
        self.taken = 0

    async def body(self) -> bytes | JSONResponse:
        """Or what is said of one that cannot be taken."""
        stated = Headers(scope=self._scope).get("content-length", "0")
        if not stated.isdecimal() or int(stated[:20]) > self._most:
            return self._too_long()
        parts, length = [], 0
        while True:
            message = await self._receive()
            part = message.get("body", b"")
            length += len(part)
            if length > self._most:
                return self._too_long()
            # Short ones always find room: what is announced is not kept out by what is put.
            more = max(0, length - QUESTION_BYTES) - self.taken
            if not self._take(more):
                return _refuse(503, "too many long requests at once", "Try again in a moment.", RETRY)
            self.taken += more
            parts.append(part)
            if message["type"] == "http.disconnect" or not message.get("more_body", False):
                return b"".join(parts)

    def _too_long(self) -> JSONResponse:
        return _refuse(413, f"a request may have {self._most:,} bytes")


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


def _refuse(status: int, error: str, advice: str = "", headers: Mapping[str, str] = {}) -> JSONResponse:
    return JSONResponse({"error": error, "advice": advice}, status, {"connection": "close", **headers})
