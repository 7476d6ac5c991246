"""A section's blocks as units for packing: what belongs together stays together as long as it fits."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, takewhile

from chunking.clusters import items_of, led_clusters, telling
from chunking.flow import between, flowing
from chunking.packing import BLANK_LINE, NEW_LINE, Unit
from chunking.sections import Piece
from chunking.sizing import Sizer
from chunking.splitters import Part, Splitters
from chunking.tables import table_units
from headwater.model import BlockKind

_SMALL_SHARE = 4
# What "steps 4-7 of 12" weighs beyond the mark that stands for it.
_MARK_WEIGHT = 8
# Lists nested deeper than this are divided as if they were flat.
_DEEPEST = 20


@dataclass(frozen=True, slots=True)
class _Context:
    """What is repeated when a passage begins in the middle of something."""

    text: str = ""
    weight: int = 0
    last: Piece | None = None
    fixed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitBuilder:
    """Makes units for passages with room for `limit`; `overlap` is that between parts of one long block.

    What fits no passage but weighs at most `whole` gets passages of its own, so that it can be put together again
    from them without much else. `label` is the context of steps, in place of what leads into them.
    """

    limit: int
    overlap: int
    whole: int
    sizer: Sizer
    splitters: Splitters
    label: str = ""

    def units(self, pieces: Sequence[Piece]) -> list[Unit]:
        """Units of a section's blocks, in order; a list is one unit, with the sentence that leads into it."""
        # Headings without text of their own stand ahead of the first text below a heading beside them.
        titles = list(takewhile(lambda piece: piece.block.kind is BlockKind.HEADING, pieces))
        clusters = led_clusters(pieces[len(titles) :], telling(self.sizer.target))
        found: list[Unit] = []
        pending, breaks = 0, False
        for head, cluster in self._short_enough(clusters):
            made = self._divided_or_whole(head, cluster, _Context(), 0)
            weight = self._weight([*head, *cluster])
            divided = self.limit < weight <= self.whole
            if breaks or (divided and (_SMALL_SHARE * pending >= self.limit or pending + weight > self.whole)):
                made[0] = replace(made[0], breaks=True)
                pending = 0
            breaks = divided and pending + weight + self.limit > self.whole
            # The last passage of what was divided may hold up to a whole passage already.
            pending = self.limit if divided else pending + weight
            found += made
        made = self._glued([unit for piece in titles for unit in self._split(piece, _Context())], found)
        return [made[0], *(jointed(before, unit) for before, unit in pairwise(made))]

    def _short_enough(
        self, clusters: Iterable[tuple[list[Piece], list[Piece]]]
    ) -> Iterator[tuple[list[Piece], list[Piece]]]:
        """Without what leads into a list where only without it the list is short enough to be a whole."""
        for head, cluster in clusters:
            if head and self._weight(cluster) <= self.whole < self._weight([*head, *cluster]):
                yield [], head
                yield [], cluster
            else:
                yield head, cluster

    def entry(self, head: Sequence[Piece], item: Sequence[Piece], context: Sequence[Piece]) -> list[Unit]:
        """Units of one item alone: below `head`, which nobody has shown yet, else below the repeated `context`."""
        inner = _Context()
        for piece in () if head else context:
            inner = self._context(inner, piece)
        made = self._divided_or_whole(head, item, inner, 1)
        return [made[0], *(jointed(before, unit) for before, unit in pairwise(made))]

    def _weight(self, pieces: Sequence[Piece]) -> int:
        return sum(piece.weight for piece in pieces) + self.sizer.joint * (len(pieces) - 1)

    def _divided_or_whole(
        self, head: Sequence[Piece], rest: Sequence[Piece], context: _Context, depth: int
    ) -> list[Unit]:
        pieces = [*head, *rest]
        weight = self._weight(pieces)
        if weight <= self.limit:
            # Whole without its context rather than divided below it.
            return [
                self._unit(flowing(pieces), weight, pieces, context if weight <= self._room(context) else _Context())
            ]
        if len(pieces) == 1:
            return self._split(pieces[0], context)
        if head and self._weight(rest) <= self.limit:
            # What leads into it goes ahead, on its own where it must.
            return [
                *(unit for piece in head for unit in self._split(piece, context)),
                *self._divided_or_whole([], rest, context, depth),
            ]
        items = items_of(rest) if depth < _DEEPEST else [[piece] for piece in rest]
        if not head and len(items) == 1:
            head, items = rest[:1], items_of(rest[1:])
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
        if self.label and not depth and any(piece.block.kind is BlockKind.STEP for piece in items[0]):
            inner = _Context(self.label, self.sizer.weight(self.label) + _MARK_WEIGHT, fixed=True)
        found: list[Unit] = []
        # Items of a list that is no whole are wholes of their own.
        too_much, apart = sum(self._weight(item) for item in items) > self.whole, False
        for number, item in enumerate(items):
            # A procedure is not announced ahead of its first step.
            own = context if inner.fixed and not (number or head or context.fixed) else inner
            made = self._divided_or_whole([], item, own, depth + 1)
            large = self.limit < self._weight(item) <= self.whole
            if found and (apart or large) and too_much:
                made[0] = replace(made[0], breaks=True)
            apart = large
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
        one = replace(
            last, text=f"{last.text}{between(last.tail, first.head)}{first.text}", weight=weight, tail=first.tail
        )
        return [*led[:-1], one, *found[1:]]

    def _split(self, piece: Piece, context: _Context) -> list[Unit]:
        """One block, in pieces when it does not fit below its context."""
        room = self._room(context)
        if piece.weight <= room:
            return [self._unit(piece.text, piece.weight, [piece], context)]
        if piece.block.kind is BlockKind.TABLE:
            return table_units(piece, self.limit, self.sizer, self.splitters)
        if piece.block.kind is BlockKind.CODE:
            parts = self.splitters.code(piece.text, piece.block.label, room)
        else:
            parts = self.splitters.prose(piece.text, room, self.overlap, even=True)
        first, *others = [self._part(part, piece, context) for part in parts]
        return [
            first,
            *(replace(unit, joint=part.joint, breaks=True) for unit, part in zip(others, parts[1:], strict=True)),
        ]

    def _part(self, part: Part, piece: Piece, context: _Context) -> Unit:
        weight = self.sizer.weight(part.text)
        unit = self._unit(part.text[part.overlap :], weight, [piece], context)
        if not part.overlap:
            return unit
        again = f"{context.text}{unit.below}{part.text[: part.overlap]}" if context.text else part.text[: part.overlap]
        return replace(unit, context=again, below="")

    def _unit(self, text: str, weight: int, pieces: Sequence[Piece], context: _Context) -> Unit:
        below = between(context.last, pieces[0]) if context.last else BLANK_LINE
        return Unit(
            text=text, weight=weight, head=pieces[0], tail=pieces[-1], context=context.text,
            context_weight=context.weight, below=below,
        )  # fmt: skip

    def _room(self, context: _Context) -> int:
        return self.limit - (context.weight + self.sizer.joint if context.text else 0)

    def _tells(self, weight: int) -> bool:
        return weight <= min(telling(self.sizer.target), self.limit // 2)

    def _context(self, outer: _Context, piece: Piece) -> _Context:
        """Outer context and this block, or as much of both as is worth repeating."""
        if not self._tells(piece.weight):
            return outer
        text = f"{outer.text}{NEW_LINE}{piece.text}" if outer.text else piece.text
        both = _Context(text, outer.weight + self.sizer.joint + piece.weight, piece, outer.fixed)
        if self._tells(both.weight) or (outer.fixed and 3 * both.weight <= self.limit):
            return both
        return outer if outer.fixed else _Context(piece.text, piece.weight, piece)


def jointed(before: Unit, unit: Unit) -> Unit:
    return unit if before.tail is unit.head else replace(unit, joint=between(before.tail, unit.head))
