"""`headwater audit`."""

import secrets
import sys
from typing import Annotated

import typer

from app.console import err, out, plain, print_json, printable
from app.options import Config, Home, Json, load_settings
from app.tables import plain_table
from flows.audit import audit as audit_everything
from flows.audit_sample import sample as audit_sample
from flows.workshop import Workshop
from headwater.audit.values import CLASSES, AuditClass, AuditReport
from headwater.errors import ConfigError

_COLOURS = {"critical": "bold red", "warning": "yellow", "notice": "dim"}


def audit(
    source: Annotated[
        str | None, typer.Argument(help="Name of a source. Default: everything.", show_default=False)
    ] = None,
    repair: Annotated[bool, typer.Option("--repair", help="Set right what is wrong, leaks first.")] = False,
    sources: Annotated[
        bool, typer.Option("--source/--no-source", help="List the sources too, or compare ledger and index alone.")
    ] = True,
    sample: Annotated[
        int | None,
        typer.Option(
            "--sample", min=1, help="Read so many random documents again instead, and estimate.", show_default=False
        ),
    ] = None,
    seed: Annotated[
        int | None, typer.Option("--seed", min=0, help="Draw the same documents again.", show_default=False)
    ] = None,
    wait: Annotated[
        float, typer.Option("--wait", help="With --repair: seconds to wait for a source that is being ingested.")
    ] = 0.0,
    json: Json = False,
    config: Config = None,
    home: Home = None,
) -> None:
    """Compare the sources, the ledger and the index with each other: is what people find what they should?

    Looks at every stored point, every row and every listed document. Without --repair nothing is changed. With it,
    points are set right in place and the rest comes by an ordinary run of its source, with its cautions; it may be
    interrupted and run again.

    Exit codes: 0 nothing is wrong (any more); 1 a source could not be compared, or counts do not add up; 2 usage or
    configuration; 3 something is wrong.
    """
    if sample and (repair or not sources):
        raise ConfigError("--sample reads sources and repairs nothing", advice="headwater audit --repair")
    settings = load_settings(config, home, quiet=json)
    command = " ".join(["headwater", *sys.argv[1:]])[:200]
    with Workshop(settings, command=command, wait=wait) as workshop:
        if sample:
            drawn_by = secrets.randbelow(2**31) if seed is None else seed
            report = audit_sample(workshop, source, asked=sample, seed=drawn_by, say=_say)
        else:
            report = audit_everything(workshop, source, with_sources=sources, mend=repair, say=_say)
    print_json(report.as_json()) if json else _print(report, repair=repair)
    raise typer.Exit(report.exit_code)


def _say(message: str) -> None:
    err.print(printable(message), style="dim", markup=False)


def _print(report: AuditReport, *, repair: bool) -> None:
    _print_classes(report, repair=repair)
    for one in report.repairs:
        out.print(plain(f"- {one}"))
    for source in report.sources:
        if source.note:
            colour = "red" if source.listing == "failed" else "yellow"
            out.print(f"[{colour}]{plain(source.name)}[/{colour}]: {plain(source.note)}")
    out.print()
    for total in report.sums:
        parts = " + ".join(f"{count:,} {name}" for name, count in total.parts.items() if count) or "0"
        said = f"{total.name}: {total.total:,} = {parts}"
        out.print(plain(said) if total.adds_up else f"[bold red]does not add up:[/bold red] {plain(said)}")
    _print_sample(report)
    out.print(f"Compared as of epoch {report.epoch}, {report.took:.1f} s.")


def _print_classes(report: AuditReport, *, repair: bool) -> None:
    found = [one for one in report.classes if one.count]
    if not found:
        out.print("Nothing is wrong.")
        return
    columns = ("documents", "points", *(("repaired", "left") if repair else ()))
    table = plain_table("found", *columns)
    for one in found:
        numbers = (one.count, one.points, *((one.repaired, one.left) if repair else ()))
        colour = _COLOURS[one.severity]
        name = f"[{colour}]{one.name}[/{colour}] [dim]{one.severity}[/dim]"
        table.add_row(name, *(f"{number:,}" for number in numbers))
    out.print(table)
    for one in found:
        _print_examples(one)
    if any(one.left for one in found) and not repair and report.sample is None:
        out.print("To set it right: headwater audit --repair")


def _print_examples(one: AuditClass) -> None:
    out.print(f"\n[bold]{one.name}[/bold]: {CLASSES[one.name]}")
    for example in one.examples:
        out.print(plain(f"  {example.source}/{example.document}: {example.detail}"))
    if one.count > len(one.examples):
        out.print(f"  and {one.count - len(one.examples):,} more")


def _print_sample(report: AuditReport) -> None:
    drawn = report.sample
    if drawn is None:
        return
    out.print(
        f"{drawn.wrong:,} of {drawn.read:,} documents read are wrong: {drawn.share:.1%} of {drawn.population:,}, "
        f"between {drawn.low:.2%} and {drawn.high:.2%} (95% interval, {drawn.interval}). "
        f"To draw the same again: --seed {drawn.seed}. What was never ingested cannot be drawn."
    )
