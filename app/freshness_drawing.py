"""The freshness report in the terminal, within 80 columns and without need of colour."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from rich.text import Text

from app.console import out, plain, printable
from app.measures import day, floored, length, moment, promised, sparkline, zone_of
from app.tables import plain_table
from headwater.freshness.values import Finding, PutAside, Report, SourceStanding
from headwater.freshness.wording import counted

SHOWN_FINDINGS, SHOWN_OWNERS = 20, 20
_COLOURS = {"critical": "bold red", "warning": "yellow", "notice": "cyan"}
_LONGEST = 300
_MARGIN = 10
_NAME = 16
"""Columns for the name of a source, so that its row fits in 80."""


def draw_report(report: Report, *, narrowed: str = "") -> None:
    """Headline, sources, findings worst first, owners; `narrowed` says which findings are left."""
    zone = zone_of(report.timezone)
    out.print(Text(_said(report.headline.sentence), style="bold"), soft_wrap=False)
    out.print(f"As of {moment(report.as_of, zone)}; days and times are in {plain(report.timezone)}.")
    _draw_sums(report)
    if report.sources:
        _draw_sources(report, partial(moment, zone=zone))
    _draw_findings(report, partial(day, zone=zone), narrowed)
    _draw_aside(report.aside, partial(day, zone=zone))
    _draw_owners(report)
    for note in report.notes:
        out.print(f"[yellow]Note:[/yellow] {plain(_said(note))}", soft_wrap=False)


def _said(text: str, most: int = _LONGEST) -> str:
    """One line without control characters, which could move the cursor or write over what was said before."""
    line = " ".join("".join(c if c.isprintable() else " " for c in printable(text)).split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def _draw_sums(report: Report) -> None:
    of = report.headline
    table = plain_table("", "kept", "broken", "unknown")
    table.add_row("pipeline lag", f"{of.lag_kept:,}", _bad(of.lag_broken), f"{of.lag_unknown:,}")
    table.add_row("content age", f"{of.content_kept:,}", _bad(of.content_broken), f"{of.content_unknown:,}")
    out.print()
    out.print(table, soft_wrap=False)
    out.print(
        f"No promise about age: {of.content_unpromised:,}. Unowned: {of.unowned:,}. "
        f"Served while stale in 30 days: {of.served_stale:,} (counts searches made through Headwater only).",
        soft_wrap=False,
    )


def _bad(count: int) -> str:
    return f"[red]{count:,}[/red]" if count else "0"


def _draw_sources(report: Report, moment_of: Callable[..., str]) -> None:
    table = plain_table("source", "documents", "within", "stale", "unknown", "half in", "95% in", "promised")
    for one in report.sources:
        table.add_row(
            plain(_said(one.name, _NAME)),
            f"{one.documents:,}",
            floored(one.within, promised(one)),
            _bad(one.stale),
            f"{one.unknown:,}",
            length(one.lag_median),
            length(one.lag_95),
            plain(one.max_lag or "-"),
        )
    out.print()
    out.print(table, soft_wrap=False)
    out.print()
    for one in report.sources:
        _draw_days(one, moment_of)
    if any(one.days for one in report.sources):
        out.print(
            "[dim]Half (95%) of the changes of 30 days were searchable within that time. A line shows the "
            "worst of each day: █ later than promised, · no change.[/dim]",
            soft_wrap=False,
        )


def _draw_days(one: SourceStanding, moment_of: Callable[..., str]) -> None:
    name = _said(one.name, _NAME)
    listed = f"listed {moment_of(one.last_complete)}" if one.last_complete else "never listed"
    out.print(f"{plain(name):<{_NAME}}  {sparkline(one.days, one.max_lag):<30}  {listed}", soft_wrap=False)
    if one.failed_runs:
        said = f"{counted(one.failed_runs, 'run')} failed since: {_said(one.last_error)}"
        _indented(Text(said, style="red"), _NAME + 2)


def _draw_findings(report: Report, day_of: Callable[..., str], narrowed: str) -> None:
    out.print()
    if narrowed:
        out.print(plain(narrowed), soft_wrap=False)
    if not report.findings:
        out.print("Nothing was found.")
        return
    out.print(f"[bold]{counted(len(report.findings), 'finding')}, the worst first:[/bold]")
    for one in report.findings[:SHOWN_FINDINGS]:
        _draw_finding(one, report.as_of, day_of)
    left = len(report.findings) - SHOWN_FINDINGS
    if left > 0:
        out.print(f"... and {left:,} more: add --json or --html")


def _draw_aside(aside: Sequence[PutAside], day_of: Callable[..., str]) -> None:
    if not aside:
        return
    out.print()
    out.print("[bold]Put aside:[/bold]")
    for one in aside[:SHOWN_FINDINGS]:
        of, place = one.acknowledgement, _place(one.finding)
        until = f" until {day_of(of.until)}" if of.until is not None else ""
        head = Text(f"{of.state}{until}  ", style="dim")
        head.append(f"{one.finding.severity.word}: {one.finding.kind.value.replace('_', ' ')}  ")
        head.append(place, style="cyan")
        out.print(head, soft_wrap=False)
        _indented(Text(_said(f"{of.name or of.who}, {day_of(of.at)}: {of.reason}"), style="dim"))
    left = len(aside) - SHOWN_FINDINGS
    if left > 0:
        out.print(f"... and {left:,} more: headwater findings")


def _place(one: Finding) -> str:
    return _said(f"{one.source}/{one.document}" if one.document else f"{one.source}, the whole source", 140)


def _draw_finding(one: Finding, as_of: datetime, day_of: Callable[..., str]) -> None:
    head = Text(f"{one.severity.word:<8}", style=_COLOURS[one.severity.word])
    head.append(f"  {one.kind.value.replace('_', ' ')}", style="bold not dim")
    head.append(f"  {_said(one.owner, 40) or 'no owner'}", style="default not bold")
    if one.since is not None:
        head.append(f"  since {day_of(one.since)} ({length(as_of - one.since)})", style="default not bold")
    out.print(head, soft_wrap=False)
    if one.title:
        _indented(Text(_said(one.title, 140)))
    _indented(Text(_place(one), style="cyan"))
    _indented(Text(_said(one.evidence), style="dim"))
    if one.next_step:
        _indented(Text(f"-> {_said(one.next_step)}"))


def _indented(text: Text, by: int = _MARGIN) -> None:
    for line in text.wrap(out, max(20, out.width - by)):
        line.rstrip()
        out.print(Text(" " * by).append_text(line))


def _draw_owners(report: Report) -> None:
    overdue = sorted((one for one in report.owners if one.overdue), key=lambda one: (-one.overdue, one.name))
    if not overdue:
        return
    table = plain_table("overdue reviews of", "overdue", "documents", "findings", "write to")
    table.columns[-1].justify = "left"
    for one in overdue[:SHOWN_OWNERS]:
        findings = sum(one.findings.values())
        name = plain(_said(one.name, 30)) if one.name else "[dim]nobody[/dim]"
        table.add_row(name, _bad(one.overdue), f"{one.documents:,}", f"{findings:,}", plain(_said(one.contact, 60)))
    out.print()
    out.print(table, soft_wrap=False)
    if len(overdue) > SHOWN_OWNERS:
        out.print(f"... and {len(overdue) - SHOWN_OWNERS:,} more owners: add --json or --html")
