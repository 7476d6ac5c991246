"""Workbooks: every sheet a heading, its tables found by unstructured, its cells as a reader sees them."""

import io
import re
import zipfile
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator
from dataclasses import dataclass

import openpyxl
import pandas as pd  # type: ignore[import-untyped]  # pandas ships no types
from openpyxl.utils import column_index_from_string, get_column_letter
from openpyxl.worksheet.worksheet import Worksheet
from unstructured.partition.xlsx import _ConnectedComponents

from headwater.errors import TooLargeError
from headwater.model import Block, BlockKind, Document, RawDocument
from headwater.parsing import office
from headwater.parsing.blocks import document, squeeze, squeeze_lines, table_block
from headwater.parsing.office_variant import ordinary
from headwater.parsing.tally import HIDDEN_TEXT, Tally
from headwater.parsing.xlsx_format import shown
from headwater.parsing.xlsx_hidden import HiddenCells

VERSION = "2"

HIDDEN_SHEET = "hidden sheet"
_CELL_LIMIT = 2_000_000
_MERGE = re.compile(rb"<(?:\w+:)?mergeCell\s[^>]*?ref=[\"']([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})[\"']")


@dataclass(frozen=True, slots=True)
class _Cell:
    """`origin` is the place of the cell that the text is written in: the same throughout a merged range."""

    text: str
    origin: tuple[int, int]
    textual: bool
    link: str = ""


_Grid = dict[tuple[int, int], _Cell]


def parse(raw: RawDocument) -> Document:
    """Visible cells of visible sheets; merged ones filled, numbers as shown, dates in ISO form, no empty rows."""
    with office.open_container(raw.content, "xl/") as archive:
        meta = dict(office.core_properties(archive))
        with office.translated("the workbook"):
            content = ordinary(raw.content, archive)
            _check_merges(archive)
    blocks: list[Block] = []
    hidden: list[str] = []
    tally = Tally()
    with office.translated("the workbook"):
        # Not read_only: that mode knows nothing of merged cells and tables.
        book = openpyxl.load_workbook(io.BytesIO(content), data_only=True, keep_links=False)
        groups = office.Groups()
        for page, sheet in enumerate(book.worksheets, start=1):
            if sheet.sheet_state != "visible":
                hidden.append(sheet.title)
                tally.add(HIDDEN_SHEET, " ".join(str(c.value) for c in sheet._cells.values() if c.value is not None))
                continue
            found = list(_sheet(sheet, groups, page, tally))
            if found:
                blocks += [Block(kind=BlockKind.HEADING, text=squeeze(sheet.title), level=1, page=page), *found]
    if hidden:
        meta["hidden_sheets"] = tuple(hidden)
    return document(raw, blocks, meta, tally)


def _check_merges(archive: zipfile.ZipFile) -> None:
    """Before openpyxl makes a cell for every place that a merge covers, of which a few bytes can ask for billions."""
    covered = 0
    for name in archive.namelist():
        if not name.lower().startswith("xl/worksheets/"):
            continue
        for left, top, right, bottom in _MERGE.findall(archive.read(name)):
            width = column_index_from_string(right.decode()) - column_index_from_string(left.decode()) + 1
            covered += width * (int(bottom) - int(top) + 1)
    if covered > _CELL_LIMIT:
        raise TooLargeError(
            f"merged cells of the workbook cover {covered:,} cells, more than {_CELL_LIMIT:,}",
            advice="Merge no more cells than have something in them.",
        )


def _sheet(sheet: Worksheet, groups: office.Groups, page: int, tally: Tally) -> Iterator[Block]:
    hidden = HiddenCells(sheet)
    grid = _filled(sheet, hidden, tally)
    if not grid:
        return
    rows = _kept((place[0] for place in grid), hidden.rows)
    columns = _kept((place[1] for place in grid), hidden.columns)
    if len(rows) * len(columns) > _CELL_LIMIT:
        raise TooLargeError(
            f"the sheet {sheet.title!r} spans {len(rows):,} rows by {len(columns):,} columns of cells",
            advice="Split the sheet, or exclude the file.",
        )
    headers = {table.ref.split(":")[0]: table.headerRowCount or 0 for table in sheet.tables.values()}
    frame = pd.DataFrame([[grid.get((r, c)) for c in columns] for r in rows], index=rows, columns=columns, dtype=object)
    for component in _ConnectedComponents.from_worksheet_df(frame):
        part = component.subtable
        for beside in _side_by_side(part):
            cells = [list(row) for row in beside.itertuples(index=False, name=None)]
            corner = f"{get_column_letter(beside.columns[0])}{beside.index[0]}"
            yield from _component(cells, headers.get(corner), groups, page)


def _side_by_side(part: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Tables that an empty column keeps apart; unstructured joins what shares rows."""
    filled = part.notna()
    for gap in [place for place, used in enumerate(filled.any().tolist()) if not used]:
        left, right = part.iloc[:, :gap], part.iloc[:, gap + 1 :]
        sides = [side.loc[side.notna().any(axis=1)] for side in (left, right)]
        if all(min(side.shape) > 1 for side in sides):
            yield sides[0]
            yield from _side_by_side(sides[1])
            return
    yield part


def _component(
    cells: list[list[_Cell | None]], declared: int | None, groups: office.Groups, page: int
) -> Iterator[Block]:
    """Rows of a single cell before and after the table are text about it."""
    first, last = 0, len(cells)
    while first < last and declared is None and _single(cells[first]):
        yield office.prose(_single(cells[first]), page=page)
        first += 1
    trailing = []
    while last > first and _single(cells[last - 1]):
        trailing.append(_single(cells[last - 1]))
        last -= 1
    table = cells[first:last]
    if table:
        rows = [[cell.text if cell else "" for cell in row] for row in table]
        headers = _header_rows(table) if declared is None else declared
        found = dict.fromkeys((cell.text, cell.link) for row in table for cell in row if cell and cell.link)
        block = table_block(rows, header_rows=headers, group=groups.next(), page=page, links=tuple(found))
        if block:
            yield block
    for text in reversed(trailing):
        yield office.prose(text, page=page)


def _single(row: list[_Cell | None]) -> str:
    """Text of the row's only cell, which may be merged across; "" when there are several or none."""
    origins = {cell.origin: cell.text for cell in row if cell}
    return squeeze_lines(next(iter(origins.values()))) if len(origins) == 1 else ""


def _header_rows(table: list[list[_Cell | None]]) -> int:
    """1 when the first row is all text; 2 when it groups columns by merged cells over another row of text."""
    if len(table) < 2 or not _all_text(table[0]):
        return 0
    origins = [cell.origin for cell in table[0] if cell]
    grouped = len(set(origins)) < len(origins)
    return 2 if grouped and len(table) > 2 and _all_text(table[1]) else 1


def _all_text(row: list[_Cell | None]) -> bool:
    return any(row) and all(cell.textual for cell in row if cell)


def _filled(sheet: Worksheet, hidden: HiddenCells, tally: Tally) -> _Grid:
    """Cells with a text, by (row, column) from 1. Sparse: one value in the last row of a sheet costs one entry."""
    grid: _Grid = {}
    length = 0
    unseen: list[str] = []
    for (row, column), cell in sheet._cells.items():
        if cell.value is None:
            continue
        text = shown(cell.value, cell.number_format)
        if not text or hidden.place(row, column) or hidden.colour(cell, row, column):
            unseen.append(str(cell.value))
            continue
        link = cell.hyperlink.target or "" if cell.hyperlink else ""
        grid[row, column] = _Cell(text, (row, column), isinstance(cell.value, str), link)
        length += len(text)
        office.check_text(length)
    tally.add(HIDDEN_TEXT, " ".join(unseen))
    for merged in sheet.merged_cells.ranges:
        origin = grid.get((merged.min_row, merged.min_col))
        if origin:
            length += len(origin.text) * merged.size["rows"] * merged.size["columns"]
            office.check_text(length)
            for row in range(merged.min_row, merged.max_row + 1):
                for column in range(merged.min_col, merged.max_col + 1):
                    if not hidden.place(row, column):
                        grid[row, column] = origin
    return grid


def _kept(places: Iterator[int], hidden: Collection[int]) -> list[int]:
    """The used rows or columns in order, with one empty one between those that a reader sees apart."""
    kept: list[int] = []
    unseen = sorted(hidden)
    for place in sorted(set(places)):
        if kept:
            between = place - kept[-1] - 1
            if between > bisect_left(unseen, place) - bisect_right(unseen, kept[-1]):
                kept.append(next(n for n in range(place - 1, kept[-1], -1) if n not in hidden))
        kept.append(place)
    return kept
