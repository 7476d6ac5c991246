"""The baseline: pieces of equal length from langchain's recursive splitter, wherever they begin and end."""

from bisect import bisect_right
from collections.abc import Iterator

from chunking.cite import Place
from chunking.drafts import Draft, Headers, chunks_of
from chunking.packing import BLANK_LINE
from chunking.sections import Section, outline
from chunking.sizing import Sizer
from chunking.splitters import Splitters
from headwater.model import Chunk, Document


class FixedStrategy:
    """Headings are part of the text, and the context of each piece is the heading that it begins under."""

    def __init__(self, sizer: Sizer, overlap: int) -> None:
        self._sizer = sizer
        self._overlap = overlap
        self._splitters = Splitters(sizer)

    def __call__(self, document: Document) -> list[Chunk]:
        found = outline(document, self._sizer)
        headers = Headers(document, self._sizer)
        limit = min(headers.limit(section.heading_path) for section in found)
        return chunks_of(document, self._drafts(found, limit), headers, self._sizer)

    def _drafts(self, found: list[Section], limit: int) -> Iterator[Draft]:
        text, starts, places = _laid_out(found)
        if not text:
            return
        begin, end = 0, 0
        for piece in self._splitters.prose(text, limit, self._overlap):
            begin = text.find(piece, max(begin, end - self._overlapped(text[begin:end])))
            end = begin + len(piece)
            path, place = places[bisect_right(starts, begin) - 1]
            yield Draft(path, piece, place)

    def _overlapped(self, before: str) -> int:
        """Most characters at the end of a piece that may come again at the start of the next."""
        if not before or not self._overlap:
            return 0
        offsets = self._sizer.tokens.offsets(before)
        return len(before) - offsets[-self._overlap][0] if len(offsets) > self._overlap else len(before)


def _laid_out(found: list[Section]) -> tuple[str, list[int], list[tuple[tuple[str, ...], Place]]]:
    """The whole text, where in it each block starts, and what to cite from there on."""
    parts: list[str] = []
    starts: list[int] = []
    places: list[tuple[tuple[str, ...], Place]] = []
    length = 0
    for section in found:
        for piece in [section.heading, *section.body] if section.heading else section.body:
            parts.append(piece.text)
            starts.append(length)
            places.append((section.heading_path, piece.place))
            length += len(piece.text) + len(BLANK_LINE)
    return BLANK_LINE.join(parts), starts, places
