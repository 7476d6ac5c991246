"""Writes a source as a Word document, with real numbering, styles, running header and footer."""

from collections.abc import Iterable
from io import BytesIO
from typing import Any

import docx
from docx.document import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Cm, Pt, RGBColor

from binaries.archive import normalised
from binaries.source import Callout, Code, Heading, Item, Paragraph, Source, Span, Table

_ABSTRACT = 90
_FORMATS = (("decimal", "%1."), ("lowerLetter", "%2."), ("lowerRoman", "%3."))


def write(source: Source) -> bytes:
    document = docx.Document()
    _properties(document, source)
    _styles(document)
    _running(document, source)
    numbering = _Numbering(document)
    for block in source.blocks:
        _block(document, numbering, block)
    result = BytesIO()
    document.save(result)
    return normalised(result.getvalue(), source.moment("updated"))


def _block(document: Document, numbering: "_Numbering", block: object) -> None:
    match block:
        case Heading(level, text):
            document.add_heading(text, level=0 if level == 1 else level - 1)
        case Paragraph(spans, depth):
            _indented(document.add_paragraph(), depth, spans)
        case Item(spans, depth, number, group):
            paragraph = document.add_paragraph(style="List Paragraph" if number else "List Bullet")
            if number:
                numbering.apply(paragraph, depth, group)
            _runs(paragraph, spans)
        case Table(rows):
            _table(document, rows)
        case Code(text, depth):
            paragraph = document.add_paragraph(text, style="Code")
            paragraph.paragraph_format.left_indent = Cm(0.9 * depth)
        case Callout(label, spans):
            paragraph = document.add_paragraph(style="Callout")
            paragraph.add_run(f"{label.upper()}: ").bold = True
            _runs(paragraph, spans)


def _properties(document: Document, source: Source) -> None:
    properties = document.core_properties
    properties.title, properties.author = source.head["title"], source.head["owner"]
    properties.subject, properties.keywords = source.head["number"], source.head["keywords"]
    properties.comments, properties.last_modified_by = "", source.head["owner"]
    properties.revision, properties.version = source.head["revision"], str(source.head["revision"])
    properties.created, properties.modified = source.moment("created"), source.moment("updated")


def _styles(document: Document) -> None:
    code = document.styles.add_style("Code", WD_STYLE_TYPE.PARAGRAPH)
    code.font.name, code.font.size = "Courier New", Pt(9)
    code.element.get_or_add_pPr().append(_shading("F2F2F2"))
    callout = document.styles.add_style("Callout", WD_STYLE_TYPE.PARAGRAPH)
    callout.font.color.rgb = RGBColor(0x7A, 0x1F, 0x1F)
    callout.element.get_or_add_pPr().append(_shading("FBE9E7"))


def _shading(colour: str) -> Any:
    return parse_xml(f'<w:shd {nsdecls("w")} w:val="clear" w:color="auto" w:fill="{colour}"/>')


def _running(document: Document, source: Source) -> None:
    section = document.sections[0]
    head = source.head
    section.header.paragraphs[0].text = f"Ferrybell Oy\t{head['number']}\tRevision {head['revision']}"
    footer = section.footer.paragraphs[0]
    footer.text = f"Internal. Printed copies are not controlled.\tEffective {head['effective']}\tPage "
    for kind, text in (("begin", ""), ("", "PAGE"), ("end", "")):
        run = footer.add_run()._r
        element = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            element.set(qn("w:fldCharType"), kind)
        else:
            element.text = text
        run.append(element)


def _runs(paragraph: Any, spans: Iterable[Span]) -> None:
    for span in spans:
        run = paragraph.add_run(span.text)
        run.bold = span.bold or None
        if span.code:
            run.font.name = "Courier New"


def _indented(paragraph: Any, depth: int, spans: Iterable[Span]) -> None:
    if depth:
        paragraph.paragraph_format.left_indent = Cm(0.9 * depth)
    _runs(paragraph, spans)


def _table(document: Document, rows: tuple[tuple[str, ...], ...]) -> None:
    table = document.add_table(rows=0, cols=len(rows[0]), style="Table Grid")
    for index, row in enumerate(rows):
        cells = table.add_row().cells
        for cell, text in zip(cells, row, strict=True):
            run = cell.paragraphs[0].add_run(text)
            run.bold = True if index == 0 else None
    header = table.rows[0]._tr.get_or_add_trPr()
    header.append(OxmlElement("w:tblHeader"))
    document.add_paragraph()


class _Numbering:
    """Lists numbered by Word itself: one definition, and one instance for each list so that it starts anew."""

    def __init__(self, document: Document) -> None:
        self._root = document.part.numbering_part.element
        self._instances: dict[int, int] = {}
        levels = "".join(
            f'<w:lvl w:ilvl="{level}"><w:start w:val="1"/><w:numFmt w:val="{kind}"/><w:lvlText w:val="{text}"/>'
            f'<w:lvlJc w:val="left"/><w:pPr><w:ind w:left="{510 * (level + 1)}" w:hanging="400"/></w:pPr></w:lvl>'
            for level, (kind, text) in enumerate(_FORMATS)
        )
        definition = parse_xml(
            f'<w:abstractNum {nsdecls("w")} w:abstractNumId="{_ABSTRACT}">'
            f'<w:multiLevelType w:val="multilevel"/>{levels}</w:abstractNum>'
        )
        self._root.insert(0, definition)

    def apply(self, paragraph: Any, depth: int, group: int) -> None:
        # Word starts inner levels anew by itself, so only a list of the first level needs an instance of its own.
        if depth == 0 and group not in self._instances:
            self._instances[group] = self._start()
        instance = self._instances[group] if depth == 0 else max(self._instances.values())
        properties = paragraph._p.get_or_add_pPr().get_or_add_numPr()
        properties.get_or_add_ilvl().val = depth
        properties.get_or_add_numId().val = instance

    def _start(self) -> int:
        number = self._root.add_num(_ABSTRACT)
        number.add_lvlOverride(ilvl=0).add_startOverride(1)
        return int(number.numId)
