"""The baseline: pieces of equal length from langchain's recursive splitter, wherever they begin and end."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise

from chunking.clusters import telling
from chunking.drafts import Draft, Drafting
from chunking.flow import between
from chunking.sections import Piece, Section, outline
from chunking.sizing import Sizer
from chunking.splitters import Splitters
from chunking.wholes import structural
from headwater.model import Chunk, Document


class FixedStrategy:
    """Headings are part of the text, and the context of each piece is the heading that it begins under."""

    def __init__(self, sizer: Sizer, *, passage_tokens: int, overlap: int) -> None:
        self._sizer = sizer
        self._passage_tokens = passage_tokens
        self._overlap = overlap
        self._splitters = Splitters(sizer)

    def __call__(self, document: Document) -> list[Chunk]:
        found = outline(document, self._sizer)
        drafting = Drafting(document, self._sizer, self._passage_tokens)
        limit = min(drafting.headers.limit(section.heading_path) for section in found)
        return drafting.chunks(self._drafts(found, limit), structural(found, telling(self._sizer.target)))

    def _drafts(self, found: list[Section], limit: int) -> Iterator[Draft]:
        pieces, paths = _laid_out(found)
        if not pieces:
            return
        joints = ["", *(between(before, piece) for before, piece in pairwise(pieces))]
        parts = [joint + piece.text for joint, piece in zip(joints, pieces, strict=True)]
        ends = list(accumulate(len(part) for part in parts))
        for part in self._splitters.prose("".join(parts), limit, self._overlap):
            begins = _at(ends, part.start)
            yield Draft(
                heading_path=paths[begins],
                text=part.text,
                place=pieces[begins].place,
                first=pieces[begins].index,
                last=pieces[_at(ends, part.end - 1)].index,
                lead=part.overlap,
                joint=part.joint,
            )


def _at(ends: Sequence[int], offset: int) -> int:
    return bisect_right(ends, offset)


def _laid_out(found: list[Section]) -> tuple[list[Piece], list[tuple[str, ...]]]:
    """Every block in order, and the headings above each."""
    pieces: list[Piece] = []
    paths: list[tuple[str, ...]] = []
    for section in found:
        for piece in [section.heading, *section.body] if section.heading else section.body:
            pieces.append(piece)
            paths.append(section.heading_path)
    return pieces, paths
