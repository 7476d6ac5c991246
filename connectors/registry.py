"""Which connector stands behind a source's `kind`, and the settings that are the connector's own."""

import importlib
from collections.abc import Iterator
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, Protocol, cast, runtime_checkable

from connectors.about import About
from connectors.websites.recent import forget
from headwater.errors import ConfigError
from headwater.interfaces import Connector
from headwater.ledger.pushed import PushedStore
from headwater.settings import Settings, SourceSettings, did_you_mean
from headwater.settings.explain import checked
from headwater.settings.schema import SourceTable, Table

CONNECTORS = {
    "folder": "connectors.folder:FolderConnector",
    "website": "connectors.website:WebsiteConnector",
    "feed": "connectors.feed:FeedConnector",
    "git": "connectors.git:GitConnector",
    "zendesk": "connectors.zendesk:ZendeskConnector",
    "github-releases": "connectors.github_releases:GithubReleasesConnector",
    "confluence": "connectors.confluence:ConfluenceConnector",
    "push": "connectors.push:PushConnector",
}
"""By kind; imported when a source asks for one, so that no run pays for connectors that it does not use."""

ENTRY_POINTS = "headwater.connectors"
"""Group under which other packages offer theirs: the name of the entry point is the kind."""


class ConnectorClass(Protocol):
    """What a connector's class offers: the shape of its own keys, and how it is made from them.

    It should have an `about` too; for one of another package that has none, its docstrings have to do.
    """

    Options: type[Table]
    about: About

    def configured(self, source: SourceSettings, options: Any, groups: frozenset[str] | None) -> Connector: ...


@runtime_checkable
class _Remembers(Protocol):
    """Reads documents by a listing that this process made a while ago."""

    def not_older(self, seconds: float) -> Connector: ...


def not_older(connector: Connector, seconds: float, id: str = "") -> Connector:
    """The same, reading by no listing that was made longer ago than this, and nothing of `id` that one has left."""
    forget((connector, id))
    return connector.not_older(max(0.0, seconds)) if isinstance(connector, _Remembers) else connector


@runtime_checkable
class ReadsStore(Protocol):
    """A connector of what Headwater itself keeps, which has to be told where that is."""

    def reading(self, store: PushedStore) -> Connector: ...


@runtime_checkable
class _Rooted(Protocol):
    @property
    def root(self) -> Path: ...


def build(source: SourceSettings, groups: frozenset[str] | None) -> Connector:
    """The connector of one source; `groups` is `Settings.known_groups`. ConfigError names what is wrong, and where."""
    connector = connector_class(source)
    options = checked(
        connector.Options,
        dict(source.options),
        place=lambda _: source.place or f"source {source.name}",
        also=SourceTable.model_fields,
    )
    return connector.configured(source, options, groups)


def connector_class(source: SourceSettings) -> ConnectorClass:
    """Of the source's kind."""
    return class_of(source.kind, source.place or source.name)


def class_of(kind: str, place: str) -> ConnectorClass:
    """Other packages are asked only about kinds that are not ours; ConfigError for a kind that nobody has."""
    if kind in CONNECTORS:
        module, _, name = CONNECTORS[kind].partition(":")
        return cast(ConnectorClass, getattr(importlib.import_module(module), name))
    others = elsewhere()
    if kind not in others:
        raise ConfigError(
            f"{place}: there is no connector {kind!r}{did_you_mean(kind, (*CONNECTORS, *others))}",
            advice="Correct the source's kind.",
        )
    try:
        return cast(ConnectorClass, others[kind].load())
    except Exception as error:
        # Whatever is wrong in a package that is not ours, it concerns the sources of this kind alone.
        raise ConfigError(
            f"{place}: the connector {kind!r} ({others[kind].value}) cannot be loaded: {type(error).__name__}: {error}",
            advice="Install a working version of the package that brings it.",
        ) from error


def elsewhere() -> dict[str, EntryPoint]:
    """What other packages offer, by kind, without kinds that are ours."""
    return {found.name: found for found in entry_points(group=ENTRY_POINTS) if found.name not in CONNECTORS}


def check(settings: Settings) -> tuple[str, ...]:
    """Build every source, and report in sentences what is allowed but hardly meant: folders inside one another."""
    built = [(source, build(source, settings.known_groups)) for source in settings.sources]
    roots = [(source.name, connector.root.resolve()) for source, connector in built if isinstance(connector, _Rooted)]
    return tuple(_overlaps(roots))


def _overlaps(roots: list[tuple[str, Path]]) -> Iterator[str]:
    for number, (name, root) in enumerate(roots):
        for other, beside in roots[number + 1 :]:
            if root == beside or root in beside.parents or beside in root.parents:
                yield (
                    f"sources {name} and {other} overlap ({root} and {beside}): what lies in both is indexed twice, "
                    "each time with its own readers"
                )
