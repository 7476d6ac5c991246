"""What every chunker promises, whatever the document; a new strategy joins by being in the registry."""

import itertools
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chunking.registry import STRATEGIES, chunker_for
from chunking.release_lines import with_headings
from headwater.interfaces import Chunker, Tokens
from headwater.model import Access, Block, BlockKind, Chunk, Document
from tests.chunking.documents import ACCESS, WORD, document, documents

SIZES = (48, 96, 256)
_LEADS = (BlockKind.PARAGRAPH, BlockKind.ADMONITION)
steady = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=20)
strategies = pytest.mark.parametrize("strategy", STRATEGIES)


def words(text: str) -> list[str]:
    return WORD.findall(text)


def paths(blocks: Iterable[Block]) -> dict[str, tuple[str, ...]]:
    """The headings that each word stands under; a heading stands under itself."""
    found: dict[str, tuple[str, ...]] = {}
    above: list[Block] = []
    for block in blocks:
        if block.kind is BlockKind.HEADING:
            while above and above[-1].level >= block.level:
                above.pop()
            above.append(block)
        found |= dict.fromkeys(words(block.text), tuple(heading.text for heading in above))
    return found


def repeatable(strategy: str, blocks: Sequence[Block]) -> set[str]:
    """Words that may be declared again: table heads, blocks inside lists, and what leads into a list, a table or code.

    Parts of a procedure also repeat its purpose, which is the first sentence of some paragraph.
    """
    if strategy == "fixed":
        return set()
    found: set[str] = set()
    leading = (BlockKind.LIST_ITEM, BlockKind.STEP, BlockKind.CODE, BlockKind.TABLE)
    for position, block in enumerate(blocks):
        if block.kind is BlockKind.TABLE:
            found.update(words(" ".join(cell for row in block.rows[: block.header_rows] for cell in row)))
        leads = any(following.kind in leading for following in blocks[position + 1 : position + 4])
        purpose = strategy == "procedure" and block.kind is BlockKind.PARAGRAPH
        if block.group or block.kind in leading[:2] or purpose or (leads and block.kind in _LEADS):
            found.update(words(block.text))
    return found


@strategies
@steady
@given(made=documents, size=st.sampled_from(SIZES))
def test_nothing_lost_repeated_or_reordered(strategy: str, made: Document, size: int, tokens: Tokens) -> None:
    chunks = list(chunker_for(strategy, tokens, chunk_tokens=size)(made))
    again = repeatable(strategy, made.blocks)
    headings = {word for block in made.blocks if block.kind is BlockKind.HEADING for word in words(block.text)}
    seen: list[str] = []
    for chunk in chunks:
        # Parts of a procedure repeat its title ahead of all else.
        lead = [word for word in words(chunk.text[: chunk.lead]) if word not in headings]
        found = [*lead, *words(chunk.text[chunk.lead :])]
        fresh = [word for word in found if word not in set(seen)]
        repeats = [word for word in found if word in set(seen)]
        assert set(repeats) <= again
        assert lead == repeats
        assert found == repeats + fresh
        seen += fresh
    body = [word for block in made.blocks for word in words(block.text) if word not in headings]
    assert [word for word in seen if word not in headings] == sorted(body, key=lambda word: int(word[1:-1]))
    in_paths = {word for chunk in chunks for heading in chunk.heading_path for word in words(heading)}
    assert headings <= in_paths | set(seen)


@strategies
@steady
@given(made=documents, size=st.sampled_from(SIZES))
def test_bounded_and_exactly_counted(strategy: str, made: Document, size: int, tokens: Tokens) -> None:
    for chunk in chunker_for(strategy, tokens, chunk_tokens=size)(made):
        assert chunk.tokens == tokens.count(chunk.embedded) <= size
        assert chunk.embedded.endswith(chunk.text)
        assert chunk.text.strip()


@strategies
@steady
@given(made=documents)
def test_bounded_for_a_tokenizer_that_counts_line_breaks(strategy: str, made: Document, byte_tokens: Tokens) -> None:
    chunks = list(chunker_for(strategy, byte_tokens)(made))
    assert all(byte_tokens.count(chunk.embedded) <= byte_tokens.window for chunk in chunks)
    assert {word for block in made.blocks for word in words(block.text)} <= {
        word for chunk in chunks for word in words(" ".join([chunk.text, *chunk.heading_path]))
    } | cut_words(chunks)


def cut_words(chunks: list[Chunk]) -> set[str]:
    """Words that a cut went through, put together again."""
    return {
        word
        for before, after in itertools.pairwise(chunks)
        for word in words(before.text[-8:].rpartition(" ")[2] + after.text[:8].partition(" ")[0])
    }


ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=400)


@strategies
@steady
@given(
    blocks=st.lists(
        st.builds(
            Block,
            kind=st.sampled_from(list(BlockKind)),
            text=ANY_TEXT,
            level=st.integers(0, 7),
            ordinal=st.sampled_from(["", "4", "b", "iv)"]),
            group=st.integers(0, 2),
            anchor=st.text(max_size=5),
            page=st.integers(0, 3),
            label=st.text(max_size=20),
        ),
        max_size=8,
    ),
    title=ANY_TEXT,
    size=st.sampled_from([16, 48]),
)
def test_any_text_at_all(strategy: str, blocks: list[Block], title: str, size: int, tokens: Tokens) -> None:
    chunks = list(chunker_for(strategy, tokens, chunk_tokens=size)(document(blocks, title=title)))
    for chunk in chunks:
        assert tokens.count(chunk.embedded) == chunk.tokens <= size
        chunk.embedded.encode()
    kept = "".join("".join(chunk.text.split()) for chunk in chunks)
    for block in blocks:
        if block.kind is BlockKind.PARAGRAPH and not block.group and len(block.text) < 20:
            assert "".join(block.text.encode("utf-8", "replace").decode().split()) in kept


@pytest.mark.parametrize("strategy", sorted(set(STRATEGIES) - {"fixed"}))  # which crosses headings by design
@steady
@given(made=documents, size=st.sampled_from(SIZES))
def test_no_heading_crossed(strategy: str, made: Document, size: int, tokens: Tokens) -> None:
    # Lines that announce a list stand for headings in release notes.
    blocks = with_headings(made).blocks if strategy == "release_notes" else made.blocks
    stands_under = paths(blocks)
    headings = {block.text for block in blocks if block.kind is BlockKind.HEADING}
    heading_words = {word for heading in headings for word in words(heading)}
    for chunk in chunker_for(strategy, tokens, chunk_tokens=size)(made):
        depth = len(chunk.heading_path)
        shown = chunk.text
        for word in words(chunk.text):
            path = stands_under[word]
            if word in heading_words:
                continue
            assert path[:depth] == chunk.heading_path
            # What is below the passage's own heading is shown in the passage, ahead of its text.
            assert all(heading in shown[: shown.index(word)] for heading in path[depth:])


@strategies
@steady
@given(made=documents, size=st.sampled_from(SIZES))
def test_access_citation_and_place_are_the_documents_own(
    strategy: str, made: Document, size: int, tokens: Tokens
) -> None:
    anchors = {f"{made.raw.uri}#{block.anchor}" for block in made.blocks if block.anchor} | {made.raw.uri}
    chunks = list(chunker_for(strategy, tokens, chunk_tokens=size)(made))
    for position, chunk in enumerate(chunks):
        assert (chunk.source, chunk.document, chunk.position) == (made.raw.source, made.raw.id, position)
        assert chunk.access == ACCESS
        assert chunk.uri in anchors
        assert not any(isinstance(value, bool) for value in chunk.metadata.values())
    public = Document(replace(made.raw, access=Access(frozenset({"public"}))), made.blocks)
    others = list(chunker_for(strategy, tokens, chunk_tokens=size)(public))
    assert [replace(chunk, access=public.raw.access) for chunk in chunks] == others


@strategies
@steady
@given(made=documents, size=st.sampled_from(SIZES), data=st.data())
def test_ids_are_unique_and_stable(
    strategy: str, made: Document, size: int, data: st.DataObject, tokens: Tokens
) -> None:
    chunker = chunker_for(strategy, tokens, chunk_tokens=size)
    doubled = Document(made.raw, made.blocks + made.blocks)
    chunks = list(chunker(doubled))
    assert len({chunk.id for chunk in chunks}) == len(chunks)
    assert list(chunker(doubled)) == chunks

    before = list(chunker(made))
    position = data.draw(st.integers(0, len(made.blocks) - 1))
    kept = data.draw(st.integers(0, 1))
    added = Block(kind=BlockKind.PARAGRAPH, text="Something else stands here now.")
    after = list(chunker(Document(made.raw, (*made.blocks[:position], added, *made.blocks[position + kept :]))))
    occurrences = Counter((chunk.heading_path, chunk.text) for chunk in (*before, *after))
    known = {(chunk.heading_path, chunk.text): chunk.id for chunk in before}
    for chunk in after:
        passage = (chunk.heading_path, chunk.text)
        if passage in known and occurrences[passage] == 2:
            assert known[passage] == chunk.id


def long_document(sections: int, paragraphs: int) -> list[Block]:
    blocks, number = [], 0
    for section in range(sections):
        blocks.append(Block(kind=BlockKind.HEADING, text=f"Section {section}", level=2))
        for _ in range(paragraphs):
            size = 15 + (number * 37) % 50
            blocks.append(
                Block(kind=BlockKind.PARAGRAPH, text=" ".join(f"w{number}e{word}" for word in range(size // 3)))
            )
            number += 1
    return blocks


@pytest.mark.parametrize(("sections", "paragraphs"), [(1, 240), (80, 3), (240, 1)])
def test_an_edit_changes_few_chunks(sections: int, paragraphs: int, tokens: Tokens) -> None:
    chunker: Chunker = chunker_for("structure", tokens)
    blocks = long_document(sections, paragraphs)
    before = {chunk.embedded_hash for chunk in chunker(document(blocks))}
    changed = []
    for position in range(1, len(blocks), 7):
        if blocks[position].kind is BlockKind.PARAGRAPH:
            edited = replace(
                blocks[position], text=blocks[position].text + " with ten more words at the end of the paragraph now"
            )
            after = [
                chunk.embedded_hash
                for chunk in chunker(document([*blocks[:position], edited, *blocks[position + 1 :]]))
            ]
            changed.append(sum(key not in before for key in after))
    assert len(before) > 40
    assert max(changed) <= 10
    assert sum(changed) / len(changed) <= 3
