"""Chunks put together again are the text they were cut from, and say which lists, tables and sections they are of."""

import re
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chunking.registry import STRATEGIES, chunker_for
from headwater.interfaces import Tokens
from headwater.model import Block, BlockKind, Chunk, Document
from tests.chunking.documents import document, documents

steady = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=20)
strategies = pytest.mark.parametrize("strategy", STRATEGIES)
ITEMS = (BlockKind.LIST_ITEM, BlockKind.STEP)
LONG = "The standby takes over when the primary does not answer within thirty seconds of the last heartbeat."


def put_together(chunks: Sequence[Chunk]) -> str:
    return chunks[0].text + "".join(chunk.joint + chunk.text[chunk.lead :] for chunk in chunks[1:])


def shown(block: Block) -> str:
    match block.kind:
        case BlockKind.LIST_ITEM:
            return f"{'  ' * block.level}- {block.text}"
        case BlockKind.STEP:
            return f"{'  ' * block.level}{block.ordinal}. {block.text}"
        case BlockKind.TABLE if block.label:
            return f"{block.label}\n{block.text}"
        case BlockKind.ADMONITION if block.label:
            return f"{block.label}: {block.text}"
        case _:
            return block.text


def as_read(blocks: Sequence[Block]) -> str:
    text = shown(blocks[0])
    for before, block in pairwise(blocks):
        one_list = before.kind in ITEMS and block.kind in ITEMS and before.group == block.group
        text += ("\n" if one_list else "\n\n") + shown(block)
    return text


@strategies
@steady
@given(made=documents, size=st.sampled_from([48, 96, 256]), overlap=st.sampled_from([0, 12]))
def test_all_chunks_together_are_the_text(
    strategy: str, made: Document, size: int, overlap: int, tokens: Tokens
) -> None:
    chunks = list(chunker_for(strategy, tokens, chunk_tokens=size, overlap_tokens=overlap)(made))
    if not chunks:
        return
    labelled_again = any(
        a.group == b.group > 0 and a.kind is b.kind is BlockKind.ADMONITION for a, b in pairwise(made.blocks)
    )
    if labelled_again:  # the label of an admonition is shown once
        assert re.findall(r"w\d+e", put_together(chunks))
        return
    text = as_read(made.blocks)
    found = put_together(chunks)
    assert text.endswith(found)
    # Only headings, which are in the first chunk's path, stand ahead of it.
    path = set(" ".join(chunks[0].heading_path).split())
    assert set(text.removesuffix(found).split()) <= path


@strategies
@steady
@given(made=documents, size=st.sampled_from([48, 96]), most=st.sampled_from([100, 800]))
def test_wholes_are_nested_bounded_and_counted(
    strategy: str, made: Document, size: int, most: int, tokens: Tokens
) -> None:
    chunks = list(chunker_for(strategy, tokens, chunk_tokens=size, passage_tokens=most)(made))
    special = tokens.count("")
    for chunk in chunks:
        assert len(chunk.wholes) <= 4
        lengths = [span.last - span.first for span in chunk.wholes]
        assert lengths == sorted(lengths)
        for span in chunk.wholes:
            assert span.first <= chunk.position <= span.last
            assert span.first < span.last < len(chunks)
            text = put_together(chunks[span.first : span.last + 1])
            assert span.tokens == tokens.count(text) - special <= most
    text = put_together(chunks) if chunks else ""
    if len(chunks) > 1 and tokens.count(text) - special <= most:
        assert all(any((span.first, span.last) == (0, len(chunks) - 1) for span in c.wholes[-1:]) for c in chunks)


@strategies
@steady
@given(made=documents, size=st.sampled_from([48, 96]))
def test_lists_tables_and_code_come_whole(strategy: str, made: Document, size: int, tokens: Tokens) -> None:
    """Whatever fits `passage_tokens` with a chunk's length to spare is in one chunk, or in a whole of one."""
    most = 400
    chunks = list(chunker_for(strategy, tokens, chunk_tokens=size, passage_tokens=most)(made))
    for block in made.blocks:
        text = shown(block)
        if block.kind not in (BlockKind.TABLE, BlockKind.CODE) or tokens.count(text) > most - 2 * size:
            continue
        whole = {span for chunk in chunks for span in chunk.wholes}
        texts = [chunk.text for chunk in chunks] + [put_together(chunks[s.first : s.last + 1]) for s in whole]
        assert any(text in candidate for candidate in texts)


def test_a_long_procedure_names_itself(tokens: Tokens) -> None:
    steps = [Block(kind=BlockKind.STEP, text=LONG, ordinal=str(number + 1), group=1) for number in range(12)]
    blocks = [
        Block(kind=BlockKind.HEADING, text="Failover", level=1),
        Block(kind=BlockKind.PARAGRAPH, text=LONG * 12),
        Block(kind=BlockKind.PARAGRAPH, text="To fail over:"),
        *steps,
        Block(kind=BlockKind.PARAGRAPH, text=LONG * 12),
    ]
    chunks = list(chunker_for("structure", tokens, chunk_tokens=128, passage_tokens=500)(document(blocks)))
    middle = next(chunk for chunk in chunks if "6. The standby" in chunk.text)
    (span,) = middle.wholes
    assert span.what == "procedure"
    assert put_together(chunks[span.first : span.last + 1]) == as_read(blocks[2:15])


def test_a_section_with_its_subsections(tokens: Tokens) -> None:
    blocks = [
        Block(kind=BlockKind.HEADING, text="Failover", level=1),
        Block(kind=BlockKind.PARAGRAPH, text=f"{LONG} " * 4),
        Block(kind=BlockKind.HEADING, text="By hand", level=2),
        Block(kind=BlockKind.HEADING, text="In a hurry", level=3),
        Block(kind=BlockKind.PARAGRAPH, text=f"{LONG} " * 4),
        Block(kind=BlockKind.HEADING, text="Restore", level=1),
        Block(kind=BlockKind.PARAGRAPH, text=f"{LONG} " * 4),
    ]
    chunks = list(chunker_for("structure", tokens, chunk_tokens=128)(document(blocks)))
    assert [(span.what, span.first, span.last) for span in chunks[0].wholes] == [("section", 0, 1), ("document", 0, 2)]
    assert chunks[1].joint == "\n\nBy hand\n\nIn a hurry\n\n"
    assert [(span.what, span.first, span.last) for span in chunks[2].wholes] == [("document", 0, 2)]


def test_a_handful_of_wholes_is_kept_the_largest_among_them(tokens: Tokens) -> None:
    blocks = []
    for level in range(1, 8):
        blocks += [
            Block(kind=BlockKind.HEADING, text=f"Level {level}", level=level),
            Block(kind=BlockKind.PARAGRAPH, text=f"{LONG} " * 2),
        ]
    chunks = list(chunker_for("structure", tokens, chunk_tokens=80)(document(blocks)))
    assert len(chunks) == 7
    assert [(span.first, span.last) for span in chunks[-1].wholes] == [(5, 6), (4, 6), (3, 6), (0, 6)]
