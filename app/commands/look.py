"""`headwater show`, `status` and `access`: what is known, and who may read it."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from app.console import err, out, plain, print_json
from app.drawing import draw_document
from app.options import Askers, Config, Home, Json, askers, load_settings
from app.tables import plain_table
from flows.inspect import access_of, status_of
from flows.maintain import find_document
from flows.show import show_document
from flows.workshop import Workshop
from headwater.freshness.wording import span


def show(
    document: Annotated[str, typer.Argument(help="Id, end of an id, or SOURCE/ID.", show_default=False)],
    html: Annotated[
        Path | None,
        typer.Option("--html", help="Write a page: chunks in colours, with blocks beside them.", metavar="FILE"),
    ] = None,
    json: Json = False,
    config: Config = None,
    home: Home = None,
) -> None:
    """Show one searchable document as it was understood: blocks, chunks as shown and as embedded, metadata and where
    it is from, readers, history.

    Each chunk is drawn with its number, tokens, heading path, citation, and what it is part of; what it repeats from
    the chunk before is dimmed.
    """
    settings = load_settings(config, home, quiet=json)
    with Workshop(settings, command="headwater show") as workshop:
        found = show_document(workshop, find_document(workshop, document))
    if html is not None:
        # Imported here: templates are for those who ask for a page.
        from app.pages.document import document_page
        from app.pages.writing import write_page

        write_page(html, document_page(found))
        err.print(f"Wrote {plain(str(html))}")
    if json:
        print_json(found)
    elif html is None:
        draw_document(found)


def status(
    documents: Annotated[bool, typer.Option("--documents", help="List every searchable document.")] = False,
    json: Json = False,
    config: Config = None,
    home: Home = None,
) -> None:
    """What is searchable, from where, what failed, what is blocked, who is working on it right now, and what runs next.

    `lag` is the median time from a change at its source until it was searchable.
    """
    settings = load_settings(config, home, quiet=json)
    with Workshop(settings, command="headwater status") as workshop:
        found = status_of(workshop, documents=documents)
    print_json(found) if json else _print_status(found)


def _print_status(found: dict[str, Any]) -> None:
    table = plain_table(
        "source", "connector", "documents", "chunks", "failing", "blocked", "lag", "last complete run", "next run"
    )
    for source in found["sources"]:
        counts = (f"{source[name]:,}" for name in ("documents", "chunks", "failing", "blocked"))
        lag, name = source["lag_median_seconds"], source["source"]
        took = "" if lag is None else span(timedelta(seconds=lag))
        moments = ((source["last_complete"] or "never")[:19], found["next_runs"].get(name, "")[:19])
        table.add_row(plain(name), source["kind"], *counts, took, *moments)
    out.print(table)
    _print_operation(found)
    for source in found["sources"]:
        if source["coverage"]:
            out.print(f"[dim]stated in {plain(source['source'])}:[/dim] {plain(_coverage(source['coverage']))}")
    for document in found.get("documents", ()):
        out.print(plain(f"{document['source']}/{document['document']}  {document['title']}"))
    for failure in found["failures"]:
        word = "quarantined" if failure["reason"].startswith("Quarantined: ") else "failed"
        out.print(
            f"[red]{word}[/red] {plain(failure['source'] + '/' + failure['document'] + ': ' + failure['reason'])}"
        )
    for block in found["blocks"]:
        out.print(
            f"[yellow]blocked[/yellow] {plain(block['source'] + '/' + block['document'] + ': ' + block['reason'])}"
        )
    for lease in found["working"]:
        out.print(
            f"working on {plain(lease['name'])}: pid {lease['pid']} since {lease['since'][:19]}, "
            f"{plain(lease['command'])}"
        )
    for note in found["notes"]:
        out.print(f"[yellow]Note:[/yellow] {plain(note)}")
    out.print(f"Epoch {found['epoch']}, generation {found['generation']}, state in {plain(found['home'])}")


def _print_operation(found: dict[str, Any]) -> None:
    if found["next_runs"] and not found["scheduled_by"]:
        out.print(
            "[yellow]Nobody runs these now:[/yellow] they are scheduled when headwater serve runs, or workers do."
        )
    for source in found["sources"]:
        if source["last_run"] and source["last_run"]["error"]:
            out.print(f"[red]last run failed[/red] {plain(source['source'] + ': ' + source['last_run']['error'])}")
    inbox = found["inbox"]
    if any(inbox[name] for name in ("waiting", "working", "dead")):
        since = f", since {inbox['oldest'][:19]}" if inbox["oldest"] else ""
        dead = f", [red]{inbox['dead']:,} dead[/red]: headwater inbox" if inbox["dead"] else ""
        out.print(f"inbox: {inbox['waiting']:,} waiting, {inbox['working']:,} worked on{since}{dead}")


def _coverage(fields: dict[str, dict[str, int]]) -> str:
    return ", ".join(f"{name} {one['with']:,}/{one['of']:,}" for name, one in fields.items())


def access(
    as_: Askers = None,
    json: Json = False,
    config: Config = None,
    home: Home = None,
) -> None:
    """List the documents that someone can read; without --as, what everyone can read."""
    settings = load_settings(config, home, quiet=json)
    asker = askers(as_, settings)
    with Workshop(settings, command="headwater access") as workshop:
        found = access_of(workshop, asker)
    if json:
        print_json({"as": sorted(asker), "documents": found})
        return
    for document in found:
        via = ", ".join(document["through"])
        out.print(f"{plain(document['source'] + '/' + document['document'])}  [dim]through {plain(via)}[/dim]")
    out.print(f"{len(found):,} documents readable by {', '.join(sorted(asker)) or 'everyone'}.")
