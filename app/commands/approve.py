"""`headwater approve`."""

from collections.abc import Sequence
from typing import Annotated

import typer

from app.console import out, plain, print_json
from app.options import Config, Home, Json, load_settings
from flows.approve import Withheld, withheld
from flows.approve import approve as approve_source
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
    """Release what was withheld because too much of a source would have gone, or become alike or empty, at once.

    The next run of the source removes or publishes the documents shown here, and no others.
    """
    settings = load_settings(config, home, quiet=json)
    with Workshop(settings, command="headwater approve") as workshop:
        waiting = withheld(workshop) if source is None else [approve_source(workshop, source)]
    if json:
        print_json({"approved": source is not None, "withheld": [_as_json(one) for one in waiting]})
        return
    for one in waiting:
        _show("removed", one, one.documents)
        _show("published", one, [f"{document}: {reason}" for document, reason in one.changes])
        then = f"headwater ingest {one.source}" if source is not None else f"headwater approve {one.source}"
        out.print(plain(f"  to go on: {then}"))
    if not waiting:
        out.print("Nothing waits for approval.")


def _show(verb: str, one: Withheld, lines: Sequence[str]) -> None:
    if not lines:
        return
    out.print(plain(f"{one.source}: {len(lines):,} of {one.live:,} documents were not {verb}, since {one.since}"))
    for line in lines[:_SHOWN]:
        out.print(plain(f"  {line}"))
    if len(lines) > _SHOWN:
        out.print(plain(f"  and {len(lines) - _SHOWN:,} more (--json lists them all)"))


def _as_json(one: Withheld) -> dict[str, object]:
    changes = [{"document": document, "reason": reason} for document, reason in one.changes]
    return {
        "source": one.source,
        "documents": list(one.documents),
        "changes": changes,
        "live": one.live,
        "since": one.since,
    }
