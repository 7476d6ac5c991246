"""Which blocks are in which chunks, by their letters and digits: marks, pipes and line breaks may differ."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from headwater.model import Block, Chunk

_OTHER = re.compile(r"[\W_]+")
_TELLING = 12
"""Characters by which a part of a block is recognised."""


def letters(text: str) -> str:
    """The letters and digits of a text, in lower case."""
    return _OTHER.sub("", text.casefold())


@dataclass(frozen=True, slots=True)
class Placed:
    """Chunk positions of one block, in order; `whole` when one chunk has all of it."""

    chunks: tuple[int, ...]
    whole: bool


class Chunks:
    """The chunks of one document, to find text in; all texts asked for are `letters`."""

    def __init__(self, chunks: Sequence[Chunk]) -> None:
        self._letters = [letters(chunk.text) for chunk in chunks]
        self._all = "\n".join(self._letters)
        self._starts = [0, *accumulate(len(text) + 1 for text in self._letters)]
        self._paths = [{letters(heading) for heading in chunk.heading_path} for chunk in chunks]

    @property
    def last(self) -> int:
        return len(self._letters) - 1

    def whole_in(self, text: str, first: int, last: int) -> int:
        """The first chunk from `first` to `last` that has all of the text; -1 when none has."""
        found = self._all.find(text, self._starts[first], self._starts[last + 1]) if text else -1
        return bisect_right(self._starts, found) - 1 if found >= 0 else -1

    def only_in(self, text: str) -> int:
        """The chunk that has this text, if it stands in one place alone and says something; else -1."""
        found = self._all.find(text) if len(text) >= _TELLING else -1
        if found < 0 or self._all.find(text, found + 1) >= 0:
            return -1
        return bisect_right(self._starts, found) - 1

    def in_order(self, texts: Sequence[str]) -> bool:
        """Whether one chunk has all of these texts one after the other."""
        return any(_in_order(texts, text) for text in self._letters)

    def under(self, heading: str, first: int, last: int) -> int:
        """The first chunk from `first` to `last` whose path has this heading; -1 when none has."""
        return next((n for n in range(first, last + 1) if heading in self._paths[n]), -1)

    def parts_of(self, text: str, first: int, last: int) -> tuple[int, ...]:
        """Chunks from `first` to `last` that have pieces of the text, in a row."""
        found: list[int] = []
        for number in range(first, last + 1):
            if _shares(text, self._letters[number]):
                found.append(number)
            elif found:
                break
        return tuple(found)


def place(blocks: Sequence[Block], chunks: Sequence[Chunk]) -> list[Placed]:
    """Where each block went, in reading order; a heading that only shows in paths is with the first chunk below it.

    Blocks that stand in one chunk alone are found first: what is short, or said twice, lies between them.
    """
    if not chunks:
        return [Placed((), False) for _ in blocks]
    there, texts = Chunks(chunks), [letters(shown(block)) for block in blocks]
    certain = _increasing([there.only_in(text) for text in texts])
    limits = _next_certain(certain, there.last)
    found: list[Placed] = []
    at = 0
    for text, known, last in zip(texts, certain, limits, strict=True):
        at = min(at, last)
        placed = Placed((known,), True) if known >= 0 else _between(there, text, at, last)
        at = placed.chunks[-1] if placed.chunks else at
        found.append(placed)
    return found


def shown(block: Block) -> str:
    """The text of a block, a table's as its cells."""
    return "\n".join(" ".join(row) for row in block.rows) if block.rows else block.text


def _between(there: Chunks, text: str, first: int, last: int) -> Placed:
    if not text:
        return Placed((), False)
    number = there.whole_in(text, first, last)
    if number < 0:
        number = there.under(text, first, last)
    return Placed((number,), True) if number >= 0 else Placed(there.parts_of(text, first, last), False)


def _increasing(numbers: Sequence[int]) -> list[int]:
    """The longest row of numbers that never falls; all others become -1, as what is unknown is already."""
    ends: list[int] = []
    tails: list[int] = []
    before: dict[int, int] = {}
    for position, number in enumerate(numbers):
        if number < 0:
            continue
        slot = bisect_right(tails, number)
        before[position] = ends[slot - 1] if slot else -1
        tails[slot : slot + 1] = [number]
        ends[slot : slot + 1] = [position]
    kept = [-1] * len(numbers)
    position = ends[-1] if ends else -1
    while position >= 0:
        kept[position] = numbers[position]
        position = before[position]
    return kept


def _next_certain(certain: Sequence[int], last: int) -> list[int]:
    """For each block the nearest certain chunk at or after it."""
    found = []
    for number in reversed(certain):
        last = number if number >= 0 else last
        found.append(last)
    return found[::-1]


def _in_order(wanted: Sequence[str], text: str) -> bool:
    at = 0
    for piece in wanted:
        at = text.find(piece, at)
        if at < 0:
            return False
        at += len(piece)
    return True


def _shares(one: str, other: str) -> bool:
    """Whether a telling run of characters of one is in the other: its beginning, its end, or one in between."""
    if len(one) < _TELLING:
        return False
    if len(other) >= _TELLING and (other[:_TELLING] in one or other[-_TELLING:] in one):
        return True
    return any(one[start : start + _TELLING] in other for start in range(0, len(one) - _TELLING + 1, _TELLING))
