"""The HTTP application of `headwater serve`."""

import logging
import time

from fastapi import FastAPI
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.dashboard.application import dashboard
from app.http import documents, health, metrics, search, status, webhooks
from app.http.counted import Counted
from app.http.errors import handle_errors
from app.http.limits import LimitedBodies
from app.http.node import Node

log = logging.getLogger("headwater.http")

_HEADERS = {"x-content-type-options": "nosniff", "cache-control": "no-store", "referrer-policy": "no-referrer"}


def application(node: Node) -> FastAPI:
    """Every route over one node; bodies within its limit, each request a line of the log."""
    app = FastAPI(
        title="Headwater",
        version="1",
        description="Search what the holder of a key may read, and announce what changed.",
        docs_url=None,  # its page loads scripts from elsewhere
        redoc_url=None,
    )
    app.state.node = node
    for router in (webhooks.router, documents.router, search.router, status.router, metrics.router, health.router):
        app.include_router(router)
    pages = dashboard(node)
    app.mount("/dashboard", pages)
    app.state.gauges = metrics.gauges_of(node, pages.state.dashboard.reports.latest)
    app.add_route("/", _to_dashboard, include_in_schema=False)
    app.add_route("/dashboard", _to_dashboard, include_in_schema=False)
    handle_errors(app)
    app.add_middleware(LimitedBodies, most=node.settings.serve.max_body_mb * 2**20)
    app.add_middleware(Logged, counted=node.counted)
    return app


async def _to_dashboard(request: Request) -> Response:  # noqa: ARG001 - the shape of a route
    return RedirectResponse("/dashboard/", 303)


class Logged:
    """ASGI middleware: one line for each answer, without what was asked or sent; headers that it has, or gets."""

    def __init__(self, app: ASGIApp, counted: Counted) -> None:
        self._app, self._counted = app, counted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, answered = time.monotonic(), 0

        async def sent(message: Message) -> None:
            nonlocal answered
            if message["type"] == "http.response.start":
                answered = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            await self._app(scope, receive, sent)
        finally:
            self._counted.answered(scope["method"], answered)
            level = logging.DEBUG if scope["path"].startswith("/health/") else logging.INFO
            about = {
                "method": scope["method"],
                "path": scope["path"][:300],
                "answered": answered,
                "key": scope.get("state", {}).get("key", ""),
                "seconds": round(time.monotonic() - began, 3),
            }
            log.log(level, "a request", extra=about)
