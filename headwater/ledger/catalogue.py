"""What a ledger knows of live documents for somebody who looks through them, a page at a time."""

from dataclasses import dataclass
from typing import Protocol, TypeAlias

Name: TypeAlias = tuple[str, str]
"""Source and id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Documents whose title or id has `text` in it (in any case of ASCII letters), of one source or of all."""

    text: str = ""
    source: str | None = None


class CatalogueLedger(Protocol):
    """The part of a ledger that is looked through."""

    def names(
        self, generation: str, wanted: Wanted, *, limit: int, after: Name | None = None, before: Name | None = None
    ) -> list[Name]:
        """By source and id, as the database orders text; with `before`, those that come last before it."""
        ...

    def count_names(self, generation: str, wanted: Wanted) -> int: ...

    def links_of(self, generation: str, name: Name, limit: int = 100) -> list[str]:
        """Addresses in this document."""
        ...

    def linked_from(self, generation: str, name: Name, limit: int = 100) -> list[Name]:
        """Documents of the same source that name its id."""
        ...
