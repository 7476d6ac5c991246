"""Tables on PDF pages whose ruling lines suggest one, found by pdfplumber."""

import io
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pypdfium2 as pdfium
from pdfplumber.pdf import PDF
from pdfplumber.table import Table
from pypdfium2 import raw as api

from headwater.parsing.blocks import table_block
from headwater.parsing.pdf_lines import Line, PageReader

_THIN = 3.0
_SHORT = 12.0
_MOST_PATHS = 5_000
_EDGE = 3.0


def has_grid(page: pdfium.PdfPage) -> bool:
    """Whether ruling lines or cell borders of at least two columns and two rows are drawn on the page."""
    across, down = set[int](), set[int]()
    for count, path in enumerate(page.get_objects(filter=[api.FPDF_PAGEOBJ_PATH])):
        if count > _MOST_PATHS:
            return False  # a drawing
        left, bottom, right, top = path.get_bounds()
        width, height = right - left, top - bottom
        if height <= _THIN and width >= _SHORT:
            across.add(round(bottom / 2))
        elif width <= _THIN and height >= _SHORT / 2:
            down.add(round(left / 2))
        elif width >= _SHORT and height >= _SHORT / 2:
            across |= {round(bottom / 2), round(top / 2)}
            down |= {round(left / 2), round(right / 2)}
    return len(across) >= 3 and len(down) >= 3


class Tables:
    """pdfplumber's view of the file, opened with the first page that needs it."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._file: PDF | None = None

    def put(self, reader: PageReader, lines: Sequence[Line]) -> list[Line]:
        """The page's lines, with each table in place of the lines inside it."""
        self._file = self._file or PDF.open(io.BytesIO(self._content))
        page = self._file.pages[reader.number - 1]
        seen = page.filter(lambda item: not _is_hidden(reader, item)) if reader.has_hidden else page
        kept = list(lines)
        for found in seen.find_tables():
            block = table_block(_filled(found), header_rows=1, page=reader.number)
            if block is None or len(block.rows) < 2 or len(block.rows[0]) < 2:
                continue
            x0, top, x1, bottom = found.bbox
            inside = [line for line in kept if _within(line, x0, top, x1, bottom)]
            links = tuple(dict.fromkeys(link for line in inside for link in line.links))
            table = replace(block, links=links)
            kept = [line for line in kept if line not in inside]
            kept.append(
                Line(
                    page=reader.number, text="", x0=x0, x1=x1, top=top, bottom=bottom, size=0, table=table, links=links
                )
            )
        page.close()
        return kept

    def close(self) -> None:
        if self._file:
            self._file.close()


def _within(line: Line, x0: float, top: float, x1: float, bottom: float) -> bool:
    x, y = (line.x0 + line.x1) / 2, (line.top + line.bottom) / 2
    return x0 <= x <= x1 and top <= y <= bottom


def _is_hidden(reader: PageReader, item: dict[str, Any]) -> bool:
    return item["object_type"] == "char" and reader.hides(item["x0"], item["top"], item["x1"], item["bottom"])


def _filled(table: Table) -> list[list[str]]:
    """Its cells by row; what a merged cell covers repeats it."""
    texts = [[cell or "" for cell in row] for row in table.extract()]
    merged = {
        (r, c)
        for r, row in enumerate(table.rows)
        for c, box in enumerate(row.cells)
        if box is None and c < len(texts[r])
    }
    if merged:
        columns = [_middle(table, c) for c in range(max(len(row.cells) for row in table.rows))]
        boxes = [
            (box, texts[r][c]) for r, row in enumerate(table.rows) for c, box in enumerate(row.cells) if box is not None
        ]
        for r, c in merged:
            x, y = columns[c], (table.rows[r].bbox[1] + table.rows[r].bbox[3]) / 2
            texts[r][c] = next((text for box, text in boxes if _covers(box, x, y)), "")
    return texts


def _middle(table: Table, column: int) -> float:
    """Of the column, told by its narrowest cell."""
    boxes = [box for row in table.rows if column < len(row.cells) and (box := row.cells[column])]
    left, _, right, _ = min(boxes, key=lambda box: box[2] - box[0])
    return (left + right) / 2


def _covers(box: tuple[float, float, float, float], x: float, y: float) -> bool:
    return box[0] <= x <= box[2] and box[1] <= y <= box[3]


def joined_tables(lines: Sequence[Line]) -> list[Line]:
    """A table that goes on at the top of the next page is one: same columns, and the same header or the same edges."""
    joined: list[Line] = []
    for line in lines:
        before = joined[-1] if joined else None
        if before and before.table and line.table and _goes_on(before, line):
            rows = line.table.rows
            more = rows[1:] if rows[0] == before.table.rows[0] else rows
            block = table_block(
                [*before.table.rows, *more], header_rows=before.table.header_rows, page=before.table.page
            )
            if block and len(block.rows[0]) == len(rows[0]):
                links = tuple(dict.fromkeys((*before.links, *line.links)))
                table = replace(block, links=links)
                joined[-1] = replace(line, table=table, links=links)
                continue
        joined.append(line)
    return joined


def _goes_on(before: Line, line: Line) -> bool:
    if line.page != before.page + 1 or not (before.table and line.table):
        return False
    one, other = before.table.rows, line.table.rows
    if len(one[0]) != len(other[0]):
        return False
    return one[0] == other[0] or (abs(before.x0 - line.x0) < _EDGE and abs(before.x1 - line.x1) < _EDGE)
