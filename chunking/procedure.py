"""Chunks of procedures: steps with what they need, and parts that say which steps of how many they are."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from chunking.clusters import telling
from chunking.drafts import Draft, Drafting, drafted
from chunking.flow import flowing
from chunking.gathering import Gathering, gathered
from chunking.packing import Unit, packed
from chunking.sections import Section, attached, headings, outline
from chunking.sizing import Sizer
from chunking.splitters import Splitters
from chunking.steps import MARK, Procedure, needs_of, procedures, procedures_over_sections, purpose_of, title_of
from chunking.units import UnitBuilder
from chunking.wholes import structural
from headwater.model import Chunk, Document

_NOTE = "Steps 88-88 of 88"


class ProcedureStrategy:
    """The structure strategy, for documents whose steps have to be read together.

    What has to be there before the first step goes with the steps where both fit one passage. A procedure that fits
    none is divided between steps: each part says its title, its purpose and which steps it holds.
    """

    def __init__(self, sizer: Sizer, *, passage_tokens: int, overlap: int) -> None:
        self._sizer = sizer
        self._passage_tokens = passage_tokens
        self._overlap = overlap
        self._splitters = Splitters(sizer)

    def __call__(self, document: Document) -> list[Chunk]:
        whole_outline = outline(document, self._sizer)
        titles = headings(whole_outline)
        found = attached(whole_outline)
        drafting = Drafting(document, self._sizer, self._passage_tokens)
        limit_of = drafting.headers.limit
        gatherings = gathered(found, limit_of, self._sizer.joint, binds=needs_of)
        drafts = [
            draft for gathering in gatherings for draft in self._drafts(document, gathering, drafting, found)
        ]  # fmt: skip
        wholes = [*procedures_over_sections(found), *structural(found, telling(self._sizer.target))]
        return drafting.chunks(drafts, wholes, titles)

    def _drafts(
        self, document: Document, gathering: Gathering, drafting: Drafting, sections: Sequence[Section]
    ) -> Iterator[Draft]:
        path, pieces = gathering.heading_path, gathering.pieces()
        if len(gathering.members) > 1:
            unit = Unit(text=flowing(pieces), weight=gathering.weight, head=pieces[0], tail=pieces[-1])
            yield drafted(path, [unit])
            return
        section = gathering.members[0]
        limit = drafting.headers.limit(path) - self._sizer.weight(_NOTE)
        found = procedures(section.body, limit, self._sizer)
        if not found:
            limit = drafting.headers.limit(path)
        builder = UnitBuilder(
            limit=max(1, limit),
            overlap=self._overlap,
            whole=self._passage_tokens,
            sizer=self._sizer,
            splitters=self._splitters,
            label=self._label(document, section, sections) if found else "",
        )
        for group in packed(builder.units(pieces), max(1, limit), self._sizer):
            yield _labelled(path, group, found)

    def _label(self, document: Document, section: Section, sections: Sequence[Section]) -> str:
        """What every part of a procedure after its first begins with, as much of it as is short enough."""
        title, purpose = title_of(section, document.title), purpose_of(sections, section)
        most = telling(self._sizer.target)
        marked = f"{title}: {MARK}"
        for label in (f"{marked}\n{purpose}" if purpose else marked, marked, MARK):
            if self._sizer.weight(label.replace(MARK, _NOTE)) <= most:
                return label
        return ""


def _labelled(path: tuple[str, ...], group: Sequence[Unit], found: Sequence[Procedure]) -> Draft:
    first, last = group[0].head.index, group[-1].tail.index
    of = next((one.part(first, last) for one in found if one.part(first, last)), "")
    if MARK in group[0].context:
        context = group[0].context.replace(MARK, of)
        return drafted(path, [replace(group[0], context=context), *group[1:]])
    return replace(drafted(path, group), note=of)
