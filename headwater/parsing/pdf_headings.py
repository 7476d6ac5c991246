"""Which lines of a PDF are headings: those its outline names, else those that are larger or bolder than the body."""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import pypdfium2 as pdfium

from headwater.parsing.pdf_lines import Line

_LARGER = 1.12
_MOST_LEVELS = 6
_NUMBERING = re.compile(
    r"^(?:(?:chapter|part|appendix|section)\s+)?(?:[\divxlc]+(?:\.\d+)*|[a-z])[.:)]?\s+", re.IGNORECASE
)
_NOT_WORDS = re.compile(r"[\W_]+")
_TALKS_ON = (".", ",", ";")


@dataclass(frozen=True, slots=True)
class Heading:
    """Lines `start` to `stop` (exclusive) are one heading."""

    start: int
    stop: int
    level: int


def outline(document: pdfium.PdfDocument) -> dict[tuple[int, str], int]:
    """Level, from 1, by page and words of the title; empty where the file has no outline."""
    found = {}
    for entry in document.get_toc():
        target = entry.get_dest()
        page = target.get_index() if target else None
        words = _words(entry.get_title() or "")
        if page is not None and words:
            found[page + 1, words] = entry.level + 1
    return found


def body_size(lines: Sequence[Line]) -> float:
    """The font size that most of the text is set in."""
    sizes: Counter[float] = Counter()
    for line in lines:
        sizes[line.size] += len(line.text)
    return sizes.most_common(1)[0][0] if sizes else 0.0


def headings(lines: Sequence[Line], entries: dict[tuple[int, str], int]) -> dict[int, Heading]:
    """By the index of their first line."""
    named = _by_outline(lines, entries)
    # An outline that leads to most of its titles is the author's own word on what is a heading.
    if entries and len(named) >= 0.5 * len(entries):
        return named
    return _by_type(lines) | named


def _by_outline(lines: Sequence[Line], entries: dict[tuple[int, str], int]) -> dict[int, Heading]:
    body = body_size(lines)
    found: dict[int, Heading] = {}
    by_page: dict[int, list[str]] = defaultdict(list)
    for page, words in entries:
        by_page[page].append(words)
    index = taken = 0
    while index < len(lines):
        heading = _titled(lines, index, by_page, entries, body)
        if heading:
            start = _labelled(lines, index, body, taken)
            found[start] = Heading(start, heading.stop, heading.level)
            index = taken = heading.stop
        else:
            index += 1
    return found


def _labelled(lines: Sequence[Line], start: int, body: float, taken: int) -> int:
    """Where a heading starts with what stands above it alone: "Chapter", "Four"; lines before `taken` are others'."""
    while start > taken and lines[start - 1].page == lines[start].page:
        above = lines[start - 1]
        if above.table or not (above.bold or above.size > body * _LARGER) or len(above.text.split()) > 2:
            break
        start -= 1
    return start


def _titled(
    lines: Sequence[Line],
    start: int,
    by_page: dict[int, list[str]],
    entries: dict[tuple[int, str], int],
    body: float,
) -> Heading | None:
    """The heading that begins at line `start`; titles may take up to three lines."""
    first = lines[start]
    titles = by_page.get(first.page)
    if not titles or first.table or not (first.bold or first.mono or first.size > body * 1.02):
        return None
    text = ""
    for stop in range(start + 1, min(start + 4, len(lines) + 1)):
        line = lines[stop - 1]
        if line.table or abs(line.size - first.size) > 0.5:
            return None
        text = f"{text} {line.text}".strip()
        for words in (_words(text), _words(_NUMBERING.sub("", text, count=1))):
            if words in titles:
                return Heading(start, stop, entries[first.page, words])
    return None


def _by_type(lines: Sequence[Line]) -> dict[int, Heading]:
    body = body_size(lines)
    large = [line for line in lines if line.size > body * _LARGER and not line.table]
    # Where much of the text is large it is no heading but a slide or a poster.
    if len(large) > 0.4 * len(lines):
        large = []
    levels = _levels(large)
    deepest = min(len(set(levels.values())) + 1, _MOST_LEVELS)
    found: dict[int, Heading] = {}
    index = 0
    while index < len(lines):
        line = lines[index]
        stop = index + 1
        level = levels.get(line.size, 0) if line.size > body * _LARGER else 0
        if not level and _is_bold_title(lines, index, body):
            level = deepest
        if level and not line.table and any(char.isalpha() for char in line.text):
            stop = _end(lines, index)
            if sum(len(one.text) for one in lines[index:stop]) <= 250:
                found[index] = Heading(index, stop, level)
        index = stop
    return found


def _levels(large: Sequence[Line]) -> dict[float, int]:
    """Sizes to levels, the largest first; sizes within a twentieth of each other are the same."""
    levels: dict[float, int] = {}
    level, last = 0, float("inf")
    for size in sorted({line.size for line in large}, reverse=True):
        if size < last * 0.95:
            level, last = level + 1, size
        levels[size] = min(level, _MOST_LEVELS)
    return levels


def _is_bold_title(lines: Sequence[Line], index: int, body: float) -> bool:
    """A short bold line that stands alone above text that is not bold."""
    line = lines[index]
    if not line.bold or line.mono or line.table or abs(line.size - body) > body * _LARGER - body:
        return False
    if len(line.text.split()) > 12 or line.text.endswith(_TALKS_ON) or line.text.endswith(":"):
        return False
    before, after = lines[index - 1] if index else None, lines[index + 1] if index + 1 < len(lines) else None
    if after is None or (after.bold and not after.table):
        return False
    if before is None or before.page != line.page or before.top > line.top:
        return True
    return line.top - before.bottom > 0.5 * line.size


def _end(lines: Sequence[Line], start: int) -> int:
    """Where the heading that begins at `start` stops: lines of the same type close below belong to it."""
    stop = start + 1
    while stop < len(lines) and stop - start < 3:
        one, other = lines[stop - 1], lines[stop]
        same = one.page == other.page and abs(one.size - other.size) < 0.3 and one.bold == other.bold
        if not same or other.table or other.top - one.bottom > 0.6 * one.size:
            break
        stop += 1
    return stop


def title_by_type(lines: Sequence[Line]) -> str:
    """What the first page sets in the largest type, near its start; "" where nothing stands out from the body."""
    first = [line for line in lines if line.page == lines[0].page and not line.table]
    largest = max((line.size for line in first), default=0.0)
    if largest <= body_size(lines) * _LARGER:
        return ""
    start = next(index for index, line in enumerate(first) if line.size == largest)
    text = " ".join(line.text for line in first[start : _end(first, start)])
    return text if start < 8 and any(char.isalpha() for char in text) and len(text) <= 200 else ""


def _words(text: str) -> str:
    return _NOT_WORDS.sub(" ", text).strip().casefold()
