"""Plain text to blocks, by the conventions people keep when there is no markup."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest

from headwater.model import Block, BlockKind, Document, MetaValue, RawDocument
from headwater.parsing.blocks import document, squeeze
from headwater.parsing.encoding import decode
from headwater.parsing.tally import Tally

VERSION = "2"

_UNDERLINE = re.compile(r"([=\-~^\"'`#*+_.:])\1{2,}\s*$")
_NUMBERED = re.compile(r"(?P<number>\d{1,3}(?:\.\d{1,3})+)\.?\s+\S")
_CHAPTER = re.compile(r"(?:chapter|appendix|part|section)\s+(?:\d{1,3}|[A-Z]|[IVX]+)\b", re.I)
_BULLET = re.compile(r"(?P<indent>\s*)(?:[-*+•·◦▪‣–—])\s+(?=\S)")
_STEP = re.compile(r"(?P<indent>\s*)(?:step\s+)?\(?(?P<ordinal>\d{1,3}|[a-z]|[ivx]{1,5})[.):]\s+(?=\S)", re.I)
_ADMONITION = re.compile(r"(note|tip|hint|important|warning|caution|danger|attention)\s?[:!]\s*", re.I)
_SENTENCE = re.compile(r"[A-Z\"'(].*[.!?:;,\"')]$", re.S)
_GRID = re.compile(r"\s*(?:\+[-=+]{3,}\+|\|.*\|)\s*$")
_TITLE = re.compile(r"""[A-Z0-9"'¿].*[^\W_].*[^\s.,:;!]""")
_CODE_INDENT = 4
_LONG_LINE = 200
_LONGEST_HEADING = 100


@dataclass(slots=True)
class _State:
    """What has been seen so far: underline characters in order of appearance, and the list under way."""

    underlines: list[str] = field(default_factory=list)
    numbered: bool = False
    margin: int = 0
    group: int = 0
    groups: int = 0
    unbroken: bool = False
    """Lines are whole paragraphs, as in text that was made of pages: a short one is no end of a paragraph."""
    indents: list[int] = field(default_factory=list)

    def leave_list(self) -> None:
        self.group = 0
        self.indents.clear()

    def next_group(self) -> int:
        self.groups += 1
        return self.groups


def parse(raw: RawDocument) -> Document:
    """Paragraphs by blank lines; headings by underline, capitals or numbers; lists, steps, code by their look."""
    tally = Tally()
    blocks = list(text_blocks(decode(raw.content, media_type=raw.media_type, tally=tally)))
    title = next((block.text for block in blocks[:1] if block.kind is BlockKind.HEADING), "")
    meta: dict[str, MetaValue] = {"title": title} if title else {}
    return document(raw, blocks, meta, tally)


def text_blocks(text: str) -> Iterator[Block]:
    """Blocks of plain text, in order."""
    pieces = list(_pieces(text))
    state = _State(numbered=any(_is_numbered_heading(piece) for piece in pieces))
    state.margin = _margin(pieces)
    state.unbroken = _unbroken(pieces)
    for piece, following in zip_longest(pieces, pieces[1:], fillvalue=()):
        title = _title_above(piece, following, state)
        if title is not None:
            state.leave_list()
            yield title
        rest = list(piece[1:] if title is not None else piece)
        if rest:
            yield from _blocks(rest, state)


def _pieces(text: str) -> Iterator[list[str]]:
    """Runs of lines between blank lines; fences keep their blank lines."""
    piece: list[str] = []
    fence = ""
    for line in text.split("\n"):
        bare = line.strip()
        if fence:
            piece.append(line)
            if bare == fence:
                fence = ""
                yield piece
                piece = []
        elif bare.startswith("```"):
            if piece:
                yield piece
            piece, fence = [line], "```"
        elif bare:
            piece.append(line.rstrip())
        elif piece:
            yield piece
            piece = []
    if piece:
        yield piece


def _unbroken(pieces: Sequence[list[str]]) -> bool:
    lengths = [len(line) for piece in pieces for line in piece]
    return 2 * sum(length for length in lengths if length > _LONG_LINE) > sum(lengths)


def _title_above(piece: Sequence[str], following: Sequence[str], state: _State) -> Block | None:
    """A short line on its own or right above its text, where no line is broken."""
    line = piece[0].strip()
    below = piece[1] if len(piece) > 1 else following[0] if following else ""
    if not state.unbroken or not _TITLE.fullmatch(line) or len(line) > _LONGEST_HEADING:
        return None
    listed = _BULLET.match(piece[0]) or _STEP.match(piece[0]) or _ADMONITION.match(line)
    if listed or not below.strip() or _UNDERLINE.fullmatch(below.strip()):
        return None
    return Block(kind=BlockKind.HEADING, text=squeeze(line), level=2 if state.underlines else 1)


def _margin(pieces: Sequence[list[str]]) -> int:
    """The indentation that sentences have throughout, as in manual pages."""
    weights: dict[int, int] = {}
    for piece in pieces:
        if _SENTENCE.match(" ".join(line.strip() for line in piece)):
            indent = min(map(_indent, piece))
            weights[indent] = weights.get(indent, 0) + sum(map(len, piece))
    enough = 0.02 * sum(weights.values())
    return min((indent for indent, weight in weights.items() if weight >= enough), default=0)


def _indent(line: str) -> int:
    return len(line.expandtabs(4)) - len(line.expandtabs(4).lstrip())


def _blocks(lines: list[str], state: _State) -> Iterator[Block]:
    if lines[0].lstrip().startswith("```"):
        state.leave_list()
        yield _code(lines[1:-1] if lines[-1].strip() == "```" else lines[1:], state, lines[0].strip("` \t"))
        return
    headings, lines = _underlined(lines, state)
    yield from headings
    if not lines:
        return
    heading = _heading(lines, state)
    if heading is not None:
        state.leave_list()
        yield heading
    elif _BULLET.match(lines[0]) or _STEP.match(lines[0]):
        yield from _items(lines, state)
    elif state.indents and _indent(lines[0]) > state.indents[0]:
        yield from _continued(lines, state)
    else:
        state.leave_list()
        start = _list_start(lines)
        yield from _body(lines[:start], state)
        if lines[start:]:
            yield from _items(lines[start:], state)


def _underlined(lines: list[str], state: _State) -> tuple[list[Block], list[str]]:
    """Headings with a line of signs below (and above), and the lines that are left."""
    headings: list[Block] = []
    while lines:
        over = len(lines) > 2 and _UNDERLINE.match(lines[0]) and _UNDERLINE.match(lines[2]) is not None
        title = lines[1:] if over else lines
        mark = _UNDERLINE.match(title[1].strip()) if len(title) > 1 and not _UNDERLINE.match(title[0].strip()) else None
        if mark is None or len(title[1].strip()) < 0.5 * len(title[0].strip()) or len(title[0]) > _LONG_LINE:
            break
        sign = ("over" if over else "") + mark.group(1)
        if sign not in state.underlines:
            state.underlines.append(sign)
        state.leave_list()
        level = min(6, state.underlines.index(sign) + 1)
        headings.append(Block(kind=BlockKind.HEADING, text=squeeze(title[0]), level=level))
        lines = title[2:]
    # A line of signs alone only separates.
    return headings, [] if len(lines) == 1 and _UNDERLINE.fullmatch(lines[0].strip()) else lines


def _heading(lines: list[str], state: _State) -> Block | None:
    line = lines[0].strip()
    if len(lines) > 1 or len(line) > _LONGEST_HEADING or line.endswith((".", ",", ";", "!", "?")):
        return None
    numbered = _NUMBERED.match(line)
    if numbered and _is_numbered_heading(lines):
        return Block(kind=BlockKind.HEADING, text=squeeze(line), level=min(6, numbered["number"].count(".") + 1))
    step = _STEP.match(line)
    if step and state.numbered and step["ordinal"].isdigit() and _indent(lines[0]) <= state.margin:
        return Block(kind=BlockKind.HEADING, text=squeeze(line), level=1)
    letters = [char for char in line if char.isalpha()]
    capitals = len(letters) >= 3 and line.upper() == line and any(len(word) > 2 for word in line.split())
    if (capitals and not line.endswith(":") and _plain_words(line)) or _CHAPTER.match(line):
        return Block(kind=BlockKind.HEADING, text=squeeze(line), level=2 if state.underlines else 1)
    return None


def _plain_words(line: str) -> bool:
    signs = sum(1 for char in line if not (char.isalnum() or char in " -&/,()'.:"))
    return signs == 0 and not _BULLET.match(line) and "  " not in line


def _is_numbered_heading(lines: list[str]) -> bool:
    line = lines[0].strip()
    return (
        len(lines) == 1
        and len(line) <= _LONGEST_HEADING
        and _NUMBERED.match(line) is not None
        and not line.endswith((".", ",", ";"))
        and any(char.isalpha() for char in line)
    )


def _list_start(lines: list[str]) -> int:
    """Where in a paragraph a list begins that no blank line announces."""
    for index, line in enumerate(lines[1:], 1):
        step = _STEP.match(line)
        if _BULLET.match(line) or (step and step["ordinal"].lower() in ("1", "a", "i")):
            return index
    return len(lines)


def _items(lines: list[str], state: _State) -> Iterator[Block]:
    """Bullets and steps; lines without a mark continue the item above them."""
    current: list[str] = []
    start: re.Match[str] | None = None
    for line in lines:
        found = _BULLET.match(line) or _STEP.match(line)
        if found is not None:
            if start is not None:
                yield _item(start, current, state)
            start, current = found, [line[found.end() :]]
        else:
            current.append(line)
    if start is not None:
        yield _item(start, current, state)


def _item(start: re.Match[str], lines: list[str], state: _State) -> Block:
    indent = _indent(start["indent"] + "x")
    while state.indents and indent < state.indents[-1]:
        state.indents.pop()
    if not state.group or not state.indents:
        state.group = state.group or state.next_group()
    if not state.indents or indent > state.indents[-1]:
        state.indents.append(indent)
    ordinal = start.groupdict().get("ordinal") or ""
    return Block(
        kind=BlockKind.STEP if ordinal else BlockKind.LIST_ITEM,
        text=squeeze(" ".join(lines)),
        level=len(state.indents) - 1,
        ordinal=ordinal,
        group=state.group,
    )


def _continued(lines: list[str], state: _State) -> Iterator[Block]:
    """What stands under an item, indented."""
    if min(map(_indent, lines)) >= state.indents[-1] + 2 + _CODE_INDENT and not _reads_like_prose(lines):
        yield _code(lines, state)
    else:
        yield from _prose(lines, state.group)


def _body(lines: list[str], state: _State) -> Iterator[Block]:
    indent = min(map(_indent, lines))
    grid = len(lines) > 1 and all(_GRID.match(line) for line in lines)
    if grid or (indent >= state.margin + _CODE_INDENT and not _reads_like_prose(lines)):
        yield _code(lines, state)
    else:
        yield from _prose(lines, 0)


def _reads_like_prose(lines: list[str]) -> bool:
    text = " ".join(line.strip() for line in lines)
    return len(text) > 60 and _SENTENCE.match(text) is not None and not any("  " in line.strip() for line in lines)


def _prose(lines: list[str], group: int) -> Iterator[Block]:
    # In files without hard line breaks, every line is a paragraph.
    texts = lines if any(len(line) > _LONG_LINE for line in lines) else [" ".join(lines)]
    for text in map(squeeze, texts):
        label = _ADMONITION.match(text)
        if label is not None and len(text) > label.end():
            word = label.group(1).capitalize()
            yield Block(kind=BlockKind.ADMONITION, text=text[label.end() :], label=word, group=group)
        else:
            yield Block(kind=BlockKind.PARAGRAPH, text=text, group=group)


def _code(lines: list[str], state: _State, language: str = "") -> Block:
    plain = [line.expandtabs(8) for line in lines]
    margin = min((len(line) - len(line.lstrip()) for line in plain if line.strip()), default=0)
    text = "\n".join(line[margin:] for line in plain)
    return Block(kind=BlockKind.CODE, text=text, label=language, group=state.group)
