"""What the ledger remembers of how documents change, and how soon that was searchable."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

INITIAL, NEW, CONTENT = "initial", "new", "content"
"""Changes at a source: what was there when it was first read, what came later, what has other content."""
SETTINGS, ACCESS, REPROCESSED, REBUILT, REMOVED = "settings", "access", "reprocessed", "rebuilt", "removed"
"""Written anew although its content is the same: for other settings, readers or code; and taken out."""
AT_SOURCE = frozenset({INITIAL, NEW, CONTENT})


@dataclass(frozen=True, slots=True)
class Change:
    """Why a document is published.

    `changed_at` is when it changed as its source says; else it changed after `changed_after`, when it was last known to
    be as before. Both are None for what was there at first. `links` are the addresses in it, None where they are as
    before.
    """

    what: str
    changed_at: datetime | None = None
    changed_after: datetime | None = None
    detected_at: datetime | None = None
    links: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A live document as far as freshness is concerned; `facts` is what it states (see `facts_of`)."""

    source: str
    document: str
    kind: str
    title: str
    uri: str
    updated_at: datetime | None
    published_at: datetime
    verified_at: datetime
    changed_at: datetime | None
    changed_after: datetime | None
    detected_at: datetime | None
    searchable_at: datetime
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class PastChange:
    """One line of the history of what was published; `facts` also hold title, kind, uri and updated."""

    at: datetime
    source: str
    document: str
    what: str
    changed_at: datetime | None
    changed_after: datetime | None
    detected_at: datetime | None
    epoch: int
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class PastTrouble:
    """A document that had failed or was held back (`outcome`), since when, after how many attempts, and why."""

    source: str
    document: str
    outcome: str
    since: datetime
    attempts: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One look at a whole source; `vouched` when it said of every document whether it changed, `error` when it failed.

    `documents` are those that were live at its end.
    """

    source: str
    run: str
    began_at: datetime
    ended_at: datetime
    complete: bool
    vouched: bool
    error: str = ""
    listed: int = 0
    changed: int = 0
    removed: int = 0
    documents: int = 0


class FreshnessLedger(Protocol):
    """The part of a ledger that freshness is measured by."""

    def standings(self, generation: str, source: str | None = None) -> Iterator[Standing]:
        """Of live documents, by source and id, streamed."""
        ...

    def standings_named(self, generation: str, names: Iterable[tuple[str, str]]) -> list[Standing]:
        """Of those of these (source, id) pairs that are live."""
        ...

    def standings_at(self, moment: datetime, source: str | None = None) -> Iterator[Standing]:
        """Of what was live at `moment`, from the history; by source and id, streamed."""
        ...

    def changes(
        self, source: str | None = None, document: str | None = None, *, since: datetime | None = None,
        until: datetime | None = None, what: Collection[str] | None = None, limit: int | None = None,
        facts: bool = True,
    ) -> Iterator[PastChange]:  # fmt: skip
        """Newest first, streamed; `since` is not included, `until` is; `what` None means every kind.

        Without `facts`, which take as long as the rest, those are empty.
        """
        ...

    def troubles_at(self, moment: datetime) -> list[PastTrouble]:
        """Documents whose newest version had failed or was held back at `moment`, by source and id."""
        ...

    def history_begins(self) -> datetime | None:
        """The oldest moment that the history knows of; None when it is empty."""
        ...

    def links(self, generation: str, *, unresolved: bool = False) -> Iterator[tuple[str, str, str]]:
        """(source, document, address in it), by source and document, streamed.

        `unresolved`: only those that are no id of a live document of the same source.
        """
        ...

    def note_listing(self, listing: Listing) -> None: ...
    def listings(
        self, source: str | None = None, *, since: datetime | None = None, until: datetime | None = None,
        limit: int | None = None,
    ) -> list[Listing]:  # fmt: skip
        """Newest first, by when they began; `since` is not included, `until` is."""
        ...

    def vouched(self, sources: Iterable[str]) -> dict[str, datetime]:
        """Source -> when the newest look at it began that spoke for every document."""
        ...

    def count_served(self, names: Iterable[tuple[str, str]], day: str) -> None:
        """One more time each, on this day (2026-01-31, UTC)."""
        ...

    def served(self, since: str, until: str) -> dict[tuple[str, str], int]:
        """(source, document) -> times from the day `since` to the day `until`, both included."""
        ...

    def compact(self, before: datetime) -> int:
        """Forget history from before then; what is needed to know how things stood at that moment stays.

        Returns how many lines went.
        """
        ...


FACTS = (
    "owner", "created", "effective", "review_by", "last_reviewed_on", "review_in", "supersedes", "superseded_by",
    "canonical", "revision", "product", "version", "language", "edit_uri",
)  # fmt: skip


def facts_of(meta: Mapping[str, Any]) -> dict[str, Any]:
    """Those of a document's metadata that freshness looks at; only what is stated."""
    return {name: meta[name] for name in FACTS if meta.get(name) not in (None, "", ())}
