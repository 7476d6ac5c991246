"""A document in the terminal: its chunks in borders, with what is known of each."""

from collections import Counter
from typing import Any

from rich.box import ROUNDED
from rich.panel import Panel
from rich.text import Text

from app.console import out, plain, printable

COLOURS = ("blue", "yellow", "green", "magenta", "red", "cyan")


def draw_document(found: dict[str, Any]) -> None:
    """What `show --json` prints, for people."""
    _draw_head(found)
    for chunk in found["chunks"]:
        _draw_chunk(found, chunk)
    for number, block in enumerate(found["blocks"] or ()):
        if not any(number in chunk["blocks"] for chunk in found["chunks"]) and any(map(str.isalnum, block["text"])):
            out.print(f"[yellow]in no chunk[/yellow] {plain(block['kind'] + ': ' + block['text'][:160])}")
    out.rule("[dim]history[/dim]", align="left")
    for event in found["history"]:
        out.print(plain(f"{event['at'][:19]}  {event['outcome']}  {event['reason']}"))


def _draw_head(found: dict[str, Any]) -> None:
    out.print(f"[bold]{plain(found['title'])}[/bold]  {plain(found['source'])}/{plain(found['document'])}")
    readers = ", ".join(found["access"]["allow"]) or "nobody"
    denied = f" but not {', '.join(found['access']['deny'])}" if found["access"]["deny"] else ""
    out.print(f"[cyan]{plain(found['uri'])}[/cyan]  {found['kind']}  readable by {readers}{denied}")
    for key, value in sorted(found["metadata"].items()):
        origin = f"  [dim]from {plain(found['origins'][key])}[/dim]" if key in found["origins"] else ""
        shown = ", ".join(value) if isinstance(value, list | tuple) else str(value)
        out.print(f"  [dim]{plain(str(key))}:[/dim] {plain(shown)}{origin}")
    if found["blocks"] is None:
        out.print("[dim]Its source holds another version by now, or cannot be read: blocks are not shown.[/dim]")
    for one in found["stripped"] or ():
        said = f"{one['words']} words of {one['what']}: {one['sample']}"
        out.print(f"  [yellow]left out[/yellow] {plain(said)}")


def _draw_chunk(found: dict[str, Any], chunk: dict[str, Any]) -> None:
    about = [Text(printable(" > ".join(chunk["heading_path"])), style="bold")] if chunk["heading_path"] else []
    about.append(Text(printable(chunk["citation"]), style="cyan"))
    about += [Text(whole_text(span), style="dim") for span in chunk["wholes"]]
    kinds = Counter(found["blocks"][number]["kind"] for number in chunk["blocks"] or ())
    if kinds:
        named = ", ".join(kind if count == 1 else f"{count} {kind}" for kind, count in kinds.items())
        about.append(Text(f"blocks: {named}", style="dim"))
    text = Text(printable(chunk["text"][: chunk["lead"]]), style="dim")
    text.append(printable(chunk["text"][chunk["lead"] :]), style="not dim")
    colour = COLOURS[chunk["position"] % len(COLOURS)]
    out.print(
        Panel(
            Text("\n").join([*about, Text(""), text]),
            box=ROUNDED,
            border_style=colour,
            title=f"{chunk['position'] + 1}/{len(found['chunks'])}  {chunk['tokens']} tokens",
            title_align="left",
        ),
        soft_wrap=False,
    )


def whole_text(span: dict[str, Any]) -> str:
    """What a chunk is part of, in words; chunks are numbered from 1."""
    return f"part of a {span['what']}: chunks {span['first'] + 1} to {span['last'] + 1}, {span['tokens']} tokens"
