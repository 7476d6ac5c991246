"""Which blocks are in which chunks, by their letters and digits: marks, pipes and line breaks may differ."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

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
    """The chunks of one document, to find text in."""

    def __init__(self, chunks: Sequence[Chunk]) -> None:
        self.all = chunks
        self._letters = [letters(chunk.text) for chunk in chunks]
        self._paths = [{letters(heading) for heading in chunk.heading_path} for chunk in chunks]

    def whole_in(self, text: str, start: int = 0) -> int:
        """The first chunk from `start` on that has all of the text; -1 when none has."""
        wanted = letters(text)
        return next((n for n in range(start, len(self._letters)) if wanted in self._letters[n]), -1)

    def in_order(self, texts: Sequence[str]) -> int:
        """The first chunk that has all of these texts one after the other; -1 when none has."""
        wanted = [letters(text) for text in texts]
        return next((n for n, text in enumerate(self._letters) if _in_order(wanted, text)), -1)

    def under(self, heading: str, start: int) -> int:
        """The first chunk from `start` on whose path has this heading; -1 when none has."""
        wanted = letters(heading)
        return next((n for n in range(start, len(self._paths)) if wanted in self._paths[n]), -1)

    def parts_of(self, text: str, start: int) -> tuple[int, ...]:
        """Chunks from `start` on that have pieces of the text, in a row."""
        wanted, found = letters(text), []
        for number in range(start, len(self._letters)):
            if _shares(wanted, self._letters[number]):
                found.append(number)
            elif found:
                break
        return tuple(found)


def place(blocks: Sequence[Block], chunks: Sequence[Chunk]) -> list[Placed]:
    """Where each block went, in reading order; a heading that only shows in paths is with the first chunk below it."""
    there, found, at = Chunks(chunks), [], 0
    for block in blocks:
        text = "\n".join(" ".join(row) for row in block.rows) if block.rows else block.text
        number = there.whole_in(text, at) if letters(text) else -1
        if number < 0 and letters(text):
            number = there.under(block.text, at)
        if number >= 0:
            found.append(Placed((number,), True))
            at = number
            continue
        parts = there.parts_of(text, at)
        found.append(Placed(parts, False))
        at = parts[-1] if parts else at
    return found


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
