"""What a service calls its readers, as principals of ours, by a table in the source's settings."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from headwater.errors import ConfigError
from headwater.model import Access, principal
from headwater.settings import did_you_mean


@dataclass(frozen=True, slots=True)
class Readers:
    """Names of the service (in lower case) and the principals that they stand for."""

    known: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def of(self, *names: str) -> tuple[str, ...] | None:
        """The principals of whichever of these names is known first; None where none is."""
        table = dict(self.known)
        return next((table[name.lower()] for name in names if name and name.lower() in table), None)


@dataclass(frozen=True, slots=True)
class Mapped:
    """Readers in our terms; unknown ones are nobody, and `unmapped` has a sentence for each."""

    access: Access
    unmapped: tuple[str, ...] = ()


def mapped(readers: Readers, named: Iterable[tuple[str, ...]], what: str, setting: str) -> Mapped:
    """Who may read what the service opens to each of `named`, which holds the names that one reader goes by."""
    allow: set[str] = set()
    unmapped: list[str] = []
    for names in named:
        found = readers.of(*names)
        if found is None:
            shown = " / ".join(dict.fromkeys(name for name in names if name))[:200]
            unmapped.append(f"{what} {shown} stands for no reader, so it lets nobody in; name it under {setting}")
        else:
            allow.update(found)
    return Mapped(Access(frozenset(allow)), tuple(unmapped))


def readers_table(
    stated: Mapping[str, tuple[str, ...]], groups: frozenset[str] | None, *, place: str, setting: str
) -> Readers:
    """ConfigError for a principal that is none, or a group that is not under [groups]."""
    known: list[tuple[str, tuple[str, ...]]] = []
    for name, texts in sorted(stated.items()):
        try:
            principals = tuple(principal(text) for text in texts)
        except ValueError as error:
            raise ConfigError(f"{place}: {setting}: {error}") from error
        for found in principals:
            group = found.removeprefix("group:")
            if found.startswith("group:") and groups is not None and group not in groups:
                raise ConfigError(
                    f"{place}: {setting}: {found} is not under [groups]{did_you_mean(group, groups)}",
                    advice="Add the group, or correct its name.",
                )
        known.append((name.lower(), principals))
    return Readers(tuple(known))
