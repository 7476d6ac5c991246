"""`/metrics`, for Prometheus."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from prometheus_client.exposition import choose_encoder

from app.http.addresses import is_loopback
from app.http.auth import Credentials, known, scoped
from app.http.errors import KEYED
from app.http.figures import Figures, KeptFigures, figures_of
from app.http.gauges import Gauges
from app.http.node import Here, Node
from headwater.freshness.values import Report
from headwater.index.query import Between

router = APIRouter(tags=["metrics"], responses=KEYED)


def may_scrape(request: Request, node: Here, credentials: Credentials) -> None:
    """A key with scope `read`; nobody needs one where only this machine can ask, and the settings say so."""
    serve = node.settings.serve
    if not (serve.open_metrics and is_loopback(serve.host)):
        scoped("read")(request, node, known(request, node, credentials))


@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"description": "Exposition format", "content": {"text/plain": {"schema": {"type": "string"}}}}},
)
def metrics(request: Request, node: Here, allowed: Annotated[None, Depends(may_scrape)]) -> Response:  # noqa: ARG001 - asked for its key
    """Everything in the format that the asker accepts: Prometheus text, or OpenMetrics."""
    gauges: Gauges = request.app.state.gauges
    gauges.note_runs()
    encode, content_type = choose_encoder(request.headers.get("accept", ""))
    return Response(encode(node.counted.registry), media_type=content_type)


def gauges_of(node: Node, report: Callable[[], Report]) -> Gauges:
    """Registered with what the node counts; `report` is asked about once a minute, by a thread of its own."""

    def make() -> Figures:
        return figures_of(report(), _points(node))

    gauges = Gauges(node, KeptFigures(make))
    node.counted.registry.register(gauges)
    return gauges


def _points(node: Node) -> dict[str, int]:
    if not node.warm:
        return {}
    index, epoch = node.opened.index(), node.opened.ledger.epoch()
    superseded, total = index.count(Between(field="to", lte=epoch)), index.info().points
    return {"superseded": superseded, "current": max(0, total - superseded)}
