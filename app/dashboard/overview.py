"""How things stand: the freshness sentence, what is running, and what needs a person."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from app.dashboard.access import SIGNED_IN, watching
from app.dashboard.fields import address
from app.dashboard.frame import PATH, Dashboard, Home
from app.dashboard.layout import parsed, render
from app.dashboard.sources import SOURCE
from app.http.node import OFF, OK
from app.measures import floored, length
from app.pages.freshness import NO_AGE, NO_LAG, Part, bars_of, parts_of
from headwater.freshness.values import Headline, Report, Severity
from headwater.freshness.wording import counted
from headwater.ledger.base import Holder
from headwater.publishing.publisher import PUBLISH_LEASE

router = APIRouter()
MOST_NEXT, MOSTSOURCES = 6, 8
_CHECKS = {
    "index": "The index cannot be searched",
    "ledger": "The ledger cannot be written",
    "model": "The model is not loaded",
    "inbox": "The inbox stands still",
    "schedules": "Schedules may not fire",
}


@dataclass(frozen=True, slots=True)
class Figure:
    """A large number, what it counts, and a bar of it."""

    name: str
    value: str
    about: str
    parts: tuple[Part, ...] = ()
    bad: bool = False
    link: str = ""


@dataclass(frozen=True, slots=True)
class Need:
    """Something that waits for a person; `severity` is that of a finding."""

    severity: str
    text: str
    detail: str
    link: str


@dataclass(frozen=True, slots=True)
class Work:
    """Somebody at a source, or rows of the inbox in the lane of one."""

    what: str
    who: str
    since: datetime | None


@router.get("/", dependencies=SIGNED_IN)
def overview(request: Request, home: Home, live: str = "on") -> Response:
    report = home.reports.latest()
    return render(
        request,
        "overview.html",
        report=report,
        figures=_figures(home, report),
        needs=list(needs(home, report)),
        plots=_plots(report),
        live=live != "off",
        **_running(home),
    )


@router.get("/running", dependencies=(Depends(watching),))
def running(request: Request, home: Home) -> Response:
    """The part of the overview that a browser asks for again and again."""
    return render(request, "overview_running.html", live=True, **_running(home))


def _running(home: Dashboard) -> dict[str, Any]:
    node = home.node
    lanes = node.worker.working()
    waiting = node.schedules.next_runs() if node.schedules is not None else {}
    soon = sorted((at, name) for name, text in waiting.items() if (at := parsed(text)) is not None)
    return {
        "work": list(_work(node.opened.ledger.holders(), lanes, node.opened.holder)),
        "soon": [(name, at) for at, name in soon[:MOST_NEXT]],
        "scheduled": node.schedules is not None,
    }


def _work(holders: Sequence[tuple[str, Holder]], lanes: dict[str, int], own: Holder) -> Iterator[Work]:
    """A source that is looked at for the inbox is held by this very process."""
    held = {_held(name): holder for name, holder in holders if _held(name)}
    for what, holder in held.items():
        who = f"{holder.command}, process {holder.pid} on {holder.host}"
        if what in lanes:
            who += f", for {counted(lanes[what], 'row')} of the inbox"
        # What is known is since when the process holds anything, and this one may have begun days ago.
        ours = (holder.host, holder.pid) == (own.host, own.pid)
        yield Work(what, who, None if ours else holder.since)
    for source, rows in sorted(lanes.items()):
        if source not in held:
            yield Work(source, f"{counted(rows, 'row')} of the inbox, next", None)


def _held(lease: str) -> str:
    """What a lease is about, as people know it; "" for one that says nothing of any work."""
    if lease == PUBLISH_LEASE:
        return "a publication"
    return lease.removeprefix(SOURCE) if lease.startswith(SOURCE) else ""


def _figures(home: Dashboard, report: Report) -> list[Figure]:
    sums, depth = report.headline, home.node.inbox.depth()
    waits = f"the oldest for {length(home.node.inbox.clock() - depth.oldest)}" if depth.oldest else "nothing waits"
    return [
        _lag(sums),
        _promise(
            "Content age", "of contents reviewed in time", sums.content_kept, sums.content_broken, sums.content_unknown
        ),
        Figure(
            "Inbox",
            f"{depth.waiting + depth.working:,}",
            f"announced and not yet looked at; {waits}",
            link=f"{PATH}/inbox",
        ),
        Figure(
            "Failed for good",
            f"{depth.dead:,}",
            "announced, and waiting for a person",
            bad=depth.dead > 0,
            link=f"{PATH}/inbox",
        ),
    ]


def _lag(sums: Headline) -> Figure:
    return _promise("Pipeline lag", "of changes searchable in time", sums.lag_kept, sums.lag_broken, sums.lag_unknown)


def _promise(name: str, about: str, kept: int, broken: int, unknown: int) -> Figure:
    total = kept + broken + unknown
    if not total:
        return Figure(name, "–", "nothing was promised")
    late = f", {broken:,} not" if broken else ""
    unsure = f", {unknown:,} unknown" if unknown else ""
    parts = parts_of([("kept", kept), ("broken", broken), ("unknown", unknown)], total)
    return Figure(name, floored(kept, total), f"{about}{late}{unsure}", parts)


def needs(home: Dashboard, report: Report) -> Iterator[Need]:
    """Worst first."""
    yield from _checks(home)
    count = Counter(one.severity for one in report.findings)
    for severity in (Severity.CRITICAL, Severity.WARNING):
        if count[severity]:
            kinds = Counter(one.kind.value.replace("_", " ") for one in report.findings if one.severity is severity)
            most = ", ".join(f"{number:,} {kind}" for kind, number in kinds.most_common(4))
            text = counted(count[severity], f"{severity.word} finding")
            yield Need(severity.word, text, most, address(f"{PATH}/findings", severity=severity.word))
    for row in _failing(home):
        yield Need("warning", f"{row[0]} cannot be read", row[1], f"{PATH}/sources")
    for source in report.sources:
        if source.withheld:
            text = f"{counted(source.withheld, 'removal')} of {source.name} withheld"
            yield Need("warning", text, f"If that is right: headwater approve {source.name}", f"{PATH}/sources")
    dead = home.node.inbox.depth().dead
    if dead:
        yield Need(
            "warning", f"{counted(dead, 'announcement')} failed for good", "Try again, or forget.", f"{PATH}/inbox"
        )
    if count[Severity.NOTICE]:
        text = counted(count[Severity.NOTICE], "notice")
        yield Need("notice", text, "Good to know.", address(f"{PATH}/findings", severity="notice"))


def _checks(home: Dashboard) -> Iterator[Need]:
    for name, said in home.node.checks().items():
        if said not in (OK, OFF):
            yield Need("critical", _CHECKS.get(name, name), said, "")


def _failing(home: Dashboard) -> list[tuple[str, str]]:
    known = {source.name for source in home.node.settings.sources}
    rows = home.node.opened.ledger.sources()
    return [(row.name, row.last_error) for row in rows if row.last_error and row.name in known][:MOSTSOURCES]


def _plots(report: Report) -> list[dict[str, Any]]:
    return [
        {
            "name": "Lag of the last change",
            "about": "From a change at the source until it was searchable.",
            "nothing": NO_LAG,
            "rows": bars_of(report.lag),
        },
        {
            "name": "Age of content",
            "about": "Since the newest date that a document, or its review, states.",
            "nothing": NO_AGE,
            "rows": bars_of(report.age),
        },
    ]
