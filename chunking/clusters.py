"""Which blocks of a section belong together: lists with what leads into them, steps with what warns of them."""

from collections.abc import Sequence

from chunking.flow import ITEMS
from chunking.sections import Piece
from headwater.model import Block, BlockKind

# Context of more than a quarter of a passage costs more than it tells.
_CONTEXT_SHARE = 4
# Blocks between two steps of which the second counts on.
_MOST_BETWEEN = 8
_WARNINGS = frozenset({"warning", "caution", "danger", "important", "attention", "notice", "stop", "critical"})


def telling(target: int) -> int:
    """Most that is worth repeating in passages of this length."""
    return target // _CONTEXT_SHARE


def led_clusters(pieces: Sequence[Piece], tells: int) -> list[tuple[list[Piece], list[Piece]]]:
    """Blocks of one list, table or admonition together, after what leads into them and weighs at most `tells`."""
    found: list[tuple[list[Piece], list[Piece]]] = []
    for cluster in _continued(_clusters(pieces)):
        head: list[Piece] = []
        while found and not found[-1][0] and _leads(found[-1][1], (head or cluster)[0], cluster[0], tells):
            head = [*found.pop()[1], *head]
        found.append((head, cluster))
    return found


def _leads(cluster: Sequence[Piece], following: Piece, first: Piece, tells: int) -> bool:
    """Whether this is the sentence that introduces a list, a table or code, or what warns ahead of steps."""
    lead = cluster[0]
    if lead.block.kind is BlockKind.ADMONITION and first.block.kind is BlockKind.STEP:
        return sum(piece.weight for piece in cluster) <= tells
    # One sentence introduces; a warning may stand between it and what it introduces.
    introduced = following is first or following.block.kind is BlockKind.ADMONITION
    if len(cluster) > 1 or lead.block.kind is not BlockKind.PARAGRAPH or lead.weight > tells or not introduced:
        return False
    if first.block.kind in (BlockKind.STEP, BlockKind.TABLE):
        return True
    return first.block.kind in (*ITEMS, BlockKind.CODE) and lead.text.rstrip().endswith((":", "："))


def _clusters(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """Blocks of one list, table or admonition together, also items that their parser could not tell as one list."""
    found: list[list[Piece]] = []
    for piece in pieces:
        if found and _belong_together(found[-1][-1], piece):
            found[-1].append(piece)
        else:
            found.append([piece])
    return found


def _continued(clusters: list[list[Piece]]) -> list[list[Piece]]:
    """Steps that go on counting after a block that stood between them, as one list with that block."""
    found: list[list[Piece]] = []
    for cluster in clusters:
        start = next((n for n in range(1, _MOST_BETWEEN + 2) if len(found) >= n and _counts_on(found[-n], cluster)), 0)
        if start:
            between = [piece for part in found[-start:] for piece in part]
            del found[-start:]
            found.append([*between, *cluster])
        else:
            found.append(cluster)
    return found


def _counts_on(before: Sequence[Piece], after: Sequence[Piece]) -> bool:
    first = after[0].block
    if first.kind is not BlockKind.STEP or not first.ordinal.isdigit():
        return False
    numbers = [
        one.block.ordinal for one in before if one.block.kind is BlockKind.STEP and one.block.level == first.level
    ]
    return bool(numbers) and numbers[-1].isdigit() and int(first.ordinal) == int(numbers[-1]) + 1


def _belong_together(before: Piece, piece: Piece) -> bool:
    both_items = before.block.kind in ITEMS and piece.block.kind in ITEMS
    return before.block.group == piece.block.group and (before.block.group > 0 or both_items)


def items_of(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """A list divided at its outermost items, each with what belongs to it; other blocks one by one."""
    levels = [piece.block.level for piece in pieces if piece.block.kind in ITEMS]
    outermost = min(levels, default=None)
    found: list[list[Piece]] = []
    for piece in pieces:
        is_item = piece.block.kind in ITEMS and piece.block.level == outermost
        # A step may begin with code, which then carries its number.
        starts = is_item or (piece.block.kind not in ITEMS and bool(piece.block.ordinal))
        if not found or starts or outermost is None:
            found.append([*_warnings(found, piece), piece])
        else:
            found[-1].append(piece)
    return found


def _warnings(found: list[list[Piece]], step: Piece) -> list[Piece]:
    """Takes from the step before what stands between it and this one to warn of this one."""
    warnings: list[Piece] = []
    while found and len(found[-1]) > 1 and _warns(found[-1][-1].block, step.block):
        warnings.insert(0, found[-1].pop())
    return warnings


def _warns(block: Block, step: Block) -> bool:
    warns = block.kind is BlockKind.ADMONITION and block.label.strip(" :!").lower() in _WARNINGS
    return warns and step.kind is BlockKind.STEP and block.group != step.group
