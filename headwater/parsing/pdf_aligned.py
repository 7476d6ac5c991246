"""Tables without ruling lines: rows of text whose pieces stand one under the other."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from headwater.parsing.blocks import squeeze, table_block
from headwater.parsing.pdf_lines import Line

_Row = list[Line]

_FEWEST_ROWS = 3
_FEWEST_ROWS_OF_TWO = 4
_FAR = 2.6
_LONG_CELL = 60
_FEWEST_FILLED = 0.7
# A mark or number before an item stands apart from it as a cell would.
_LEADER = re.compile(r"(?:[.·…_] ?){4,}")
_MARK = re.compile(r"\W{1,3}|\W?\w{1,3}[.):\]]\W?")


@dataclass(slots=True)
class _Found:
    """`columns` are the left and right edges of what stands in each; `cells` are rows of one text a column."""

    columns: list[tuple[float, float]]
    cells: list[list[str]]
    rows: list[_Row]
    ahead: list[str] | None = None

    def take(self, row: _Row, *, is_ahead: bool = False) -> bool:
        """Add a row whose pieces each stand in a column of their own; False, and nothing changed, where they do not.

        `is_ahead`: it begins the next row, as the first line of a cell does whose neighbours are set in its middle.
        """
        places = [self._column(piece) for piece in row]
        if None in places or len(set(places)) < len(places):
            return False
        texts = [""] * len(self.columns)
        for place, piece in zip(places, row, strict=True):
            if place is not None:
                texts[place] = piece.text
                left, right = self.columns[place]
                self.columns[place] = min(left, piece.x0), max(right, piece.x1)
        if self.ahead:
            texts, self.ahead = _both(self.ahead, texts), None
        if is_ahead and not texts[0]:
            self.ahead = texts
        elif texts[0] or not self.cells:
            self.cells.append(texts)
        else:
            # What has nothing in the first column goes on with the row above.
            self.cells[-1] = _both(self.cells[-1], texts)
        self.rows.append(row)
        return True

    def _column(self, piece: Line) -> int | None:
        """The one column that the piece stands under, without reaching into its neighbours."""
        under = [n for n, (left, right) in enumerate(self.columns) if piece.x0 < right and piece.x1 > left]
        return under[0] if len(under) == 1 else None

    def is_table(self) -> bool:
        width = len(self.columns)
        if self.ahead or len(self.cells) < (_FEWEST_ROWS if width > 2 else _FEWEST_ROWS_OF_TWO):
            return False
        filled = [cell for row in self.cells for cell in row if cell]
        if len(filled) < _FEWEST_FILLED * width * len(self.cells):
            return False
        if median(len(cell) for cell in filled) > _LONG_CELL:
            return False
        return not all(_MARK.fullmatch(row[0]) for row in self.cells if row[0])


def aligned_tables(rows: Sequence[_Row]) -> list[_Row]:
    """The rows of a page, from top to bottom, each run of them that is a table replaced by a row of that table."""
    kept: list[_Row] = []
    index = 0
    while index < len(rows):
        found = _from(rows, index)
        if found:
            if kept and _is_near(kept[-1], rows[index]) and len(kept[-1]) > 1 and _leads(found, kept[-1]):
                kept.pop()
            kept.append([_line(found)])
            index += len(found.rows) - (found.rows[0] is not rows[index])
        else:
            kept.append(rows[index])
            index += 1
    return kept


def _from(rows: Sequence[_Row], start: int) -> _Found | None:
    first = rows[start]
    if len(first) < 2 or not _may_be_cells(first):
        return None
    found = _Found([(piece.x0, piece.x1) for piece in first], [], [])
    for index in range(start, len(rows)):
        row = rows[index]
        if index > start and not _is_near(rows[index - 1], row):
            break
        if (
            not _may_be_cells(row)
            or (len(row) == 1 and _stands_alone(found, row[0]))
            or not found.take(row, is_ahead=_begins_next(rows, index))
        ):
            break
    return found if found.is_table() else None


def _both(upper: list[str], lower: list[str]) -> list[str]:
    return [f"{one} {more}".strip() for one, more in zip(upper, lower, strict=True)]


def _begins_next(rows: Sequence[_Row], index: int) -> bool:
    """Whether a row stands much closer to the one below it than to the one above."""
    if not 0 < index < len(rows) - 1:
        return False
    above, row, below = rows[index - 1][0].top, rows[index][0].top, rows[index + 1][0].top
    return below - row < 0.7 * (row - above)


def _may_be_cells(row: _Row) -> bool:
    return not any(piece.table or piece.mono or _LEADER.search(piece.text) for piece in row)


def _stands_alone(found: _Found, piece: Line) -> bool:
    """Whether one piece in the first column is the text after the table rather than a row of it."""
    left, right = found.columns[0]
    return piece.x0 < right and piece.x1 > left


def _leads(found: _Found, above: _Row) -> bool:
    """Take the row above, a header with fewer columns, as the first; whether it fits."""
    if not _may_be_cells(above):
        return False
    head = _Found(list(found.columns), [], [])
    if not head.take(above):
        return False
    found.cells.insert(0, head.cells[0])
    found.rows.insert(0, above)
    return True


def _is_near(above: _Row, row: _Row) -> bool:
    height = max(piece.bottom - piece.top for piece in row)
    return 0 <= row[0].top - above[0].top < _FAR * height


def _line(found: _Found) -> Line:
    pieces = [piece for row in found.rows for piece in row]
    bold = all(piece.bold for piece in found.rows[0]) and not all(piece.bold for piece in found.rows[1])
    block = table_block(
        [[squeeze(cell) for cell in row] for row in found.cells],
        header_rows=1 if bold or len(found.columns) > 2 else 0,
        page=pieces[0].page,
        links=tuple(dict.fromkeys(link for piece in pieces for link in piece.links)),
    )
    return Line(
        page=pieces[0].page,
        text="",
        x0=min(piece.x0 for piece in pieces),
        x1=max(piece.x1 for piece in pieces),
        top=min(piece.top for piece in pieces),
        bottom=max(piece.bottom for piece in pieces),
        size=0,
        table=block,
    )
