"""What is handed out together: no passage twice, none inside another, and no more than was asked for."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

from headwater.index.base import Hit
from headwater.retrieval.passage import Passage, Reading, passage

Version: TypeAlias = tuple[str, str, int]
"""Source, document and publication."""


@dataclass(slots=True)
class _Taken:
    reading: Reading
    hits: list[Hit] = field(default_factory=list)

    def contains(self, first: int, last: int) -> bool:
        return self.reading.first <= first and last <= self.reading.last


class Tray:
    """Filled best first; `limit` counts passages, `budget` (None: any number) their tokens."""

    def __init__(self, limit: int, budget: int | None) -> None:
        self._limit = limit
        self._left = budget
        self._taken: list[tuple[Version, _Taken]] = []

    @property
    def full(self) -> bool:
        return len(self._taken) >= self._limit or (self._left is not None and self._left <= 0)

    def holds(self, hit: Hit) -> bool:
        """Whether the match is in what was taken already; if so it is counted as matched there."""
        version, position = _version(hit), int(hit.payload["position"])
        for other, taken in self._taken:
            if other == version and taken.contains(position, position):
                taken.hits.append(hit)
                return True
        return False

    def take(self, hit: Hit, readings: Iterable[Reading]) -> None:
        """The first of the readings that fits; what lies within it goes up in it. Nothing, when none fits."""
        version = _version(hit)
        for reading in readings:
            inside = [
                taken
                for other, taken in self._taken
                if other == version and reading.first <= taken.reading.first and taken.reading.last <= reading.last
            ]
            cost = reading.tokens - sum(taken.reading.tokens for taken in inside)
            if (self._left is not None and cost > self._left) or self._overlaps(version, reading):
                continue
            if self._left is not None:
                self._left -= cost
            self._put(version, reading, inside, hit)
            return

    def _put(self, version: Version, reading: Reading, inside: list[_Taken], hit: Hit) -> None:
        if not inside:
            self._taken.append((version, _Taken(reading, [hit])))
            return
        # In the place of the best of them.
        inside[0].reading = reading
        inside[0].hits = [*(match for taken in inside for match in taken.hits), hit]
        self._taken = [pair for pair in self._taken if not any(pair[1] is gone for gone in inside[1:])]

    def _overlaps(self, version: Version, reading: Reading) -> bool:
        """Whether it would repeat a part of what was taken, without holding all of that."""
        return any(
            other == version
            and taken.reading.first <= reading.last
            and reading.first <= taken.reading.last
            and not (reading.first <= taken.reading.first and taken.reading.last <= reading.last)
            for other, taken in self._taken
        )

    def passages(self) -> list[Passage]:
        """Best first."""
        return [passage(taken.hits, taken.reading) for _, taken in self._taken]


def _version(hit: Hit) -> Version:
    return hit.payload["source"], hit.payload["document"], int(hit.payload["publication"])
