"""What passages are parts of: the lists, tables, sections that a reader is given around a match."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from chunking.clusters import items_of, led_clusters
from chunking.sections import Piece, Section
from chunking.sizing import Sizer
from headwater.model import BlockKind, Span

_MOST = 4
_SINGLE = {BlockKind.TABLE: "table", BlockKind.CODE: "code", BlockKind.ADMONITION: "admonition"}


@dataclass(frozen=True, slots=True)
class Whole:
    """Blocks `first` to `last` of a document are one `what`."""

    what: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """What one passage adds to those before it, and the blocks it is of."""

    first: int
    last: int
    text: str
    lead: int
    joint: str

    @property
    def added(self) -> str:
        return self.joint + self.text[self.lead :]


def put_together(stretches: Sequence[Stretch]) -> str:
    """The text of a whole from its passages."""
    return stretches[0].text + "".join(stretch.added for stretch in stretches[1:])


def structural(sections: Sequence[Section], tells: int) -> Iterator[Whole]:
    """Lists and procedures with their lead-in, and those inside them, tables, code, sections, and the document."""
    for section in sections:
        for head, cluster in led_clusters(section.body, tells):
            yield from _within(head, cluster)
    yield from _sections(sections)


def _within(head: Sequence[Piece], cluster: Sequence[Piece]) -> Iterator[Whole]:
    first, last = (head or cluster)[0].index, cluster[-1].index
    for piece in cluster:
        if piece.block.kind in _SINGLE:
            yield Whole(_SINGLE[piece.block.kind], piece.index, piece.index)
    kinds = {piece.block.kind for piece in cluster}
    if BlockKind.STEP in kinds or BlockKind.LIST_ITEM in kinds:
        for item in items_of(cluster):
            yield Whole("list", item[0].index, item[-1].index)
        what = "procedure" if BlockKind.STEP in kinds else "list"
        yield Whole(what, first, last)
        # What leads into it may be too much.
        yield Whole(what, cluster[0].index, last)
    elif cluster[0].block.kind in _SINGLE:
        yield Whole(_SINGLE[cluster[0].block.kind], first, last)


def _sections(sections: Sequence[Section]) -> Iterator[Whole]:
    """Each section without and with the sections below it."""
    filled = [section for section in sections if section.body]
    if not filled:
        return
    open_: list[tuple[tuple[int, ...], int]] = []
    last = 0
    for section in filled:
        while open_ and section.trail[: len(open_[-1][0])] != open_[-1][0]:
            yield Whole("section", open_.pop()[1], last)
        first, last = (section.heading or section.body[0]).index, section.body[-1].index
        yield Whole("section", first, last)
        known = {trail for trail, _ in open_}
        open_ += [
            (section.trail[:n], first) for n in range(1, len(section.trail) + 1) if section.trail[:n] not in known
        ]
    for _, first in open_:
        yield Whole("section", first, last)
    yield Whole(
        "document",
        0,
        max(piece.index for section in sections[-1:] for piece in [section.heading, *section.body] if piece),
    )


def spans(stretches: Sequence[Stretch], wholes: Iterable[Whole], most: int, sizer: Sizer) -> list[tuple[Span, ...]]:
    """For each passage the wholes of more than one passage and at most `most` tokens, the smallest first."""
    found: list[list[Span]] = [[] for _ in stretches]
    if len(stretches) > 1:
        for span in _measured(stretches, _ranges(stretches, wholes), most, sizer):
            for position in range(span.first, span.last + 1):
                found[position].append(span)
    return [tuple(each if len(each) <= _MOST else [*each[: _MOST - 1], each[-1]]) for each in found]


def _ranges(stretches: Sequence[Stretch], wholes: Iterable[Whole]) -> list[tuple[int, int, str]]:
    """Positions of the first and the last passage of each whole, the smallest first, each range once."""
    firsts, lasts = [stretch.first for stretch in stretches], [stretch.last for stretch in stretches]
    named: dict[tuple[int, int], str] = {}
    for whole in wholes:
        first, last = bisect_left(lasts, whole.first), bisect_right(firsts, whole.last) - 1
        if first < last:
            named.setdefault((first, last), whole.what)
    return sorted(((*ends, what) for ends, what in named.items()), key=lambda one: (one[1] - one[0], one[0]))


def _measured(
    stretches: Sequence[Stretch], ranges: Iterable[tuple[int, int, str]], most: int, sizer: Sizer
) -> Iterator[Span]:
    sums = [
        0,
        *accumulate(count - sizer.special for count in sizer.tokens.count_many([one.added for one in stretches])),
    ]
    for first, last, what in ranges:
        # The sum of parts is a little off where a tokenizer merges across joints.
        if sums[last + 1] - sums[first] <= most + most // 4:
            tokens = sizer.tokens.count(put_together(stretches[first : last + 1])) - sizer.special
            if tokens <= most:
                yield Span(what, first, last, tokens)
