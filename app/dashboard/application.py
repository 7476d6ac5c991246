"""The dashboard as an application of its own, which that of `headwater serve` mounts."""

from fastapi import FastAPI
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.dashboard import document, documents, findings, inbox, overview, runs, search, signin, sources
from app.dashboard.errors import handle_errors
from app.dashboard.frame import Dashboard
from app.dashboard.reports import Reports
from app.dashboard.session import Sessions
from app.dashboard.static import Kept
from app.http.node import Node
from flows.freshness import freshness_of

ROUTERS = (
    signin.router, overview.router, findings.router, documents.router, document.router, search.router, sources.router,
    runs.router, inbox.router,
)  # fmt: skip

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # Forms of a page that has no referrer do not say where they come from.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cache-control": "no-store",
}


def dashboard(node: Node) -> FastAPI:
    """Every page over one node."""
    app = FastAPI(title="Headwater dashboard", openapi_url=None, docs_url=None, redoc_url=None)
    app.state.dashboard = Dashboard(node, Sessions(), Reports(lambda: freshness_of(node.opened)))
    for router in ROUTERS:
        app.include_router(router)
    app.mount("/static", Kept())
    handle_errors(app)
    app.add_middleware(Secured)
    return app


class Secured:
    """ASGI middleware: the headers of every answer, unless the answer has its own."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, sent)
