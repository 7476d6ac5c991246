"""Random documents whose every word occurs once, so that nothing can be lost or moved without notice."""

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from hypothesis import strategies as st

from headwater.model import Access, Block, BlockKind, Document, MetaValue, RawDocument

ACCESS = Access(frozenset({"group:support"}), frozenset({"user:ann@example.com"}))
WORD = re.compile(r"w\d+e")
_PLAIN = (BlockKind.PARAGRAPH, BlockKind.CODE, BlockKind.ADMONITION, BlockKind.TABLE)


def document(blocks: Iterable[Block], *, title: str = "Guide", **meta: MetaValue) -> Document:
    raw = RawDocument(
        source="handbook",
        id="guide.md",
        version="1",
        uri="https://docs.example.com/guide",
        title=title,
        kind="help",
        media_type="text/markdown",
        content=b"",
        updated_at=datetime(2026, 3, 1, tzinfo=UTC),
        access=ACCESS,
        meta=meta,
    )
    return Document(raw, tuple(blocks))


@dataclass(frozen=True)
class Shape:
    """A block without its words."""

    kind: BlockKind
    words: int
    level: int = 0
    group: int = 0
    columns: int = 1
    header: bool = False
    labelled: bool = False
    anchored: bool = False


def _shapes() -> st.SearchStrategy[list[Shape]]:
    sizes = st.one_of(st.integers(1, 12), st.integers(1, 12), st.integers(12, 60), st.integers(60, 160))
    headings = st.builds(
        Shape, st.just(BlockKind.HEADING), st.integers(1, 4), st.integers(1, 4), anchored=st.booleans()
    )
    plain = st.builds(
        Shape,
        st.sampled_from(_PLAIN),
        sizes,
        columns=st.integers(1, 3),
        header=st.booleans(),
        labelled=st.booleans(),
        anchored=st.booleans(),
    )
    item = st.builds(Shape, st.sampled_from([BlockKind.LIST_ITEM, BlockKind.STEP]), sizes, st.integers(0, 3))
    grouped = st.tuples(
        st.integers(1, 10_000), st.lists(st.one_of(item, item, plain), min_size=1, max_size=6), st.booleans()
    ).map(lambda drawn: [replace(shape, group=drawn[0] if drawn[2] else 0) for shape in drawn[1]])
    one = st.one_of(headings, headings, plain, plain).map(lambda shape: [shape])
    parts = st.lists(st.one_of(one, one, grouped), min_size=1, max_size=14)
    return parts.map(lambda drawn: list(itertools.chain.from_iterable(drawn)))


def _block(shape: Shape, words: Sequence[str]) -> Block:
    anchor = f"at-{words[0]}" if shape.anchored else ""
    text, rows, header_rows, label, ordinal = " ".join(words), (), 0, "", ""
    match shape.kind:
        case BlockKind.TABLE:
            count = max(1, len(words) // shape.columns)
            rows = tuple(_rows(words, count, shape.columns))
            header_rows = 1 if shape.header and count > 1 else 0
            lines = ["| " + " | ".join(row) + " |" for row in rows]
            if header_rows:
                lines.insert(1, "|" + " --- |" * shape.columns)
            text = "\n".join(lines)
        case BlockKind.CODE:
            text = "\n".join(
                "    " * (index % 3) + " ".join(words[index : index + 4]) for index in range(0, len(words), 4)
            )
            label = "python" if shape.labelled else ""
        case BlockKind.ADMONITION:
            label = "Warning" if shape.labelled else ""
        case BlockKind.STEP:
            ordinal = "3"
        case BlockKind.PARAGRAPH:
            text = ". ".join(" ".join(words[index : index + 9]) for index in range(0, len(words), 9))
            text += ":" if shape.labelled else "."
    return Block(
        kind=shape.kind, text=text, level=shape.level, ordinal=ordinal, group=shape.group, rows=rows,
        header_rows=header_rows, anchor=anchor, label=label,
    )  # fmt: skip


def _rows(words: Sequence[str], count: int, columns: int) -> Iterator[tuple[str, ...]]:
    """The words dealt in order, cell by cell, row by row."""
    cells = count * columns
    ends = [len(words) * (cell + 1) // cells for cell in range(cells)]
    dealt = [" ".join(words[start:end]) for start, end in zip([0, *ends], ends, strict=False)]
    for row in range(count):
        yield tuple(dealt[row * columns : (row + 1) * columns])


def blocks_of(shapes: Sequence[Shape]) -> list[Block]:
    blocks, number = [], 0
    for shape in shapes:
        blocks.append(_block(shape, [f"w{index}e" for index in range(number, number + shape.words)]))
        number += shape.words
    return blocks


def _outline(parts: Sequence[tuple[int, int]]) -> list[Shape]:
    return [
        shape
        for level, size in parts
        for shape in (Shape(BlockKind.HEADING, 1, level), Shape(BlockKind.PARAGRAPH, size))
        if shape.words
    ]


_mixed = _shapes()
# Many headings over little text, which is where sections are joined.
_outlines = st.lists(st.tuples(st.integers(1, 3), st.sampled_from([0, 1, 2, 4, 12])), min_size=2, max_size=16).map(
    _outline
)
documents = st.one_of(_mixed, _outlines).map(blocks_of).map(document)
