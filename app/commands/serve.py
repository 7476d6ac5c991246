"""`headwater serve`."""

from dataclasses import replace
from typing import Annotated

import typer

from app.options import Config, Home, Json, load_settings


def serve(
    host: Annotated[
        str | None, typer.Option("--host", help="Address to listen on (default: as [serve] says, else 127.0.0.1).")
    ] = None,
    port: Annotated[
        int | None, typer.Option("--port", min=0, max=65_535, help="Port (default: as [serve] says, else 8700).")
    ] = None,
    no_prefect: Annotated[
        bool, typer.Option("--no-prefect", help="No Prefect: schedules do not fire, runs are not recorded there.")
    ] = False,
    json: Json = False,
    config: Config = None,
    home: Home = None,
) -> None:
    """Stay up: answer searches and webhooks over HTTP, run sources when they are due, refresh what was announced.

    Owns the embedded index; other commands go on working beside it. Ends in good order with Ctrl-C or SIGTERM.
    Listens beyond this machine only when there are keys (headwater keys add). Its log is JSON lines on stderr.
    """
    settings = load_settings(config, home, quiet=json)
    asked = settings.serve
    asked = asked if host is None else replace(asked, host=host)
    asked = asked if port is None else replace(asked, port=port)
    # Imported here: an HTTP server takes a second, which no other command needs.
    from app.http.serving import run

    run(replace(settings, serve=asked), prefect=not no_prefect, as_json=json)
