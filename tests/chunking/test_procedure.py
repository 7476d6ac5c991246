import itertools

from chunking.registry import chunker_for
from headwater.interfaces import Tokens
from headwater.model import Block, BlockKind, Chunk
from tests.chunking.documents import document

LONG = "Open the valve of the reserve, wait until the gauge stands still, and write down what it shows."


def heading(text: str, level: int = 1) -> Block:
    return Block(kind=BlockKind.HEADING, text=text, level=level)


def paragraph(text: str) -> Block:
    return Block(kind=BlockKind.PARAGRAPH, text=text)


def step(number: int, text: str = LONG, group: int = 1) -> Block:
    return Block(kind=BlockKind.STEP, text=text, ordinal=str(number), group=group)


def warning(text: str, group: int = 0, label: str = "Warning") -> Block:
    return Block(kind=BlockKind.ADMONITION, text=text, label=label, group=group)


def chunked(tokens: Tokens, *blocks: Block, size: int = 256, most: int = 800) -> list[Chunk]:
    chunker = chunker_for("procedure", tokens, chunk_tokens=size, passage_tokens=most)
    return list(chunker(document(blocks, title="Fill the basin")))


def test_each_part_says_title_purpose_and_which_steps(tokens: Tokens) -> None:
    chunks = chunked(
        tokens, heading("Purpose"), paragraph("This fills the basin from the reserve. It is done in spring."),
        heading("Steps"), *(step(number) for number in range(1, 13)), size=160,
    )  # fmt: skip
    parts = [chunk for chunk in chunks if "Open the valve" in chunk.text]
    assert len(parts) > 2
    assert "Steps 1-" in parts[0].embedded.split("\n")[0]
    for chunk in parts[1:]:
        first, purpose = chunk.text.split("\n")[:2]
        assert first.startswith("Fill the basin: Step")
        assert first.endswith(" of 12")
        assert purpose == "This fills the basin from the reserve."
        assert chunk.text[: chunk.lead].endswith("reserve.\n\n")
        numbers = [line.split(".")[0] for line in chunk.text.split("\n") if line[:1].isdigit()]
        assert f"{numbers[0]}-{numbers[-1]} of 12" in first or f"Step {numbers[0]} of 12" in first
    shown = [line.split(".")[0] for chunk in chunks for line in chunk.text.split("\n") if line[:1].isdigit()]
    assert shown == [str(number) for number in range(1, 13)]


def test_what_is_needed_goes_with_the_steps_where_it_fits(tokens: Tokens) -> None:
    needs = [heading("Prerequisites", 2), paragraph(f"You need the key of the gate. {LONG} {LONG} {LONG}")]
    steps = [heading("Steps", 2), *(step(number) for number in range(1, 4))]
    (chunk,) = chunked(tokens, heading("Fill the basin"), *needs, *steps)
    assert "key of the gate" in chunk.text
    assert "3. Open" in chunk.text

    apart = chunked(tokens, heading("Fill the basin"), *needs, *steps, *(step(number) for number in range(4, 9)))
    assert "key of the gate" not in apart[1].text
    procedures = [span for span in apart[0].wholes if span.what == "procedure"]
    assert [(span.first, span.last) for span in procedures] == [(0, len(apart) - 1)]


def test_a_warning_between_steps_goes_with_the_next(tokens: Tokens) -> None:
    steps = [step(number) for number in range(1, 13)]
    for before in range(2, 11):
        blocks = [*steps[:before], warning("This cannot be undone."), *steps[before:]]
        for chunk in chunked(tokens, *blocks, size=128):
            if "This cannot be undone." in chunk.text:
                assert f"{before + 1}. Open" in chunk.text.split("undone.")[1]


def test_a_warning_ahead_of_the_steps_stays_with_them(tokens: Tokens) -> None:
    (*_, last) = chunked(
        tokens, heading("Fill"), paragraph(f"{LONG} " * 9), warning("Keep away from the edge.", 7),
        paragraph("To fill it:"), step(1), step(2),
    )  # fmt: skip
    assert "Warning: Keep away from the edge.\n\nTo fill it:\n\n1. Open" in last.text


def test_steps_that_count_on_after_a_block_are_one_procedure(tokens: Tokens) -> None:
    code = Block(kind=BlockKind.CODE, text="gate --open")
    blocks = [step(1), step(2), code, step(3, group=2), paragraph("Wait."), *(step(n, group=3) for n in range(4, 9))]
    chunks = chunked(tokens, heading("Fill"), *blocks, size=128)
    assert len(chunks) > 1
    assert all("of 8" in chunk.embedded for chunk in chunks)
    assert chunks[0].wholes[-1].what in ("procedure", "document")
    kinds = {span.what for span in chunks[1].wholes}
    assert "procedure" in kinds


def test_steps_that_are_sections_are_one_procedure(tokens: Tokens) -> None:
    parts = [(heading(f"Step {number}: Fill part {number}", 3), paragraph(f"{LONG} " * 4)) for number in range(1, 5)]
    chunks = chunked(tokens, heading("Fill"), heading("All parts", 2), *itertools.chain.from_iterable(parts), size=128)
    assert {span.what for span in chunks[0].wholes} >= {"procedure"}


def test_lists_that_are_no_steps_have_no_label(tokens: Tokens) -> None:
    items = [Block(kind=BlockKind.LIST_ITEM, text=LONG, group=1) for _ in range(12)]
    chunks = chunked(tokens, heading("Who"), *items, size=128)
    assert not any(" of 12" in chunk.embedded for chunk in chunks)
