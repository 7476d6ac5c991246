"""What was announced and waits to be looked at, and what failed for good: to try again, or to forget."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from app.dashboard.access import SIGNED_IN, Administering, watching
from app.dashboard.fields import Fields, Sent
from app.dashboard.frame import Dashboard, Home
from app.dashboard.layout import render, went
from headwater.errors import ConfigError
from headwater.freshness.wording import counted
from headwater.keys.keys import note
from headwater.ledger.waiting import WAITING, WHOLE, Depth

router = APIRouter()
MOST_SHOWN, MOST_NOTED = 200, 50


@router.get("/inbox", dependencies=SIGNED_IN)
def inbox(request: Request, home: Home, live: str = "on") -> Response:
    box = home.node.inbox
    depth = box.depth()
    return render(
        request,
        "inbox.html",
        depth=depth,
        state=_state(depth),
        changed=False,
        live=live != "off",
        dead=box.dead(MOST_SHOWN),
        waiting=box.ledger.waiting(WAITING, limit=MOST_SHOWN),
        most=MOST_SHOWN,
        whole=WHOLE,
    )


@router.get("/inbox/counts", dependencies=(Depends(watching),))
def counts(request: Request, home: Home, state: Annotated[str, Query(max_length=100)] = "") -> Response:
    """The part that a browser asks for again and again; `state` is that of the lists that it shows."""
    depth = home.node.inbox.depth()
    changed = bool(state) and state != _state(depth)
    return render(request, "inbox_counts.html", depth=depth, state=state, changed=changed, live=True)


@router.post("/inbox/replay")
def replay(visit: Administering, home: Home, fields: Fields) -> Response:
    """Those that are named, or with `all` every one that failed for good."""
    everything = "all" in fields
    ids = None if everything else _named(fields)
    count = home.node.inbox.replay(ids)
    home.node.worker.wake()
    note(home.node.opened.ledger, visit.key.id, "inbox replay", "all" if ids is None else _listed(ids))
    said = f"{counted(count, 'announcement')} will be looked at again." if count else "There was nothing to try again."
    return went(visit, said, "/inbox")


@router.post("/inbox/drop")
def drop(request: Request, visit: Administering, home: Home, fields: Fields) -> Response:
    """Asks once more before; only what failed for good, so that nothing that waits is lost by mistake."""
    ids = _named(fields)
    rows = [row for row in home.node.inbox.dead() if row.id in set(ids)]
    if "sure" not in fields and rows:
        return render(request, "inbox_drop.html", rows=rows[:MOST_SHOWN], ids=[row.id for row in rows], whole=WHOLE)
    count = _dropped(home, [row.id for row in rows])
    note(home.node.opened.ledger, visit.key.id, "inbox drop", _listed([row.id for row in rows]))
    return went(
        visit, f"{counted(count, 'announcement')} forgotten." if count else "There was nothing to forget.", "/inbox"
    )


def _dropped(home: Dashboard, ids: list[int]) -> int:
    return home.node.inbox.drop(ids) if ids else 0


def _named(fields: Sent) -> list[int]:
    ids = fields.numbers("id")
    if not ids:
        raise ConfigError("nothing was chosen", advice="Go back, and choose rows of the list.")
    return ids


def _listed(ids: list[int]) -> str:
    more = f" and {len(ids) - MOST_NOTED} more" if len(ids) > MOST_NOTED else ""
    return " ".join(map(str, ids[:MOST_NOTED])) + more


def _state(depth: Depth) -> str:
    return f"{depth.waiting + depth.working}-{depth.dead}"
