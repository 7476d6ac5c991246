"""Blocks that belong together: what a chunk should hold whole when it has room."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from headwater.model import Block, BlockKind

TABLE, FENCE, PROCEDURE, PARAGRAPH = "table", "code block", "procedure", "paragraph"
_KINDS = {BlockKind.TABLE: TABLE, BlockKind.CODE: FENCE, BlockKind.PARAGRAPH: PARAGRAPH}


@dataclass(frozen=True, slots=True)
class Unit:
    """Blocks `first` to `last` of a document are one `what`."""

    what: str
    first: int
    last: int


def units(blocks: Sequence[Block]) -> Iterator[Unit]:
    """Every table, code block, paragraph and procedure, in order of their beginnings."""
    for number, block in enumerate(blocks):
        if block.kind in _KINDS:
            yield Unit(_KINDS[block.kind], number, number)
    yield from procedures(blocks)


def procedures(blocks: Sequence[Block]) -> Iterator[Unit]:
    """Two steps or more of one list, with everything that belongs to them; never across a heading."""
    last_of = {block.group: number for number, block in enumerate(blocks)}
    number = 0
    while number < len(blocks):
        first = blocks[number]
        end = number
        if first.kind is BlockKind.STEP:
            end = last_of[first.group] if first.group else _end_of_run(blocks, number)
            end = _before_heading(blocks, number, end)
            if sum(block.kind is BlockKind.STEP for block in blocks[number : end + 1]) > 1:
                yield Unit(PROCEDURE, number, end)
        number = end + 1


def _end_of_run(blocks: Sequence[Block], start: int) -> int:
    end = start
    while end + 1 < len(blocks) and blocks[end + 1].kind is BlockKind.STEP and not blocks[end + 1].group:
        end += 1
    return end


def _before_heading(blocks: Sequence[Block], start: int, end: int) -> int:
    headings = (n for n in range(start, end + 1) if blocks[n].kind is BlockKind.HEADING)
    return next(headings, end + 1) - 1
