"""A document's blocks as sections: what stands under one heading, in reading order."""

from dataclasses import dataclass, field, replace

from chunking.cite import Place
from chunking.metadata import encodable
from chunking.render import rendered
from chunking.sizing import Sizer
from headwater.model import Block, BlockKind, Document

LONGEST_HEADING = 500
"""Characters; what is longer is text that was marked as a heading. Every passage below carries its headings."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A block with its position in the document, its text as shown, what that weighs, and where it can be looked up."""

    index: int
    block: Block
    text: str
    weight: int
    place: Place


@dataclass(slots=True)
class Section:
    """`trail` names the heading and those above it by their position in the document, since headings repeat.

    `place` is that of the heading, or of the nearest heading above that has one.
    """

    heading_path: tuple[str, ...] = ()
    trail: tuple[int, ...] = ()
    place: Place = field(default_factory=Place)
    heading: Piece | None = None
    body: list[Piece] = field(default_factory=list)


def outline(document: Document, sizer: Sizer) -> list[Section]:
    """A section for every heading, with or without text, after one for what stands above the first heading."""
    texts = _texts(document)
    found = [Section()]
    above: list[Section] = []
    place = Place()
    for position, (block, text, weight) in enumerate(zip(document.blocks, texts, sizer.weigh(texts), strict=True)):
        if not text.strip():
            continue
        if block.kind is not BlockKind.HEADING or len(text) > LONGEST_HEADING:
            place = place.at(block)
            shown = replace(block, kind=BlockKind.PARAGRAPH) if block.kind is BlockKind.HEADING else block
            found[-1].body.append(Piece(position, shown, text, weight, place))
            continue
        while above and _level(above[-1]) >= block.level:
            above.pop()
        parent = above[-1] if above else found[0]
        place = parent.place.at(block)
        section = Section(
            heading_path=(*parent.heading_path, " ".join(text.split())),
            trail=(*parent.trail, position),
            place=place,
            heading=Piece(position, block, text, weight, place),
        )
        found.append(section)
        above.append(section)
    return found


def _level(section: Section) -> int:
    return section.heading.block.level if section.heading else 0


def _texts(document: Document) -> list[str]:
    texts = []
    before: Block | None = None
    for block in document.blocks:
        again = before is not None and before.kind is block.kind and before.group == block.group > 0
        texts.append(encodable(rendered(block, first=not again)))
        before = block
    return texts


def headings(found: list[Section]) -> list[tuple[int, str]]:
    """Position and text of every heading of an outline."""
    return [(section.heading.index, section.heading.text) for section in found if section.heading]


def attached(found: list[Section]) -> list[Section]:
    """The sections of an outline that have text.

    A heading without any is dropped where it shows in the path of the next section, else moved ahead of its text.
    """
    kept: list[Section] = []
    waiting: list[Piece] = []
    for position, section in enumerate(found):
        if section.body or section.heading is None:
            if waiting and section.heading is not None:
                section.body[:0] = [*waiting, section.heading]
            waiting = []
            if section.body:
                kept.append(section)
            continue
        following = found[position + 1] if position + 1 < len(found) else None
        if following is not None and following.trail[:-1] == section.trail:
            # It leads to its first child; what waited for it goes on to there, in the order of the document.
            if waiting:
                waiting.append(section.heading)
            continue
        if following is not None and following.trail[:-1] == section.trail[:-1]:
            waiting.append(section.heading)
            continue
        # Nothing beside it follows: the heading is the text, under the heading above it.
        section.body = [*waiting, section.heading]
        section.heading_path = section.heading_path[:-1]
        section.heading = None
        waiting = []
        kept.append(section)
    return kept
