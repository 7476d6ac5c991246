"""Chunks that follow a document's own structure: headings, lists, steps, tables, code."""

from collections.abc import Iterator

from chunking.clusters import telling
from chunking.drafts import Draft, Drafting, drafted
from chunking.flow import flowing
from chunking.gathering import Gathering, gathered
from chunking.packing import packed
from chunking.sections import attached, headings, outline
from chunking.sizing import Sizer
from chunking.splitters import Splitters
from chunking.units import UnitBuilder
from chunking.wholes import structural
from headwater.model import Chunk, Document

FILL = 0.35
"""Share of a passage's room that is filled with several blocks: a short passage is about one thing, and is found by it.
What belongs together may take all of the room."""


class StructureStrategy:
    """Passages stay within a section, or join small sections beside each other.

    Tables, code, admonitions, list items and steps that fit a passage stay whole; so do lists with the sentence
    that leads into them. What fits no passage is divided: tables by rows with their head repeated, lists between
    items with their lead-in repeated, code and prose by langchain's splitters.
    """

    def __init__(self, sizer: Sizer, *, passage_tokens: int, overlap: int) -> None:
        self._sizer = sizer
        self._passage_tokens = passage_tokens
        self._overlap = overlap
        self._splitters = Splitters(sizer)

    def __call__(self, document: Document) -> list[Chunk]:
        found = outline(document, self._sizer)
        titles = headings(found)
        found = attached(found)
        drafting = Drafting(document, self._sizer, self._passage_tokens)
        gatherings = gathered(found, lambda path: _filled(drafting.headers.limit(path)), self._sizer.joint)
        drafts = [draft for gathering in gatherings for draft in self._drafts(gathering, drafting)]
        return drafting.chunks(drafts, structural(found, telling(self._sizer.target)), titles)

    def _drafts(self, gathering: Gathering, drafting: Drafting) -> Iterator[Draft]:
        path, pieces = gathering.heading_path, gathering.pieces()
        if len(gathering.members) > 1:
            yield Draft(
                heading_path=path,
                text=flowing(pieces),
                place=pieces[0].place,
                first=pieces[0].index,
                last=pieces[-1].index,
            )
            return
        limit = drafting.headers.limit(path)
        builder = UnitBuilder(
            limit=limit,
            overlap=self._overlap,
            whole=self._passage_tokens,
            sizer=self._sizer,
            splitters=self._splitters,
        )
        for group in packed(builder.units(pieces), limit, self._sizer, fill=_filled(limit)):
            yield drafted(path, group)


def _filled(limit: int) -> int:
    return max(1, round(FILL * limit))
