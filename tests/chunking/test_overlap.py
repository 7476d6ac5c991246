import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from chunking.registry import chunker_for
from headwater.interfaces import Tokens
from headwater.model import Block, BlockKind, Document
from tests.chunking.documents import WORD, document, documents


@settings(deadline=None, max_examples=40)
@given(made=documents, size=st.sampled_from([64, 128]), overlap=st.integers(1, 40))
def test_fixed_overlap_repeats_the_end_and_nothing_else(
    made: Document, size: int, overlap: int, tokens: Tokens
) -> None:
    chunks = list(chunker_for("fixed", tokens, chunk_tokens=size, overlap_tokens=overlap)(made))
    seen: list[str] = []
    for chunk in chunks:
        found = WORD.findall(chunk.text)
        repeats = [word for word in found if word in set(seen)]
        fresh = [word for word in found if word not in set(seen)]
        assert found == repeats + fresh
        assert repeats == seen[len(seen) - len(repeats) :]
        assert tokens.count(" ".join(repeats)) - 2 <= overlap
        seen += fresh
    assert seen == [word for block in made.blocks for word in WORD.findall(block.text)]


def test_overlap_is_used(tokens: Tokens) -> None:
    text = " ".join(f"w{number}e" for number in range(200))
    made = document([Block(kind=BlockKind.PARAGRAPH, text=text)])
    for strategy in ("fixed", "structure"):
        chunks = list(chunker_for(strategy, tokens, chunk_tokens=64, overlap_tokens=20)(made))
        for before, after in itertools.pairwise(chunks):
            assert set(WORD.findall(before.text)) & set(WORD.findall(after.text))


def test_fixed_pieces_cite_what_they_begin_under(tokens: Tokens) -> None:
    same = " ".join(["the same words again"] * 12)
    blocks = []
    for number in range(6):
        blocks += [
            Block(kind=BlockKind.HEADING, text=f"Part {number}", level=1, anchor=f"part-{number}"),
            Block(kind=BlockKind.PARAGRAPH, text=same),
        ]
    chunks = list(chunker_for("fixed", tokens, chunk_tokens=64, overlap_tokens=8)(document(blocks)))
    headings = [chunk.heading_path for chunk in chunks]
    assert headings == sorted(headings)
    assert {path[0] for path in headings} == {f"Part {number}" for number in range(6)}
    assert all(chunk.uri.endswith(chunk.heading_path[0].lower().replace(" ", "-")) for chunk in chunks)
