"""Presentations, walked by unstructured and turned into blocks, one page per slide."""

import io
from collections.abc import Iterator
from typing import Any

from pptx.enum.shapes import PP_PLACEHOLDER
from pptx.shapes.autoshape import Shape
from pptx.shapes.graphfrm import GraphicFrame
from unstructured.partition.pptx import PptxPartitionerOptions, _PptxPartitioner

from headwater.model import Block, BlockKind, Document, RawDocument
from headwater.parsing import office
from headwater.parsing.blocks import document, ordinal, squeeze, squeeze_lines, table_block

VERSION = "1"

_BULLETED = (PP_PLACEHOLDER.BODY, PP_PLACEHOLDER.OBJECT, PP_PLACEHOLDER.VERTICAL_BODY, PP_PLACEHOLDER.VERTICAL_OBJECT)
_STYLES = {"arabic": "1", "alphaLc": "a", "alphaUc": "A", "romanLc": "i", "romanUc": "I"}


def parse(raw: RawDocument) -> Document:
    """Slide titles as headings, bullets and numbers as the slide's layout shows them, notes after their slide."""
    with office.open_container(raw.content, "ppt/") as archive:
        meta = dict(office.core_properties(archive))
    with office.translated("the presentation"):
        options = PptxPartitionerOptions(
            file=io.BytesIO(raw.content),
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
    return document(raw, blocks, meta)


class _Walk(_PptxPartitioner):
    """unstructured's order of shapes, with the bullets and numbers that a slide inherits from its layout.

    Its public function guesses by part-of-speech tags whether a line is a title, and knows only bullets set by hand.
    """

    def __init__(self, options: PptxPartitionerOptions) -> None:
        super().__init__(options)
        self.hidden_slides = 0
        self._groups = office.Groups()

    def blocks(self) -> Iterator[Block]:
        for page, slide in enumerate(self._presentation.slides, start=1):
            if slide._element.get("show") in ("0", "false"):
                self.hidden_slides += 1
                continue
            title, shapes = self._order_shapes(slide)
            for shape in shapes:
                self._groups.end()
                if isinstance(shape, GraphicFrame):
                    yield from self._table(shape, page) if shape.has_table else self._chart(shape, page)
                elif isinstance(shape, Shape) and not self._shape_is_off_slide(shape):
                    yield from self._text(shape, shape == title, page)
            for note in self._iter_maybe_slide_notes(slide):
                yield Block(kind=BlockKind.PARAGRAPH, text=f"Notes: {squeeze_lines(note.text)}", page=page)

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
                yield office.prose(text, page=page)
                continue
            typed = office.typed_item(text)
            number, text = typed or ("", text)
            if mark.tag.endswith("}buAutoNum"):
                counters[level] = counters[level] + 1 if level in counters else int(mark.get("startAt", "1"))
                number = ordinal(counters[level], _STYLES.get(_number_style(mark), "1"))
            kind = BlockKind.STEP if number else BlockKind.LIST_ITEM
            yield Block(
                kind=kind, text=text, level=level, ordinal=number, group=self._groups.of(shape.shape_id), page=page
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

    def _chart(self, shape: GraphicFrame, page: int) -> Iterator[Block]:
        """The numbers behind a chart; read as XML, because python-pptx knows only some kinds of chart."""
        if not shape.has_chart:
            return
        root = shape.chart._chartSpace
        series = root.xpath(".//c:ser")
        columns = [_points(one, "c:val") for one in series]
        labels = next((found for one in series if (found := _points(one, "c:cat"))), {})
        rows = [["", *(" ".join(one.xpath("./c:tx//c:v/text()")) for one in series)]]
        for place in sorted({place for column in (labels, *columns) for place in column}):
            rows.append([labels.get(place, ""), *(column.get(place, "") for column in columns)])
        caption = "".join(root.xpath("./c:chart/c:title//a:t/text()"))
        block = table_block(rows, header_rows=1, caption=caption, group=self._groups.next(), page=page)
        if block:
            yield block


def _points(series: Any, part: str) -> dict[int, str]:
    points = series.xpath(f"./{part}//c:pt")
    return {int(point.get("idx")): "".join(point.xpath("./c:v/text()")) for point in points}


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
