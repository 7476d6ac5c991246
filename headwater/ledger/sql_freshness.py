"""The part of a SQL ledger that freshness is measured by."""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime

from headwater.ledger import looks, standings, troubles, upkeep
from headwater.ledger.standing import Listing, PastChange, PastTrouble, Standing
from headwater.ledger.transactions import Transactions


class SqlFreshness(Transactions):
    """What changed when, what was looked at, and what was wrong with it."""

    def standings(self, generation: str, source: str | None = None) -> Iterator[Standing]:
        """As of the first row asked for."""
        with self._read() as connection:
            yield from standings.stream(connection, generation, source)

    def standings_named(self, generation: str, names: Iterable[tuple[str, str]]) -> list[Standing]:
        """By source, in the order of ids."""
        with self._read() as connection:
            return standings.named(connection, generation, names)

    def standings_at(self, moment: datetime, source: str | None = None) -> Iterator[Standing]:
        """Verified when they were published, as far as the history tells."""
        with self._read() as connection:
            yield from standings.stream_at(connection, moment, source)

    def changes(
        self,
        source: str | None = None,
        document: str | None = None,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        what: Collection[str] | None = None,
        limit: int | None = None,
        facts: bool = True,
    ) -> Iterator[PastChange]:
        """In the order in which they were committed, newest first."""
        with self._read() as connection:
            yield from standings.history(connection, source, document, (since, until), what, limit, facts=facts)

    def troubles_at(self, moment: datetime) -> list[PastTrouble]:
        """From the history of outcomes."""
        with self._read() as connection:
            return troubles.at(connection, moment)

    def history_begins(self) -> datetime | None:
        """When the oldest line was written that was not compacted."""
        with self._read() as connection:
            return standings.begins(connection)

    def links(self, generation: str, *, unresolved: bool = False) -> Iterator[tuple[str, str, str]]:
        """As they are written in the documents."""
        with self._read() as connection:
            yield from standings.all_links(connection, generation, unresolved=unresolved)

    def note_listing(self, listing: Listing) -> None:
        """One more line."""
        with self._write() as connection:
            looks.note(connection, listing)

    def listings(
        self,
        source: str | None = None,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int | None = None,
    ) -> list[Listing]:
        """In the order in which they were noted, newest first."""
        with self._read() as connection:
            return looks.newest(connection, source, since, until, limit)

    def vouched(self, sources: Iterable[str]) -> dict[str, datetime]:
        """Only of those that were ever looked at so."""
        with self._read() as connection:
            return looks.vouched(connection, sources)

    def count_served(self, names: Iterable[tuple[str, str]], day: str) -> None:
        """A name that comes twice counts once."""
        with self._write() as connection:
            upkeep.count_served(connection, names, day)

    def served(self, since: str, until: str) -> dict[tuple[str, str], int]:
        """Whether they are still live or not."""
        with self._read() as connection:
            return upkeep.times_served(connection, since, until)

    def compact(self, before: datetime) -> int:
        """All of it or nothing."""
        with self._write() as connection:
            return upkeep.compact(connection, before)
