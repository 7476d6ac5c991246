"""What a person should do: to be looked at, and to be acknowledged, or snoozed for a while, by one who knows."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from app.dashboard.access import SIGNED_IN, Administering
from app.dashboard.fields import Fields, Sent
from app.dashboard.frame import Dashboard, Home
from app.dashboard.layout import render, went
from app.dashboard.session import Session
from flows.documents import NOBODY
from flows.findings import find, moment_until, put_aside, reopen
from headwater.clock import utc_now
from headwater.errors import ConfigError
from headwater.freshness.acknowledged import separated
from headwater.freshness.values import Finding, PutAside, Report, Severity
from headwater.freshness.wording import counted
from headwater.ledger.acknowledged import ACKNOWLEDGED, SNOOZED
from headwater.ledger.catalogue import Name

router = APIRouter(dependencies=SIGNED_IN)
PAGE, MOST_CHOICES, MOST_TOGETHER = 50, 200, 500
OPEN = "open"
SHOWN = (OPEN, ACKNOWLEDGED, SNOOZED)
UNTIL = (
    ("", "until it ends"),
    ("1d", "for a day"),
    ("7d", "for a week"),
    ("14d", "for two weeks"),
    ("30d", "for 30 days"),
)
FILTERS = ("show", "severity", "source", "kind", "owner")

Text = Annotated[str, Query(max_length=2_000)]


@dataclass(frozen=True, slots=True)
class Choice:
    """Something that findings are narrowed by: its name in the address, how it is called, and (value, how many)."""

    key: str
    name: str
    values: Sequence[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Shown:
    """A finding, and what was said of it."""

    finding: Finding
    aside: PutAside | None = None

    @property
    def owner(self) -> str:
        return self.finding.owner or NOBODY


@router.get("/findings")
def findings(
    request: Request,
    home: Home,
    show: Text = OPEN,
    severity: Text = "",
    source: Text = "",
    kind: Text = "",
    owner: Text = "",
    page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
) -> Response:
    report, now = home.reports.latest(), utc_now()
    groups = in_groups(home, report, now)
    chosen = {"severity": severity, "source": source, "kind": kind, "owner": owner}
    every = groups.get(show, [])
    found = _narrowed(every, chosen)
    pages = max(1, -(-len(found) // PAGE))
    page = min(page, pages)
    return render(
        request,
        "findings.html",
        report=report,
        rows=found[(page - 1) * PAGE : page * PAGE],
        total=len(found),
        counts={name: len(groups[name]) for name in SHOWN},
        show=show if show in SHOWN else OPEN,
        chosen=chosen,
        choices=_choices(every, chosen),
        page=page,
        pages=pages,
        until=UNTIL,
        asked=any(chosen.values()),
        most_together=MOST_TOGETHER,
    )


@router.post("/findings/aside")
def aside(visit: Administering, home: Home, fields: Fields) -> Response:
    """Acknowledged, or snoozed where `until` (7d) or `day` (2027-01-31) says for how long."""
    chosen = _chosen(home, fields, OPEN)
    text = fields.get("day", "").strip() or fields.get("until", "").strip()
    until = moment_until(text, utc_now(), home.zone) if text else None
    for one in chosen:
        put_aside(
            home.node.opened.ledger,
            one,
            reason=fields.get("reason", ""),
            who=visit.key.id,
            name=visit.key.name,
            until=until,
        )
    said = f"snoozed until {until:%Y-%m-%d %H:%M}" if until else "acknowledged"
    return _back(visit, f"{counted(len(chosen), 'finding')} {said}.", fields)


@router.post("/findings/reopen")
def take_up(visit: Administering, home: Home, fields: Fields) -> Response:
    ledger, chosen = home.node.opened.ledger, _chosen(home, fields, fields.get("show", ""))
    done = [reopen(ledger, one, who=visit.key.id, name=visit.key.name) for one in chosen]
    return _back(visit, f"{counted(sum(done), 'finding')} open again.", fields)


def in_groups(home: Dashboard, report: Report, now: datetime, *, about: Name | None = None) -> dict[str, list[Shown]]:
    """The findings of a report, `about` one document or all, in the order of it, by what is said of them now."""
    found: dict[str, list[Shown]] = {name: [] for name in SHOWN}
    every = [one for one in _all(report) if about is None or (one.source, one.document) == about]
    left, put = separated(every, home.node.opened.ledger.acknowledgements(), now)
    found[OPEN] = [Shown(one) for one in left]
    for one in put:
        found[one.acknowledgement.state].append(Shown(one.finding, one))
    return found


def _everything(home: Dashboard) -> Report:
    """A report as of when it was made, with what is said of its findings now."""
    report, now = home.reports.latest(), utc_now()
    left, put = separated(_all(report), home.node.opened.ledger.acknowledgements(), now)
    return replace(report, findings=left, aside=put)


def _all(report: Report) -> list[Finding]:
    """Worst first, as far as what was put aside lets them be; nothing else is lost."""
    if not report.aside:
        return list(report.findings)
    both = [*report.findings, *(one.finding for one in report.aside)]
    return sorted(both, key=lambda one: -one.severity)


_OF: dict[str, Callable[[Shown], str]] = {
    "severity": lambda one: one.finding.severity.word,
    "source": lambda one: one.finding.source,
    "kind": lambda one: one.finding.kind.value,
    "owner": lambda one: one.owner,
}
_NAMES = {"severity": "Severity", "source": "Source", "kind": "Finding", "owner": "Owner"}
_WORST = [one.word for one in reversed(Severity)]


def _choices(every: Sequence[Shown], chosen: dict[str, str]) -> list[Choice]:
    """Most findings first; what is chosen is among them, even where there are none of it."""
    found = []
    for key, name in _NAMES.items():
        count = Counter(_OF[key](one) for one in every)
        if chosen[key]:
            count.setdefault(chosen[key], 0)
        values = [(word, count[word]) for word in _WORST if word in count] if key == "severity" else count.most_common()
        found.append(Choice(key, name, values[:MOST_CHOICES]))
    return found


def _narrowed(every: Sequence[Shown], chosen: Mapping[str, str]) -> list[Shown]:
    return [one for one in every if all(not value or _OF[key](one) == value for key, value in chosen.items())]


def _chosen(home: Dashboard, fields: Sent, show: str) -> list[Finding | PutAside]:
    """Those that are named, or with `all` every one of the list that the form was below."""
    if "all" not in fields:
        report = _everything(home)
        return [find(report, id) for id in _named(fields)]
    every = in_groups(home, home.reports.latest(), utc_now()).get(show, [])
    found = _narrowed(every, {key: fields.get(key, "") for key in _NAMES})
    if not 0 < len(found) <= MOST_TOGETHER:
        raise ConfigError(f"{len(found):,} findings are like that", advice=f"From 1 to {MOST_TOGETHER} at once.")
    # Several of one rule about one document are put aside together.
    return [one.aside or one.finding for one in {one.finding.key: one for one in reversed(found)}.values()]


def _named(fields: Sent) -> list[str]:
    ids = list(dict.fromkeys(fields.every("id")))
    if not ids:
        raise ConfigError("nothing was chosen", advice="Go back, and choose findings of the list.")
    if len(ids) > MOST_TOGETHER:
        raise ConfigError(f"at most {MOST_TOGETHER} findings at once", advice="Choose fewer of them.")
    return ids


def _back(visit: Session, said: str, fields: Sent) -> Response:
    """To the page that the form was on."""
    if fields.get("to") == "document":
        return went(visit, said, "/document", source=fields.get("source", ""), id=fields.get("document", ""))
    return went(visit, said, "/findings", **{name: fields.get(name, "") for name in FILTERS})
