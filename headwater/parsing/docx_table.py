"""Tables of Word documents: merged cells filled, numbers of numbered cells, boxes around text opened."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from docx.table import Table as DocxTable
from docx.table import _Cell
from docx.text.paragraph import Paragraph

from headwater.errors import TooLargeError
from headwater.model import Block
from headwater.parsing import office
from headwater.parsing.blocks import table_block
from headwater.parsing.docx_links import links

_CELL_LIMIT = 500_000
Shown = Callable[[Paragraph], str]
"""Text of a paragraph with its number, which counts on: to be asked for once, in order."""


def box_content(table: DocxTable) -> _Cell | None:
    """The only cell of a table that is a frame around text, maybe around tables; else None."""
    rows = table._tbl.tr_lst
    if len(rows) == 1 and len(rows[0].tc_lst) == 1:
        return _Cell(rows[0].tc_lst[0], table)
    return None


def table_of(table: DocxTable, shown: Shown, *, group: int, page: int) -> Iterator[Block]:
    """The table as one block, none where it is empty."""
    cells = sum(max(cell.grid_span, 1) for row in table._tbl.tr_lst for cell in row.tc_lst)
    if cells > _CELL_LIMIT:
        raise TooLargeError(f"a table has {cells:,} cells, more than {_CELL_LIMIT:,}", advice="Split the table.")
    grid = _grid(table, shown)
    office.check_text(sum(len(text) for row in grid for text in row))
    caption = ""
    if len(grid) > 1 and len(table.rows[0]._tr.tc_lst) == 1 and len(grid[0]) > 1:
        # One cell across the whole width is the table's title.
        caption = grid.pop(0)[0]
    block = table_block(grid, header_rows=_header_rows(table, len(grid)), caption=caption, group=group, page=page)
    if block:
        yield replace(block, links=links(table._tbl, table.part))


def _grid(table: DocxTable, shown: Shown) -> list[list[str]]:
    texts: dict[Any, str] = {}
    grid = []
    for row in table.rows:
        try:
            grid.append([*[""] * row.grid_cols_before, *(_cell_text(cell, texts, shown) for cell in row.cells)])
        except ValueError:
            # Merged cells that do not fit the grid: take those that are there.
            grid.append([_cell_text(_Cell(tc, table), texts, shown) for tc in row._tr.tc_lst])
    return grid


def _header_rows(table: DocxTable, rows: int) -> int:
    """Rows marked to repeat on every page; else the first, unless the table's look says it is an ordinary one."""
    marked = len(table._tbl.xpath("./w:tr[w:trPr/w:tblHeader]"))
    if marked:
        return min(marked, rows)
    first = table._tbl.xpath("./w:tblPr/w:tblLook/@w:firstRow")
    return 0 if rows < 2 or (first and first[0] in ("0", "false")) else 1


def _cell_text(cell: _Cell, known: dict[Any, str], shown: Shown) -> str:
    """Text of a cell, that of tables inside it included; a merged cell is asked for once per position it covers."""
    if cell._tc not in known:
        parts = []
        for item in cell.iter_inner_content():
            if isinstance(item, Paragraph):
                parts.append(shown(item))
            else:
                parts.extend(_cell_text(_Cell(tc, item), known, shown) for row in item.rows for tc in row._tr.tc_lst)
        known[cell._tc] = "\n".join(part for part in parts if part.strip())
    return known[cell._tc]
