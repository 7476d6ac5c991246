"""Chunks that follow a document's own structure: headings, lists, steps, tables, code."""

from collections.abc import Iterator

from chunking.drafts import Draft, Headers, chunks_of
from chunking.gathering import Gathering, gathered
from chunking.packing import joined, packed
from chunking.sections import sections
from chunking.sizing import Sizer
from chunking.splitters import Splitters
from chunking.units import UnitBuilder, flowing
from headwater.model import Chunk, Document


class StructureStrategy:
    """Passages stay within a section, or join small sections beside each other.

    Tables, code, admonitions, list items and steps that fit a passage stay whole; so do lists with the sentence
    that leads into them. What fits no passage is divided: tables by rows with their head repeated, lists between
    items with their lead-in repeated, code and prose by langchain's splitters.
    """

    def __init__(self, sizer: Sizer, overlap: int) -> None:
        self._sizer = sizer
        self._overlap = overlap
        self._splitters = Splitters(sizer)

    def __call__(self, document: Document) -> list[Chunk]:
        headers = Headers(document, self._sizer)
        gatherings = gathered(sections(document, self._sizer), headers.limit, self._sizer.joint)
        drafts = (draft for gathering in gatherings for draft in self._drafts(gathering, headers))
        return chunks_of(document, drafts, headers, self._sizer)

    def _drafts(self, gathering: Gathering, headers: Headers) -> Iterator[Draft]:
        path = gathering.heading_path
        if len(gathering.members) > 1:
            pieces = gathering.pieces()
            yield Draft(path, flowing(pieces), pieces[0].place)
            return
        limit = headers.limit(path)
        builder = UnitBuilder(limit=limit, overlap=self._overlap, sizer=self._sizer, splitters=self._splitters)
        for group in packed(builder.units(gathering.members[0].body), limit, self._sizer):
            yield Draft(path, joined(group), group[0].place)
