"""How fresh the documents behind an answer are, and how often answers came from stale ones."""

import threading
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from headwater.clock import utc_now
from headwater.errors import HeadwaterError
from headwater.freshness.served import reasons
from headwater.freshness.standing import Moment, document_standing
from headwater.freshness.terms import Terms, terms_for
from headwater.freshness.troubles import troubles_of
from headwater.freshness.values import DocumentStanding
from headwater.ledger.base import Ledger
from headwater.ledger.standing import Standing
from headwater.retrieval.passage import Freshness, Passage

COUNT_SECONDS = 1.0
"""So long a command waits at its end for a ledger that is being written; then its searches may not be counted."""

Name = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Standings:
    """(source, document) pairs to how they stand now, as the freshness report has it."""

    ledger: Ledger
    terms: Mapping[str, Terms]

    def __call__(self, generation: str, names: Collection[Name]) -> dict[Name, Freshness]:
        at = utc_now()
        return {
            (row.source, row.document): Freshness(
                state=one.freshness,
                updated=row.updated_at,
                due=one.due,
                verified_at=one.verified_at,
                lag_seconds=None if one.lag is None else round(one.lag.total_seconds()),
                reasons=reasons(one, terms_for(self.terms, row.source), at),
            )
            for row, one in self.standing(generation, names)
        }

    def standing(self, generation: str, names: Collection[Name]) -> list[tuple[Standing, DocumentStanding]]:
        """Of those that are searchable: what the ledger says, and what follows from it."""
        moments = self.moments({source for source, _ in names})
        troubles = troubles_of(self.ledger, generation, names)
        found = []
        for row in self.ledger.standings_named(generation, names):
            terms, trouble = terms_for(self.terms, row.source), troubles.get((row.source, row.document))
            found.append((row, document_standing(row, terms, moments[row.source], trouble)))
        return found

    def moments(self, sources: Collection[str]) -> dict[str, Moment]:
        """Now, and when each of these sources was last looked at as a whole."""
        at, vouched = utc_now(), self.ledger.vouched(sources)
        if len(vouched) < len(sources):
            # Older releases noted no looks, but when the last complete one ended.
            rows = self.ledger.sources()
            vouched = {row.name: row.last_complete for row in rows if row.last_complete} | vouched
        return {source: Moment(at=at, looked=at, vouched=vouched.get(source)) for source in sources}


def stale_in(answer: Iterable[Passage]) -> frozenset[Name]:
    """The documents in one answer that break a promise."""
    return frozenset((one.source, one.document) for one in answer if one.freshness and one.freshness.state == "stale")


def count_stale(ledger: Ledger, answers: Iterable[frozenset[Name]]) -> None:
    """Once per answer and stale document, by day; nothing of who asked, or what.

    Call it when the answers are out. It is never an error: a ledger that cannot be written in time is left as it is.
    """
    day, stale = utc_now().date().isoformat(), [names for names in answers if names]
    if stale:
        counting = threading.Thread(target=_count, args=(ledger, stale, day), name="headwater-count", daemon=True)
        counting.start()
        counting.join(COUNT_SECONDS)


def _count(ledger: Ledger, stale: Iterable[frozenset[Name]], day: str) -> None:
    try:
        for names in stale:
            ledger.count_served(sorted(names), day)
    except HeadwaterError:
        return  # read-only, full, or busy for too long: what is counted is a sign, not an account
