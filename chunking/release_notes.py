"""Chunks of release notes: one entry each, with the version, date and kind of change that its headings say."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from chunking.clusters import items_of, led_clusters, telling
from chunking.drafts import Draft, Drafting, drafted
from chunking.flow import ITEMS
from chunking.packing import Unit, packed
from chunking.release_facts import Facts, Headings, entry_facts, facts_above, release_line, released_on
from chunking.release_lines import with_headings
from chunking.sections import Piece, Section, attached, headings, outline
from chunking.sizing import Sizer
from chunking.splitters import Splitters
from chunking.units import UnitBuilder, jointed
from chunking.wholes import Whole, structural
from headwater.model import BlockKind, Chunk, Document


class ReleaseNotesStrategy:
    """An entry is an item of a list with all that belongs to it, or the text between lists.

    An item that is nothing but a version and a date stands for a heading: its entries are the items inside it. What
    leads into a list is repeated ahead of each entry where it is short.
    """

    def __init__(self, sizer: Sizer, *, passage_tokens: int, overlap: int) -> None:
        self._sizer = sizer
        self._passage_tokens = passage_tokens
        self._overlap = overlap
        self._splitters = Splitters(sizer)

    def __call__(self, document: Document) -> list[Chunk]:
        document = with_headings(document)
        whole_outline = outline(document, self._sizer)
        titles = headings(whole_outline)
        found = attached(whole_outline)
        notes = _Notes(document, titles, found)
        drafting = Drafting(document, self._sizer, self._passage_tokens, notes.title)
        drafts: list[Draft] = []
        wholes: list[Whole] = []
        for section in found:
            for entry in self._entries(section, drafting, notes):
                drafts += entry
                wholes.append(Whole("entry", entry[0].first, entry[-1].last))
        return drafting.chunks(drafts, [*wholes, *structural(found, telling(self._sizer.target))], titles)

    def _entries(self, section: Section, drafting: Drafting, notes: "_Notes") -> Iterator[list[Draft]]:
        limit = drafting.headers.limit(section.heading_path)
        builder = UnitBuilder(
            limit=limit, overlap=self._overlap, whole=0, sizer=self._sizer, splitters=self._splitters
        )  # fmt: skip
        before: Unit | None = None
        for units, own in _entry_units(section.body, builder, notes.above(section)):
            if before is not None:
                units[0] = jointed(before, units[0])
            before = units[-1]
            metadata = entry_facts(units[0].text, own).metadata(notes.product)
            groups = packed(units, limit, self._sizer)
            yield [drafted(section.heading_path, group, metadata) for group in groups]


class _Notes:
    """The facts that hold for the sections of one document."""

    def __init__(self, document: Document, titles: Sequence[tuple[int, str]], sections: Sequence[Section]) -> None:
        reader = Headings(document.title, [text for _, text in titles])
        stated = document.raw.meta.get("product") or document.meta.get("product")
        # What is stated of the document stays as it is.
        self.product = "" if stated else reader.product
        # A first release that lends its name to the whole file says nothing of those below it.
        lent = document.title in [text for _, text in titles] and bool(reader.facts(document.title).version)
        self.title = reader.product if lent else document.title
        self._facts = {position: reader.facts(text) for position, text in titles}
        for section in sections:
            self._date_below(section)

    def _date_below(self, section: Section) -> None:
        """A line below the heading may say when the version was released."""
        facts = self._facts.get(section.trail[-1]) if section.trail else None
        if facts and facts.version and not facts.date:
            dates = [released for piece in section.body[:2] if (released := released_on(piece.block.text))]
            if dates:
                self._facts[section.trail[-1]] = replace(facts, date=dates[0])

    def above(self, section: Section) -> Facts:
        return facts_above(self._facts[position] for position in section.trail)


def _entry_units(body: Sequence[Piece], builder: UnitBuilder, above: Facts) -> Iterator[tuple[list[Unit], Facts]]:
    """Units of each entry of a section, and what is known of it from above."""
    prose: list[Piece] = []
    for head, cluster in led_clusters(body, telling(builder.sizer.target)):
        # Numbers count changes below a heading such as "Fixed"; elsewhere they are steps, as of an upgrade.
        steps = cluster[0].block.kind is BlockKind.STEP and not above.section
        if cluster[0].block.kind not in ITEMS or steps:
            prose += [*head, *cluster]
            continue
        if prose:
            yield builder.units(prose), above
            prose = []
        yield from _listed(head, cluster, builder, above)
    if prose:
        yield builder.units(prose), above


def _listed(
    head: Sequence[Piece], cluster: Sequence[Piece], builder: UnitBuilder, above: Facts
) -> Iterator[tuple[list[Unit], Facts]]:
    waiting, context = list(head), list(head)
    for item in items_of(cluster):
        release = release_line(item[0].block.text) if len(item) > 1 else None
        if release is None:
            yield builder.entry(waiting, item, context), above
        else:
            inside = above.within(release)
            fresh = [*waiting, item[0]]
            for inner in items_of(item[1:]):
                yield builder.entry(fresh, inner, [*context, item[0]]), inside
                fresh = []
        waiting = []
