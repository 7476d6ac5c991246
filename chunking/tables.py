"""Tables too long for one passage: rows are divided, header rows and caption repeated."""

from dataclasses import replace

from chunking.packing import NEW_LINE, Unit
from chunking.sections import Piece
from chunking.sizing import Sizer
from chunking.splitters import Splitters
from headwater.model import Block


def table_units(piece: Piece, limit: int, sizer: Sizer, splitters: Splitters) -> list[Unit]:
    """A unit for each row, or for each part of a row that fits no passage, with the head as context.

    A head of more than half a passage is not repeated, since it would leave no room for rows.
    """
    head, rows = _head_and_rows(piece.block, piece.text)
    head_weight = sizer.weight(head) if head else 0
    if not 0 < 2 * head_weight <= limit:
        return _units(
            [head, *rows] if head else rows, limit, Unit(text="", weight=0, head=piece, tail=piece), splitters
        )
    row = Unit(text="", weight=0, head=piece, tail=piece, context=head, context_weight=head_weight, below=NEW_LINE)
    units = _units(rows, limit - head_weight - sizer.joint, row, splitters)
    if not units:
        return [Unit(text=head, weight=head_weight, head=piece, tail=piece)]
    # The first row brings the head itself: it may follow other text in its passage.
    top = f"{head}{NEW_LINE}{units[0].text}"
    first = Unit(text=top, weight=head_weight + sizer.joint + units[0].weight, head=piece, tail=piece)
    return [first, *units[1:]]


def _units(rows: list[str], room: int, like: Unit, splitters: Splitters) -> list[Unit]:
    found: list[Unit] = []
    for row in rows:
        parts = splitters.prose(row, room)
        for position, part in enumerate(parts):
            joint = part.joint if position else NEW_LINE
            weight = splitters.sizer.weight(part.text)
            found.append(replace(like, text=part.text, weight=weight, joint=joint, breaks=position > 0))
    return found


def _head_and_rows(block: Block, text: str) -> tuple[str, list[str]]:
    """Caption and header lines, and the lines below them."""
    lines = text.split(NEW_LINE)
    label = block.label.count(NEW_LINE) + 1 if block.label else 0
    shown = len(lines) - label
    # The line of dashes is shown below the headers, and is none of the rows.
    count = block.header_rows + 1 if block.header_rows and shown > len(block.rows) else block.header_rows
    return NEW_LINE.join(lines[: label + count]), [line for line in lines[label + count :] if line.strip()]
