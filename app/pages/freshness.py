"""The freshness report as a page: how much is within its promise, what is not, whose it is and what to do."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from app.measures import day, floored, length, limit, moment, promised, zone_of
from app.pages.rendering import href, page
from headwater.freshness.distribution import UNKNOWN
from headwater.freshness.values import Bucket, Finding, Headline, Report, Severity, SourceStanding
from headwater.freshness.wording import counted

MOST_FINDINGS, MOST_DOCUMENTS, MOST_OWNERS = 2_000, 2_000, 500
LONGEST_TITLE, LONGEST_TEXT = 120, 600
SPARK_WIDTH, SPARK_HEIGHT, SPARK_TOP = 150, 30, 6
LEAST_VISIBLE = 0.8
"""Percent of a bar's width: what is not nothing can be seen."""
NO_LAG = "No change has been measured yet: what was there when a source was first read has no lag."
NO_AGE = "There are no documents."
"""What is said where a plot would have nothing to draw."""
_SAID_ALREADY = "What was served while stale"
"""How the note begins that the page has a place of its own for."""


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a bar, in percent of its width."""

    css: str
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Figure:
    """One of the four sums below the headline: a large number, what it counts, and what else there is to say of it."""

    name: str
    value: str
    about: str
    parts: tuple[Part, ...] = ()
    lines: tuple[tuple[str, str, str], ...] = ()
    """CSS class of the key, number, and what it counts."""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Tick:
    """One day of a sparkline, in the units of its viewBox."""

    x: float
    y: float
    height: float
    css: str
    text: str


@dataclass(frozen=True, slots=True)
class Spark:
    """`text` says to a person what the line shows."""

    ticks: tuple[Tick, ...]
    promised: bool
    text: str


def freshness_page(report: Report, *, narrowed: str = "") -> str:
    """Of a report whose findings may have been `narrowed`, which is then said in these words."""
    findings = report.findings[:MOST_FINDINGS]
    zone = zone_of(report.timezone)
    return page(
        "freshness.html.j2",
        sheet="freshness.css",
        script="freshness.js",
        report=report,
        narrowed=narrowed,
        notes=[note for note in report.notes if not note.startswith(_SAID_ALREADY)],
        figures=_figures(report.headline),
        plots=_plots(report),
        sources=[(source, _spark(source)) for source in report.sources],
        owners=sorted(report.owners, key=lambda one: (-one.overdue, -sum(one.findings.values()), one.name))[
            :MOST_OWNERS
        ],
        findings=findings,
        aside=report.aside[:MOST_FINDINGS],
        choices=_choices(findings),
        documents=report.documents if len(report.documents) <= MOST_DOCUMENTS else (),
        most_documents=MOST_DOCUMENTS,
        severities=[one.word for one in reversed(Severity)],
        counted=counted,
        floored=floored,
        promised_by=promised,
        promised=Counter(one.owner for one in report.documents if one.freshness != "unpromised"),
        length=length,
        moment=_in(moment, zone),
        day=_in(day, zone),
        since=lambda at: report.as_of - at,
        short=shortened,
        longest=LONGEST_TEXT,
        linked=_linked,
    )


def shortened(text: str, most: int = LONGEST_TITLE) -> str:
    """Nobody reads a title of 3,000 letters, and 2,000 of them are not a page."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _in(write: Callable[..., str], zone: object) -> Callable[..., str]:
    return lambda at, **more: write(at, zone, **more)


def _linked(edit: str, uri: str) -> tuple[str, str]:
    """What can be done with a document, and where; empty where there is no harmless address."""
    if href(edit) and edit != uri:
        return "Edit", edit
    return ("Read", uri) if href(uri) else ("", "")


def _figures(of: Headline) -> list[Figure]:
    bare = of.documents - of.promised
    return [
        _promise("Pipeline lag", "of changes searchable in time", of.lag_kept, of.lag_broken, of.lag_unknown, "late"),
        _promise(
            "Content age",
            "of contents reviewed in time",
            of.content_kept,
            of.content_broken,
            of.content_unknown,
            "overdue",
        ),
        _share(
            "No promise",
            of.content_unpromised,
            of.documents,
            "may grow as old as they like",
            f"{counted(bare, 'document')} without a promise of any kind" if bare else "",
        ),
        _share("Unowned", of.unowned, of.documents, "have nobody who answers for them", ""),
    ]


def _promise(name: str, about: str, kept: int, broken: int, unknown: int, late: str) -> Figure:
    total = kept + broken + unknown
    if not total:
        return Figure(name, "–", "nothing was promised")
    lines = (("kept", kept, "in time"), ("broken", broken, late), ("unknown", unknown, "unknown"))
    return Figure(
        name,
        floored(kept, total),
        about,
        parts_of([("kept", kept), ("broken", broken), ("unknown", unknown)], total),
        tuple((css, f"{number:,}", what) for css, number, what in lines),
    )


def _share(name: str, count: int, total: int, about: str, note: str) -> Figure:
    if not total:
        return Figure(name, "–", "there are no documents")
    verb = counted(count, "document").split(" ", 1)[1]
    return Figure(
        name,
        f"{count:,}",
        f"{verb} {about}" if count != 1 else f"{verb} {_SINGULAR.get(about, about)}",
        parts_of([("apart", count)], total),
        (("apart", floored(count, total), f"of {counted(total, 'document')}"),),
        note,
    )


_SINGULAR = {
    "may grow as old as they like": "may grow as old as it likes",
    "have nobody who answers for them": "has nobody who answers for it",
}


def parts_of(counts: Sequence[tuple[str, int]], total: int) -> tuple[Part, ...]:
    """Stretches one after the other, `total` being the whole width; those that are not nothing can be seen."""
    widths = [max(LEAST_VISIBLE, 100 * count / total) if count else 0.0 for _, count in counts]
    over = sum(widths) - 100
    if over > 0:
        # The widest makes room.
        widths[widths.index(max(widths))] -= over
    found, x = [], 0.0
    for (css, _), width in zip(counts, widths, strict=True):
        if width:
            found.append(Part(css, round(x, 2), round(width, 2)))
            x += width
    return tuple(found)


def bars_of(buckets: Sequence[Bucket]) -> list[tuple[Bucket, tuple[Part, ...]]]:
    """Each with its bar, the fullest being the whole width; none where nothing was counted."""
    most = max((one.count for one in buckets), default=0)
    if not most:
        return []
    rest = {UNKNOWN: "unknown"}
    return [
        (one, parts_of([("broken", one.broken), (rest.get(one.label, "kept"), one.count - one.broken)], most))
        for one in buckets
    ]


def _plots(report: Report) -> list[dict[str, Any]]:
    return [
        {
            "id": "lag",
            "name": "Lag of the last change",
            "about": "From a change at the source until it was searchable. Documents by their last change.",
            "beyond": "late",
            "nothing": NO_LAG,
            "rows": bars_of(report.lag),
        },
        {
            "id": "age",
            "name": "Age of content",
            "about": "Since the newest date that a document, or its review, states. The times of files do not count.",
            "beyond": "overdue",
            "nothing": NO_AGE,
            "rows": bars_of(report.age),
        },
    ]


def _spark(source: SourceStanding) -> Spark:
    most = limit(source.max_lag)
    known = [one.worst for one in source.days if one.worst is not None]
    measure = most or max(known, default=None) or timedelta(1)
    ticks = []
    step = SPARK_WIDTH / max(1, len(source.days))
    for place, one in enumerate(source.days):
        x = round(place * step, 1)
        if one.worst is None:
            ticks.append(Tick(x, SPARK_HEIGHT - 1, 1, "idle", f"{one.date}: no change"))
            continue
        beyond = most is not None and one.worst > most
        share = min(1.0, max(0.0, one.worst / measure))
        full = SPARK_HEIGHT - SPARK_TOP
        height = SPARK_HEIGHT if beyond else max(2.0, round(share * full, 1))
        text = f"{one.date}: {counted(one.changes, 'change')}, searchable after {length(one.worst)} at most"
        ticks.append(Tick(x, SPARK_HEIGHT - height, height, "over" if beyond else "tick", text))
    return Spark(tuple(ticks) if known else (), most is not None, _said(source, known, most))


def _said(source: SourceStanding, known: Sequence[timedelta], most: timedelta | None) -> str:
    if not known:
        return "No change in 30 days"
    late = f", beyond the promise on {counted(sum(one > most for one in known), 'day')}" if most is not None else ""
    return f"{counted(len(known), 'day')} with changes of {len(source.days)}; the worst lag {length(max(known))}{late}"


def _choices(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """What findings can be filtered by, most findings first."""
    ways: tuple[tuple[str, str, Callable[[Finding], str]], ...] = (
        ("severity", "Severity", lambda one: one.severity.word),
        ("kind", "Finding", lambda one: one.kind.value),
        ("source", "Source", lambda one: one.source),
        ("owner", "Owner", lambda one: one.owner),
    )
    return [
        {"key": key, "name": name, "values": Counter(map(of, findings)).most_common(MOST_OWNERS)}
        for key, name, of in ways
    ]
