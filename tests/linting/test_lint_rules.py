"""Each finding, on documents made for it, with the chunkers that are in use."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from chunking.registry import chunker_for
from headwater.linting.cuts import examine_cuts
from headwater.linting.placing import place
from headwater.linting.rules import BY_NAME, Finding
from headwater.linting.sameness import Sameness
from headwater.linting.tally import Count, Tally
from headwater.linting.units import Unit, units
from headwater.linting.writing import examine_writing
from headwater.model import PUBLIC, Block, BlockKind, Chunk, Document, RawDocument, Stripped
from headwater.parsing.markdown import parse
from tests.support.hash_embedder import WordTokens

WINDOW = 64
TOKENS = WordTokens(WINDOW)


def raw(content: str = "", media_type: str = "text/markdown", id: str = "a.md") -> RawDocument:
    return RawDocument(
        source="docs", id=id, version="1", uri=f"file:///{id}", title="", kind="help", media_type=media_type,
        content=content.encode(), updated_at=datetime(2026, 1, 1, tzinfo=UTC), access=PUBLIC,
    )  # fmt: skip


def of(*blocks: Block, content: str = "", **about: Any) -> Document:
    return Document(raw(content), blocks, **about)


def chunked(document: Document) -> list[Chunk]:
    return list(chunker_for("structure", TOKENS)(document))


def counted(document: Document, chunks: Sequence[Chunk] | None = None) -> dict[str, Count]:
    tally = Tally(examples=3)
    examine_cuts(document, chunked(document) if chunks is None else chunks, TOKENS, WINDOW, tally)
    examine_writing(document, tally)
    return {count.rule: count for count in tally.counts()}


def found(document: Document, chunks: Sequence[Chunk] | None = None) -> dict[str, int]:
    return {name: count.count for name, count in counted(document, chunks).items() if count.count}


def heading(text: str, level: int = 1) -> Block:
    return Block(kind=BlockKind.HEADING, text=text, level=level)


def paragraph(text: str, **about: Any) -> Block:
    return Block(kind=BlockKind.PARAGRAPH, text=text, **about)


def step(number: int, words: int) -> Block:
    return Block(
        kind=BlockKind.STEP, text=" ".join(f"s{number}w{n}" for n in range(words)), ordinal=str(number), group=1
    )


def table(rows: int, header_rows: int = 1) -> Block:
    cells = tuple((f"name{row}", f"value{row}") for row in range(rows))
    text = "\n".join(f"| {' | '.join(row)} |" for row in cells)
    return Block(kind=BlockKind.TABLE, text=text, rows=cells, header_rows=header_rows)


def code(lines: int) -> Block:
    return Block(kind=BlockKind.CODE, text="\n".join(f"run command{line}" for line in range(lines)))


def test_a_good_document_has_no_findings() -> None:
    document = of(heading("Keys"), paragraph("Keys open doors."), table(3), code(2), step(1, 4), step(2, 4))
    assert found(document) == {}
    assert counted(document)["split_tables"].among == 1


@pytest.mark.parametrize(
    ("unit", "rule"),
    [([table(5)], "split_tables"), ([code(8)], "split_fences"), ([step(1, 8), step(2, 8)], "split_procedures")],
)
def test_a_unit_that_fits_and_was_divided_is_the_chunkers_fault(unit: list[Block], rule: str) -> None:
    document = of(heading("Keys"), paragraph("Keys open every door in the house."), *unit)
    whole = chunked(document)
    assert found(document, whole) == {}
    text = whole[-1].text
    middle = text.index("\n", len(text) // 2) if "\n" in text[len(text) // 2 :] else len(text) - 5
    halves = [_with_text(whole[-1], text[:middle], 0), _with_text(whole[-1], text[middle:], 1)]
    assert found(document, halves)[rule] == 1
    assert BY_NAME[rule].whose == "headwater"


def _with_text(chunk: Chunk, text: str, position: int) -> Chunk:
    return replace(chunk, text=text, embedded=f"a.md\n\n{text}", position=position)


@pytest.mark.parametrize("unit", [[table(40)], [code(60)], [step(n, 30) for n in range(1, 5)]])
def test_what_fits_no_chunk_is_the_authors(unit: list[Block]) -> None:
    document = of(heading("Keys"), *unit)
    assert found(document) == {"over_window": 1}
    assert counted(document)["over_window"].among >= 1


def test_procedures_end_at_headings_and_need_two_steps() -> None:
    blocks = [step(1, 2), paragraph("note"), step(2, 2), heading("Next"), step(3, 2)]
    assert [unit for unit in units(blocks) if unit.what == "procedure"] == [Unit("procedure", 0, 2)]


def test_what_follows_the_last_step_belongs_to_it() -> None:
    blocks = [step(1, 2), step(2, 2), paragraph("To step 2.", group=1), paragraph("After.")]
    assert [unit for unit in units(blocks) if unit.what == "procedure"] == [Unit("procedure", 0, 2)]


def test_a_chunk_that_begins_amid_a_sentence_is_found() -> None:
    text = "The signing key is kept in the vault and never leaves it. It is rotated by two people every year."
    document = of(heading("Keys"), paragraph(text))
    (chunk,) = chunked(document)
    amid = [_with_text(chunk, text[:30], 0), _with_text(chunk, text[30:], 1)]
    assert found(document, amid) == {"mid_sentence": 1}
    between = text.index("It is")
    apart = [_with_text(chunk, text[: between - 1], 0), _with_text(chunk, text[between:], 1)]
    assert found(document, apart) == {}


def test_headings_without_body_and_skipped_levels() -> None:
    document = of(
        heading("Title"), heading("Empty", 2), heading("Deep", 4), paragraph("Text."), heading("Bare", 2),
        heading("Last", 2),
    )  # fmt: skip
    assert found(document) == {"empty_sections": 2, "skipped_levels": 1}
    assert {finding.text for finding in counted(document)["empty_sections"].examples} == {"Bare", "Last"}


def test_tables_without_header() -> None:
    assert found(of(paragraph("Text."), table(2, header_rows=0), table(2))) == {"headless_tables": 1}


def test_links_to_nowhere_in_the_page() -> None:
    links = (("a", "#setup"), ("b", "#Set-up-now"), ("c", "#gone"), ("d", "other.md#gone"), ("e", "#"), ("f", "#raw"))
    document = of(
        heading("Set up now"), paragraph("x", anchor="setup", links=links), content='<a name="raw"></a> #gone'
    )
    counts = counted(document)
    assert (counts["dead_anchors"].count, counts["dead_anchors"].among) == (1, 5)
    assert counts["dead_anchors"].examples[0].text == "c (#gone)"


def test_images_without_text() -> None:
    markdown = "![](a.png) ![A map](b.png) ![ ][ref]\n\n```\n![](code.png)\n```\n`![](inline.png)` <img src=c.png>\n"
    page = '<img src="a.png"><img alt src="b.png"><IMG ALT="" SRC="c.png"><!-- <img src="d.png"> -->'
    of_markdown = counted(Document(raw(markdown), (paragraph("Text."),)))["missing_alt"]
    of_page = counted(Document(raw(page, "text/html"), (paragraph("Text."),)))["missing_alt"]
    assert (of_markdown.count, of_markdown.among) == (3, 4)
    assert (of_page.count, of_page.among) == (1, 3)
    assert of_page.examples[0].text == "a.png"


def test_hidden_text_is_shown() -> None:
    document = of(paragraph("Text."), stripped=(Stripped("comment", 3, "a b c"), Stripped("hidden text", 9, "Ignore")))
    (example,) = counted(document)["hidden_text"].examples
    assert example.text == "12 words; hidden text: Ignore"
    assert found(of(paragraph("Text."), stripped=(Stripped("comment", 0),))) == {}


def test_duplicates_name_the_first() -> None:
    same = Sameness()
    first = Document(raw(id="a.md"), (heading("Keys"), paragraph("Keys open doors.")))
    again = Document(raw(id="b.md"), (heading("Keys", 2), paragraph("**Keys** open doors")))
    other = Document(raw(id="c.md"), (paragraph("Something else."),))
    assert list(same.look(first, chunked(first))) == list(same.look(other, chunked(other))) == []
    (finding,) = same.look(again, chunked(again))
    assert (finding.document, finding.text) == ("b.md", "the same as docs/a.md")
    assert list(same.near()) == []


@pytest.mark.parametrize(("kind", "alike"), [("help", ["b.md"]), ("release_note", [])])
def test_near_duplicates_are_found_but_not_between_releases(kind: str, alike: list[str]) -> None:
    same = Sameness()
    text = " ".join(f"Sentence number {n} tells of thing{n}." for n in range(80))
    for id, body, version in (("a.md", text, "1.0"), ("b.md", f"{text} Once more.", "1.1"), ("c.md", "Short.", "1.2")):
        about = replace(raw(id=id), kind=kind, meta={"version": version})
        document = Document(about, (paragraph(body),))
        assert list(same.look(document, chunked(document))) == []
    assert [finding.document for finding in same.near()] == alike


def test_examples_come_from_many_documents_first() -> None:
    tally = Tally(examples=3)
    tally.among({"unreadable": 10})
    for document in ("a", "b"):
        tally.add(Finding(rule="unreadable", source="s", document=document, text=str(n)) for n in range(5))
    (count,) = tally.counts()
    assert (count.count, count.rate) == (10, 1.0)
    assert [(one.document, one.text) for one in count.examples] == [("a", "0"), ("b", "0"), ("a", "1")]


def test_real_markdown_goes_all_the_way() -> None:
    text = "# Keys\n\n### Deep\n\nSee [there](#nowhere).\n\n## Empty\n\n## Steps\n\n1. One\n2. Two\n"
    assert found(parse(raw(text))) == {"skipped_levels": 1, "empty_sections": 1, "dead_anchors": 1}


def test_every_block_is_placed_in_the_chunk_that_has_it() -> None:
    blocks = (
        heading("Title"), paragraph("First text. " * 8), heading("Part", 2), paragraph("Second text. " * 12), table(30)
    )  # fmt: skip
    document = of(*blocks)
    chunks = chunked(document)
    places = place(document.blocks, chunks)
    assert len(chunks) > 3
    assert all(placed.chunks for placed in places)
    for block, placed in zip(blocks[1:4:2], places[1:4:2], strict=True):
        assert all(block.text.split(".")[0] in chunks[number].text for number in placed.chunks)
    assert places[4].chunks[-1] == len(chunks) - 1
    assert not places[4].whole


def test_names_of_findings_are_settings() -> None:
    assert all(name.isidentifier() and rule.advice and rule.about for name, rule in BY_NAME.items())
