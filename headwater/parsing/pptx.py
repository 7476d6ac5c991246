"""Presentations, walked by unstructured and turned into blocks, one page per slide."""

import io
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from pptx.enum.shapes import PP_PLACEHOLDER
from pptx.shapes.autoshape import Shape
from pptx.shapes.graphfrm import GraphicFrame
from unstructured.partition.pptx import PptxPartitionerOptions, _PptxPartitioner

from headwater.model import Block, BlockKind, Document, RawDocument
from headwater.parsing import office
from headwater.parsing.blocks import document, ordinal, squeeze, squeeze_lines, table_block
from headwater.parsing.office_chart import chart_table
from headwater.parsing.office_variant import ordinary
from headwater.parsing.pptx_shapes import Placed, all_text, diagram_texts, in_reading_order, is_hidden, placed
from headwater.parsing.tally import HIDDEN_TEXT, Tally

VERSION = "2"

HIDDEN_SLIDE = "hidden slide"
# What programs write where nobody gave one.
_NO_TITLES = ("", "powerpoint presentation", "presentation", "slide 1")

_BULLETED = (PP_PLACEHOLDER.BODY, PP_PLACEHOLDER.OBJECT, PP_PLACEHOLDER.VERTICAL_BODY, PP_PLACEHOLDER.VERTICAL_OBJECT)
_STYLES = {"arabic": "1", "alphaLc": "a", "alphaUc": "A", "romanLc": "i", "romanUc": "I"}


def parse(raw: RawDocument) -> Document:
    """Slide titles as headings, bullets and numbers as the slide's layout shows them, notes after their slide."""
    with office.open_container(raw.content, "ppt/") as archive:
        meta = dict(office.core_properties(archive))
        with office.translated("the presentation"):
            content = ordinary(raw.content, archive)
    with office.translated("the presentation"):
        options = PptxPartitionerOptions(
            file=io.BytesIO(content),
            file_path=None,
            include_page_breaks=False,
            include_slide_notes=True,
            infer_table_structure=False,
            strategy="fast",
        )
        walk = _Walk(options)
        blocks = list(walk.blocks())
    if walk.hidden_slides:
        meta["hidden_slides"] = walk.hidden_slides
    first = next((block.text for block in blocks if block.kind is BlockKind.HEADING), "")
    if first and str(meta.get("title", "")).casefold() in _NO_TITLES:
        meta["title"] = first
    return document(raw, blocks, meta, walk.tally)


class _Walk(_PptxPartitioner):
    """unstructured's presentation and notes, with the bullets and numbers that a slide inherits from its layout.

    Its public function guesses by part-of-speech tags whether a line is a title, knows only bullets set by hand, and
    reads shapes in groups and beside each other out of order.
    """

    def __init__(self, options: PptxPartitionerOptions) -> None:
        super().__init__(options)
        self.hidden_slides = 0
        self.tally = Tally()
        self._groups = office.Groups()

    def blocks(self) -> Iterator[Block]:
        for page, slide in enumerate(self._presentation.slides, start=1):
            if slide._element.get("show") in ("0", "false"):
                self.hidden_slides += 1
                self.tally.add(HIDDEN_SLIDE, all_text(slide._element))
                continue
            title = slide.shapes.title
            if title is not None:
                yield from self._text(title, True, page)
            for one in in_reading_order(list(placed(slide.shapes))):
                if title is None or one.shape.shape_id != title.shape_id:
                    yield from self._shape(one, page)
            for note in self._iter_maybe_slide_notes(slide):
                yield Block(kind=BlockKind.PARAGRAPH, text=f"Notes: {squeeze_lines(note.text)}", page=page)

    def _shape(self, one: Placed, page: int) -> Iterator[Block]:
        shape = one.shape
        width, height = self._presentation.slide_width or 0, self._presentation.slide_height or 0
        off = one.right < 0 or one.bottom < 0 or (width and one.left > width) or (height and one.top > height)
        if off or is_hidden(shape):
            self.tally.add(HIDDEN_TEXT, all_text(shape._element))
            return
        self._groups.end()
        if isinstance(shape, GraphicFrame):
            yield from self._table(shape, page) if shape.has_table else self._graphic(shape, page)
        elif isinstance(shape, Shape):
            yield from self._text(shape, False, page)

    def _text(self, shape: Any, is_title: bool, page: int) -> Iterator[Block]:
        if is_title:
            text = squeeze(shape.text_frame.text.replace("\v", " "))
            if text:
                yield Block(kind=BlockKind.HEADING, text=text, level=1, page=page)
            return
        counters: dict[int, int] = {}
        for paragraph in shape.text_frame.paragraphs:
            text = squeeze_lines(paragraph.text.replace("\v", "\n"))
            if not text:
                continue
            level = paragraph.level or 0
            mark = _mark(paragraph, shape, level)
            counters = {depth: count for depth, count in counters.items() if depth <= level}
            if mark is None:
                counters.pop(level, None)
                self._groups.end()
                yield replace(office.prose(text, page=page), links=_links(paragraph))
                continue
            typed = office.typed_item(text)
            number, text = typed or ("", text)
            if mark.tag.endswith("}buAutoNum"):
                counters[level] = counters[level] + 1 if level in counters else int(mark.get("startAt", "1"))
                number = ordinal(counters[level], _STYLES.get(_number_style(mark), "1"))
            kind = BlockKind.STEP if number else BlockKind.LIST_ITEM
            yield Block(
                kind=kind,
                text=text,
                level=level,
                ordinal=number,
                group=self._groups.of(shape.shape_id),
                page=page,
                links=_links(paragraph),
            )

    def _table(self, shape: GraphicFrame, page: int) -> Iterator[Block]:
        table = shape.table
        rows = []
        for r, row in enumerate(table.rows):
            rows.append([_spanned(table, cell, r, c).text for c, cell in enumerate(row.cells)])
        header = 1 if table.first_row and len(rows) > 1 else 0
        block = table_block(rows, header_rows=header, group=self._groups.next(), page=page)
        if block:
            yield block

    def _graphic(self, shape: GraphicFrame, page: int) -> Iterator[Block]:
        """A chart as a table of its numbers, a diagram as a list of its points."""
        if shape.has_chart:
            chart = chart_table(shape.chart._chartSpace, group=self._groups.next(), page=page)
            yield from [chart] if chart else []
            return
        group = self._groups.next()
        for text in diagram_texts(shape):
            yield Block(kind=BlockKind.LIST_ITEM, text=squeeze(text), group=group, page=page)


def _links(paragraph: Any) -> tuple[tuple[str, str], ...]:
    found = ((squeeze(run.text), run.hyperlink.address) for run in paragraph.runs if run.hyperlink.address)
    return tuple((text, target) for text, target in found if text)


def _spanned(table: Any, cell: Any, row: int, column: int) -> Any:
    """The cell whose text is shown here: the origin of the merge that covers it."""
    while cell.is_spanned and (row or column):
        # Merges are rectangles: walk to the left edge first, then to the top one.
        if cell._tc.hMerge and column:
            column -= 1
        elif row:
            row -= 1
        else:
            break
        cell = table.cell(row, column)
    return cell


def _number_style(mark: Any) -> str:
    """ "alphaLc" of "alphaLcPeriod"."""
    kind = mark.get("type", "arabicPeriod")
    return next((style for style in _STYLES if kind.startswith(style)), "arabic")


def _mark(paragraph: Any, shape: Any, level: int) -> Any | None:
    """The bullet or number definition in force for a paragraph; None when it has none."""
    step = f"a:lvl{level + 1}pPr"
    found = _own_mark(paragraph._p, "a:pPr")
    body = shape._element.txBody
    found = found if found is not None else _own_mark(body, f"a:lstStyle/{step}")
    if found is None and shape.is_placeholder:
        found = _inherited_mark(shape, step)
    return None if found is None or found.tag.endswith("}buNone") else found


def _own_mark(element: Any, path: str) -> Any | None:
    marks = element.xpath(" | ".join(f"./{path}/a:{name}" for name in ("buNone", "buChar", "buAutoNum", "buBlip")))
    return marks[0] if marks else None


def _inherited_mark(shape: Any, step: str) -> Any | None:
    """From the placeholder in the layout, the one in the master, or the master's style for body text."""
    holder = shape
    while (holder := getattr(holder, "_base_placeholder", None)) is not None:
        found = _own_mark(holder._element, f"p:txBody/a:lstStyle/{step}")
        if found is not None:
            return found
    if shape.placeholder_format.type not in _BULLETED:
        return None
    master = shape.part.slide_layout.slide_master._element
    return _own_mark(master, f"p:txStyles/p:bodyStyle/{step}")
