"""PDF files: structure from type and place, tables from ruling lines, columns, running headers, encryption."""

import random
import re
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pypdfium2 as pdfium
import pytest
from fpdf import FPDF, XPos, YPos

from headwater.errors import BrokenFileError, EncryptedError, UnsupportedError
from headwater.model import BlockKind

K = BlockKind
Parse = Any
LOREM = (
    "The service keeps its state in a small database that is copied to the second site every hour, and the copy "
    "is verified before the older one is removed. Nobody has to be awake for any of this to happen."
)


class Report(FPDF):
    """Header and footer on every page."""

    head = ""

    def header(self) -> None:
        if self.head:
            self.set_font("helvetica", size=8)
            self.cell(0, 6, self.head, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
            self.ln(6)

    def footer(self) -> None:
        if self.head:
            self.set_y(-15)
            self.set_font("helvetica", size=8)
            self.cell(0, 6, f"Page {self.page_no()} of {{nb}}", align="C")


def report(head: str = "") -> Report:
    made = Report()
    made.head = head
    made.set_auto_page_break(True, margin=20)
    made.add_page()
    return made


def title(pdf: FPDF, text: str, size: float) -> None:
    pdf.set_font("helvetica", style="B", size=size)
    pdf.ln(4)
    pdf.multi_cell(0, size * 0.5, text, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    pdf.ln(2)


def text(pdf: FPDF, words: str, indent: float = 0, font: str = "helvetica") -> None:
    pdf.set_font(font, size=11)
    pdf.set_x(pdf.l_margin + indent)
    pdf.multi_cell(0, 5, words, new_x=XPos.LMARGIN, new_y=YPos.NEXT, align="L")
    pdf.ln(3)


def items(pdf: FPDF, entries: list[tuple[str, str]], indent: float = 5) -> None:
    """Marker and text with a hanging indent."""
    pdf.set_font("helvetica", size=11)
    for marker, words in entries:
        pdf.set_x(pdf.l_margin + indent)
        pdf.cell(6, 5, marker)
        pdf.multi_cell(0, 5, words, new_x=XPos.LMARGIN, new_y=YPos.NEXT, align="L")


def output(pdf: FPDF) -> bytes:
    return bytes(pdf.output())


def test_headings_by_size_paragraphs_steps_bullets_and_code(parse_file: Parse) -> None:
    pdf = report()
    title(pdf, "Failover of the database", 22)
    text(pdf, LOREM)
    title(pdf, "Procedure", 16)
    items(pdf, [("1.", "Stop the writer."), ("2.", f"Wait. {LOREM}"), ("3.", "Start the reader.")])
    pdf.ln(3)
    title(pdf, "Notes", 16)
    items(pdf, [("-", "First note."), ("-", "Second note.")])
    pdf.ln(3)
    text(pdf, "Warning: never skip the second step.")
    text(pdf, "$ service stop\n  --now", font="courier")
    found = parse_file("sop.pdf", output(pdf)).blocks
    assert [(b.kind, b.level, b.ordinal, b.text) for b in found] == [
        (K.HEADING, 1, "", "Failover of the database"),
        (K.PARAGRAPH, 0, "", LOREM),
        (K.HEADING, 2, "", "Procedure"),
        (K.STEP, 0, "1", "Stop the writer."),
        (K.STEP, 0, "2", f"Wait. {LOREM}"),
        (K.STEP, 0, "3", "Start the reader."),
        (K.HEADING, 2, "", "Notes"),
        (K.LIST_ITEM, 0, "", "First note."),
        (K.LIST_ITEM, 0, "", "Second note."),
        (K.ADMONITION, 0, "", "Warning: never skip the second step."),
        (K.CODE, 0, "", "$ service stop\n  --now"),
    ]
    assert len({b.group for b in found[3:6]}) == 1
    assert {b.page for b in found} == {1}


def test_code_inside_a_step_does_not_end_the_list(parse_file: Parse) -> None:
    pdf = report()
    text(pdf, LOREM)
    items(pdf, [("1.", "Run this:")])
    text(pdf, "$ service stop --now", indent=14, font="courier")
    items(pdf, [("a)", "It must end.")], indent=12)
    items(pdf, [("2.", "Go on.")])
    found = parse_file("sop.pdf", output(pdf)).blocks[1:]
    assert [(b.kind, b.level, b.ordinal) for b in found] == [
        (K.STEP, 0, "1"),
        (K.CODE, 0, ""),
        (K.STEP, 1, "a"),
        (K.STEP, 0, "2"),
    ]
    assert len({b.group for b in found if b.kind is K.STEP}) == 1


def test_nested_items(parse_file: Parse) -> None:
    pdf = report()
    text(pdf, LOREM)
    items(pdf, [("1.", "outer")])
    items(pdf, [("a)", "inner one"), ("b)", "inner two")], indent=12)
    items(pdf, [("2.", "outer again")])
    found = parse_file("sop.pdf", output(pdf)).blocks[1:]
    assert [(b.level, b.ordinal) for b in found] == [(0, "1"), (1, "a"), (1, "b"), (0, "2")]


def test_the_outline_decides_what_is_a_heading_and_how_deep(parse_file: Parse) -> None:
    pdf = report()
    for level, words in ((0, "1 Scope"), (1, "1.1 Systems"), (0, "2 Duties")):
        pdf.start_section(words, level)
        title(pdf, words, 14)
        text(pdf, LOREM)
    title(pdf, "Large, but not in the outline", 14)
    text(pdf, LOREM)
    found = parse_file("sop.pdf", output(pdf)).blocks
    assert [(b.level, b.text) for b in found if b.kind is K.HEADING] == [
        (1, "1 Scope"),
        (2, "1.1 Systems"),
        (1, "2 Duties"),
    ]


def test_bold_lines_of_their_own_are_headings_and_bold_sentences_are_not(parse_file: Parse) -> None:
    pdf = report()
    text(pdf, LOREM)
    title(pdf, "Contacts", 11)
    text(pdf, LOREM)
    title(pdf, "Call before you write, please.", 11)
    text(pdf, LOREM)
    found = parse_file("sop.pdf", output(pdf)).blocks
    assert [b.text for b in found if b.kind is K.HEADING] == ["Contacts"]


def test_running_headers_footers_and_page_numbers_are_left_out(parse_file: Parse) -> None:
    pdf = report("Operations handbook - internal")
    source = random.Random(1)
    for _ in range(100):
        text(pdf, " ".join(source.sample(LOREM.split(), 30)) + " database.")
    found = parse_file("book.pdf", output(pdf)).blocks
    assert max(b.page for b in found) >= 4
    shown = " ".join(b.text for b in found)
    assert "handbook" not in shown
    assert "Page " not in shown
    assert len(re.findall(r"\w+", shown)) > 100 * 29
    assert shown.count(" database.") >= 100


def test_running_lines_of_two_pages(parse_file: Parse) -> None:
    pdf = report("SOP-1 revision 2")
    text(pdf, "The first page.")
    pdf.add_page()
    text(pdf, "The second page.")
    found = parse_file("sop.pdf", output(pdf)).blocks
    assert [(b.text, b.page) for b in found] == [("The first page.", 1), ("The second page.", 2)]


def test_what_repeats_in_the_body_stays(parse_file: Parse) -> None:
    pdf = report()
    for _ in range(4):
        text(pdf, LOREM)
        pdf.add_page()
    found = parse_file("book.pdf", output(pdf)).blocks
    assert [b.text for b in found] == [LOREM] * 4


def test_a_paragraph_goes_on_over_the_page_and_hyphens_are_joined(parse_file: Parse) -> None:
    pdf = report()
    pdf.set_font("helvetica", size=11)
    pdf.set_y(-35)
    for line in (
        "The configuration of the replica-",
        "tion is done once, and a well-",
        "known mistake is to do it in an",
    ):
        pdf.cell(0, 5, line, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    pdf.add_page()
    pdf.cell(0, 5, "editor that is not up to it. This is well-known.", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    (block,) = parse_file("book.pdf", output(pdf)).blocks
    assert block.text == (
        "The configuration of the replication is done once, and a well-known mistake is to do it in an editor that "
        "is not up to it. This is well-known."
    )
    assert block.page == 1


def test_two_columns_are_read_one_after_the_other(parse_file: Parse) -> None:
    pdf = report()
    title(pdf, "A heading across both columns of the page", 18)
    pdf.set_font("helvetica", size=10)
    top = pdf.get_y()
    rows = [f"{side} line {n} speaks of backups and more" for side in ("left", "right") for n in range(12)]
    # Row by row, as some programs write it, not column by column.
    for n in range(12):
        pdf.set_xy(15, top + n * 5)
        pdf.cell(85, 5, rows[n])
        pdf.set_xy(110, top + n * 5)
        pdf.cell(85, 5, rows[12 + n])
    found = " ".join(b.text for b in parse_file("paper.pdf", output(pdf)).blocks)
    assert re.findall(r"(left|right) line (\d+)", found) == [
        (side, str(n)) for side in ("left", "right") for n in range(12)
    ]


def test_ruled_tables_stand_in_their_place(parse_file: Parse) -> None:
    pdf = report()
    text(pdf, "Before the table.")
    with pdf.table() as table:
        for row in (("Plan", "Users", "Price"), ("Free", "5", "0"), ("Team with a long name", "50", "9")):
            cells = table.row()
            for cell in row:
                cells.cell(cell)
    pdf.ln(5)
    text(pdf, "After the table.")
    found = parse_file("sop.pdf", output(pdf)).blocks
    assert [b.kind for b in found] == [K.PARAGRAPH, K.TABLE, K.PARAGRAPH]
    assert found[1].rows == (("Plan", "Users", "Price"), ("Free", "5", "0"), ("Team with a long name", "50", "9"))
    assert (found[1].header_rows, found[1].page) == (1, 1)
    assert found[1].group > 0


def test_a_frame_around_text_is_no_table(parse_file: Parse) -> None:
    pdf = report()
    pdf.set_font("helvetica", size=11)
    pdf.multi_cell(0, 5, LOREM, border=1)
    assert [b.kind for b in parse_file("sop.pdf", output(pdf)).blocks] == [K.PARAGRAPH]


def test_contents_with_dots_are_left_out(parse_file: Parse) -> None:
    pdf = report()
    pdf.set_font("helvetica", size=11)
    for n in range(8):
        pdf.cell(0, 6, f"Chapter {n} {'. ' * 40} {n + 3}", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    pdf.add_page()
    text(pdf, LOREM)
    assert [b.text for b in parse_file("book.pdf", output(pdf)).blocks] == [LOREM]


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_rotated_pages_are_read_as_they_are_shown(parse_file: Parse, degrees: int, tmp_path: Path) -> None:
    pdf = report()
    width = pdf.epw
    with pdf.rotation(degrees, pdf.w / 2, pdf.h / 2):
        pdf.set_font("helvetica", size=11)
        pdf.set_xy(60, 140)
        pdf.multi_cell(width / 2, 5, LOREM, align="L")
    file = pdfium.PdfDocument(output(pdf))
    file[0].set_rotation(degrees)
    file.save(tmp_path / "turned.pdf")
    (block,) = parse_file("turned.pdf", (tmp_path / "turned.pdf").read_bytes()).blocks
    assert block.text == LOREM


def test_text_across_the_page_is_left_out(parse_file: Parse) -> None:
    pdf = report()
    with pdf.rotation(45, 100, 100):
        pdf.set_font("helvetica", size=60)
        pdf.text(60, 100, "DRAFT")
    text(pdf, LOREM)
    assert [b.text for b in parse_file("sop.pdf", output(pdf)).blocks] == [LOREM]


def test_document_information(parse_file: Parse) -> None:
    pdf = report()
    text(pdf, LOREM)
    pdf.set_title("Failover")
    pdf.set_author("Ana")
    pdf.set_keywords("db, ha")
    pdf.set_creation_date(datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC))
    meta = parse_file("sop.pdf", output(pdf)).meta
    assert {k: meta[k] for k in ("title", "author", "keywords", "created", "pages")} == {
        "title": "Failover",
        "author": "Ana",
        "keywords": "db, ha",
        "created": "2024-01-02T03:04:05+00:00",
        "pages": 1,
    }


def test_encrypted_truncated_and_pictures_only(parse_file: Parse) -> None:
    locked = report()
    text(locked, LOREM)
    locked.set_encryption("owner", "reader")
    with pytest.raises(EncryptedError, match="password"):
        parse_file("locked.pdf", output(locked))
    with pytest.raises(BrokenFileError, match="cannot be opened"):
        parse_file("cut.pdf", output(report())[:200])
    with pytest.raises(UnsupportedError, match="no text") as caught:
        parse_file("scan.pdf", output(report()))
    assert "OCR" in caught.value.advice


def test_the_manual_as_pdf_has_the_words_of_the_manual_as_text(parse_file: Parse, data: Path) -> None:
    folder = data / "same-document" / "developers-reference"
    found = parse_file("manual.pdf", (folder / "developers-reference.pdf").read_bytes())
    truth = (folder / "developers-reference.txt").read_text(encoding="utf-8")
    start, stop = truth.index("* 1. Scope"), truth.index("1. Scope of This Document\n****")
    expected = words(truth[:start] + truth[stop:])
    got = words("\n".join(b.text for b in found.blocks))
    both = sum((expected & got).values())
    assert both / sum(expected.values()) > 0.99
    assert both / sum(got.values()) > 0.99
    headings = {b.text.split(maxsplit=1)[-1].casefold() for b in found.blocks if b.kind is K.HEADING}
    assert {"mailing lists", "basic rules for use", "wanna-build"} <= headings


def words(shown: str) -> Counter[str]:
    return Counter(re.findall(r"[^\W_]+", shown.replace("’", "'").casefold()))
