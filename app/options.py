"""Options that several commands share, and how they become settings and principals."""

import difflib
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from app.console import warn
from flows.environment import prepare
from headwater.errors import ConfigError
from headwater.model import principal
from headwater.settings import Settings, load
from headwater.settings.secrets import before_prefect

Config: TypeAlias = Annotated[
    Path | None,
    typer.Option("--config", "-c", help="Configuration file (default: the nearest headwater.toml).", metavar="FILE"),
]
Home: TypeAlias = Annotated[
    Path | None,
    typer.Option("--home", help="State folder (default: .headwater beside the configuration).", metavar="FOLDER"),
]
Json: TypeAlias = Annotated[bool, typer.Option("--json", help="Print one JSON object, and nothing else, on stdout.")]
Askers: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--as",
        help="Who asks: group:NAME or user:EMAIL. Repeatable; without it only public passages.",
        metavar="PRINCIPAL",
    ),
]


def load_settings(config: Path | None, home: Path | None, *, quiet: bool = False) -> Settings:
    """The settings in force; what is odd about them is said once, on stderr."""
    settings = load(config, home=home.expanduser().absolute() if home else None)
    before_prefect(partial(prepare, settings.home))
    if not quiet:
        for warning in settings.warnings:
            warn(warning)
    return settings


def askers(texts: Iterable[str] | None, settings: Settings) -> frozenset[str]:
    """Canonical principals; a group that the configuration does not know is pointed out."""
    names = set()
    for text in texts or ():
        try:
            name = principal(text)
        except ValueError as error:
            raise ConfigError(str(error), advice="For example: --as group:support.") from None
        known = settings.known_groups
        kind, _, group = name.partition(":")
        if kind == "group" and known is not None and group not in known:
            near = difflib.get_close_matches(group, known, 1)
            warn(f"no group {group!r} in the configuration" + (f"; did you mean group:{near[0]}?" if near else ""))
        names.add(name)
    return frozenset(names)
