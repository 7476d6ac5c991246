"""Where output goes: results and JSON to stdout, progress and messages to stderr."""

import json
import sys
from typing import Any

from rich.console import Console
from rich.markup import escape

# Where nobody watches, lines are not cut to a width that nobody has.
out = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 160)
err = Console(stderr=True, highlight=False)


def print_json(value: Any) -> None:
    """One JSON value on one line of stdout, whatever the file names in it are made of."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    sys.stdout.buffer.write(text.encode("utf-8", "replace") + b"\n")
    sys.stdout.flush()


def warn(message: str) -> None:
    err.print(f"[yellow]Note:[/yellow] {plain(message)}")


def fail(message: str, advice: str = "") -> None:
    err.print(f"[bold red]Error:[/bold red] {plain(message)}")
    if advice:
        err.print(plain(advice))


def printable(text: str) -> str:
    """File names may hold bytes that are not text; a terminal gets a question mark for each."""
    return text.encode("utf-8", "replace").decode("utf-8")


def plain(text: str) -> str:
    """Text that is shown as it is, whatever brackets or bytes are in it."""
    return escape(printable(text))
