"""From lines as they lie on pages to lines in reading order: without running headers, column by column."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import median

from headwater.parsing.pdf_aligned import aligned_tables
from headwater.parsing.pdf_lines import Line

_ZONE = 0.13
_SAME_PLACE = 4.0
# The first page of a short file often has no header, or left and right pages differ.
_FEW_PAGES = 4
_NUMBERS = re.compile(r"\d+|\b[ivxlc]+\b", re.IGNORECASE)
_LEADER = re.compile(r"(?:[.·…] ?){4,}\s*(?:\d+|[ivxlc]+)$")
_PAGE_NUMBER = re.compile(r"\W*(?:page|p\.|seite)?\W*(?:\d+|[ivxlc]+)\W*(?:(?:of|/|von)\W*\d+)?\W*", re.IGNORECASE)


def without_running(pages: Sequence[Sequence[Line]], heights: Sequence[float]) -> list[list[Line]]:
    """Leaves out headers and footers: what stands at the same height near an edge, in much the same words, on most
    pages; and whatever else stands at such a height, as chapter titles that change do."""
    if len(pages) < 2:
        return [list(page) for page in pages]
    at: dict[int, Counter[str]] = defaultdict(Counter)
    places: list[list[tuple[Line, int | None]]] = []
    for page, height in zip(pages, heights, strict=True):
        placed = [(line, _place(line, height)) for line in page]
        places.append(placed)
        for place, text in {(place, _pattern(line.text)) for line, place in placed if place is not None}:
            at[place][text] += 1
    running = {place for place, texts in at.items() if _is_running(texts, len(pages))}
    frequent = {(place, text) for place, texts in at.items() for text, n in texts.items() if n >= _often(len(pages))}

    def runs(line: Line, place: int | None) -> bool:
        return place is not None and (place in running or (place, _pattern(line.text)) in frequent)

    kept = [_peeled(placed, runs) for placed in places]
    # Pages that are alike throughout, such as forms, are not headers only.
    return kept if any(kept) else [list(page) for page in pages]


def _peeled(placed: list[tuple[Line, int | None]], runs: Callable[[Line, int | None], bool]) -> list[Line]:
    """Without the running lines at the upper and lower edge; what lies further in than another line is body."""
    downwards = sorted(placed, key=lambda item: item[0].top)
    first = next((n for n, item in enumerate(downwards) if not runs(*item)), len(downwards))
    upwards = sorted(downwards[first:], key=lambda item: -item[0].bottom)
    last = next((n for n, item in enumerate(upwards) if not runs(*item)), len(upwards))
    gone = {id(line) for line, _ in (*downwards[:first], *upwards[:last])}
    return [line for line, _ in placed if id(line) not in gone]


def without_contents(lines: Sequence[Line]) -> list[Line]:
    """Leaves out a table of contents: lines with dots up to a page number, and pages that are mostly such lines."""
    entries = {index for index, line in enumerate(lines) if _LEADER.search(line.text)}
    counted = Counter(lines[index].page for index in entries)
    totals = Counter(line.page for line in lines)
    contents = {page for page, count in counted.items() if count >= 5 and count >= 0.4 * totals[page]}
    return [line for index, line in enumerate(lines) if index not in entries and line.page not in contents]


def _place(line: Line, height: float) -> int | None:
    """Where a line near the upper or lower edge stands, in steps of a few points; None for the body."""
    if line.table or (_ZONE * height < line.top and line.bottom < (1 - _ZONE) * height):
        return None
    return round((line.top + line.bottom) / 2 / _SAME_PLACE)


def _pattern(text: str) -> str:
    return "#" if _PAGE_NUMBER.fullmatch(text) else _NUMBERS.sub("#", text).casefold()


def _often(pages: int) -> float:
    return 2 if pages <= _FEW_PAGES else max(3, pages * 0.4)


def _is_running(texts: Counter[str], pages: int) -> bool:
    repeated = sum(count for count in texts.values() if count >= 3)
    return repeated >= max(3, pages * 0.6) and repeated >= 0.7 * sum(texts.values())


def in_reading_order(lines: Sequence[Line], width: float) -> list[Line]:
    """Top to bottom, columns left to right; pieces of one line in one column joined."""
    return _ordered(list(lines), width, depth=0)


def _ordered(lines: list[Line], width: float, depth: int) -> list[Line]:
    lines.sort(key=lambda line: (line.top, line.x0))
    gutter = _gutter(lines, width) if depth < 3 else None
    if gutter is None:
        return _joined_rows(lines)
    ordered: list[Line] = []
    left: list[Line] = []
    right: list[Line] = []
    for line in lines:
        if line.x1 <= gutter:
            left.append(line)
        elif line.x0 >= gutter:
            right.append(line)
        else:
            # What crosses the gutter ends the columns above it.
            ordered += _ordered(left, width, depth + 1) + _ordered(right, width, depth + 1) + [line]
            left, right = [], []
    return ordered + _ordered(left, width, depth + 1) + _ordered(right, width, depth + 1)


def _gutter(lines: list[Line], width: float) -> float | None:
    """An x that parts the lines into two columns of running text; None for a single column, lists and tables."""
    prose = [line for line in lines if not line.table]
    if len(prose) < 10:
        return None
    best: tuple[int, float] | None = None
    for candidate in sorted({round(line.x0) - 1.0 for line in prose}):
        if not 0.15 * width < candidate < 0.85 * width:
            continue
        left = [line for line in prose if line.x1 <= candidate]
        right = [line for line in prose if line.x0 >= candidate]
        crossing = len(prose) - len(left) - len(right)
        if crossing > len(prose) * 0.3 or not (_is_column(left, width) and _is_column(right, width)):
            continue
        if min(_bottom(left), _bottom(right)) - max(left[0].top, right[0].top) < 5 * left[0].size:
            continue
        if best is None or crossing < best[0]:
            best = crossing, candidate
    return best[1] if best else None


def _is_column(lines: list[Line], width: float) -> bool:
    if len(lines) < 5:
        return False
    typical = median(line.x1 - line.x0 for line in lines)
    return typical > 0.18 * width and median(len(line.text) for line in lines) > 18


def _bottom(lines: list[Line]) -> float:
    return max(line.bottom for line in lines)


def _joined_rows(lines: list[Line]) -> list[Line]:
    """Pieces that overlap by more than half their height stand on one line, left to right."""
    rows: list[list[Line]] = []
    for line in lines:
        last = rows[-1] if rows else None
        if last and not line.table and not last[0].table and _same_row(last[0], line):
            last.append(line)
        else:
            rows.append([line])
    return [_joined(row) for row in aligned_tables([sorted(row, key=lambda piece: piece.x0) for row in rows])]


def _same_row(one: Line, other: Line) -> bool:
    overlap = min(one.bottom, other.bottom) - max(one.top, other.top)
    return overlap > 0.5 * min(one.bottom - one.top, other.bottom - other.top)


def _joined(row: list[Line]) -> Line:
    if len(row) == 1:
        return row[0]
    longest = max(row, key=lambda piece: len(piece.text))
    text = row[0].text
    for left, right in pairwise(row):
        # In code the width of a gap says how many spaces it stands for.
        spaces = round((right.x0 - left.x1) * len(left.text) / (left.x1 - left.x0)) if left.mono and right.mono else 1
        text += " " * max(spaces, 1) + right.text
    return replace(
        longest,
        text=text,
        x0=row[0].x0,
        x1=max(piece.x1 for piece in row),
        top=min(piece.top for piece in row),
        bottom=max(piece.bottom for piece in row),
        bold=all(piece.bold for piece in row),
        mono=all(piece.mono for piece in row),
        links=tuple(dict.fromkeys(link for piece in row for link in piece.links)),
    )
