"""Delimited text to tables."""

import csv
import itertools
import re
from collections import Counter
from collections.abc import Iterator

from headwater.errors import BrokenFileError
from headwater.model import Block, BlockKind, Document, RawDocument
from headwater.parsing.blocks import Rows, document, even_rows, squeeze, table_block
from headwater.parsing.encoding import decode
from headwater.parsing.tally import Tally

VERSION = "2"

_DELIMITERS = (",", ";", "\t", "|")
_SAMPLE_LINES = 200
_ROWS_IN_BLOCK = 500
_LONGEST_FIELD = 10_000_000
_SEPARATOR_LINE = re.compile(r"sep=(.)\n", re.I)
_NUMBER = re.compile(r"[-+(]?[$€£]?\s?\d[\d.,' ]*\s?%?\)?|\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}.*")
_YEAR = re.compile(r"(?:19|20)\d\d")


def parse(raw: RawDocument) -> Document:
    """One TABLE, or several of one group when it is long, each with the header; lines above it as paragraphs."""
    tally = Tally()
    text = decode(raw.content, media_type=raw.media_type, tally=tally)
    declared = _SEPARATOR_LINE.match(text)
    if declared is not None:
        text = text[declared.end() :]
    rows = _rows(text, declared.group(1) if declared else _delimiter(text))
    above, rows = _above(rows)
    return document(raw, itertools.chain(_paragraphs(above), _tables(even_rows(rows))), tally=tally)


def _rows(text: str, delimiter: str) -> list[list[str]]:
    # The limit belongs to the process; whatever calls later wants no smaller one.
    csv.field_size_limit(max(csv.field_size_limit(), _LONGEST_FIELD))
    # A quotation mark that is never closed would swallow the rest of the file.
    lines = text.splitlines(keepends=True)
    try:
        if text.count('"') % 2:
            return list(csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_NONE))
        return list(csv.reader(lines, delimiter=delimiter))
    except csv.Error as error:
        raise BrokenFileError(f"not a readable table: {error}", advice="Export the table again as CSV.") from error


def _delimiter(text: str) -> str:
    """The delimiter that cuts most lines into the same number of cells, above one."""
    lines = list(itertools.islice(_lines(text), _SAMPLE_LINES))
    best, best_score = ",", (0, 0)
    for delimiter in _DELIMITERS:
        widths = Counter(len(row) for row in csv.reader(lines, delimiter=delimiter) if row)
        widths.pop(1, None)
        if widths:
            width, count = max(widths.items(), key=lambda item: (item[1], item[0]))
            if (count, width) > best_score:
                best, best_score = delimiter, (count, width)
    return best


def _lines(text: str) -> Iterator[str]:
    start = 0
    while start < len(text):
        end = text.find("\n", start) + 1 or len(text)
        # Enough to see the delimiters of a line without end.
        yield text[start : min(end, start + 20_000)]
        start = end


def _above(rows: list[list[str]]) -> tuple[list[list[str]], list[list[str]]]:
    """Title and remark lines ahead of the table, which have one cell where the table has several."""
    filled = [sum(1 for cell in row if cell.strip()) for row in rows]
    if max(filled, default=0) < 2:
        return [], rows
    start = next(index for index, count in enumerate(filled) if count > 1)
    return (rows[:start], rows[start:]) if start <= 10 else ([], rows)


def _paragraphs(rows: list[list[str]]) -> Iterator[Block]:
    for row in rows:
        text = squeeze(" ".join(row))
        if text:
            yield Block(kind=BlockKind.PARAGRAPH, text=text)


def _tables(rows: Rows) -> Iterator[Block]:
    header = rows[:1] if len(rows) > 1 and _is_header(rows[0]) else ()
    body = rows[len(header) :]
    for start in range(0, len(body), _ROWS_IN_BLOCK):
        part = (*header, *body[start : start + _ROWS_IN_BLOCK])
        block = table_block(part, header_rows=len(header), group=1)
        if block is not None:
            yield block


def _is_header(row: tuple[str, ...]) -> bool:
    """Names of columns are words; years are the only numbers among them."""
    numbers = sum(1 for cell in row if _NUMBER.fullmatch(cell) and not _YEAR.fullmatch(cell))
    return numbers * 2 < len(row)
