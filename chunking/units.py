"""A section's blocks as units for packing: what belongs together stays together as long as it fits."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, takewhile

from chunking.packing import BLANK_LINE, NEW_LINE, Unit
from chunking.sections import Piece
from chunking.sizing import Sizer
from chunking.splitters import Splitters
from chunking.tables import table_units
from headwater.model import BlockKind

_ITEMS = (BlockKind.LIST_ITEM, BlockKind.STEP)
# Context of more than a quarter of a passage costs more than it tells.
_CONTEXT_SHARE = 4
# Lists nested deeper than this are divided as if they were flat.
_DEEPEST = 20


@dataclass(frozen=True, slots=True)
class _Context:
    """What is repeated when a passage begins in the middle of something."""

    text: str = ""
    weight: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitBuilder:
    """Makes units for passages with room for `limit`; `overlap` is that between pieces of one long block."""

    limit: int
    overlap: int
    sizer: Sizer
    splitters: Splitters

    def units(self, pieces: Sequence[Piece]) -> list[Unit]:
        """Units of a section's blocks, in order; a list is one unit, with the sentence that leads into it."""
        found: list[Unit] = []
        # Headings without text of their own stand ahead of the first text below a heading beside them.
        titles = list(takewhile(lambda piece: piece.block.kind is BlockKind.HEADING, pieces))
        clusters = deque(_clusters(pieces[len(titles) :]))
        before: Piece | None = None
        while clusters:
            cluster = clusters.popleft()
            head: Sequence[Piece] = ()
            if clusters and self._leads(cluster, clusters[0]):
                head, cluster = cluster, clusters.popleft()
            made = self._divided_or_whole(head, cluster, _Context(), 0)
            if before is not None and _loose_items(before, cluster[0]):
                made[0] = replace(made[0], tight=True)
            found += made
            before = cluster[-1]
        return self._glued([unit for piece in titles for unit in self._split(piece, _Context())], found)

    def _leads(self, cluster: Sequence[Piece], following: Sequence[Piece]) -> bool:
        """Whether this is the sentence that introduces a list."""
        piece = cluster[0]
        if len(cluster) > 1 or not self._tells(piece.weight):
            return False
        first = following[0].block.kind
        introduces = first is BlockKind.STEP or (first in _ITEMS and piece.text.rstrip().endswith((":", "：")))
        return introduces and piece.block.kind is BlockKind.PARAGRAPH

    def _divided_or_whole(
        self, head: Sequence[Piece], rest: Sequence[Piece], context: _Context, depth: int
    ) -> list[Unit]:
        pieces = [*head, *rest]
        weight = sum(piece.weight for piece in pieces) + self.sizer.joint * (len(pieces) - 1)
        if weight <= self._room(context):
            return [self._unit(flowing(pieces), weight, pieces[0], context)]
        if len(pieces) == 1:
            return self._split(pieces[0], context)
        items = _items(rest) if depth < _DEEPEST else [[piece] for piece in rest]
        if not head and len(items) == 1:
            head, items = rest[:1], _items(rest[1:])
        return self._divided(head, items, context, depth)

    def _divided(
        self, head: Sequence[Piece], items: Sequence[Sequence[Piece]], context: _Context, depth: int
    ) -> list[Unit]:
        """Units of the items, the first one with the head; the head becomes context of the others."""
        led: list[Unit] = []
        inner = context
        for piece in head:
            led += self._split(piece, context)
            inner = self._context(inner, piece)
        found: list[Unit] = []
        for item in items:
            made = self._divided_or_whole([], item, inner, depth + 1)
            follows_item = bool(found) or (bool(head) and head[-1].block.kind in _ITEMS)
            if follows_item and item[0].block.kind in _ITEMS:
                made[0] = replace(made[0], tight=True)
            found += made
        return self._glued(led, found)

    def _glued(self, led: list[Unit], found: list[Unit]) -> list[Unit]:
        """The last of `led` as one with the first that it leads to, so that no passage ends in a mere lead-in."""
        if not led or not found:
            return led + found
        last, first = led[-1], found[0]
        weight = last.weight + self.sizer.joint + first.weight
        if weight > self._room(_Context(last.context, last.context_weight)):
            return led + found
        separator = NEW_LINE if first.tight else BLANK_LINE
        one = replace(last, text=f"{last.text}{separator}{first.text}", weight=weight)
        return [*led[:-1], one, *found[1:]]

    def _split(self, piece: Piece, context: _Context) -> list[Unit]:
        """One block, in pieces when it does not fit below its context."""
        room = self._room(context)
        if piece.weight <= room:
            return [self._unit(piece.text, piece.weight, piece, context)]
        if piece.block.kind is BlockKind.TABLE:
            return table_units(piece.block, piece.place, self.limit, self.sizer, self.splitters)
        if piece.block.kind is BlockKind.CODE:
            parts = self.splitters.code(piece.text, piece.block.label, room)
        else:
            parts = self.splitters.prose(piece.text, room, self.overlap)
        units = [self._unit(part, self.sizer.weight(part), piece, context) for part in parts]
        return [*units[:1], *(replace(unit, breaks=True) for unit in units[1:])]

    def _unit(self, text: str, weight: int, first: Piece, context: _Context) -> Unit:
        return Unit(text, weight, first.place, context.text, context.weight)

    def _room(self, context: _Context) -> int:
        return self.limit - (context.weight + self.sizer.joint if context.text else 0)

    def _tells(self, weight: int) -> bool:
        return weight * _CONTEXT_SHARE <= self.limit

    def _context(self, outer: _Context, piece: Piece) -> _Context:
        """Outer context and this block, or as much of both as is worth repeating."""
        if not self._tells(piece.weight):
            return outer
        text = f"{outer.text}{NEW_LINE}{piece.text}" if outer.text else piece.text
        both = _Context(text, outer.weight + self.sizer.joint + piece.weight)
        return both if self._tells(both.weight) else _Context(piece.text, piece.weight)


def _clusters(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """Blocks of one list, table or admonition together, every other block alone."""
    found: list[list[Piece]] = []
    for piece in pieces:
        if found and piece.block.group > 0 and found[-1][0].block.group == piece.block.group:
            found[-1].append(piece)
        else:
            found.append([piece])
    return found


def _loose_items(before: Piece, piece: Piece) -> bool:
    """Neighbouring items of a list that its parser could not tell as one."""
    return all(one.block.kind in _ITEMS and not one.block.group for one in (before, piece))


def _items(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """A list divided at its outermost items, each with what belongs to it; other blocks one by one."""
    levels = [piece.block.level for piece in pieces if piece.block.kind in _ITEMS]
    outermost = min(levels, default=None)
    found: list[list[Piece]] = []
    for piece in pieces:
        is_item = piece.block.kind in _ITEMS and piece.block.level == outermost
        # A step may begin with code, which then carries its number.
        starts = is_item or (piece.block.kind not in _ITEMS and bool(piece.block.ordinal))
        if not found or starts or outermost is None:
            found.append([piece])
        else:
            found[-1].append(piece)
    return found


def flowing(pieces: Sequence[Piece]) -> str:
    """The blocks one below the other, list items without blank lines between them."""
    text = pieces[0].text
    for before, piece in pairwise(pieces):
        both_items = before.block.kind in _ITEMS and piece.block.kind in _ITEMS
        text += (NEW_LINE if both_items else BLANK_LINE) + piece.text
    return text
