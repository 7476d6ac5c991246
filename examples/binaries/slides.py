"""Writes a source as a presentation: a slide for each heading, with lists, tables and speaker notes."""

from io import BytesIO
from itertools import groupby
from typing import Any

from pptx import Presentation
from pptx.util import Cm, Pt

from binaries.archive import normalised
from binaries.source import Block, Callout, Heading, Item, Paragraph, Source, Table, plain

_TITLE_SLIDE, _TITLE_AND_BODY, _TITLE_ONLY = 0, 1, 5


def write(source: Source) -> bytes:
    show = Presentation()
    for heading, blocks in _by_heading(source.blocks):
        _slide(show, heading, blocks)
    head, properties = source.head, show.core_properties
    properties.title, properties.author, properties.last_modified_by = head["title"], head["owner"], head["owner"]
    properties.subject, properties.keywords, properties.revision = head["number"], head["keywords"], head["revision"]
    properties.created, properties.modified = source.moment("created"), source.moment("updated")
    result = BytesIO()
    show.save(result)
    return normalised(result.getvalue(), source.moment("updated"))


def _by_heading(blocks: tuple[Block, ...]) -> list[tuple[Heading, list[Block]]]:
    parts: list[tuple[Heading, list[Block]]] = []
    for is_heading, group in groupby(blocks, key=lambda block: isinstance(block, Heading)):
        for block in group:
            if is_heading and isinstance(block, Heading):
                parts.append((block, []))
            else:
                parts[-1][1].append(block)
    return parts


def _slide(show: Any, heading: Heading, blocks: list[Block]) -> None:
    has_table = any(isinstance(block, Table) for block in blocks)
    layout = _TITLE_SLIDE if heading.level == 1 else _TITLE_ONLY if has_table else _TITLE_AND_BODY
    slide = show.slides.add_slide(show.slide_layouts[layout])
    slide.shapes.title.text = heading.text
    lines = []
    for block in blocks:
        match block:
            case Paragraph(spans, _):
                lines.append(plain(spans))
            case Item(spans, _, number, _):
                lines.append(f"{number}. {plain(spans)}" if number else plain(spans))
            case Callout("Notes", spans):
                slide.notes_slide.notes_text_frame.text = plain(spans)
            case Table(rows):
                _table(slide, rows)
    if lines:
        slide.placeholders[1].text = "\n".join(lines)


def _table(slide: Any, rows: tuple[tuple[str, ...], ...]) -> None:
    frame = slide.shapes.add_table(len(rows), len(rows[0]), Cm(1.5), Cm(4.5), Cm(22), Cm(1.2 * len(rows)))
    for y, row in enumerate(rows):
        for x, text in enumerate(row):
            cell = frame.table.cell(y, x)
            cell.text = text
            cell.text_frame.paragraphs[0].font.size = Pt(16)
