"""How blocks read one below the other: the text of which passages are parts."""

from collections.abc import Sequence
from itertools import pairwise

from chunking.packing import BLANK_LINE, NEW_LINE
from chunking.sections import Piece
from headwater.model import BlockKind

ITEMS = (BlockKind.LIST_ITEM, BlockKind.STEP)


def between(before: Piece, piece: Piece) -> str:
    """A new line between the items of one list, a blank line between all else."""
    both_items = before.block.kind in ITEMS and piece.block.kind in ITEMS
    return NEW_LINE if both_items and before.block.group == piece.block.group else BLANK_LINE


def flowing(pieces: Sequence[Piece]) -> str:
    return pieces[0].text + "".join(f"{between(before, piece)}{piece.text}" for before, piece in pairwise(pieces))
