"""`headwater lint`."""

import os
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from app.console import err, out, plain, print_json
from app.options import Config, Home, Json, load_settings
from app.progress import counted
from app.tables import plain_table
from connectors.adhoc import adhoc_source
from flows.lint import LintReport, lint
from flows.workshop import Workshop
from headwater.errors import ConfigError
from headwater.linting.rules import BY_NAME, RULES
from headwater.model import PUBLIC_PRINCIPAL
from headwater.settings import Settings, SourceSettings, did_you_mean

ABOVE, SOME_UNREADABLE = 1, 3
EVERY = "*"


def lint_(
    what: Annotated[
        list[str] | None,
        typer.Argument(help="Configured sources, or folders. Default: every configured source.", metavar="WHAT"),
    ] = None,
    max_rate: Annotated[
        list[str] | None,
        typer.Option(
            "--max-rate",
            help="End with 1 above this: 0 for every finding, or split_tables=0 for one. Repeatable; before [lint].",
            metavar="RATE",
        ),
    ] = None,
    examples: Annotated[int, typer.Option("--examples", min=0, max=10_000, help="Shown of each finding.")] = 3,
    json: Json = False,
    config: Config = None,
    home: Home = None,
) -> None:
    """Measure what breaks chunks: parse and chunk everything as an ingest would, and embed nothing.

    Needs no index and writes nothing, so a docs team can run it in its own CI on a folder. Each finding is counted
    among what was looked at, and says who can mend it, and how. Rates that are allowed stand in headwater.toml as
    [lint] max_rate, one number or a table by finding; without any, nothing is refused.

    Exit codes: 0 all well; 1 a rate is above what is allowed; 2 usage or configuration; 3 some documents cannot be
    read.
    """
    settings = load_settings(config, home, quiet=json)
    limits = {**settings.lint.max_rate, **_limits(max_rate or [])}
    named, adhoc = _resolve(what or [], settings)
    with TemporaryDirectory(prefix="headwater-") as scratch:
        # Whatever asks for state finds none, and leaves none.
        workshop = Workshop(replace(settings, home=Path(scratch)), command="headwater lint")
        with Workshop(settings, command="headwater lint") as kept, workshop, counted("documents", None) as step:
            workshop.pushed = lambda: kept.ledger  # asked only by sources that lie there
            for source in adhoc:
                workshop.add_adhoc(source)
            report = lint(workshop, [*named, *(s.name for s in adhoc)], examples=examples, on_document=step)
    over = report.over(lambda finding: limits.get(finding, limits.get(EVERY)))
    if json:
        print_json({**report.as_json(), "max_rate": limits, "over": over})
    else:
        _print(report, limits, over)
    raise typer.Exit(ABOVE if over else SOME_UNREADABLE if report.unreadable else 0)


def _resolve(what: list[str], settings: Settings) -> tuple[list[str], list[SourceSettings]]:
    if not what:
        if not settings.sources:
            raise ConfigError("there is nothing to look at", advice="Give a folder: headwater lint FOLDER")
        return [source.name for source in settings.sources], []
    named = [text for text in what if settings.source(text) is not None]
    folders = [Path(text).expanduser() for text in what if text not in named]
    for folder in folders:
        if not folder.is_dir():
            names = ", ".join(source.name for source in settings.sources) or "none"
            raise ConfigError(
                f"{os.fspath(folder)!r} is neither a configured source nor a folder",
                advice=f"Configured sources: {names}.",
            )
    # Nobody reads what is only looked at here.
    return named, [adhoc_source(folder, [PUBLIC_PRINCIPAL]) for folder in folders]


def _limits(texts: list[str]) -> dict[str, float]:
    limits = {}
    for text in texts:
        name, separator, value = text.rpartition("=")
        if separator and name not in BY_NAME:
            raise ConfigError(
                f"--max-rate {text!r}: {name!r} is no finding{did_you_mean(name, BY_NAME)}",
                advice=f"Findings: {', '.join(BY_NAME)}.",
            )
        try:
            rate = float(value)
        except ValueError:
            rate = -1.0
        if not 0 <= rate <= 1:
            raise ConfigError(
                f"--max-rate {text!r}: expected a number from 0 to 1", advice="Such as 0, or split_tables=0.05."
            )
        limits[name or EVERY] = rate
    return limits


def _print(report: LintReport, limits: dict[str, float], over: list[str]) -> None:
    table = plain_table("finding", "count", "of", "rate", "allowed", "whose")
    table.columns[-1].justify = "left"
    for count in report.counts:
        most = limits.get(count.rule, limits.get(EVERY))
        colour = "dim" if not count.count else "red" if most is not None and count.rate > most else "default"
        table.add_row(
            f"[{colour}]{count.rule}[/{colour}]",
            f"[{colour}]{count.count:,}[/{colour}]",
            f"{count.among:,}",
            f"[{colour}]{count.rate:.1%}[/{colour}]",
            "" if most is None else f"{most:.1%}",
            "[dim]ours[/dim]" if BY_NAME[count.rule].whose == "headwater" else "the author's",
        )
    out.print(table)
    for count in report.counts:
        rule = BY_NAME[count.rule]
        if count.count:
            out.print(f"\n[bold]{rule.name}[/bold]: {rule.about}. [dim]{rule.advice}[/dim]")
        for finding in count.examples:
            where = f"{finding.source}/{finding.document}" + (f" ({finding.place})" if finding.place else "")
            out.print(f"  [cyan]{plain(where)}[/cyan] {plain(finding.text)}")
    out.print(f"\n{report.documents:,} documents, {report.chunks:,} chunks, {report.unreadable:,} unreadable.")
    for sentence in over:
        err.print(f"[bold red]Above:[/bold red] {plain(sentence)}")


lint_.__doc__ = f"{lint_.__doc__}\n\nFindings: {', '.join(rule.name for rule in RULES)}."
