"""Tables too long for one passage: rows are divided, header rows and caption repeated."""

from dataclasses import replace

from chunking.cite import Place
from chunking.packing import NEW_LINE, Unit
from chunking.sizing import Sizer
from chunking.splitters import Splitters
from headwater.model import Block


def table_units(block: Block, place: Place, limit: int, sizer: Sizer, splitters: Splitters) -> list[Unit]:
    """A unit for each row, or for each piece of a row that fits no passage, with the head as context.

    A head of more than half a passage is not repeated, since it would leave no room for rows.
    """
    head, rows = _head_and_rows(block)
    head_weight = sizer.weight(head) if head else 0
    repeated = 0 < 2 * head_weight <= limit
    if not repeated:
        rows = [*splitters.prose(head, limit), *rows] if head else rows
        first, *others = _units(rows, limit, place, "", 0, sizer, splitters)
        return [replace(first, tight=False), *others]
    units = _units(rows, limit - head_weight - sizer.joint, place, head, head_weight, sizer, splitters)
    if not units:
        return [Unit(head, head_weight, place)]
    # The first row brings the head itself: it may follow other text in its passage.
    top = f"{head}{NEW_LINE}{units[0].text}"
    return [Unit(top, head_weight + sizer.joint + units[0].weight, place), *units[1:]]


def _units(
    rows: list[str], room: int, place: Place, context: str, context_weight: int, sizer: Sizer, splitters: Splitters
) -> list[Unit]:
    units: list[Unit] = []
    for row, weight in zip(rows, sizer.weigh(rows), strict=True):
        parts = [(row, weight)]
        if weight > room:
            parts = [(part, sizer.weight(part)) for part in splitters.prose(row, room)]
        for position, (text, size) in enumerate(parts):
            units.append(Unit(text, size, place, context, context_weight, tight=True, breaks=position > 0))
    return units


def _head_and_rows(block: Block) -> tuple[str, list[str]]:
    """Caption and header lines, and the lines below them."""
    lines = block.text.split(NEW_LINE)
    # The line of dashes is shown below the headers, and is none of the rows.
    count = block.header_rows + 1 if block.header_rows and len(lines) > len(block.rows) else block.header_rows
    head = [block.label, *lines[:count]] if block.label else lines[:count]
    return NEW_LINE.join(head), [line for line in lines[count:] if line.strip()]
