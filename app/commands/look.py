"""`headwater show`, `status` and `access`: what is known, and who may read it."""

from typing import Annotated, Any

import typer

from app.console import out, plain, print_json
from app.options import Askers, Config, Home, Json, askers, load_settings
from app.tables import plain_table
from flows.inspect import access_of, show_document, status_of
from flows.maintain import find_document
from flows.workshop import Workshop


def show(
    document: Annotated[str, typer.Argument(help="Id, end of an id, or SOURCE/ID.", show_default=False)],
    json: Json = False,
    config: Config = None,
    home: Home = None,
) -> None:
    """Show one searchable document: its chunks as shown and as embedded, metadata, readers and history."""
    settings = load_settings(config, home, quiet=json)
    with Workshop(settings, command="headwater show") as workshop:
        found = show_document(workshop, find_document(workshop, document))
    print_json(found) if json else _print_document(found)


def _print_document(found: dict[str, Any]) -> None:
    out.print(f"[bold]{plain(found['title'])}[/bold]  {plain(found['source'])}/{plain(found['document'])}")
    readers = ", ".join(found["access"]["allow"]) or "nobody"
    denied = f" but not {', '.join(found['access']['deny'])}" if found["access"]["deny"] else ""
    out.print(f"[cyan]{plain(found['uri'])}[/cyan]  {found['kind']}  readable by {readers}{denied}")
    for key, value in sorted(found["metadata"].items()):
        out.print(f"  [dim]{plain(str(key))}:[/dim] {plain(str(value))}")
    for chunk in found["chunks"]:
        path = " > ".join(chunk["heading_path"])
        out.rule(
            f"[dim]{chunk['position'] + 1}/{len(found['chunks'])}  {plain(path)}  {chunk['tokens']} tokens[/dim]",
            align="left",
        )
        out.print(plain(chunk["text"]))
    out.rule("[dim]history[/dim]", align="left")
    for event in found["history"]:
        out.print(plain(f"{event['at'][:19]}  {event['outcome']}  {event['reason']}"))


def status(
    documents: Annotated[bool, typer.Option("--documents", help="List every searchable document.")] = False,
    json: Json = False,
    config: Config = None,
    home: Home = None,
) -> None:
    """What is searchable, from where, what failed, what is blocked, and who is working on it right now."""
    settings = load_settings(config, home, quiet=json)
    with Workshop(settings, command="headwater status") as workshop:
        found = status_of(workshop, documents=documents)
    print_json(found) if json else _print_status(found)


def _print_status(found: dict[str, Any]) -> None:
    table = plain_table("source", "connector", "documents", "chunks", "failing", "blocked", "last complete run")
    for source in found["sources"]:
        counts = (f"{source[name]:,}" for name in ("documents", "chunks", "failing", "blocked"))
        table.add_row(source["source"], source["kind"], *counts, (source["last_complete"] or "never")[:19])
    out.print(table)
    for document in found.get("documents", ()):
        out.print(plain(f"{document['source']}/{document['document']}  {document['title']}"))
    for failure in found["failures"]:
        out.print(
            f"[red]failed[/red] {plain(failure['source'] + '/' + failure['document'] + ': ' + failure['reason'])}"
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
