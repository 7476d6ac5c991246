"""`POST /webhooks/{source}`: authenticity first, then the inbox, then 202."""

import asyncio
import logging
import secrets
import time
from collections.abc import Collection

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from app.http.errors import BODIES, Problem
from app.http.node import Here, Node
from connectors.announced import announced
from headwater.clock import utc_now
from headwater.errors import ConfigError, MalformedError, RetriableError, UnauthenticError
from headwater.settings import Secret, WebhookSettings
from headwater.tracing import span
from headwater.webhooks.kinds import authentic, read
from headwater.webhooks.values import Delivery

log = logging.getLogger("headwater.webhooks")
router = APIRouter(tags=["webhooks"])

REFUSED_SECONDS = 0.25
_NOBODYS = WebhookSettings(kind="github", secrets=(Secret(secrets.token_hex(32)),))
"""Checked where there is no webhook, so that the work is the same."""


class Accepted(BaseModel):
    """`duplicate`: it came before, and nothing is done. `documents` is how many are looked at, whole sources too."""

    status: str
    documents: int = 0
    reason: str = ""


@router.post(
    "/webhooks/{source}",
    status_code=202,
    response_model=Accepted,
    responses={
        **BODIES,
        400: {"model": Problem, "description": "Authentic, but not in the form that its service documents"},
        401: {"model": Problem, "description": "Not authentic, or no such webhook: the answer is the same"},
        422: {"model": Problem, "description": "Not in the form that is documented"},
        503: {"model": Problem, "description": "It could not be kept; send it again"},
    },
    openapi_extra={
        "requestBody": {"required": True, "content": {"application/json": {"schema": {}}}},
        "description": "Signed as the service does it, in its own headers; see docs/webhooks.md.",
    },
)
async def deliver(source: str, request: Request, node: Here) -> Response:
    """Take what a service announces; with 202 it is safe on disk, and what it is about is looked at soon."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    delivery = Delivery(headers, await request.body(), utc_now())
    began = time.monotonic()
    accepted = await asyncio.to_thread(_counted, node, source, delivery)
    if accepted is None:
        # However far the check came, and whether there is anything to check: the answer comes after the same time.
        await asyncio.sleep(began + REFUSED_SECONDS - time.monotonic())
        return JSONResponse({"error": "not authentic", "advice": ""}, 401)
    return JSONResponse(accepted.model_dump(), 202)


def _counted(node: Node, source: str, delivery: Delivery) -> Accepted | None:
    answer = "failed"
    try:
        accepted = receive(node, source, delivery)
        answer = accepted.status if accepted is not None else "refused"
        return accepted
    except MalformedError:
        answer = "malformed"
        raise
    finally:
        node.counted.delivered(source, answer)


def receive(node: Node, source: str, delivery: Delivery) -> Accepted | None:
    """None for what is not authentic; durable when it returns."""
    if not _authentic(node, source, delivery):
        return None
    addressed = node.opened.source(source)
    if addressed.webhook is None:  # checked above; it cannot have changed
        return None
    notice = read(delivery, addressed.webhook)
    about = {"source": source, "delivery": notice.delivery_id, "event": notice.event}
    asks = announced(notice, addressed, node.settings.sources, _Live(node))
    if not asks:
        log.info("a delivery about nothing that is indexed", extra=about)
        return Accepted(status="ignored", reason=notice.ignored or "it is about no document of any source")
    with span("webhook", of_delivery=notice.delivery_id, source=source, delivery=notice.delivery_id, asks=len(asks)):
        new = node.inbox.receive(source, notice.delivery_id, asks)
    if not new:
        log.info("a delivery that came before", extra=about)
        return Accepted(status="duplicate")
    node.worker.wake()
    log.info("a delivery", extra={**about, "documents": len(asks)})
    return Accepted(status="accepted", documents=len(asks))


def _authentic(node: Node, source: str, delivery: Delivery) -> bool:
    configured = node.settings.source(source)
    webhook = configured.webhook if configured is not None else None
    try:
        authentic(delivery, webhook or _NOBODYS, utc_now())
    except UnauthenticError as error:
        log.warning("a delivery was refused: %s", error, extra={"source": source[:100]})
        return False
    except (ConfigError, RetriableError):
        # A secret that is not set, or not to be had: whoever it is from, it cannot be proven.
        log.exception("a delivery cannot be checked", extra={"source": source[:100]})
        return False
    return webhook is not None


class _Live:
    """(source, ending) -> ids of its live documents that end so."""

    def __init__(self, node: Node) -> None:
        self._node = node

    def __call__(self, source: str, ending: str) -> Collection[str]:
        opened = self._node.opened
        return {row.id for row in opened.ledger.find(opened.generation, ending) if row.source == source}
