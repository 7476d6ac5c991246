"""Results as tables for people."""

from rich.table import Table

from app.console import out, plain
from flows.dry_run import Forecast
from headwater.errors import with_advice
from headwater.ingest.report import RunReport, SourceReport

SHOWN_PROBLEMS = 20
ALWAYS = ("indexed", "unchanged", "failed")
COUNTS = ("indexed", "unchanged", "removed", "skipped", "failed", "quarantined", "chunks", "embedded", "reused")


def plain_table(*columns: str, title: str = "") -> Table:
    """First column left, the others right: names, then numbers."""
    table = Table(title=title or None, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for position, column in enumerate(columns):
        table.add_column(column, justify="left" if position == 0 else "right")
    return table


def print_report(report: RunReport) -> None:
    """What became of every source, then the documents that need a person, with what to do."""
    shown = [n for n in COUNTS if n in ALWAYS or any(getattr(source, n) for source in report.sources)]
    table = plain_table("source", *shown, "seconds")
    for source in report.sources:
        table.add_row(plain(source.source), *(_count(source, name) for name in shown), f"{source.seconds:.1f}")
    out.print(table)
    _print_problems(report)
    for note in report.notes:
        out.print(f"[yellow]Note:[/yellow] {plain(note)}")
    out.print(f"Run {report.run}: searchable as of epoch {report.epoch}, {report.seconds:.1f} s.")


def _count(source: SourceReport, name: str) -> str:
    value = getattr(source, name)
    if not value:
        return "[dim]0[/dim]"
    return f"[red]{value:,}[/red]" if name in ("failed", "quarantined") else f"{value:,}"


def _print_problems(report: RunReport) -> None:
    if not report.problems:
        return
    out.print()
    for problem in report.problems[:SHOWN_PROBLEMS]:
        where = f"{problem.source}/{problem.document}" if problem.document else problem.source
        colour = "red" if problem.outcome in ("failed", "quarantined") else "yellow"
        said = plain(with_advice(problem.reason, problem.advice))
        out.print(f"[{colour}]{problem.outcome}[/{colour}] {plain(where)}: {said}")
    left = len(report.problems) - SHOWN_PROBLEMS
    if left > 0:
        out.print(f"... and {left:,} more: add --json to see all.")
    out.print()


def print_dry_run(found: Forecast) -> None:
    """What an ingest would do; nothing was written."""
    names = ("new", "changed", "reprocess", "unchanged", "removed", "failing", "blocked", "chunks")
    table = plain_table("source", *names, "estimate")
    for source in found.sources:
        if source.error:
            table.add_row(source.source, f"[red]{plain(source.error)}[/red]")
            continue
        table.add_row(source.source, *(f"{getattr(source, name):,}" for name in names), f"{source.seconds:,.0f} s")
    out.print(table)
    if found.rebuild:
        out.print(f"[yellow]Note:[/yellow] {plain(found.rebuild)}")
    out.print("Nothing was written. Chunks are embedded at most; unchanged text is not embedded again.")
