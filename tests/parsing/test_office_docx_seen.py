"""Word documents: notes, links, changes to rows and ends, hidden text, boxes, numbered cells, headings by hand."""

import io
from typing import Any

import docx
import pytest
from docx.document import Document as WordDocument
from docx.enum.style import WD_STYLE_TYPE
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls
from docx.shared import Pt, RGBColor
from docx.text.paragraph import Paragraph

from headwater.model import Block, BlockKind

K = BlockKind
Parse = Any
WHITE = RGBColor(255, 255, 255)
FOOTNOTES = "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"


def saved(document: WordDocument) -> bytes:
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def blocks(parse_file: Parse, document: WordDocument) -> list[Block]:
    return list(parse_file("file.docx", saved(document)).blocks)


def numbered(document: WordDocument, text: str, level_text: str) -> int:
    """A new one-level list that counts in this format; returns its number."""
    numbering = document.part.numbering_part.element
    name = 900 + len(numbering)
    abstract = (
        f'<w:abstractNum {nsdecls("w")} w:abstractNumId="{name}"><w:lvl w:ilvl="0"><w:start w:val="1"/>'
        f'<w:numFmt w:val="{text}"/><w:lvlText w:val="{level_text}"/></w:lvl></w:abstractNum>'
    )
    numbering.insert(0, parse_xml(abstract))
    numbering.append(parse_xml(f'<w:num {nsdecls("w")} w:numId="{name}"><w:abstractNumId w:val="{name}"/></w:num>'))
    return name


def number(paragraph: Paragraph, num: int) -> Paragraph:
    properties = paragraph._p.get_or_add_pPr().get_or_add_numPr()
    properties.get_or_add_ilvl().val = 0
    properties.get_or_add_numId().val = num
    return paragraph


def test_a_footnote_stands_where_it_is_referred_to(parse_file: Parse) -> None:
    document = docx.Document()
    paragraph = document.add_paragraph("Stop the writer")
    paragraph.add_run()._r.append(parse_xml(f'<w:footnoteReference {nsdecls("w")} w:id="2"/>'))
    paragraph.add_run(" now.")
    notes = (
        f'<w:footnotes {nsdecls("w")}><w:footnote w:type="separator" w:id="0"><w:p/></w:footnote>'
        '<w:footnote w:id="2"><w:p><w:r><w:footnoteRef/></w:r><w:r><w:t>Only on the primary.</w:t></w:r></w:p>'
        "</w:footnote></w:footnotes>"
    )
    part = Part(PackURI("/word/footnotes.xml"), FOOTNOTES, notes.encode(), document.part.package)
    document.part.relate_to(part, RELATIONSHIP_TYPE.FOOTNOTES)
    assert [b.text for b in blocks(parse_file, document)] == ["Stop the writer (Only on the primary.) now."]


def test_links_by_relation_and_by_field(parse_file: Parse) -> None:
    document = docx.Document()
    paragraph = document.add_paragraph("See ")
    target = document.part.relate_to("https://example.com/a", RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
    paragraph._p.append(
        parse_xml(f'<w:hyperlink {nsdecls("w", "r")} r:id="{target}"><w:r><w:t>the guide</w:t></w:r></w:hyperlink>')
    )
    field = (
        '<w:fldChar w:fldCharType="begin"/>',
        '<w:instrText xml:space="preserve"> HYPERLINK "https://example.com/b" </w:instrText>',
        '<w:fldChar w:fldCharType="separate"/>',
        "<w:t>the manual</w:t>",
        '<w:fldChar w:fldCharType="end"/>',
    )
    paragraph.add_run(" and ")
    for part in field:
        paragraph._p.append(parse_xml(f"<w:r {nsdecls('w')}>{part}</w:r>"))
    (block,) = blocks(parse_file, document)
    assert block.text == "See the guide and the manual"
    assert block.links == (("the guide", "https://example.com/a"), ("the manual", "https://example.com/b"))


def mark_deleted(properties: Any) -> None:
    properties.append(OxmlElement("w:del"))


def test_deleted_rows_are_gone_and_a_deleted_paragraph_end_joins(parse_file: Parse) -> None:
    document = docx.Document()
    table = document.add_table(rows=3, cols=2)
    for cell, text in zip((c for row in table.rows for c in row.cells), "abcdef", strict=True):
        cell.text = text
    mark_deleted(table.rows[1]._tr.get_or_add_trPr())
    first = document.add_paragraph("One sentence")
    properties = OxmlElement("w:rPr")
    mark_deleted(properties)
    first._p.get_or_add_pPr().append(properties)
    document.add_paragraph(" in two paragraphs.")
    found = blocks(parse_file, document)
    assert found[0].rows == (("a", "b"), ("e", "f"))
    assert [b.text for b in found[1:]] == ["One sentence in two paragraphs."]


def test_hidden_by_style_colour_or_size(parse_file: Parse) -> None:
    document = docx.Document()
    document.styles.add_style("Secret", WD_STYLE_TYPE.CHARACTER).font.hidden = True
    paragraph = document.add_paragraph("seen ")
    paragraph.add_run("by style ", style="Secret")
    paragraph.add_run("by colour ").font.color.rgb = WHITE
    paragraph.add_run("by size ").font.size = Pt(1)
    paragraph.add_run("too")
    found = parse_file("file.docx", saved(document))
    assert [b.text for b in found.blocks] == ["seen too"]
    assert [(s.words, s.sample) for s in found.stripped] == [(6, "by style by colour by size")]


def test_white_letters_on_a_dark_cell_are_seen(parse_file: Parse) -> None:
    document = docx.Document()
    table = document.add_table(rows=2, cols=2)
    for cell, text in zip((c for row in table.rows for c in row.cells), ("Plan", "Price", "Free", "0"), strict=True):
        cell.text = text
    for cell in table.rows[0].cells:
        cell.paragraphs[0].runs[0].font.color.rgb = WHITE
        cell._tc.get_or_add_tcPr().append(parse_xml(f'<w:shd {nsdecls("w")} w:val="clear" w:fill="1F3864"/>'))
    found = parse_file("file.docx", saved(document))
    assert found.blocks[0].rows == (("Plan", "Price"), ("Free", "0"))
    assert found.stripped == ()


def test_a_frame_around_a_list_and_a_table_is_opened(parse_file: Parse) -> None:
    document = docx.Document()
    cell = document.add_table(rows=1, cols=1).cell(0, 0)
    cell.text = "Before."
    inner = cell.add_table(rows=2, cols=2)
    for place, text in zip((c for row in inner.rows for c in row.cells), ("A", "B", "1", "2"), strict=True):
        place.text = text
    cell.add_paragraph("1. Open it")
    found = blocks(parse_file, document)
    assert [(b.kind, b.text.split("\n")[0]) for b in found] == [
        (K.PARAGRAPH, "Before."),
        (K.TABLE, "| A | B |"),
        (K.STEP, "Open it"),
    ]


def test_cells_show_the_numbers_that_word_counts(parse_file: Parse) -> None:
    document = docx.Document()
    steps = numbered(document, "decimal", "%1.")
    table = document.add_table(rows=3, cols=2)
    table.cell(0, 0).text, table.cell(0, 1).text = "Step", "Action"
    for row, text in ((1, "Stop it"), (2, "Start it")):
        number(table.cell(row, 0).paragraphs[0], steps)
        table.cell(row, 1).text = text
    number(document.add_paragraph("Look at it"), steps)
    found = blocks(parse_file, document)
    assert found[0].rows == (("Step", "Action"), ("1.", "Stop it"), ("2.", "Start it"))
    assert found[1].ordinal == "3"


@pytest.mark.parametrize(("label", "ordinal"), [("Article %1", "Article 1"), ("Step %1:", "1"), ("(%1)", "1")])
def test_numbers_with_a_word(parse_file: Parse, label: str, ordinal: str) -> None:
    document = docx.Document()
    number(document.add_paragraph("Do it"), numbered(document, "decimal", label))
    (block,) = blocks(parse_file, document)
    assert (block.kind, block.ordinal, block.text) == (K.STEP, ordinal, "Do it")


def test_a_caption_belongs_to_its_table(parse_file: Parse) -> None:
    document = docx.Document()
    document.add_paragraph("Table 1: Plans", style="Caption")
    table = document.add_table(rows=2, cols=2)
    for cell, text in zip((c for row in table.rows for c in row.cells), ("A", "B", "1", "2"), strict=True):
        cell.text = text
    document.add_paragraph("Figure 1: The console", style="Caption")
    document.add_paragraph("Text.")
    found = blocks(parse_file, document)
    assert [b.kind for b in found] == [K.TABLE, K.PARAGRAPH, K.PARAGRAPH]
    assert found[0].label == "Table 1: Plans"


def test_bold_lines_are_headings_where_no_style_says_so(parse_file: Parse) -> None:
    document = docx.Document()
    for text, bold in (
        ("Purpose", True),
        ("To say why.", False),
        ("Never do this.", True),
        ("Scope", True),
        ("All", False),
    ):
        document.add_paragraph().add_run(text).bold = bold
    found = blocks(parse_file, document)
    assert [(b.kind, b.text) for b in found if b.kind is K.HEADING] == [(K.HEADING, "Purpose"), (K.HEADING, "Scope")]
    document.add_heading("Real", 1)
    document.add_paragraph("x")
    assert [b.text for b in blocks(parse_file, document) if b.kind is K.HEADING] == ["Real"]


def test_heading_styles_in_other_languages(parse_file: Parse) -> None:
    document = docx.Document()
    for name in ("Überschrift 2", "見出し 3"):
        document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        document.add_paragraph(name, style=name)
    assert [b.level for b in blocks(parse_file, document)] == [2, 3]


def test_the_title_style_gives_the_title(parse_file: Parse) -> None:
    document = docx.Document()
    document.core_properties.title = ""
    document.add_heading("Restore a backup", 0)
    assert parse_file("file.docx", saved(document)).meta["title"] == "Restore a backup"


def test_charts_are_tables(parse_file: Parse, data: Any) -> None:
    path = data / "office" / "docx" / "sources" / "drawingml.docx"
    tables = [b for b in parse_file(path.name, path.read_bytes()).blocks if b.kind is K.TABLE]
    assert tables[0].rows[:2] == (("", "Series 1", "Series 2", "Series 3"), ("Category 1", "4.3", "2.4", "2"))
