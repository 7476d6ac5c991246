"""From lines in reading order to blocks: paragraphs, items and steps, code."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import median

from headwater.model import Block, BlockKind
from headwater.parsing import office
from headwater.parsing.pdf_headings import Heading
from headwater.parsing.pdf_lines import HYPHENS, Line

_ITEM = re.compile(
    r"(?:(?P<bullet>[•●◦▪■‣·∙○◆➢✓\uf0b7\uf0a7*–-])|(?P<number>\d{1,3})[.)]|\(?(?P<letter>[a-z]|[ivx]{1,4})[).])"
    r"(?:\s+(?=\S)|$)"
)
# Signs that mark an item in code's font too; - and * are code there.
_BULLET = re.compile(r"[•●◦▪■‣○◆➢✓\uf0b7\uf0a7]\s+\S")
_ENDS = (".", "!", "?", ":", ";")
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")


class Flow:
    """Turns lines into blocks, one paragraph, item or piece of code at a time."""

    def __init__(self, lines: Sequence[Line], headings: dict[int, Heading]) -> None:
        self._lines = lines
        self._headings = headings
        self._leading = _leading(lines)
        self._edges = _edges(lines)
        self._words = Counter(word for line in lines for word in _WORD.findall(line.text.casefold()))
        self._groups = office.Groups()
        self._indents: list[float] = []

    def blocks(self) -> Iterator[Block]:
        index = 0
        while index < len(self._lines):
            line, heading = self._lines[index], self._headings.get(index)
            if heading:
                self._end_list()
                titled = self._lines[heading.start : heading.stop]
                text = self._text(titled)
                yield Block(
                    kind=BlockKind.HEADING, text=text, level=heading.level, page=line.page, links=_links(titled)
                )
                index = heading.stop
            elif line.table:
                self._end_list()
                yield replace(line.table, group=self._groups.next())
                index += 1
            elif line.mono and not _BULLET.match(line.text):
                stop = self._code_end(index)
                self._end_list_before(line)
                yield Block(kind=BlockKind.CODE, text=self._code(self._lines[index:stop]), page=line.page)
                index = stop
            else:
                stop = self._end(index)
                yield self._block(self._lines[index:stop])
                index = stop

    def _block(self, lines: Sequence[Line]) -> Block:
        first, text = lines[0], self._text(lines)
        item = _ITEM.match(text)
        if not item or not text[item.end() :]:
            self._end_list_before(first)
            return replace(office.prose(text, page=first.page), links=_links(lines))
        number = item["number"] or item["letter"] or ""
        while self._indents and first.x0 < self._indents[-1] - first.size * 0.5:
            self._indents.pop()
        if not self._indents or first.x0 > self._indents[-1] + first.size * 0.5:
            self._indents.append(first.x0)
        return Block(
            kind=BlockKind.STEP if number else BlockKind.LIST_ITEM,
            text=text[item.end() :],
            level=len(self._indents) - 1,
            ordinal=number,
            group=self._groups.of("list"),
            page=first.page,
            links=_links(lines),
        )

    def _end_list_before(self, line: Line) -> None:
        """What is set further in than the items belongs to them."""
        if not self._indents or line.x0 < self._indents[-1] + line.size * 0.5:
            self._end_list()

    def _end_list(self) -> None:
        self._indents.clear()
        self._groups.end()

    def _end(self, start: int) -> int:
        stop = start + 1
        while stop < len(self._lines) and self._continues(start, stop):
            stop += 1
        return stop

    def _continues(self, start: int, index: int) -> bool:
        """Whether the line at `index` goes on with the paragraph or item that began at `start`."""
        first, before, line = self._lines[start], self._lines[index - 1], self._lines[index]
        if index in self._headings or line.table or _ITEM.match(line.text):
            return False
        if line.mono and (before.text.endswith(":") or self._is_short(before)):
            return False  # code; a word in its font at the end of a sentence follows a full line
        if abs(line.size - before.size) > 0.1 * before.size:
            return False
        if line.page != before.page or line.top < before.top:
            return _unfinished(before.text) and (line.text[:1].islower() or before.text[-1:] in "-" + HYPHENS)
        if line.top - before.top > 1.3 * max(self._leading, before.bottom - before.top):
            return False
        if _ITEM.match(first.text):
            return line.x0 > first.x0 + 0.3 * line.size
        if line.x0 > before.x0 + 0.8 * line.size and index - 1 > start:
            return False  # the first line of a paragraph is indented
        return not (before.text.endswith(_ENDS) and self._is_short(before))

    def _is_short(self, line: Line) -> bool:
        """Whether it ends well before the right edge of the text on its page."""
        return line.x1 < self._edges[line.page] - 8 * line.size

    def _code_end(self, start: int) -> int:
        stop = start + 1
        while stop < len(self._lines):
            before, line = self._lines[stop - 1], self._lines[stop]
            # A line of dots is too short to tell its font by.
            if line.table or stop in self._headings or not (line.mono or len(set(line.text)) < 3):
                break
            if _BULLET.match(line.text):
                break
            if line.page == before.page and not 0 <= line.top - before.top < 4 * before.size:
                break
            stop += 1
        return stop

    def _code(self, lines: Sequence[Line]) -> str:
        """With the indentation and the blank lines that the page shows."""
        advance = median((line.x1 - line.x0) / len(line.text) for line in lines) or 1.0
        left = min(line.x0 for line in lines)
        steps = [b.top - a.top for a, b in pairwise(lines) if b.top > a.top]
        step = min(steps, default=0.0)
        rows: list[str] = []
        for place, line in enumerate(lines):
            if place and step and line.top - lines[place - 1].top > 1.7 * step:
                rows.append("")
            rows.append(" " * round((line.x0 - left) / advance) + line.text)
        return "\n".join(rows)

    def _text(self, lines: Sequence[Line]) -> str:
        text = lines[0].text
        for line in lines[1:]:
            text = self._joined(text, line.text)
        return "".join("-" if char in HYPHENS else char for char in text)

    def _joined(self, text: str, more: str) -> str:
        """Join two lines; a hyphen at the end goes unless the word is written with it elsewhere in the document."""
        if text[-1:] not in "-" + HYPHENS or len(text) < 2 or not text[-2].isalpha():
            return f"{text} {more}"
        head, tail = _WORD.findall(text[:-1])[-1:], _WORD.match(more)
        if not head or not tail or not more[0].islower():
            return f"{text[:-1]}-{more}"
        whole, hyphened = f"{head[0]}{tail[0]}".casefold(), f"{head[0]}-{tail[0]}".casefold()
        if self._words[hyphened] > self._words[whole]:
            return f"{text[:-1]}-{more}"
        return f"{text[:-1]}{more}"


def _links(lines: Sequence[Line]) -> tuple[tuple[str, str], ...]:
    """Of all lines; a link that goes on in the next line is one."""
    found: list[tuple[str, str]] = []
    for line in lines:
        for place, (text, target) in enumerate(line.links):
            if not place and found and found[-1][1] == target:
                found[-1] = (f"{found[-1][0]} {text}", target)
            else:
                found.append((text, target))
    return tuple(found)


def _unfinished(text: str) -> bool:
    return not text.endswith(_ENDS)


def _leading(lines: Sequence[Line]) -> float:
    """The usual distance from one line of running text to the next."""
    steps = [
        b.top - a.top
        for a, b in pairwise(lines)
        if a.page == b.page and 0 < b.top - a.top < 3 * a.size and abs(a.x0 - b.x0) < 1 and not a.mono
    ]
    return median(steps) if steps else 0.0


def _edges(lines: Sequence[Line]) -> dict[int, float]:
    """Where the text of each page ends on the right."""
    edges: dict[int, float] = {}
    for line in lines:
        edges[line.page] = max(edges.get(line.page, 0.0), line.x1)
    return edges
