"""`headwater init` and `headwater doctor`."""

from pathlib import Path
from typing import Annotated

import typer

from app.console import out, plain, print_json
from app.options import Config, Home, Json, load_settings
from flows.doctor import Check, examine
from flows.workshop import Workshop
from headwater.errors import ConfigError, HeadwaterError, StateError
from headwater.settings import TEMPLATE

FILE_NAME = "headwater.toml"
MARKS = {"ok": "[green]ok[/green]  ", "warn": "[yellow]note[/yellow]", "fail": "[red]fail[/red]"}


def init(
    folder: Annotated[Path, typer.Argument(help="Where to write headwater.toml.")] = Path(),
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there already.")] = False,
    json: Json = False,
) -> None:
    """Write a commented headwater.toml to start from."""
    file = folder.expanduser().absolute() / FILE_NAME
    if file.exists() and not force:
        raise ConfigError(f"{file} is there already", advice="Edit it, or replace it with --force.")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(TEMPLATE, encoding="utf-8")
    except OSError as error:
        raise StateError(f"{file} cannot be written: {error.strerror}", advice="Choose another folder.") from error
    said = f"Wrote {file}. Name your sources in it, then: headwater ingest"
    print_json({"file": str(file)}) if json else out.print(plain(said))


def doctor(json: Json = False, config: Config = None, home: Home = None) -> None:
    """Check the set-up, from settings to sources, and say what to fix. Exit code 1 when something fails."""
    checks: list[Check] = []
    try:
        settings = load_settings(config, home, quiet=True)
    except HeadwaterError as error:
        checks.append(Check("settings", "fail", str(error), error.advice))
    else:
        with Workshop(settings, command="headwater doctor") as workshop:
            checks = examine(workshop)
    good = all(check.state != "fail" for check in checks)
    if json:
        print_json({"ok": good, "checks": [check.as_json() for check in checks]})
    else:
        for check in checks:
            out.print(f"{MARKS[check.state]}  {check.name}: {plain(check.found)}")
            if check.advice and check.state != "ok":
                out.print(f"      {plain(check.advice)}")
    raise typer.Exit(0 if good else 1)
