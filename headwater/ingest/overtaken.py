"""What somebody else looked at under the lease of a run, while the run was under way.

What the run fetched before is older than that, also where the look left no trace in the ledger.
"""

from collections import Counter
from collections.abc import Iterable

from headwater.ledger.base import DocumentRow
from headwater.publishing.publisher import moved

LOOKED_AT_AGAIN = 3
"""How often a document is looked at once more because it was published by somebody else meanwhile."""


class Overtaken:
    """Of one run; rows are noted in the thread that fetches, everything else happens between its steps."""

    def __init__(self) -> None:
        self.ids: set[str] = set()
        self._before: dict[str, DocumentRow | None] = {}
        self._again: Counter[str] = Counter()

    def fetching(self, id: str, row: DocumentRow | None) -> DocumentRow | None:
        """`row` is what is live right before the document is fetched."""
        self._before[id] = row
        return row

    def add(self, id: str) -> None:
        """Somebody is about to look at it, or just did."""
        self.ids.add(id)
        self._before.pop(id, None)

    def forget(self, id: str) -> None:
        """The run is done with it."""
        self._before.pop(id, None)

    def is_older(self, id: str, live: DocumentRow | None) -> bool:
        """Whether what the run fetched was fetched before somebody else looked."""
        return id not in self._before or moved(self._before[id], live)

    def expected(self, source: str, ids: Iterable[str]) -> dict[tuple[str, str], DocumentRow | None]:
        """For `Publisher.publish`."""
        return {(source, id): self._before[id] for id in ids if id in self._before}

    def once_more(self, id: str) -> bool:
        """False when that was often enough."""
        self._again[id] += 1
        return self._again[id] <= LOOKED_AT_AGAIN
