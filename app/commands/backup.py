"""`headwater backup` and `headwater restore`."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from app.console import out, plain, print_json
from app.options import Config, Home, Json, load_settings
from flows.backup import back_up, restore_backup
from flows.workshop import Workshop


def backup(
    target: Annotated[
        Path, typer.Argument(metavar="FILE|FOLDER", help="A new file, or a folder in which it gets a name.")
    ],
    json: Json = False,
    config: Config = None,
    home: Home = None,
) -> None:
    """Copy ledger and index together, as of one epoch, while everything else goes on running.

    Nothing is published while they are copied; documents are prepared meanwhile, and searches answered.
    """
    settings = load_settings(config, home, quiet=json)
    with Workshop(settings, command="headwater backup") as workshop:
        made = back_up(workshop, target.expanduser().absolute())
    known = made.manifest
    if json:
        print_json(
            {"file": str(made.file), "bytes": made.bytes, "held": round(made.held, 3), **_about(known.as_json())}
        )
        return
    out.print(
        plain(f"{made.file}: {known.documents:,} documents in {known.points:,} passages, as of epoch {known.epoch}")
    )
    out.print(plain(f"{made.bytes / 2**20:,.1f} MB; nothing could be published for {made.held:.1f} s"))


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What headwater backup wrote.")],
    newer: Annotated[
        Path | None,
        typer.Option(
            "--newer",
            help="State folder that the backup was made of, as it was last: blocks, revoked keys and readers that were "
            "taken away since then are carried over.",
            metavar="FOLDER",
        ),
    ] = None,
    json: Json = False,
    config: Config = None,
    home: Home = None,
) -> None:
    """Fill an empty state folder from a backup, after everything in it was checked.

    Run `headwater ingest` before anybody searches: what changed since the backup is brought in then, readers that were
    taken away first.
    """
    settings = load_settings(config, home, quiet=json)
    done = restore_backup(
        settings, file.expanduser().absolute(), newer=newer.expanduser().absolute() if newer else None
    )
    known = done.manifest
    if json:
        since = None if done.since is None else asdict(done.since)
        print_json({"home": str(settings.home), "now": done.epoch, "since": since, **_about(known.as_json())})
        return
    out.print(plain(f"Restored {known.documents:,} documents in {known.points:,} passages into {settings.home}"))
    out.print(
        plain(f"as of epoch {known.epoch}, {known.made_at[:19].replace('T', ' ')} UTC, with {known.blocks:,} blocks.")
    )
    if done.since is not None:
        out.print(
            plain(
                f"Carried over since: {done.since.blocks:,} blocks, {done.since.keys:,} revoked keys, "
                f"{done.since.narrowed:,} documents with fewer readers, {done.since.pushed:,} put or taken back."
            )
        )
    else:
        out.print("Blocks, revoked keys and what was put since then are not in it: repeat them, or use --newer.")
    out.print("Before anybody searches: headwater ingest")


def _about(manifest: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in manifest.items() if name not in ("parts", "format")}
