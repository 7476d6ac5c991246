"""`headwater inbox`: what was announced and waits to be looked at, and what could not be."""

from typing import Annotated, Any

import typer

from app.console import out, plain, print_json
from app.options import Config, Home, Json, load_settings
from app.tables import plain_table
from flows.workshop import Workshop
from headwater.errors import ConfigError
from headwater.inbox.inbox import Inbox
from headwater.keys.keys import note
from headwater.ledger.waiting import DEAD, WHOLE, Waiting

_COMMAND = "headwater inbox"
_SHOWN = 50

inbox = typer.Typer(
    name="inbox",
    help="Show what was announced and waits to be looked at; with replay or drop: what could not be.",
    context_settings={"help_option_names": ["-h", "--help"]},
)


@inbox.callback(invoke_without_command=True)
def listed(context: typer.Context, json: Json = False, config: Config = None, home: Home = None) -> None:
    """Show what was announced by webhooks and waits to be looked at, and what failed for good, with its reason.

    See also: headwater inbox replay ID, headwater inbox drop ID.
    """
    if context.invoked_subcommand is not None:
        if json or config or home:
            raise ConfigError(
                f"options of inbox {context.invoked_subcommand} go after {context.invoked_subcommand}",
                advice=f"headwater inbox {context.invoked_subcommand} --json",
            )
        return
    settings = load_settings(config, home, quiet=json)
    with Workshop(settings, command=_COMMAND) as workshop:
        box = Inbox(workshop.ledger)
        depth, rows = box.depth(), box.rows(limit=None if json else 10 * _SHOWN)
    if json:
        oldest = depth.oldest.isoformat() if depth.oldest else None
        counts = {"waiting": depth.waiting, "working": depth.working, "dead": depth.dead, "oldest": oldest}
        print_json({**counts, "rows": [_as_json(row) for row in rows]})
        return
    since = f", the oldest since {str(depth.oldest)[:19]}" if depth.oldest else ""
    out.print(f"{depth.waiting:,} waiting{since}, {depth.working:,} worked on, {depth.dead:,} failed for good")
    dead = [row for row in rows if row.state == DEAD]
    _print_rows([row for row in rows if row.state != DEAD][:_SHOWN])
    for row in dead[:_SHOWN]:
        out.print(f"[red]{row.id}[/red] {plain(_named(row))} ({row.attempts} attempts): {plain(row.error)}")
    if dead:
        out.print("To try them again: headwater inbox replay --all. To forget one: headwater inbox drop ID")


@inbox.command("replay")
def replay(
    ids: Annotated[
        list[int] | None, typer.Argument(help="Numbers that headwater inbox shows.", show_default=False)
    ] = None,
    all_: Annotated[bool, typer.Option("--all", help="Everything that failed for good.")] = False,
    json: Json = False,
    config: Config = None,
    home: Home = None,
) -> None:
    """Try again what failed for good."""
    if bool(ids) == all_:
        raise ConfigError("name what to try again", advice="headwater inbox replay ID, or headwater inbox replay --all")
    settings = load_settings(config, home, quiet=json)
    with Workshop(settings, command=_COMMAND) as workshop:
        count = Inbox(workshop.ledger).replay(None if all_ else ids)
        note(workshop.ledger, _COMMAND, "inbox replay", "all" if all_ else " ".join(map(str, ids or ())))
    _report("replayed", count, json=json)


@inbox.command("drop")
def drop(
    ids: Annotated[list[int], typer.Argument(help="Numbers that headwater inbox shows.", show_default=False)],
    json: Json = False,
    config: Config = None,
    home: Home = None,
) -> None:
    """Forget what was announced, without looking at it; the next run of its source finds what changed all the same."""
    settings = load_settings(config, home, quiet=json)
    with Workshop(settings, command=_COMMAND) as workshop:
        count = Inbox(workshop.ledger).drop(ids)
        note(workshop.ledger, _COMMAND, "inbox drop", " ".join(map(str, ids)))
    _report("dropped", count, json=json)


def _report(what: str, count: int, *, json: bool) -> None:
    if json:
        print_json({what: count})
    else:
        out.print(
            f"{count:,} {what}." if count else f"Nothing was {what}: there is no such number, or it did not fail."
        )


def _print_rows(rows: list[Waiting]) -> None:
    if not rows:
        return
    table = plain_table("id", "what", "why", "told", "since", "due", "attempts", "last error")
    for column in (1, 2, 7):
        table.columns[column].justify = "left"
    for row in rows:
        times = (str(row.first_at)[:19], str(row.due_at)[:19])
        told = f"{row.notices:,}"
        why = f"{'readers: ' if row.access else ''}{row.reason}"
        table.add_row(
            str(row.id), plain(_named(row)), plain(why), told, *times, str(row.attempts), plain(row.error[:100])
        )
    out.print(table)


def _named(row: Waiting) -> str:
    return f"all of {row.source}" if row.document == WHOLE else f"{row.source}/{row.document}"


def _as_json(row: Waiting) -> dict[str, Any]:
    return {
        "id": row.id,
        "source": row.source,
        "document": row.document,
        "reason": row.reason,
        "delivery": row.delivery,
        "access": row.access,
        "state": row.state,
        "notices": row.notices,
        "first_at": row.first_at.isoformat(),
        "last_at": row.last_at.isoformat(),
        "due_at": row.due_at.isoformat(),
        "working": row.token is not None,
        "attempts": row.attempts,
        "error": row.error,
    }
