"""Every source: what is of it, when it was looked at and is next, whether it keeps its promise; and a run of it now."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.dashboard.access import SIGNED_IN, Administering
from app.dashboard.fields import Fields
from app.dashboard.frame import Dashboard, Home
from app.dashboard.layout import parsed, render, went
from app.measures import length, limit
from headwater.errors import ConfigError
from headwater.freshness.values import Report, SourceStanding
from headwater.freshness.wording import counted
from headwater.keys.keys import note
from headwater.ledger.base import SourceRow
from headwater.ledger.waiting import WAITING, WHOLE, Ask
from headwater.settings import SourceSettings

router = APIRouter(dependencies=SIGNED_IN)
MOST_WAITING = 500
SOURCE = "source:"
"""How leases of sources begin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One source: what is configured (None for one that left the settings), remembered and reported of it."""

    name: str
    settings: SourceSettings | None
    row: SourceRow | None
    standing: SourceStanding | None
    next_run: datetime | None
    promise: tuple[str, str]
    """Kind of pill, and words."""
    busy: str = ""
    """Who is at it now."""
    asked: bool = False
    """Whether all of it waits in the inbox."""


@router.get("/sources")
def sources(request: Request, home: Home) -> Response:
    report = home.reports.latest()
    return render(request, "sources.html", report=report, sources=list(_shown(home, report)))


@router.post("/sources/run")
def run(visit: Administering, home: Home, fields: Fields) -> Response:
    """Put the whole source into the inbox, like a delivery that names no document."""
    name = fields.get("source", "")
    if home.node.settings.source(name) is None:
        raise ConfigError(f"there is no source {name!r}", advice="It may have left the settings: load the page again.")
    ledger = home.node.opened.ledger
    note(ledger, visit.key.id, "run source", name)
    asks = [Ask(source=name, document=WHOLE, reason=f"asked for by {visit.key.name}")]
    home.node.inbox.receive(name, "", asks)
    home.node.worker.wake()
    return went(visit, f"{name} will be looked at as soon as nobody else is at it.", "/sources")


def _shown(home: Dashboard, report: Report) -> Iterator[Shown]:
    node = home.node
    rows = {row.name: row for row in node.opened.ledger.sources()}
    standings = {one.name: one for one in report.sources}
    configured = {one.name: one for one in node.settings.sources}
    next_runs: Mapping[str, str] = node.schedules.next_runs() if node.schedules is not None else {}
    leases = node.opened.ledger.holders()
    busy = {name.removeprefix(SOURCE): holder.command for name, holder in leases if name.startswith(SOURCE)}
    asked = {row.source for row in node.inbox.ledger.waiting(WAITING, limit=MOST_WAITING) if row.document == WHOLE}
    for name in dict.fromkeys([*configured, *rows]):
        standing = standings.get(name)
        yield Shown(
            name=name,
            settings=configured.get(name),
            row=rows.get(name),
            standing=standing,
            next_run=parsed(next_runs.get(name, "")),
            promise=_promise(standing) if standing is not None else ("", "not known"),
            busy=busy.get(name, ""),
            asked=name in asked,
        )


def _promise(of: SourceStanding) -> tuple[str, str]:
    """Of the changes of the last 30 days."""
    most = limit(of.max_lag)
    known = [one.worst for one in of.days if one.worst is not None]
    if most is None:
        return "", "nothing promised"
    if not known:
        return "", "no change in 30 days"
    late = sum(one > most for one in known)
    if late:
        return "warning", f"late on {counted(late, 'day')} of {len(known)}"
    return "good", f"kept, {length(max(known))} at most"
