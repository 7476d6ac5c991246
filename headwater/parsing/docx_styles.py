"""What the styles of a Word document say: headings, by hand too, and captions."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from docx.oxml.ns import qn
from docx.text.paragraph import Paragraph

from headwater.model import Block, BlockKind
from headwater.parsing.blocks import squeeze

# Word keeps the names of its own styles in English; other programs write them in the user's language.
_HEADING_STYLE = re.compile(
    r"(?:heading|überschrift|titre|título|titulo|titolo|kop|rubrik|overskrift|otsikko|nagłówek|nadpis|başlık|címsor"
    r"|заголовок|标题|標題|見出し|제목)\s*(\d)",
    re.IGNORECASE,
)
_CAPTION_STYLE = re.compile(r"caption|beschriftung|légende|leyenda|legenda|didascalia|bijschrift", re.IGNORECASE)
_MOST_HEADING_WORDS = 12
_TALKS_ON = (".", ",", ";", ":")
_LARGE = 1.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Styled:
    """A paragraph and what its styles say; `list_level` from 0, None outside lists, `heading` from 1, 0 for none;
    `size` in half points, 0 where nothing says."""

    text: str
    page: int
    style: str
    label: str
    list_level: int | None
    heading: int
    code: bool
    bold: bool
    size: int
    links: tuple[tuple[str, str], ...]


def heading_level(paragraph: Paragraph, style: Any, style_name: str) -> int:
    """From 1; 0 for a paragraph that is no heading. The paragraph's own outline level goes before its style's."""
    if style_name == "Title":
        return 1
    holders = [paragraph._p, *(link.element for link in style_chain(style))]
    for holder in holders:
        levels = holder.xpath("./w:pPr/w:outlineLvl/@w:val")
        if levels and levels[0].isdigit():
            return int(levels[0]) + 1 if int(levels[0]) < 9 else 0
    for name in (style_name, *(link.name or "" for link in style_chain(style))):
        named = _HEADING_STYLE.fullmatch(name)
        if named:
            return int(named[1])
    return 0


def style_chain(style: Any) -> Iterator[Any]:
    """A style and those it is based on; a loop among them, as damaged files have, ends."""
    for _ in range(20):
        if style is None:
            return
        yield style
        style = getattr(style, "base_style", None)


def is_bold(paragraph: Paragraph, style: Any) -> bool:
    """Whether all of it is set in bold, by itself or by its style."""
    runs = [run for run in paragraph.runs if run.text.strip()]
    if not runs:
        return False
    styled = next((b for link in style_chain(style) if (b := getattr(link.font, "bold", None)) is not None), False)
    return all(styled if run.bold is None else run.bold for run in runs)


def type_size(paragraph: Paragraph, style: Any) -> int:
    """Half points of the smallest of its runs; 0 where neither they nor the style say."""
    values = [size.get(qn("w:val"), "") for size in paragraph._p.iterfind(f"{qn('w:r')}/{qn('w:rPr')}/{qn('w:sz')}")]
    if len(values) < len([run for run in paragraph.runs if run.text.strip()]):
        values = [v for link in style_chain(style) for v in link.element.xpath("./w:rPr/w:sz/@w:val")][:1]
    return min((int(value) for value in values if value.isdigit()), default=0)


def with_headings(items: Sequence[Styled | Block]) -> list[Styled | Block]:
    """In a document without one styled heading, short bold lines that stand alone above other text are headings."""
    if any(isinstance(item, Styled) and item.heading and item.style != "Title" for item in items):
        return list(items)
    sizes = sorted(item.size for item in items if isinstance(item, Styled) and not item.bold)
    usual = sizes[len(sizes) // 2] if sizes else 0
    found = list(items)
    for index, item in enumerate(items):
        after = items[index + 1] if index + 1 < len(items) else None
        if isinstance(item, Styled) and _is_title(item, after):
            large = usual and item.size > _LARGE * usual
            found[index] = replace(item, heading=1 if large else 2)
    return found


def _is_title(item: Styled, after: Styled | Block | None) -> bool:
    if not item.bold or item.code or item.heading or after is None or _is_caption(item):
        return False
    text = squeeze(item.text)
    if len(text.split()) > _MOST_HEADING_WORDS or text.endswith(_TALKS_ON) or not any(c.isalpha() for c in text):
        return False
    return isinstance(after, Block) or not after.bold or after.size < item.size


def with_captions(items: Sequence[Styled | Block]) -> Iterator[Styled | Block]:
    """A caption next to a table, above it or else below, becomes the table's label."""
    waiting = list(items)
    index = 0
    while index < len(waiting):
        item = waiting[index]
        after = waiting[index + 1] if index + 1 < len(waiting) else None
        if _is_caption(item) and isinstance(after, Block) and _is_bare(after):
            yield replace(after, label=squeeze(item.text))
            index += 2
        elif isinstance(item, Block) and _is_bare(item) and after and _is_caption(after) and not _leads(items, index):
            yield replace(item, label=squeeze(after.text))
            index += 2
        else:
            yield item
            index += 1


def _is_caption(item: Styled | Block) -> bool:
    return isinstance(item, Styled) and bool(_CAPTION_STYLE.fullmatch(item.style))


def _is_bare(item: Block) -> bool:
    return item.kind is BlockKind.TABLE and not item.label


def _leads(items: Sequence[Styled | Block], index: int) -> bool:
    """Whether the caption after the table at `index` stands above another table, whose it is then."""
    following = items[index + 2] if index + 2 < len(items) else None
    return isinstance(following, Block) and _is_bare(following)
