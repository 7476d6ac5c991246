"""`headwater alerts`."""

from typing import Annotated

import typer

from app.console import out, plain, print_json, warn
from app.options import Config, Home, Json, load_settings
from flows.alerts import addresses, open_breaches, try_addresses
from flows.workshop import Workshop
from headwater.errors import ConfigError
from headwater.freshness.values import Severity
from headwater.freshness.wording import counted
from headwater.settings import AlertSettings

FAILED = 1
_SHOWN = 20


def alerts(
    test: Annotated[bool, typer.Option("--test", help="Send every address of [alerts] to a message now.")] = False,
    json: Json = False,
    config: Config = None,
    home: Home = None,
) -> None:
    """Who is told of what is not fresh, and what they were told that is not over yet.

    Alerts are sent at the end of every ingest, and by `headwater freshness --notify`. Addresses are secrets, and are
    shown only as far as they are written as a reference to one.

    Exit codes: 0 all well; 1 an address did not take the message of --test; 2 usage or configuration.
    """
    settings = load_settings(config, home, quiet=json)
    if not settings.alerts:
        raise ConfigError("nobody is told of anything", advice='Name them in headwater.toml: [alerts] to = ["..."].')
    if test:
        raise typer.Exit(FAILED if _try(settings.alerts, as_json=json) else 0)
    with Workshop(settings, command="headwater alerts") as workshop:
        told = open_breaches(workshop)
    if json:
        print_json({"alerts": [{"to": name, "open": len(breaches)} for name, breaches in told.items()]})
        return
    for one in addresses(settings.alerts):
        breaches = sorted(told[one.name], key=lambda breach: (-breach.severity, breach.key))
        out.print(plain(f"{one.place} ({one.name}): {counted(len(breaches), 'finding')} told and not over"))
        for breach in breaches[:_SHOWN]:
            kind, source, document = breach.key
            place = f"{source}/{document}" if document else source
            out.print(plain(f"  {Severity(breach.severity).word}: {kind.replace('_', ' ')}: {place}"))
        if len(breaches) > _SHOWN:
            out.print(f"  and {len(breaches) - _SHOWN:,} more")
    if not told:
        out.print("Only owners are told, by the weekly digest.")


def _try(settings: AlertSettings, *, as_json: bool) -> bool:
    """Whether any of them did not work."""
    results = list(try_addresses(settings))
    if as_json:
        lines = [{"to": name, "ok": error is None, "problem": str(error or "")} for _, name, error in results]
        print_json({"tried": lines})
    else:
        for place, name, error in results:
            if error is None:
                out.print(plain(f"{place} ({name}): sent"))
            else:
                warn(error.in_full)
    return any(error is not None for _, _, error in results)
