import itertools
import subprocess
import sys

import pytest

from chunking.registry import STRATEGIES, chunker_for
from headwater.errors import ConfigError
from headwater.interfaces import Tokens
from headwater.model import Block, BlockKind, Chunk
from tests.chunking.documents import document

LONG = "The standby takes over when the primary does not answer within thirty seconds of the last heartbeat."


def heading(text: str, level: int = 1, **place: str) -> Block:
    return Block(kind=BlockKind.HEADING, text=text, level=level, **place)  # type: ignore[arg-type]  # only anchors


def paragraph(text: str) -> Block:
    return Block(kind=BlockKind.PARAGRAPH, text=text)


def steps(count: int, text: str = LONG, group: int = 1) -> list[Block]:
    return [Block(kind=BlockKind.STEP, text=text, ordinal=str(number + 1), group=group) for number in range(count)]


def chunked(tokens: Tokens, *blocks: Block, size: int = 256, title: str = "Guide") -> list[Chunk]:
    return list(chunker_for("structure", tokens, chunk_tokens=size)(document(blocks, title=title)))


def table(rows: int, *, caption: str = "") -> Block:
    cells = (("Plan", "Seats"), *((f"Plan number {row}", str(row)) for row in range(rows)))
    lines = [f"| {' | '.join(row)} |" for row in cells]
    lines.insert(1, "| --- | --- |")
    return Block(kind=BlockKind.TABLE, text="\n".join(lines), rows=cells, header_rows=1, label=caption, group=1)


def test_small_sections_beside_each_other_are_one_passage(tokens: Tokens) -> None:
    (chunk,) = chunked(
        tokens, heading("Install"), paragraph("Run it."), heading("Linux", 2), paragraph("Use apt."),
        heading("macOS", 2), paragraph("Use brew."),
    )  # fmt: skip
    assert chunk.heading_path == ("Install",)
    assert chunk.text == "Run it.\n\nLinux\n\nUse apt.\n\nmacOS\n\nUse brew."
    assert chunk.embedded == f"Guide > Install\n\n{chunk.text}"


def test_a_passage_ends_where_a_section_of_some_size_begins(tokens: Tokens) -> None:
    first, second = chunked(
        tokens, heading("Failover"), paragraph(f"{LONG} " * 5), heading("Restore"), paragraph("Short.")
    )
    assert (first.heading_path, second.heading_path) == (("Failover",), ("Restore",))


def test_children_of_different_parents_stay_apart(tokens: Tokens) -> None:
    chunks = chunked(
        tokens, heading("A"), heading("A one", 2), paragraph("Short."), heading("B"), heading("B one", 2),
        paragraph("Short too."),
    )  # fmt: skip
    assert [chunk.heading_path for chunk in chunks] == [("A", "A one"), ("B", "B one")]


def test_headings_without_text_go_with_what_follows(tokens: Tokens) -> None:
    chunks = chunked(
        tokens, heading("Setup"), heading("Before", 2), heading("After", 2), paragraph(f"{LONG} " * 8),
        heading("End", 2),
    )  # fmt: skip
    assert chunks[0].heading_path == ("Setup", "After")
    assert chunks[0].text.startswith("Before\n\nAfter\n\nThe standby")
    assert (chunks[-1].heading_path, chunks[-1].text) == (("Setup",), "End")


def test_a_procedure_that_fits_stays_whole_with_its_lead_in(tokens: Tokens) -> None:
    chunks = chunked(
        tokens, paragraph(f"{LONG} " * 12), paragraph("To restore a node:"), *steps(6, "Open the panel and press it.")
    )
    assert chunks[-1].text.startswith("To restore a node:\n\n1. Open")
    assert chunks[-1].text.count("\n") == 7


def test_a_long_procedure_is_divided_between_steps_under_its_lead_in(tokens: Tokens) -> None:
    chunks = chunked(tokens, heading("Restore"), paragraph("To restore a node:"), *steps(20), size=128)
    assert len(chunks) > 3
    assert all(chunk.text.startswith("To restore a node:\n") for chunk in chunks)
    numbers = [line.split(".")[0] for chunk in chunks for line in chunk.text.split("\n") if line[:1].isdigit()]
    assert numbers == [str(number) for number in range(1, 21)]
    assert all(line.endswith("heartbeat.") for chunk in chunks for line in chunk.text.split("\n") if line[:1].isdigit())


def test_a_step_keeps_what_belongs_to_it(tokens: Tokens) -> None:
    code = Block(kind=BlockKind.CODE, text="systemctl restart node", label="bash", group=1)
    blocks = list(itertools.chain.from_iterable((step, code) for step in steps(8)))
    for chunk in chunked(tokens, *blocks, size=100):
        assert chunk.text.count("systemctl") == chunk.text.count("heartbeat")


def test_a_nested_list_is_divided_under_the_step_it_belongs_to(tokens: Tokens) -> None:
    outer = Block(kind=BlockKind.STEP, text="Check each node.", ordinal="1", group=1)
    inner = [Block(kind=BlockKind.LIST_ITEM, text=f"{LONG} Node {number}.", level=1, group=1) for number in range(9)]
    chunks = chunked(tokens, outer, *inner, size=100)
    assert len(chunks) > 2
    assert all(chunk.text.startswith("1. Check each node.\n") for chunk in chunks)


def test_a_long_table_repeats_head_and_caption(tokens: Tokens) -> None:
    chunks = chunked(tokens, heading("Plans"), paragraph("All plans."), table(60, caption="Seats by plan"), size=128)
    assert len(chunks) > 3
    assert chunks[0].text.startswith("All plans.\n\nSeats by plan\n| Plan | Seats |\n| --- | --- |\n| Plan number 0")
    for chunk in chunks[1:]:
        assert chunk.text.startswith("Seats by plan\n| Plan | Seats |\n| --- | --- |\n| Plan number")
    rows = [line for chunk in chunks for line in chunk.text.split("\n") if line.startswith("| Plan number")]
    assert rows == [f"| Plan number {row} | {row} |" for row in range(60)]


def test_a_table_that_fits_is_not_divided(tokens: Tokens) -> None:
    chunks = chunked(tokens, paragraph(f"{LONG} " * 8), table(8), paragraph(f"{LONG} " * 8))
    assert [chunk.text.count("Plan number") for chunk in chunks if "Plan number" in chunk.text] == [8]


def test_a_table_whose_head_fills_a_passage_says_it_once(tokens: Tokens) -> None:
    cells = (tuple(f"a rather long name of column {number}" for number in range(8)), *[("x",) * 8] * 3)
    text = "\n".join(f"| {' | '.join(row)} |" for row in cells)
    chunks = chunked(tokens, Block(kind=BlockKind.TABLE, text=text, rows=cells, header_rows=1), size=64)
    assert sum(chunk.text.count("column 7") for chunk in chunks) == 1


def test_code_is_cut_at_definitions(tokens: Tokens) -> None:
    functions = [
        f"def step_{number}(node):\n    node.drain(timeout=30)\n    return node.restart(force=True)\n"
        for number in range(12)
    ]
    code = Block(kind=BlockKind.CODE, text="\n".join(functions).rstrip(), label="Python")
    chunks = chunked(tokens, code, size=100)
    assert len(chunks) > 2
    assert all(chunk.text.startswith("def step_") and chunk.text.endswith("True)") for chunk in chunks)


def test_code_of_any_other_language_is_cut_at_lines_with_its_indentation(tokens: Tokens) -> None:
    lines = [f"{'  ' * (number % 3)}value_{number}: on" for number in range(60)]
    chunks = chunked(tokens, Block(kind=BlockKind.CODE, text="\n".join(lines), label="yaml"), size=100)
    assert [line for chunk in chunks for line in chunk.text.split("\n")] == lines


def test_prose_is_cut_at_sentences(tokens: Tokens) -> None:
    chunks = chunked(tokens, paragraph(" ".join([LONG] * 40)))
    assert len(chunks) > 2
    assert all(chunk.text.startswith("The standby") and chunk.text.endswith("heartbeat.") for chunk in chunks)
    assert all(chunk.tokens > 200 for chunk in chunks[:-1])


def test_an_admonition_keeps_its_label(tokens: Tokens) -> None:
    note = [Block(kind=BlockKind.ADMONITION, text=text, label="Warning", group=1) for text in ("Stop.", "Think.")]
    (chunk,) = chunked(tokens, *note)
    assert chunk.text == "Warning: Stop.\n\nThink."


def test_the_context_line_leaves_two_thirds_for_text(tokens: Tokens) -> None:
    blocks = [heading(f"A heading of level {level} with words that say little", level) for level in range(1, 9)]
    (chunk,) = chunked(tokens, *blocks, paragraph("Text."), size=96)
    line = chunk.embedded.split("\n")[0]
    assert line.startswith("Guide > … > ")
    assert line.endswith(blocks[-1].text)
    assert tokens.count(line) - 2 <= 32
    assert len(chunk.heading_path) == 8

    (chunk,) = chunked(tokens, paragraph("Text."), title="word " * 500, size=96)
    assert 25 < tokens.count(chunk.embedded.split("\n")[0]) - 2 <= 32


def test_a_title_is_not_said_twice(tokens: Tokens) -> None:
    (chunk,) = chunked(tokens, heading("GUIDE"), heading("Setup", 2), paragraph("Text."))
    assert chunk.embedded == "Guide > Setup\n\nText."
    assert chunk.heading_path == ("GUIDE", "Setup")


def test_citations_point_at_the_nearest_anchor_or_page(tokens: Tokens) -> None:
    anchored = Block(kind=BlockKind.PARAGRAPH, text=f"{LONG} " * 9, anchor="caf\u00e9 & more")
    chunks = chunked(
        tokens, paragraph("Intro."), heading("One", anchor="one"), anchored, heading("Sub", 2), paragraph(LONG * 3)
    )
    uris = [chunk.uri.removeprefix("https://docs.example.com/guide") for chunk in chunks]
    assert uris == ["", "#caf%C3%A9%20&%20more", "#one"]

    pages = [Block(kind=BlockKind.PARAGRAPH, text=f"{LONG} " * 9, page=page) for page in (1, 2, 7)]
    assert [chunk.uri.partition("#")[2] for chunk in chunked(tokens, *pages)] == ["page=1", "page=2", "page=7"]


def test_text_without_any_place_to_cut(tokens: Tokens) -> None:
    for text in ("x" * 20_000, "索引" * 4_000, "-" * 5_000, "a\u0301" * 3_000, "\u200b" * 9_000 + "end"):
        chunks = chunked(tokens, paragraph(text))
        assert "".join(chunk.text for chunk in chunks) == text
        assert all(len(chunk.text) <= 256 * 16 for chunk in chunks)


def test_a_huge_paragraph_is_kept_in_bounded_passages(tokens: Tokens) -> None:
    chunks = chunked(tokens, paragraph("x" * 600_000))
    assert sum(len(chunk.text) for chunk in chunks) == 600_000


def test_empty_documents_have_no_chunks(tokens: Tokens) -> None:
    assert chunked(tokens) == []
    assert chunked(tokens, paragraph("  \n ")) == []


def test_fingerprint_covers_strategy_and_sizes(tokens: Tokens, byte_tokens: Tokens) -> None:
    made = [
        chunker_for("structure", tokens),
        chunker_for("fixed", tokens),
        chunker_for("structure", byte_tokens),
        chunker_for("structure", tokens, chunk_tokens=100),
        chunker_for("structure", tokens, overlap_tokens=10),
    ]
    assert len({chunker.fingerprint for chunker in made}) == len(made)
    assert "langchain-text-splitters=" in made[0].fingerprint
    assert chunker_for("fixed", tokens, chunk_tokens=9_999).fingerprint == made[1].fingerprint


def test_unknown_strategy_names_the_known(tokens: Tokens) -> None:
    with pytest.raises(ConfigError, match="'semantic'") as caught:
        chunker_for("semantic", tokens)
    assert ", ".join(STRATEGIES) in caught.value.advice


def test_splitters_are_imported_with_the_first_long_text_only() -> None:
    code = (
        "import sys\n"
        "from chunking.sizing import Sizer\n"
        "from chunking.splitters import Splitters\n"
        "import chunking.fixed, chunking.structure\n"
        "from headwater.embedding.open import open_dense\n"
        "splitters = Splitters(Sizer(open_dense().tokens))\n"
        "splitters.prose('A short text.', 20), splitters.code('short = 1', 'python', 20)\n"
        "print([name for name in ('langchain_text_splitters', 'langchain_core') if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
