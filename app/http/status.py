"""`/v1/status`: the state of things, for a key that may read it."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from app.http.auth import scoped
from app.http.errors import KEYED
from app.http.node import Here
from flows.inspect import status_of
from headwater.ledger.keys import Key

router = APIRouter(prefix="/v1", tags=["status"], responses=KEYED)


class Waiting(BaseModel):
    """How much of what was announced waits, is worked on, or failed for good; `oldest` waits since then (ISO 8601)."""

    waiting: int
    working: int
    dead: int
    oldest: str | None


class Status(BaseModel):
    """`status` is what `headwater status --json` prints; `next_runs` is by source; `checks` is what readiness is of."""

    status: dict[str, Any]
    inbox: Waiting
    next_runs: dict[str, str]
    checks: dict[str, str]
    runs: list[dict[str, Any]]


@router.get("/status", response_model=Status)
def status(key: Annotated[Key, Depends(scoped("read"))], node: Here) -> Status:  # noqa: ARG001 - asked for its scope
    """What is searchable, failing and blocked, what waits, who works, and what runs next and ran last."""
    depth = node.inbox.depth()
    return Status(
        status=status_of(node.opened),
        inbox=Waiting(
            waiting=depth.waiting,
            working=depth.working,
            dead=depth.dead,
            oldest=depth.oldest.isoformat() if depth.oldest else None,
        ),
        next_runs=dict(node.schedules.next_runs()) if node.schedules is not None else {},
        checks=node.checks(),
        runs=[dict(run) for run in node.opened.ledger.runs(limit=10)],
    )
