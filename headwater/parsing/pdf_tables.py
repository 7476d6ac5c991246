"""Tables on PDF pages whose ruling lines suggest one, found by pdfplumber."""

import io
from collections.abc import Sequence

import pypdfium2 as pdfium
from pdfplumber.pdf import PDF
from pypdfium2 import raw as api

from headwater.parsing.blocks import table_block
from headwater.parsing.pdf_lines import Line, PageReader

_THIN = 3.0
_SHORT = 12.0
_MOST_PATHS = 5_000


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
        kept = list(lines)
        for found in page.find_tables():
            block = table_block(
                [[cell or "" for cell in row] for row in found.extract()], header_rows=1, page=reader.number
            )
            if block is None or len(block.rows) < 2 or len(block.rows[0]) < 2:
                continue
            x0, top, x1, bottom = found.bbox
            outside = [line for line in kept if not _within(line, x0, top, x1, bottom)]
            kept = [
                *outside,
                Line(page=reader.number, text="", x0=x0, x1=x1, top=top, bottom=bottom, size=0, table=block),
            ]
        page.close()
        return kept

    def close(self) -> None:
        if self._file:
            self._file.close()


def _within(line: Line, x0: float, top: float, x1: float, bottom: float) -> bool:
    x, y = (line.x0 + line.x1) / 2, (line.top + line.bottom) / 2
    return x0 <= x <= x1 and top <= y <= bottom
