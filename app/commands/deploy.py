"""`headwater deploy`."""

import importlib
from typing import Annotated

import typer

from app.console import out, plain, print_json
from app.options import Config, Home, Json, load_settings
from headwater.errors import ConfigError


def deploy(
    server: Annotated[
        str,
        typer.Option("--server", envvar="PREFECT_API_URL", help="API address of the Prefect server.", metavar="URL"),
    ] = "",
    json: Json = False,
    config: Config = None,
    home: Home = None,
) -> None:
    """Register one Prefect deployment for each source, on the work pool of [deploy], and remove those that left.

    Workers then run the sources on their schedules: prefect worker start --pool headwater. One machine needs none of
    this: headwater serve.
    """
    settings = load_settings(config, home, quiet=json)
    if not server:
        raise ConfigError(
            "no Prefect server is named", advice="Set PREFECT_API_URL, such as http://prefect.internal:4200/api."
        )
    # Prefect takes seconds to import, which no other command should wait for.
    done = importlib.import_module("flows.work_pool").deploy(settings, server)
    if json:
        print_json(
            {"pool": done.pool, "type": done.type, "deployments": done.registered, "removed": list(done.removed)}
        )
        return
    for name, schedule in done.registered.items():
        out.print(plain(f"{name}: {schedule or 'no schedule'}"))
    for name in done.removed:
        out.print(plain(f"{name}: removed, since no source has that name any more"))
    out.print(plain(f"Start workers with: prefect worker start --pool {done.pool} --type {done.type}"))
