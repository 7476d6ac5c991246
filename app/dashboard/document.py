"""One document: how it stands, what it was made into, who may read it, and what can be done about it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from app.dashboard import document_parts as parts
from app.dashboard.access import SIGNED_IN, Administering, Visit, watching
from app.dashboard.errors import page as said_page
from app.dashboard.fields import Fields, Sent
from app.dashboard.findings import SHOWN, UNTIL, Shown, in_groups
from app.dashboard.frame import Dashboard, Home
from app.dashboard.layout import parsed, render, went
from app.dashboard.session import Session
from app.measures import length
from flows.document import REASON, ask_for, chunks_of, one_document, take_out, waiting_for
from headwater.clock import utc_now
from headwater.errors import ConfigError, HeadwaterError
from headwater.freshness.terms import terms_for, terms_of
from headwater.freshness.values import Report
from headwater.keys.keys import note
from headwater.ledger.base import DocumentRow
from headwater.ledger.catalogue import Name
from headwater.ledger.waiting import DEAD, Ask
from headwater.model import Access

router = APIRouter()
CHUNKS = 25

Id = Annotated[str, Query(max_length=8_000)]
Source = Annotated[str, Query(max_length=2_000)]


@dataclass(frozen=True, slots=True)
class Asked:
    """What became of a wish: `kind` is that of a pill, `done` when there is nothing more to wait for."""

    at: str
    kind: str
    text: str
    detail: str = ""
    done: bool = False


@router.get("/document", dependencies=SIGNED_IN)
def document(
    request: Request,
    visit: Visit,
    home: Home,
    source: Source,
    id: Id,
    chunks: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
    asked: Annotated[str, Query(max_length=60)] = "",
) -> Response:
    name, report = (source, id), home.reports.latest()
    one = one_document(home.node.opened, name)
    if one is None:
        return said_page(request, 404, "There is no such document", "It may have left its source: look at the list.")
    may_read = one.row is not None and _may_read(visit, one.row.access)
    return render(
        request,
        "document.html",
        one=one,
        name=name,
        may_read=may_read,
        principals=sorted(visit.key.principals),
        metadata=parts.metadata(one.row) if one.row is not None and may_read else [],
        stripped=parts.stripped(one.row, shown=may_read) if one.row is not None else [],
        stated=parts.stated(one.row) if one.row is not None and may_read else [],
        timeline=parts.timeline(one, terms_for(terms_of(home.node.settings), source)),
        found=_findings(home, report, name),
        report=report,
        until=UNTIL,
        asked=_asked(home, name, asked) if asked else None,
        **_chunks(home, visit, one.row if may_read else None, chunks),
    )


@router.get("/document/asked", dependencies=(Depends(watching),))
def asked_for(
    request: Request, home: Home, source: Source, id: Id, asked: Annotated[str, Query(max_length=60)]
) -> Response:
    """What became of the wish to have it looked at: the part that a browser asks for again until it is known."""
    return render(request, "document_asked.html", asked=_asked(home, (source, id), asked), name=(source, id))


@router.post("/document/reindex")
def reindex(visit: Administering, home: Home, fields: Fields) -> Response:
    """Put it into the inbox; with `anew`, it is processed though nothing changed at its source."""
    name = _named(fields)
    asked = _look_at(home, name, anew="anew" in fields)
    note(home.node.opened.ledger, visit.key.id, "reindex", _target(name))
    return went(visit, "It will be looked at.", "/document", source=name[0], id=name[1], asked=asked)


@router.post("/document/block")
def block(visit: Administering, home: Home, fields: Fields) -> Response:
    """Out of search, and kept out."""
    name = _named(fields)
    take_out(home.node.opened, name, fields.get("reason", ""))
    note(home.node.opened.ledger, visit.key.id, "block", _target(name))
    return went(visit, "It is out of search, and stays out.", "/document", source=name[0], id=name[1])


@router.post("/document/unblock")
def unblock(visit: Administering, home: Home, fields: Fields) -> Response:
    """Let it in again, and have it looked at."""
    name, ledger = _named(fields), home.node.opened.ledger
    if not ledger.unblock(*name):
        raise ConfigError("this document is not blocked", advice="Somebody may have let it in: load the page again.")
    note(ledger, visit.key.id, "unblock", _target(name))
    asked = _look_at(home, name)
    said = "It may be found again as soon as it was looked at."
    return went(visit, said, "/document", source=name[0], id=name[1], asked=asked)


def _may_read(visit: Session, access: Access) -> bool:
    return visit.may("administer") or access.admits(visit.key.principals)


def _chunks(home: Dashboard, visit: Session, row: DocumentRow | None, number: int) -> dict[str, Any]:
    """Nothing of them without a row, which is for those who may read it."""
    nothing: dict[str, Any] = {"drawn": [], "strip": [], "chunk_page": 1, "chunk_pages": 1, "unread": ""}
    if row is None:
        return nothing
    pages = max(1, -(-row.chunks // CHUNKS))
    page = min(number, pages)
    try:
        found = chunks_of(home.node.opened, row, (page - 1) * CHUNKS, CHUNKS)
    except HeadwaterError as error:
        return nothing | {"unread": error.in_full}
    drawn = [parts.drawn(chunk, row, shown=_may_read(visit, access)) for chunk, access in found]
    return nothing | {"drawn": drawn, "strip": list(parts.strip(drawn)), "chunk_page": page, "chunk_pages": pages}


def _look_at(home: Dashboard, name: Name, *, anew: bool = False) -> str:
    """Put it into the inbox; when, so that what becomes of that can be asked for."""
    now, node = utc_now(), home.node
    ask_for(node.opened, name, anew=anew)
    node.inbox.receive(name[0], "", [Ask(source=name[0], document=name[1], reason=REASON)])
    node.worker.wake()
    return now.isoformat()


def _findings(home: Dashboard, report: Report, name: Name) -> list[Shown]:
    groups = in_groups(home, report, utc_now(), about=name)
    return [one for group in SHOWN for one in groups[group]]


def _asked(home: Dashboard, name: Name, asked: str) -> Asked:
    since, opened = parsed(asked), home.node.opened
    row = waiting_for(opened, name)
    if row is not None and row.state == DEAD:
        return Asked(asked, "critical", "It failed", row.error, done=True)
    if row is not None and row.token is not None:
        return Asked(asked, "notice", "It is being looked at")
    if row is not None:
        return Asked(asked, "notice", "It waits to be looked at", row.error)
    newest = next(iter(opened.ledger.history(*name, limit=1)), None)
    if newest is not None and since is not None and newest.at >= since:
        took = length(newest.at - since) if newest.at - since >= timedelta(seconds=1) else "less than a second"
        kind = "good" if newest.outcome in ("indexed", "unchanged") else "warning"
        return Asked(asked, kind, f"It is {newest.outcome}, {took} later", newest.reason, done=True)
    return Asked(asked, "good", "It was looked at, and is as it was", done=True)


def _named(fields: Sent) -> Name:
    source, id = fields.get("source", ""), fields.get("id", "")
    if not source or not id:
        raise ConfigError("no document was named", advice="Go back, and try again.")
    return source, id


def _target(name: Name) -> str:
    return f"{name[0]}/{name[1]}"[:300]
