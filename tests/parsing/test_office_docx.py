"""Word documents: structure, numbers, tables, and what a reader does not see."""

import io
from datetime import datetime
from typing import Any

import docx
import pytest
from docx.document import Document as WordDocument
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.text.paragraph import Paragraph

from headwater.errors import BrokenFileError
from headwater.model import Block, BlockKind

K = BlockKind
Parse = Any


def saved(document: WordDocument) -> bytes:
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def blocks(parse_file: Parse, document: WordDocument) -> list[Block]:
    return list(parse_file("file.docx", saved(document)).blocks)


def number(paragraph: Paragraph, num: int, level: int = 0) -> Paragraph:
    properties = paragraph._p.get_or_add_pPr().get_or_add_numPr()
    properties.get_or_add_ilvl().val = level
    properties.get_or_add_numId().val = num
    return paragraph


def define_list(document: WordDocument, formats: list[tuple[str, str]]) -> int:
    """A new list with (number format, text) by level; returns its number."""
    numbering = document.part.numbering_part.element
    name = 900 + len(numbering)
    levels = "".join(
        f'<w:lvl w:ilvl="{i}"><w:start w:val="1"/><w:numFmt w:val="{fmt}"/><w:lvlText w:val="{text}"/></w:lvl>'
        for i, (fmt, text) in enumerate(formats)
    )
    abstract = parse_xml(f'<w:abstractNum {nsdecls("w")} w:abstractNumId="{name}">{levels}</w:abstractNum>')
    numbering.insert(0, abstract)
    numbering.append(parse_xml(f'<w:num {nsdecls("w")} w:numId="{name}"><w:abstractNumId w:val="{name}"/></w:num>'))
    return name


def test_headings_lists_and_numbered_steps(parse_file: Parse) -> None:
    document = docx.Document()
    document.add_heading("Restore a backup", 0)
    document.add_heading("Before you start", 1)
    document.add_paragraph("You need access to the console.")
    steps = define_list(document, [("decimal", "%1."), ("lowerLetter", "%2)")])
    number(document.add_paragraph("Stop the service"), steps)
    number(document.add_paragraph("on every node"), steps, 1)
    number(document.add_paragraph("in any order"), steps, 1)
    number(document.add_paragraph("Copy the files"), steps)
    document.add_paragraph("Check", style="List Bullet")
    document.add_paragraph("twice", style="List Bullet 2")
    document.add_paragraph("Warning: this overwrites data.")
    found = blocks(parse_file, document)
    assert [(b.kind, b.level, b.ordinal, b.text) for b in found] == [
        (K.HEADING, 1, "", "Restore a backup"),
        (K.HEADING, 1, "", "Before you start"),
        (K.PARAGRAPH, 0, "", "You need access to the console."),
        (K.STEP, 0, "1", "Stop the service"),
        (K.STEP, 1, "a", "on every node"),
        (K.STEP, 1, "b", "in any order"),
        (K.STEP, 0, "2", "Copy the files"),
        (K.LIST_ITEM, 0, "", "Check"),
        (K.LIST_ITEM, 1, "", "twice"),
        (K.ADMONITION, 0, "", "Warning: this overwrites data."),
    ]
    assert len({b.group for b in found[3:9]}) == 1
    assert found[3].group > 0
    assert found[9].label == "Warning"


def test_numbers_go_on_after_a_paragraph_between_them(parse_file: Parse) -> None:
    document = docx.Document()
    steps = define_list(document, [("decimal", "%1.")])
    number(document.add_paragraph("one"), steps)
    document.add_paragraph("An explanation.")
    number(document.add_paragraph("two"), steps)
    assert [b.ordinal for b in blocks(parse_file, document)] == ["1", "", "2"]


def test_steps_typed_by_hand(parse_file: Parse) -> None:
    document = docx.Document()
    for text in ("1. Open it", "2) Close it", "• a bullet", "(b) a letter", "2024. A year ends a sentence here"):
        document.add_paragraph(text)
    assert [(b.kind, b.ordinal, b.text) for b in blocks(parse_file, document)] == [
        (K.STEP, "1", "Open it"),
        (K.STEP, "2", "Close it"),
        (K.LIST_ITEM, "", "a bullet"),
        (K.STEP, "b", "a letter"),
        (K.PARAGRAPH, "", "2024. A year ends a sentence here"),
    ]


def test_tables_with_merged_cells_and_a_title(parse_file: Parse) -> None:
    document = docx.Document()
    table = document.add_table(rows=4, cols=3)
    texts = ["Limits", "", "", "Plan", "Users", "Size | GB", "Free", "5", "1", "Team", "", "10"]
    for cell, text in zip((c for row in table.rows for c in row.cells), texts, strict=True):
        cell.text = text
    table.cell(0, 0).merge(table.cell(0, 2))
    table.cell(2, 1).merge(table.cell(3, 1))
    (block,) = blocks(parse_file, document)
    assert block.kind is K.TABLE
    assert block.rows == (("Plan", "Users", "Size | GB"), ("Free", "5", "1"), ("Team", "5", "10"))
    assert (block.header_rows, block.label) == (1, "Limits")
    assert block.text.splitlines()[:2] == ["| Plan | Users | Size \\| GB |", "| --- | --- | --- |"]


def test_a_box_drawn_as_a_table_is_text(parse_file: Parse) -> None:
    document = docx.Document()
    document.add_table(rows=1, cols=1).cell(0, 0).text = "Caution: wear gloves."
    (block,) = blocks(parse_file, document)
    assert (block.kind, block.label) == (K.ADMONITION, "Caution")


def test_code_by_style_and_by_font(parse_file: Parse) -> None:
    document = docx.Document()
    document.styles.add_style("Source Code", docx.enum.style.WD_STYLE_TYPE.PARAGRAPH)
    document.add_paragraph("Run:")
    document.add_paragraph("for x in y:", style="Source Code")
    document.add_paragraph("    print(x)", style="Source Code")
    document.add_paragraph("then").add_run(" go on")
    document.add_paragraph().add_run("kubectl get pods").font.name = "Consolas"
    found = blocks(parse_file, document)
    assert [(b.kind, b.text) for b in found] == [
        (K.PARAGRAPH, "Run:"),
        (K.CODE, "for x in y:\n    print(x)"),
        (K.PARAGRAPH, "then go on"),
        (K.CODE, "kubectl get pods"),
    ]


def test_headers_footers_and_contents_are_left_out(parse_file: Parse) -> None:
    document = docx.Document()
    document.sections[0].header.paragraphs[0].text = "CONFIDENTIAL"
    document.sections[0].footer.paragraphs[0].text = "Page 1"
    document.styles.add_style("TOC 1", docx.enum.style.WD_STYLE_TYPE.PARAGRAPH)
    document.add_paragraph("Scope ........ 3", style="TOC 1")
    document.add_paragraph("Body")
    assert [b.text for b in blocks(parse_file, document)] == ["Body"]


def wrap(paragraph: Paragraph, tag: str) -> None:
    """Put the paragraph's runs inside a new element."""
    outer = OxmlElement(tag)
    for run in list(paragraph._p.r_lst):
        outer.append(run)
    paragraph._p.append(outer)


def test_tracked_changes_are_read_as_accepted_and_hidden_text_is_counted(parse_file: Parse) -> None:
    document = docx.Document()
    paragraph = document.add_paragraph("inserted")
    wrap(paragraph, "w:ins")
    removed = document.add_paragraph("deleted")
    wrap(removed, "w:del")
    visible = document.add_paragraph("shown ")
    visible.add_run("secret").font.hidden = True
    visible.add_run("text")
    found = parse_file("file.docx", saved(document))
    assert [b.text for b in found.blocks] == ["inserted", "shown text"]
    assert [(s.words, s.sample) for s in found.stripped] == [(1, "secret")]


def test_content_controls_are_read(parse_file: Parse) -> None:
    document = docx.Document()
    document.add_paragraph("before")
    inside = document.add_paragraph("inside")
    control, content = OxmlElement("w:sdt"), OxmlElement("w:sdtContent")
    inside._p.addprevious(control)
    control.append(content)
    content.append(inside._p)
    assert [b.text for b in blocks(parse_file, document)] == ["before", "inside"]


def test_outline_level_makes_a_heading_of_any_style(parse_file: Parse) -> None:
    document = docx.Document()
    paragraph = document.add_paragraph("Own style")
    level = OxmlElement("w:outlineLvl")
    level.set(qn("w:val"), "2")
    paragraph._p.get_or_add_pPr().append(level)
    style = document.styles.add_style("House heading", docx.enum.style.WD_STYLE_TYPE.PARAGRAPH)
    style.base_style = document.styles["Heading 2"]
    document.add_paragraph("Based on one", style="House heading")
    assert [(b.kind, b.level) for b in blocks(parse_file, document)] == [(K.HEADING, 3), (K.HEADING, 2)]


def test_core_properties(parse_file: Parse) -> None:
    document = docx.Document()
    document.add_paragraph("x")
    core = document.core_properties
    core.title, core.author, core.keywords, core.category = "Restore", "Ana", "backup, dr", "SOP"
    core.created = datetime(2024, 1, 2, 3, 4, 5)
    meta = parse_file("file.docx", saved(document)).meta
    assert meta["title"] == "Restore"
    assert meta["author"] == "Ana"
    assert meta["keywords"] == "backup, dr"
    assert meta["category"] == "SOP"
    assert meta["created"] == "2024-01-02T03:04:05+00:00"


def test_an_empty_document_says_so(parse_file: Parse) -> None:
    with pytest.raises(BrokenFileError, match="nothing readable"):
        parse_file("file.docx", saved(docx.Document()))


def test_unstructured_with_the_packaged_model_is_what_reads(parse_file: Parse, data: Any) -> None:
    """Every real file gives blocks, and each visible word of another parser's reading, formulas and marks apart."""
    import re

    missing = total = 0
    for path in sorted((data / "office" / "docx" / "sources").glob("*.docx")):
        truth = data / "office" / "docx" / "groundtruth" / f"{path.name}.md"
        if path.name == "Strict.docx" or "omml" in path.name or "equation" in path.name:
            continue
        text = " ".join(b.text for b in parse_file(path.name, path.read_bytes()).blocks)
        plain = re.sub(r"<[^>]+>|https?:\S+|&\w+;", " ", truth.read_text(encoding="utf-8"))
        words = re.findall(r"[^\W\d_]{3,}", plain)
        found = set(re.findall(r"[^\W\d_]{3,}", text))
        missing += sum(word not in found for word in words)
        total += len(words)
    assert total > 2000
    assert missing / total < 0.05
