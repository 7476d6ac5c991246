"""Plain text to blocks."""

import textwrap
import time

import pytest

from headwater.errors import BrokenFileError
from headwater.model import NOBODY, Block, BlockKind, RawDocument
from headwater.parsing import text

H, P, L, S = BlockKind.HEADING, BlockKind.PARAGRAPH, BlockKind.LIST_ITEM, BlockKind.STEP
C, A = BlockKind.CODE, BlockKind.ADMONITION


def raw(content: bytes) -> RawDocument:
    return RawDocument(
        source="s",
        id="d",
        version="1",
        uri="u",
        title="",
        kind="sop",
        media_type="text/plain",
        content=content,
        updated_at=None,
        access=NOBODY,
    )


def parse(content: str) -> tuple[Block, ...]:
    return text.parse(raw(content.encode())).blocks


def test_paragraphs_end_at_blank_lines() -> None:
    blocks = parse("One line\nand another.\n\n\n  Second   paragraph.\n")
    assert [(b.kind, b.text) for b in blocks] == [(P, "One line and another."), (P, "Second paragraph.")]


def test_every_line_is_a_paragraph_where_lines_are_never_broken() -> None:
    long = "A sentence that goes on. " * 20
    assert [b.text for b in parse(f"{long}\nSecond line.\n")] == [long.strip(), "Second line."]


def test_a_short_line_above_its_text_is_a_heading_where_lines_are_never_broken() -> None:
    long = "Send the form with the fee to the office that is nearest to you, and keep a copy of both. " * 3
    shown = f"Who has to pay?\n{long}\n\nBy mail\n\n{long}\n\n- {long}\n\nKeep the receipt.\n\n{long}\n\nThe end"
    kinds = [(block.kind, block.text[:17]) for block in parse(shown)]
    assert kinds == [
        (H, "Who has to pay?"), (P, long[:17]), (H, "By mail"), (P, long[:17]), (L, long[:17]),
        (P, "Keep the receipt."), (P, long[:17]), (P, "The end"),
    ]  # fmt: skip
    broken = "\n".join(textwrap.wrap(long, 72))
    assert {block.kind for block in parse(f"Who has to pay?\n{broken}")} == {P}


def test_underlined_headings_get_levels_in_order_of_appearance() -> None:
    blocks = parse("=====\nTitle\n=====\n\nPart\n====\n\nSub\n---\nText.\n\nPart two\n========\nMore.\n")
    assert [(b.kind, b.level, b.text) for b in blocks] == [
        (H, 1, "Title"),
        (H, 2, "Part"),
        (H, 3, "Sub"),
        (P, 0, "Text."),
        (H, 2, "Part two"),
        (P, 0, "More."),
    ]


def test_capital_numbered_and_chapter_headings() -> None:
    blocks = parse(
        "PUMP MAINTENANCE\n\n1. Scope\n\nText of the scope.\n\n1.1 Who\n\nEveryone.\n\n2. Steps\n\nChapter 3\n\nNASA.\n"
    )
    assert [(b.kind, b.level, b.text) for b in blocks] == [
        (H, 1, "PUMP MAINTENANCE"),
        (H, 1, "1. Scope"),
        (P, 0, "Text of the scope."),
        (H, 2, "1.1 Who"),
        (P, 0, "Everyone."),
        (H, 1, "2. Steps"),
        (H, 1, "Chapter 3"),
        (P, 0, "NASA."),
    ]


def test_bullets_nest_by_indentation_and_continue() -> None:
    blocks = parse("Before:\n- one\n  goes on\n  * inner\n- two\n\n  Of two.\n\nAfter.\n\n• other\n")
    assert [(b.kind, b.level, b.group, b.text) for b in blocks] == [
        (P, 0, 0, "Before:"),
        (L, 0, 1, "one goes on"),
        (L, 1, 1, "inner"),
        (L, 0, 1, "two"),
        (P, 0, 1, "Of two."),
        (P, 0, 0, "After."),
        (L, 0, 2, "other"),
    ]


def test_steps_keep_their_number_as_written() -> None:
    blocks = parse(
        "1. Stop.\n   Wait.\n\n2) Drain.\n\n       sudo drain --all\n\n   a) Left\n   b) Right\n"
        "(3) Start.\nStep 4: Log.\n"
    )
    assert [(b.kind, b.ordinal, b.level, b.group, b.text) for b in blocks] == [
        (S, "1", 0, 1, "Stop. Wait."),
        (S, "2", 0, 1, "Drain."),
        (C, "", 0, 1, "sudo drain --all"),
        (S, "a", 1, 1, "Left"),
        (S, "b", 1, 1, "Right"),
        (S, "3", 0, 1, "Start."),
        (S, "4", 0, 1, "Log."),
    ]


def test_indented_fenced_and_drawn_code() -> None:
    blocks = parse(
        "Run:\n\n    make  all\n      -j 2\n\n```sh\nls\n\nls -l\n```\n\n+---+---+\n| a | b |\n+---+---+\n\n"
        "    An indented quotation that is a sentence of prose, and long enough to see it.\n"
    )
    assert [(b.kind, b.label, b.text) for b in blocks] == [
        (P, "", "Run:"),
        (C, "", "make  all\n  -j 2"),
        (C, "sh", "ls\n\nls -l"),
        (C, "", "+---+---+\n| a | b |\n+---+---+"),
        (P, "", "An indented quotation that is a sentence of prose, and long enough to see it."),
    ]


def test_text_that_is_indented_throughout_is_not_code() -> None:
    blocks = parse("NAME\n\n       ls - list directory contents\n\n       It lists files\n       and folders.\n")
    assert [(b.kind, b.text) for b in blocks] == [
        (H, "NAME"),
        (P, "ls - list directory contents"),
        (P, "It lists files and folders."),
    ]


def test_warnings_by_their_first_word() -> None:
    (block,) = parse("WARNING: Hot surface.\nWait.\n")
    assert (block.kind, block.label, block.text) == (A, "Warning", "Hot surface. Wait.")


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        ("Grüße – é\r\nzwei\rdrei".encode(), "Grüße – é zwei drei"),
        (b"\xff\xfe" + "Grüße".encode("utf-16-le"), "Grüße"),
        ("Das Gerät muß für die Prüfung geöffnet werden. Größe und Länge prüfen.".encode("cp1252"), None),
        ("Правила проверки оборудования перед каждым запуском установки".encode("cp1251"), None),
        (f"fine text with one broken byte here: {'é' * 12}".encode() + b"\xff", None),
    ],
)  # fmt: skip
def test_encodings(content: bytes, shown: str | None) -> None:
    (block,) = text.parse(raw(content)).blocks
    if shown is None:
        shown = {b"D": "Das Gerät muß für", b"\xcf": "Правила проверки", b"f": "fine text"}[content[:1]]
    assert block.text.startswith(shown)


@pytest.mark.parametrize(
    "content", [b"", b"\n \t\n", b"\xef\xbb\xbf", b"a\x00\x01" * 9, b"%PDF-1.4 x", b"\x01\xff" * 99]
)
def test_what_is_not_text_is_a_broken_file(content: bytes) -> None:
    with pytest.raises(BrokenFileError):
        text.parse(raw(content))


def test_five_megabytes_end_in_seconds() -> None:
    started = time.process_time()
    assert len(parse("A line of text that says something.\n- an item\n\n" * 100_000)) == 200_000
    assert time.process_time() - started < 30
