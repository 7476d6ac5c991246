"""`/health/live` and `/health/ready`, for whoever restarts this process or sends others to it; they need no key."""

import logging

from fastapi import APIRouter, Response
from pydantic import BaseModel

from app.http.node import OFF, OK, Here

log = logging.getLogger("headwater.http")
router = APIRouter(prefix="/health", tags=["health"])


class Health(BaseModel):
    """`checks`: `ok`, `off` or `failing`, by what was looked at; what is wrong is in the log, and in /v1/status."""

    ok: bool
    checks: dict[str, str] = {}


@router.get("/live", response_model=Health, responses={503: {"model": Health}})
async def live(node: Here, response: Response) -> Health:
    """Whether this process does its work; when not, only starting it again helps."""
    alive = node.worker.alive
    response.status_code = 200 if alive else 503
    return Health(ok=alive)


@router.get("/ready", response_model=Health, responses={503: {"model": Health}})
def ready(node: Here, response: Response) -> Health:
    """Whether searches are answered, deliveries kept and worked on, and schedules fire."""
    checks = node.checks()
    wrong = {name: said for name, said in checks.items() if said not in (OK, OFF)}
    for name, said in wrong.items():
        log.warning("not ready: %s: %s", name, said)
    response.status_code = 503 if wrong else 200
    return Health(ok=not wrong, checks={name: "failing" if name in wrong else said for name, said in checks.items()})
