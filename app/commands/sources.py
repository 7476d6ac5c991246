"""`headwater sources`: what is connected, what can be, and whether it works."""

import tomllib
from dataclasses import replace
from json import dumps
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer

from app.console import out, plain, print_json
from app.options import Config, Home, Json, load_settings
from app.tables import plain_table
from connectors.catalogue import Kind, Setting, kinds
from flows.sources import Checked, check, configured
from flows.workshop import Workshop
from headwater.errors import ConfigError, StateError
from headwater.model import principals
from headwater.settings import Settings, SourceSettings, did_you_mean

UNREACHABLE, FINDINGS = 1, 3
_LISTINGS = {
    "complete": "the listing is complete",
    "incomplete": "the listing is not complete, so nothing that is absent counts as removed",
    "stopped": "there are more, which were not listed (--most)",
    "failed": "the listing failed",
}

sources = typer.Typer(
    name="sources",
    help="List the configured sources; with kinds, check or add: what can be connected, whether it works, a new one.",
    context_settings={"help_option_names": ["-h", "--help"]},
)


@sources.callback(invoke_without_command=True)
def listed(context: typer.Context, json: Json = False, config: Config = None, home: Home = None) -> None:
    """List the configured sources with their kind and last run.

    See also: headwater sources kinds, headwater sources check NAME, headwater sources add KIND.
    """
    if context.invoked_subcommand is not None:
        if json or config or home:
            raise ConfigError(
                f"options of sources {context.invoked_subcommand} go after {context.invoked_subcommand}",
                advice=f"headwater sources {context.invoked_subcommand} --json",
            )
        return
    settings = load_settings(config, home, quiet=json)
    with Workshop(settings, command="headwater sources") as workshop:
        found = configured(workshop)
    if json:
        print_json({"sources": found})
        return
    table = plain_table("source", "kind", "documents", "last run", "last complete", "last error")
    for column in (1, 5):
        table.columns[column].justify = "left"
    for one in found:
        times = (_time(one[name]) for name in ("last_success", "last_complete"))
        table.add_row(
            plain(one["source"]), plain(one["kind"]), f"{one['documents']:,}", *times, _red(one["last_error"])
        )
    out.print(table)
    if not found:
        out.print("No source is configured. What can be: headwater sources kinds. To add one: headwater sources add")


@sources.command("kinds")
def kinds_(
    kind: Annotated[str | None, typer.Argument(help="Only this one.", show_default=False)] = None, json: Json = False
) -> None:
    """What can be connected: what each kind reads, its settings, what it knows of permissions, of changes and removals.

    Other packages add kinds by the entry point `headwater.connectors`.
    """
    found = kinds() if kind is None else (_kind(kind),)
    if json:
        print_json({"kinds": [one.as_json() for one in found]})
        return
    for one in found:
        _print_kind(one)


@sources.command("check")
def check_(
    name: Annotated[
        str | None, typer.Argument(help="A configured source; without it, all of them.", show_default=False)
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=0, max=1_000, help="Documents to read.")] = 5,
    most: Annotated[int, typer.Option("--most", min=1, max=10_000_000, help="Documents to list at most.")] = 200,
    json: Json = False,
    config: Config = None,
    home: Home = None,
) -> None:
    """Connect, list, and read the first documents as an ingest would: with their readers and metadata.

    Publishes nothing and remembers nothing. Says whether the listing would be complete, what the credentials may not
    read, and whose readers are unknown.

    Exit codes: 0 all well; 1 a source cannot be reached; 2 usage or configuration; 3 something should be looked at.
    """
    settings = load_settings(config, home, quiet=json)
    chosen = _chosen(settings, name)
    with TemporaryDirectory(prefix="headwater-") as scratch:
        # Without any state, what was learned of a source is nothing, and no state is begun.
        place = settings.home if settings.home.exists() else Path(scratch)
        with Workshop(replace(settings, home=place), command="headwater sources check") as workshop:
            found = [check(workshop, source, limit=limit, most=most) for source in chosen]
    if json:
        print_json({"sources": [one.as_json() for one in found]})
    else:
        for one in found:
            _print_checked(one)
    raise typer.Exit(UNREACHABLE if any(one.error for one in found) else FINDINGS if _findings(found) else 0)


@sources.command("add")
def add(
    kind: Annotated[str, typer.Argument(help="What to connect: headwater sources kinds.", show_default=False)],
    name: Annotated[
        str | None, typer.Option("--name", help="Name of the source (default: its kind).", metavar="NAME")
    ] = None,
    access: Annotated[
        list[str] | None,
        typer.Option(
            "--access",
            help="default_access: public, group:NAME or user:EMAIL. Repeatable; without it, nobody.",
            metavar="PRINCIPAL",
        ),
    ] = None,
    json: Json = False,
    config: Config = None,
) -> None:
    """Append a commented [[source]] to headwater.toml: an example for what is required, the rest commented out.

    What stands in the file stays as it is.
    """
    # Imported here: writing TOML takes a library that nothing else here needs.
    from connectors.source_block import needed, source_block

    found, named = _kind(kind), name or kind
    if found.error:
        raise ConfigError(found.error)
    settings = load_settings(config, None, quiet=True)
    if settings.file is None:
        raise ConfigError("there is no headwater.toml here or above", advice="Write one with: headwater init")
    if settings.source(named) is not None:
        raise ConfigError(f"there is a source {named!r} already", advice="Give this one another name: --name NAME")
    try:
        allowed = sorted(principals(access or ()))
    except ValueError as error:
        raise ConfigError(str(error), advice="For example: --access group:support.") from None
    _append(settings.file, source_block(found, named, allowed))
    missing = [*needed(found), *([] if allowed else ["default_access"])]
    if json:
        print_json({"file": str(settings.file), "source": named, "kind": kind, "fill_in": missing})
    else:
        out.print(plain(f"Added {named} to {settings.file}. Fill in {', '.join(missing) or 'what you like'}, then:"))
        out.print(plain(f"  headwater sources check {named}"))


def _append(file: Path, block: str) -> None:
    """Only ever at the end, so that nothing before it can change."""
    try:
        before = file.read_bytes()
        newline = "\r\n" if b"\r\n" in before else "\n"
        gap = "" if not before else "\n" if before.endswith(b"\n") else "\n\n"
        added = (gap + block).replace("\n", newline).encode()
        tomllib.loads((before + added).decode("utf-8-sig"))
        with file.open("ab") as stream:
            stream.write(added)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(
            f"a [[source]] cannot be added at the end of {file}: {error}",
            advice="Where the file says source = [...], write each source as a [[source]] of its own.",
        ) from error
    except OSError as error:
        raise StateError(f"{file} cannot be written: {error.strerror}", advice="Change its permissions.") from error


def _kind(kind: str) -> Kind:
    found = {one.kind: one for one in kinds()}
    if kind not in found:
        raise ConfigError(f"there is no connector {kind!r}{did_you_mean(kind, found)}")
    return found[kind]


def _chosen(settings: Settings, name: str | None) -> tuple[SourceSettings, ...]:
    if name is None:
        if not settings.sources:
            raise ConfigError("no source is configured", advice="Add one: headwater sources add KIND")
        return settings.sources
    source = settings.source(name)
    if source is None:
        names = [one.name for one in settings.sources]
        raise ConfigError(f"there is no source {name!r}{did_you_mean(name, names)}")
    return (source,)


def _findings(found: list[Checked]) -> bool:
    return any(one.findings for one in found)


def _print_kind(one: Kind) -> None:
    out.print(f"[bold]{plain(one.kind)}[/bold]{plain(f' ({one.package})') if one.package else ''}")
    if one.error:
        out.print(f"  [red]{plain(one.error)}[/red]\n")
        return
    for word, text in (
        ("reads", one.about.reads),
        ("readers", one.about.permissions),
        ("changes", one.about.changes),
        ("removals", one.about.removals),
    ):
        out.print(f"  [dim]{word}:[/dim] {plain(text)}")
    for setting in one.settings:
        default = "required" if setting.required else "" if setting.default in (None, "", [], {}) else setting.default
        marks = ", ".join(
            str(mark) for mark in (setting.type, default, "secret" if setting.secret else "") if mark != ""
        )
        out.print(f"  {plain(setting.name)} [cyan]({plain(marks)})[/cyan] {plain(setting.description)}")
    out.print()


def _marks(setting: Setting) -> str:
    stated = "" if setting.default in (None, "", [], {}) else dumps(setting.default)
    marks = (setting.type, "required" if setting.required else stated, "secret" if setting.secret else "")
    return ", ".join(mark for mark in marks if mark)


def _print_checked(one: Checked) -> None:
    out.print(f"[bold]{plain(one.source)}[/bold] ({plain(one.kind)}), {one.seconds:.1f} s")
    if one.error:
        out.print(f"  [red]cannot be reached:[/red] {plain(one.error)}")
        out.print(f"  {plain(one.advice)}\n" if one.advice else "")
        return
    out.print(f"  {one.listed:,} documents listed; {_LISTINGS[one.listing]}")
    for document in one.documents:
        readers = ", ".join(sorted(document.access.allow)) or "[red]nobody[/red]"
        denied = f" but not {', '.join(sorted(document.access.deny))}" if document.access.deny else ""
        out.print(f"  [cyan]{plain(document.document)}[/cyan]  {plain(document.title)}")
        facts = {"kind": document.kind, "owner": document.owner, "updated": document.updated[:10]}
        shown = "  ".join(f"{name} {value}" for name, value in {**facts, "version": document.version}.items() if value)
        out.print(f"    readable by {readers}{plain(denied)}  [dim]{plain(shown)}[/dim]")
    for finding in one.findings:
        out.print(f"  [yellow]Note:[/yellow] {plain(finding)}")
    out.print()


def _time(moment: Any) -> str:
    return str(moment)[:19] if moment else "never"


def _red(text: str) -> str:
    return f"[red]{plain(text[:100])}[/red]" if text else ""
