"""What every parser needs: whitespace, tables, ordinals, and the last step from blocks to a document."""

import dataclasses
import re
from collections.abc import Iterable, Sequence

from headwater.errors import BrokenFileError
from headwater.model import Block, BlockKind, Document, Meta, RawDocument
from headwater.parsing.encoding import visible
from headwater.parsing.tally import Tally

Rows = tuple[tuple[str, ...], ...]

_ROMAN = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"),
    (50, "l"), (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip
_BLANK_LINES = re.compile(r"\n{3,}")


def squeeze(text: str) -> str:
    """One space for every run of whitespace (no-break spaces too), none at the ends."""
    return " ".join(text.split())


def squeeze_lines(text: str) -> str:
    """`squeeze` of every line; line breaks stay, blank lines do not."""
    return "\n".join(line for line in map(squeeze, text.split("\n")) if line)


def trim_code(text: str) -> str:
    """Code with its own whitespace, without blank lines before and after and spaces at the end."""
    lines = text.split("\n")
    while lines and not lines[0].strip():
        lines.pop(0)
    return "\n".join(lines).rstrip()


def ordinal(number: int, style: str = "1") -> str:
    """The number of a step as a list of style 1, a, A, i or I shows it."""
    if style in ("a", "A") and number > 0:
        letters = ""
        while number:
            number, rest = divmod(number - 1, 26)
            letters = chr(ord("a") + rest) + letters
        return letters if style == "a" else letters.upper()
    if style in ("i", "I") and 0 < number < 4000:
        text = ""
        for value, letter in _ROMAN:
            count, number = divmod(number, value)
            text += letter * count
        return text if style == "i" else text.upper()
    return str(number)


def even_rows(rows: Iterable[Sequence[str]]) -> Rows:
    """Rows of equal length, cells squeezed; empty rows, and columns that are empty throughout, left out."""
    cells = [[squeeze(cell) for cell in row] for row in rows]
    cells = [row for row in cells if any(row)]
    width = max((len(row) for row in cells), default=0)
    for row in cells:
        row.extend([""] * (width - len(row)))
    used = [column for column in range(width) if any(row[column] for row in cells)]
    if len(used) == width:
        return tuple(tuple(row) for row in cells)
    return tuple(tuple(row[column] for column in used) for row in cells)


def pipe_table(rows: Rows, header_rows: int = 0) -> str:
    """Rows as lines of `| a | b |`; a line of dashes follows the headers, where there are any."""
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    if 0 < header_rows <= len(lines):
        lines.insert(header_rows, "|" + " --- |" * len(rows[0]))
    return "\n".join(lines)


def table_block(
    rows: Iterable[Sequence[str]],
    *,
    header_rows: int = 0,
    caption: str = "",
    group: int = 0,
    anchor: str = "",
    page: int = 0,
    links: tuple[tuple[str, str], ...] = (),
) -> Block | None:
    """A TABLE of these cells, headers first; None when all of them are empty."""
    rows = list(rows)
    even = even_rows(rows)
    if not even:
        return None
    # Empty header rows are left out as well.
    headers = min(sum(1 for row in rows[:header_rows] if any(squeeze(cell) for cell in row)), len(even))
    return Block(
        kind=BlockKind.TABLE,
        text=pipe_table(even, headers),
        rows=even,
        header_rows=headers,
        label=squeeze(caption),
        group=group,
        anchor=anchor,
        page=page,
        links=links,
    )


def document(
    raw: RawDocument, blocks: Iterable[Block], meta: Meta | None = None, tally: Tally | None = None
) -> Document:
    """The parsed document, without invisible characters and empty blocks; BrokenFileError when nothing is left.

    `tally` counted what was taken out before; what is taken out here is added to it.
    """
    tally = tally or Tally()
    kept = tuple(block for block in (_visible_block(block, tally) for block in blocks) if block.text)
    if not kept:
        raise BrokenFileError("nothing readable in the file", advice="Check that it is more than markup or pictures.")
    return Document(raw, kept, meta or {}, tally.found())


def _visible_block(block: Block, tally: Tally) -> Block:
    if not block.text.isascii():
        tally.add_invisible(block.text)
    text = visible(block.text)
    text = trim_code(text) if block.kind is BlockKind.CODE else _BLANK_LINES.sub("\n\n", text.strip())
    label = visible(block.label)
    rows = tuple(tuple(visible(cell) for cell in row) for row in block.rows)
    if text == block.text and label == block.label and rows == block.rows:
        return block
    return dataclasses.replace(block, text=text, label=label, rows=rows)
