"""`headwater keys`: who may ask over the network, and for what."""

import sys
from typing import Annotated, Any

import typer

from app.console import err, out, plain, print_json
from app.options import Config, Home, Json, askers, load_settings
from app.tables import plain_table
from flows.workshop import Workshop
from headwater.errors import ConfigError
from headwater.keys.keys import SCOPES, make, note, revoke
from headwater.ledger.keys import Key

_COMMAND = "headwater keys"

keys = typer.Typer(
    name="keys",
    help="List the keys that others ask Headwater with over the network; with add, revoke, log: make one, refuse one, "
    "show what was done.",
    context_settings={"help_option_names": ["-h", "--help"]},
)


@keys.callback(invoke_without_command=True)
def listed(context: typer.Context, json: Json = False, config: Config = None, home: Home = None) -> None:
    """List the keys that others ask Headwater with over the network, as headwater keys list does.

    See also: headwater keys add NAME --scope search, headwater keys revoke NAME.
    """
    if context.invoked_subcommand is None:
        list_(json=json, config=config, home=home)
    elif json or config or home:
        raise ConfigError(
            f"options of keys {context.invoked_subcommand} go after {context.invoked_subcommand}",
            advice=f"headwater keys {context.invoked_subcommand} --json",
        )


@keys.command("add")
def add(
    name: Annotated[str, typer.Argument(help="What or who will use it.", show_default=False)],
    scope: Annotated[
        list[str],
        typer.Option("--scope", help=f"What it is for: {', '.join(SCOPES)}. Repeatable.", metavar="SCOPE"),
    ],
    as_: Annotated[
        list[str] | None,
        typer.Option(
            "--as",
            help="Whom it searches as: group:NAME or user:EMAIL. Repeatable; without it, public only.",
            metavar="PRINCIPAL",
        ),
    ] = None,
    may_impersonate: Annotated[
        bool, typer.Option("--may-impersonate", help="It may search as anyone that a request names.")
    ] = False,
    json: Json = False,
    config: Config = None,
    home: Home = None,
) -> None:
    """Make a key and print it, once: only a hash of it is kept.

    ingest: announce and put documents. search: as the readers named with --as. read: the state of things.
    administer: change it. No scope includes another.
    """  # fmt: skip
    settings = load_settings(config, home, quiet=json)
    readers = askers(as_, settings)
    with Workshop(settings, command=_COMMAND) as workshop:
        key, text = make(workshop.ledger, name, scope, principals=readers, may_impersonate=may_impersonate)
        note(workshop.ledger, _COMMAND, "keys add", f"{key.id} {key.name}")
    if json:
        print_json({"key": text, **_as_json(key)})
        return
    # Alone on stdout, so that it can be piped to where secrets are kept.
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
    err.print(plain(f"This is key {key.id} ({key.name}). It is shown only now; keep it where secrets are kept."))


@keys.command("list")
def list_(json: Json = False, config: Config = None, home: Home = None) -> None:
    """List keys, revoked ones too: what they are for, whom they search as, when they were last used (to the hour)."""
    settings = load_settings(config, home, quiet=json)
    with Workshop(settings, command=_COMMAND) as workshop:
        found = workshop.ledger.api_keys()
    if json:
        print_json({"keys": [_as_json(key) for key in found]})
        return
    table = plain_table("key", "name", "for", "searches as", "made", "last used", "state")
    for key in found:
        readers = "anyone" if key.may_impersonate else ", ".join(sorted(key.principals))
        moments = (_day(key.made_at), _day(key.used_at) if key.used_at else "never")
        state = f"revoked {_day(key.revoked_at)}" if key.revoked_at else "good"
        table.add_row(key.id, plain(key.name), ", ".join(sorted(key.scopes)), plain(readers), *moments, state)
    out.print(table)
    if not found:
        out.print("There are no keys. To make one: headwater keys add NAME --scope search --as group:support")


@keys.command("revoke")
def revoke_(
    key: Annotated[str, typer.Argument(help="Name or id of a key.", show_default=False)],
    json: Json = False,
    config: Config = None,
    home: Home = None,
) -> None:
    """Refuse a key from now on, for good."""
    settings = load_settings(config, home, quiet=json)
    with Workshop(settings, command=_COMMAND) as workshop:
        found = revoke(workshop.ledger, key)
        note(workshop.ledger, _COMMAND, "keys revoke", f"{found.id} {found.name}")
    if json:
        print_json({"revoked": found.id, "name": found.name})
    else:
        out.print(plain(f"Key {found.id} ({found.name}) is refused from now on."))


@keys.command("log")
def log(
    who: Annotated[str | None, typer.Option("--who", help="Name or id of a key, or a command.", metavar="WHO")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="The newest so many.")] = 100,
    json: Json = False,
    config: Config = None,
    home: Home = None,
) -> None:
    """Show who did what: what was asked as somebody else, refused, put, taken back, retried, or changed; newest first.

    Questions and contents are not kept.
    """
    settings = load_settings(config, home, quiet=json)
    with Workshop(settings, command=_COMMAND) as workshop:
        names = {key.id: key.name for key in workshop.ledger.api_keys()}
        ids = [id for id, name in names.items() if name == who]
        found = workshop.ledger.deeds(ids[0] if ids else who, limit)
    if json:
        rows = [{"at": d.at.isoformat(), "who": d.who, "name": names.get(d.who, ""), "what": d.what, "target": d.target}
                for d in found]  # fmt: skip
        print_json({"log": rows})
        return
    table = plain_table("at", "who", "what", "target")
    for deed in found:
        name = f"{names[deed.who]} ({deed.who})" if deed.who in names else deed.who
        table.add_row(_day(deed.at), plain(name), plain(deed.what), plain(deed.target))
    out.print(table)
    if not found:
        out.print("Nothing was noted yet." if who is None else plain(f"Nothing was noted of {who}."))


def _as_json(key: Key) -> dict[str, Any]:
    return {
        "id": key.id,
        "name": key.name,
        "scopes": sorted(key.scopes),
        "principals": sorted(key.principals),
        "may_impersonate": key.may_impersonate,
        "made_at": key.made_at.isoformat(),
        "used_at": key.used_at.isoformat() if key.used_at else None,
        "revoked_at": key.revoked_at.isoformat() if key.revoked_at else None,
    }


def _day(moment: object) -> str:
    return str(moment)[:16]
