"""`headwater approve`."""

from typing import Annotated

import typer

from app.console import out, plain, print_json
from app.options import Config, Home, Json, load_settings
from flows.approve import approve as approve_source
from flows.approve import withheld
from flows.workshop import Workshop

_SHOWN = 20


def approve(
    source: Annotated[
        str | None, typer.Argument(help="Name of a source; without it, list what waits.", show_default=False)
    ] = None,
    json: Json = False,
    config: Config = None,
    home: Home = None,
) -> None:
    """Release removals that were withheld because too much of a source would have gone at once.

    The next run of the source removes the documents shown here, and no others.
    """
    settings = load_settings(config, home, quiet=json)
    with Workshop(settings, command="headwater approve") as workshop:
        waiting = withheld(workshop) if source is None else [approve_source(workshop, source)]
    if json:
        shown = [
            {"source": w.source, "documents": list(w.documents), "live": w.live, "since": w.since} for w in waiting
        ]
        print_json({"approved": source is not None, "withheld": shown})
        return
    for one in waiting:
        out.print(plain(f"{one.source}: {len(one.documents):,} of {one.live:,} documents, since {one.since}"))
        for document in one.documents[:_SHOWN]:
            out.print(plain(f"  {document}"))
        if len(one.documents) > _SHOWN:
            out.print(plain(f"  and {len(one.documents) - _SHOWN:,} more (--json lists them all)"))
        then = f"headwater ingest {one.source}" if source is not None else f"headwater approve {one.source}"
        out.print(plain(f"  to remove them: {then}"))
    if not waiting:
        out.print("Nothing waits for approval.")
