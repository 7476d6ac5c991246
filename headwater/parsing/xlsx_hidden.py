"""Which cells of a sheet nobody sees: in hidden rows and columns, or in white on white."""

from typing import Any

from openpyxl.utils import column_index_from_string, range_boundaries
from openpyxl.worksheet.worksheet import Worksheet

_WHITE = ("FFFFFFFF", "00FFFFFF")


class HiddenCells:
    """Of one visible sheet."""

    def __init__(self, sheet: Worksheet) -> None:
        self.rows = {number for number, row in sheet.row_dimensions.items() if row.hidden or row.height == 0}
        self.columns: set[int] = set()
        for name, column in sheet.column_dimensions.items():
            if column.hidden or column.width == 0:
                first = column.min or column_index_from_string(name)
                self.columns.update(range(first, (column.max or first) + 1))
        self._book = sheet.parent
        # The ground of a table comes from its style, which is not with its cells.
        self._tables = [range_boundaries(table.ref) for table in sheet.tables.values()]
        self._coloured = bool(sheet.conditional_formatting)
        self._pale: dict[tuple[int, int], bool] = {}

    def place(self, row: int, column: int) -> bool:
        """Whether the row or the column is hidden."""
        return row in self.rows or column in self.columns

    def colour(self, cell: Any, row: int, column: int) -> bool:
        """Whether the cell's text has the colour of the paper under it."""
        style = cell._style
        key = style.fontId, style.fillId
        if key not in self._pale:
            self._pale[key] = self._is_pale(*key)
        return self._pale[key] and not self._coloured and not self._in_table(row, column)

    def _is_pale(self, font: int, fill: int) -> bool:
        colour, ground = self._book._fonts[font].color, self._book._fills[fill]
        if colour is None or not _is_white(colour):
            return False
        pattern = getattr(ground, "fill_type", None)
        return pattern is None or (pattern == "solid" and _is_white(ground.fgColor))

    def _in_table(self, row: int, column: int) -> bool:
        return any(left <= column <= right and top <= row <= bottom for left, top, right, bottom in self._tables)


def _is_white(colour: Any) -> bool:
    if colour.type == "rgb":
        return str(colour.rgb).upper() in _WHITE
    # The first colour of a theme is its light ground.
    return bool(colour.type == "theme" and colour.theme == 0 and not colour.tint)
