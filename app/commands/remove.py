"""`headwater remove` and `headwater rebuild`."""

from typing import Annotated

import typer

from app.console import out, plain, print_json
from app.options import Config, Home, Json, load_settings
from app.progress import Bars
from app.tables import print_report
from flows.maintain import find_document, remove_document, remove_source
from flows.maintain import rebuild as rebuild_index
from flows.maintain import unblock as let_in
from flows.workshop import Workshop
from headwater.errors import ConfigError


def remove(
    document: Annotated[str | None, typer.Argument(help="Id, end of an id, or SOURCE/ID.", show_default=False)] = None,
    block: Annotated[
        str | None,
        typer.Option("--block", help="Keep it out through later runs, for this reason.", metavar="REASON"),
    ] = None,
    unblock: Annotated[bool, typer.Option("--unblock", help="Undo --block; the next ingest brings it back.")] = False,
    source: Annotated[
        str | None, typer.Option("--source", help="Every document of this source instead of one.", metavar="NAME")
    ] = None,
    json: Json = False,
    config: Config = None,
    home: Home = None,
) -> None:
    """Take a document, or a whole source, out of search at once.

    Without --block, the next ingest brings a document back if it is still at its source.
    """
    if (document is None) == (source is None):
        raise ConfigError("name a document, or a source with --source", advice="headwater remove help/billing.md")
    if unblock and (block is not None or source is not None):
        raise ConfigError("--unblock goes with a document alone")
    settings = load_settings(config, home, quiet=json)
    with Workshop(settings, command="headwater remove", wait=10) as workshop:
        if unblock:
            freed = let_in(workshop, str(document))
            said = (
                f"{freed.source}/{freed.document} is let in again; bring it back with: headwater ingest {freed.source}"
            )
            result: dict[str, object] = {"unblocked": f"{freed.source}/{freed.document}"}
        elif source is not None:
            removal = remove_source(workshop, source)
            said = f"{len(removal.documents):,} documents of {source} are out of search as of epoch {removal.epoch}."
            result = {"removed": list(removal.documents), "epoch": removal.epoch, "blocked": None}
        else:
            row = find_document(workshop, str(document))
            removal = remove_document(workshop, row, block=block)
            later = "stays out of later runs" if block is not None else "comes back if a later run still finds it"
            said = f"{removal.documents[0]} is out of search as of epoch {removal.epoch}; it {later}."
            result = {"removed": list(removal.documents), "epoch": removal.epoch, "blocked": block}
    print_json(result) if json else out.print(plain(said))


def rebuild(json: Json = False, config: Config = None, home: Home = None) -> None:
    """Build a new index beside the live one, from the sources, and switch to it in one epoch.

    For another embedding model, or an index that does not match its ledger. Searches are answered from the old
    index until the switch; documents that are announced meanwhile are looked at for both.
    """
    settings = load_settings(config, home, quiet=json)
    names = [source.name for source in settings.sources]
    with Bars(beside=True) as bars, Workshop(settings, command="headwater rebuild") as live:

        def make(target: str) -> Workshop:
            return Workshop(settings, command="headwater rebuild", listener=bars, target=target, opened=live)

        with live.ledger.lease("rebuild", live.holder, seconds=60):
            report = rebuild_index(make, live, names)
    print_json(report.as_json()) if json else print_report(report)
    raise typer.Exit(report.exit_code)
