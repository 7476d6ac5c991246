"""HTML tables: cells with their spans expanded, headers known, and tables that only lay out a page told apart."""

from collections.abc import Iterator
from dataclasses import dataclass

from bs4 import Tag

from headwater.parsing.html_tree import HEADINGS, Skip, attr, child_tags, first_tag, flat_text

_SECTIONS = frozenset(("thead", "tbody", "tfoot"))
_DATA, _TABLE = frozenset(("th", "caption", "thead")), frozenset(("table",))
_BOLD = frozenset(("b", "strong"))
_PAGE = HEADINGS | _TABLE
_LAYOUT_ROLES = frozenset(("presentation", "none"))
_BLOCKY = frozenset(("p", "ul", "ol", "dl", "pre", "blockquote", "div", "section", "form"))
# A few bytes of colspan and rowspan may ask for billions of cells.
_MOST_SPANNED = 100_000
_MOST_COLUMNS = 1_000
_SHORT_CELL = 200


@dataclass(frozen=True, slots=True)
class HtmlTable:
    """Rows as shown, the first `header_rows` of them headers."""

    rows: tuple[tuple[str, ...], ...]
    header_rows: int
    caption: str
    links: tuple[Tag, ...] = ()


@dataclass(frozen=True, slots=True)
class _Row:
    section: str
    cells: tuple[Tag, ...]


def is_layout(table: Tag) -> bool:
    """Whether the table only arranges content that should be read cell by cell."""
    if attr(table, "role") in _LAYOUT_ROLES:
        return True
    if first_tag(table, _TABLE) is None and first_tag(table, _DATA) is not None:
        return False
    rows = _rows(table)
    cells = [cell for row in rows for cell in row.cells]
    if any(cell.name == "th" for cell in cells) or any(row.section == "thead" for row in rows):
        return False
    if len(rows) < 2 or max(len(row.cells) for row in rows) < 2:
        return True
    # A title across the whole width begins a part of a page.
    titled = any(len(row.cells) == 1 and first_tag(row.cells[0], HEADINGS) is not None for row in rows)
    return titled or any(_is_page_like(cell) for cell in cells)


def _is_page_like(cell: Tag) -> bool:
    if first_tag(cell, _PAGE) is not None:
        # A page is laid out in cells that hold something; a short title or a few values are a cell of a table.
        return len(" ".join(cell.get_text(" ").split())) > _SHORT_CELL
    return sum(1 for child in child_tags(cell) if child.name in _BLOCKY) > 2


def is_navigation(table: Tag) -> bool:
    """Whether the table is the previous/up/next bar of generated manuals."""
    if "navigation" in attr(table, "summary").lower():
        return True
    if first_tag(table, _TABLE) is not None:
        return False
    names = {" ".join(link.get_text().lower().split()).strip("<>«»←→ ") for link in table.find_all("a", limit=9)}
    hits = len(names & {"prev", "previous", "next", "up", "home", "contents", "index", "top"})
    return hits >= 2 and hits >= len(names) - 2 and len(table.get_text()) < 600


def read_table(table: Tag, skip: Skip, caption: str = "") -> HtmlTable:
    """The cells of a data table; text of spanned cells stands in each place that they cover."""
    rows = _rows(table)
    head = [row for row in rows if row.section == "thead"]
    ordered = head + [row for row in rows if row.section != "thead"]
    headers = len(head) or _leading_headers(ordered)
    if headers >= len(ordered):
        headers = min(1, len(ordered) - 1) if not head else len(ordered)
    if headers and not any(flat_text(cell, skip) for row in ordered[:headers] for cell in row.cells):
        headers = 0
    own = next((child for child in child_tags(table) if child.name == "caption" and not skip(child)), None)
    if own is not None:
        caption = flat_text(own, skip) or caption
    links: list[Tag] = []
    return HtmlTable(tuple(tuple(row) for row in _expand(ordered, skip, links)), headers, caption, tuple(links))


def _leading_headers(rows: list[_Row]) -> int:
    count = 0
    for row in rows:
        if not row.cells or any(cell.name != "th" for cell in row.cells):
            break
        count += 1
    # Editors without header cells let people make the first row bold.
    if not count and len(rows) > 1 and len(rows[0].cells) > 1 and _is_bold(rows[0]) and not _is_bold(rows[1]):
        return 1
    return count


def _is_bold(row: _Row) -> bool:
    return all(
        (bold := first_tag(cell, _BOLD)) is not None and bold.get_text().strip() == cell.get_text().strip() != ""
        for cell in row.cells
    )


def _rows(table: Tag) -> list[_Row]:
    """Rows of this table, not of tables inside it."""
    found: list[_Row] = []
    stack: list[tuple[str, Iterator[Tag]]] = [("", iter(child_tags(table)))]
    while stack:
        section, children = stack[-1]
        child = next(children, None)
        if child is None:
            stack.pop()
        elif child.name == "tr":
            cells = tuple(cell for cell in child_tags(child) if cell.name in ("td", "th"))
            found.append(_Row(section, cells))
        elif child.name in _SECTIONS:
            stack.append((child.name, iter(child_tags(child))))
    return found


def _expand(rows: list[_Row], skip: Skip, links: list[Tag]) -> list[list[str]]:
    grid: list[list[str]] = []
    carried: dict[int, tuple[int, str]] = {}
    budget = _MOST_SPANNED
    for index, row in enumerate(rows):
        line: list[str] = []
        below: dict[int, tuple[int, str]] = {}
        for cell in row.cells:
            _carry(line, carried, below)
            if skip(cell):
                continue
            text = flat_text(cell, skip, links)
            across = min(_span(cell, "colspan"), max(1, budget), _MOST_COLUMNS)
            down = min(_span(cell, "rowspan") or len(rows), len(rows) - index, max(1, budget // across))
            budget -= across * down - 1
            for column in range(len(line), len(line) + across):
                if down > 1:
                    below[column] = (down - 1, text)
                line.append(text)
        while any(column >= len(line) for column in carried):
            _carry(line, carried, below, pad=True)
        grid.append(line)
        carried = below
    return grid


def _carry(
    line: list[str], carried: dict[int, tuple[int, str]], below: dict[int, tuple[int, str]], *, pad: bool = False
) -> None:
    """Fill the next places from cells of earlier rows that reach down into this one."""
    while carried:
        column = len(line)
        if column in carried:
            left, text = carried.pop(column)
            if left > 1:
                below[column] = (left - 1, text)
            line.append(text)
        elif pad:
            line.append("")
            pad = False
        else:
            return


def _span(cell: Tag, name: str) -> int:
    value = attr(cell, name).strip()
    if not value.isascii() or not value.isdigit():
        return 1
    # 0 means "to the end" for rows, and nothing for columns.
    number = int(value[:6])
    return number if number or name == "rowspan" else 1
