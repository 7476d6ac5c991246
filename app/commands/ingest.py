"""`headwater ingest`."""

import sys
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from app.console import print_json
from app.options import Config, Home, Json, load_settings
from app.progress import Bars
from app.tables import print_dry_run, print_report
from connectors.adhoc import adhoc_source
from flows.dry_run import forecast
from flows.launch import run_flow
from flows.refresh import attend
from flows.steps import direct_steps, run_sources
from flows.workshop import Workshop
from headwater.errors import ConfigError
from headwater.ingest.report import RunReport
from headwater.settings import Settings, SourceSettings


def ingest(
    what: Annotated[
        list[str] | None,
        typer.Argument(
            help="Names of configured sources, or folders. Default: every configured source.", metavar="WHAT"
        ),
    ] = None,
    access: Annotated[
        list[str] | None,
        typer.Option(
            "--access",
            help="Who may read a folder given as WHAT: public, group:NAME or user:EMAIL. Repeatable.",
            metavar="PRINCIPAL",
        ),
    ] = None,
    document: Annotated[
        str | None,
        typer.Option("--document", help="Only this document of the one source named by WHAT.", metavar="ID"),
    ] = None,
    direct: Annotated[
        bool, typer.Option("--direct", help="The same steps without Prefect: starts at once, leaves no flow run.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done and what it would cost; write nothing.")
    ] = False,
    wait: Annotated[
        float, typer.Option("--wait", help="Seconds to wait for a source that another process is ingesting.")
    ] = 0.0,
    json: Json = False,
    config: Config = None,
    home: Home = None,
) -> None:
    """Bring the index up to date with the sources.

    Does almost nothing when nothing changed. Safe to interrupt at any moment: readers see each document either
    as it was or as it is now, and the next run picks up where this one stopped.

    Exit codes: 0 all well; 1 a source failed as a whole; 2 usage or configuration; 3 finished, but some documents
    failed or were quarantined.
    """
    settings = load_settings(config, home, quiet=json)
    named, adhoc = _resolve(what or [], access or [], settings)
    if document is not None and len(named) + len(adhoc) != 1:
        raise ConfigError(
            "--document needs the one source it belongs to", advice="headwater ingest SOURCE --document ID"
        )
    names = [*named, *(source.name for source in adhoc)] or [source.name for source in settings.sources]
    if not names:
        raise ConfigError(
            "there is nothing to ingest",
            advice="Name your sources (headwater init), or give a folder: headwater ingest FOLDER --access public",
        )
    if dry_run:
        _forecast(settings, names, adhoc, document, as_json=json)
        return
    with Bars() as bars, Workshop(settings, command=_command(), listener=bars, only=document, wait=wait) as workshop:
        for source in adhoc:
            workshop.add_adhoc(source)
        report = _run(workshop, names, bars, direct=direct)
    print_json(report.as_json()) if json else print_report(report)
    raise typer.Exit(report.exit_code)


def _forecast(
    settings: Settings, names: list[str], adhoc: list[SourceSettings], only: str | None, *, as_json: bool
) -> None:
    with TemporaryDirectory(prefix="headwater-") as scratch:
        # Without any state there is nothing to compare with, and no reason to begin some.
        home = settings.home if settings.home.exists() else Path(scratch)
        with Workshop(replace(settings, home=home), command=_command(), only=only) as workshop:
            for source in adhoc:
                workshop.add_adhoc(source)
            found = forecast(workshop, names)
    print_json(found.as_json()) if as_json else print_dry_run(found)


def _run(workshop: Workshop, names: list[str], bars: Bars, *, direct: bool) -> RunReport:
    attend(workshop)
    if direct:
        return run_sources(workshop, names, direct_steps(workshop))
    bars.say("starting Prefect (10 to 20 s; --direct does without)")
    return run_flow(workshop, names, lambda seconds: bars.say(f"Prefect is ready after {seconds:.1f} s"))


def _resolve(what: list[str], access: list[str], settings: Settings) -> tuple[list[str], list[SourceSettings]]:
    named: list[str] = []
    adhoc: list[SourceSettings] = []
    for text in what:
        if settings.source(text) is not None:
            named.append(text)
        elif Path(text).expanduser().is_dir():
            adhoc.append(_adhoc(Path(text).expanduser(), access))
        else:
            raise ConfigError(f"{text!r} is neither a configured source nor a folder", advice=_names(settings))
    if access and not adhoc:
        raise ConfigError(
            "--access goes with a folder", advice="Configured sources say in headwater.toml who may read."
        )
    return named, adhoc


def _adhoc(folder: Path, access: list[str]) -> SourceSettings:
    if not access:
        raise ConfigError(
            f"say who may read {folder}: add --access public, or --access group:NAME, or --access user:EMAIL",
        )
    return adhoc_source(folder, access)


def _names(settings: Settings) -> str:
    names = ", ".join(source.name for source in settings.sources)
    return f"Configured sources: {names}." if names else "No source is configured."


def _command() -> str:
    return " ".join(["headwater", *sys.argv[1:]])[:200]
