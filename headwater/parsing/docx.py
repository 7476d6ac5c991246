"""Word documents, walked by unstructured and turned into blocks."""

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from docx.document import Document as DocxDocument
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml.ns import qn
from docx.oxml.parser import parse_xml
from docx.table import _Cell
from docx.text.paragraph import Paragraph
from unstructured.partition.docx import DocxPartitionerOptions, _DocxPartitioner, _paragraph_text

from headwater.model import Block, BlockKind, Document, RawDocument
from headwater.parsing import office
from headwater.parsing.blocks import document, squeeze, squeeze_lines
from headwater.parsing.docx_hidden import Hidden
from headwater.parsing.docx_links import links
from headwater.parsing.docx_notes import inline_notes
from headwater.parsing.docx_styles import (
    Styled,
    heading_level,
    is_bold,
    style_chain,
    type_size,
    with_captions,
    with_headings,
)
from headwater.parsing.docx_table import box_content, table_of
from headwater.parsing.docx_tree import accept_changes, flatten
from headwater.parsing.office_chart import CHART, chart_table
from headwater.parsing.office_variant import ordinary
from headwater.parsing.tally import Tally

VERSION = "2"

_CODE_STYLE = re.compile(
    r".*\b(?:source ?code|preformatted|verbatim|console|terminal)\b.*|(?:.* )?code(?: block| text)?|listing|plain text",
    re.IGNORECASE,
)
# A sentence set in a typewriter font is still a sentence.
_SENTENCE = re.compile(r"[^{}()<>;=$|\\]{30,}[.!?:]")
_MONOSPACED = re.compile(r"courier|consolas|mono\b|menlo|lucida console|source code", re.IGNORECASE)
_TOC_STYLE = re.compile(r"toc(?: heading|heading| ?\d)|table of figures", re.IGNORECASE)


def parse(raw: RawDocument) -> Document:
    """Headings by style or outline level, numbered items with the numbers that Word shows, tables by cell."""
    with office.open_container(raw.content, "word/") as archive:
        meta = dict(office.core_properties(archive))
        with office.translated("the Word document"):
            content = ordinary(raw.content, archive)
    tally = Tally()
    with office.translated("the Word document"):
        options = DocxPartitionerOptions.load(
            file=io.BytesIO(content), file_path=None, include_page_breaks=False, infer_table_structure=False
        )
        _normalise(options.document, tally)
        items = with_headings(list(_Walk(options).items()))
        blocks = list(_blocks(items))
    title = next((item.text for item in items if isinstance(item, Styled) and item.style == "Title"), "")
    if title:
        meta.setdefault("title", squeeze(title))
    return document(raw, blocks, meta, tally)


def _normalise(file: DocxDocument, tally: Tally) -> None:
    """Make its XML show plainly what a reader sees, before anything walks it."""
    body, part = file.element.body, file.part
    styles = next((r.target_part for r in part.rels.values() if r.reltype == RELATIONSHIP_TYPE.STYLES), None)
    accept_changes(body)
    Hidden(getattr(styles, "element", None), tally).remove(body)
    inline_notes(part, body)
    flatten(body)


class _Walk(_DocxPartitioner):
    """unstructured's reading of a document: its pages, style names and the list numbers that Word would show.

    Its public function keeps none of them, guesses by part-of-speech tags (milliseconds a paragraph) what the
    styles say, and mixes in headers and footers.
    """

    def items(self) -> Iterator[Styled | Block]:
        """Paragraphs, and tables as blocks, in reading order."""
        self._group = 0
        yield from self._inside(self._document)

    def _inside(self, holder: DocxDocument | _Cell) -> Iterator[Styled | Block]:
        for item in holder.iter_inner_content():
            page = self._opts.metadata_page_number or 0
            if isinstance(item, Paragraph):
                yield from self._paragraph(item)
                yield from self._charts(item, page)
            elif (box := box_content(item)) is not None:
                yield from self._inside(box)
            else:
                self._group += 1
                yield from table_of(item, self._numbered, group=self._group, page=page)

    def _numbered(self, paragraph: Paragraph) -> str:
        """As it stands in a cell, where a number may be all there is."""
        label = self._list_labels.label(paragraph)
        text = _paragraph_text(paragraph)
        return f"{label} {text}" if label and not text.strip().startswith(label) else text

    def _charts(self, paragraph: Paragraph, page: int) -> Iterator[Block]:
        for chart in paragraph._p.iter(CHART):
            part = paragraph.part.related_parts.get(chart.get(qn("r:id"), ""))
            if part is not None:
                self._group += 1
                block = chart_table(parse_xml(part.blob), group=self._group, page=page)
                yield from [block] if block else []

    def _paragraph(self, paragraph: Paragraph) -> Iterator[Styled]:
        label = self._list_labels.label(paragraph)
        text = _paragraph_text(paragraph)
        breaks = paragraph.rendered_page_breaks
        if breaks and breaks[0].preceding_paragraph_fragment is None:
            list(self._opts.increment_page_number())
            breaks = breaks[1:]
        if text.strip():
            style, name = self._list_labels.style_of(paragraph), self._style_name(paragraph)
            number, level, _ = self._list_labels._resolve_num_pr(paragraph)
            yield Styled(
                text=text,
                page=self._opts.metadata_page_number or 0,
                style=name,
                label=label,
                list_level=None if number in (None, "0") else (level or 0),
                heading=heading_level(paragraph, style, name),
                code=_is_code(paragraph, style, name),
                bold=is_bold(paragraph, style),
                size=type_size(paragraph, style),
                links=links(paragraph._p, paragraph.part),
            )
        for _ in breaks:
            list(self._opts.increment_page_number())


def _blocks(items: Sequence[Styled | Block]) -> Iterator[Block]:
    groups = office.Groups()
    code: list[Styled] = []
    for item in with_captions(items):
        if isinstance(item, Styled) and item.code:
            code.append(item)
            continue
        if code:
            yield _code(code)
            code = []
        if isinstance(item, Block):
            yield replace(item, group=groups.next())
        elif not _TOC_STYLE.match(item.style):
            yield _block(item, groups)
    if code:
        yield _code(code)


def _code(lines: Sequence[Styled]) -> Block:
    return Block(kind=BlockKind.CODE, text="\n".join(line.text for line in lines), page=lines[0].page)


def _block(item: Styled, groups: office.Groups) -> Block:
    shown = squeeze_lines(item.text)
    if item.heading:
        groups.end()
        text = squeeze(f"{item.label} {item.text}")
        return Block(kind=BlockKind.HEADING, text=text, level=item.heading, page=item.page, links=item.links)
    level, ordinal = item.list_level, office.ordinal_of(item.label)
    typed = office.typed_item(shown) if level is None else None
    if typed:
        level, (ordinal, shown) = 0, typed
    elif item.style.startswith("List"):
        # "List Bullet 2" is a list of its own, on its first level, set further in.
        depth = re.search(r"\d$", item.style)
        level = max(level or 0, int(depth[0]) - 1 if depth else 0)
    if level is None:
        groups.end()
        return replace(office.prose(shown, page=item.page), links=item.links)
    return Block(
        kind=BlockKind.STEP if ordinal else BlockKind.LIST_ITEM,
        text=shown,
        level=level,
        ordinal=ordinal,
        group=groups.of("list"),
        page=item.page,
        links=item.links,
    )


def _is_code(paragraph: Paragraph, style: Any, style_name: str) -> bool:
    if _CODE_STYLE.fullmatch(style_name):
        return True
    if _SENTENCE.fullmatch(paragraph.text.strip()):
        return False
    fonts = [font for link in style_chain(style) for font in link.element.xpath("./w:rPr/w:rFonts/@w:ascii")]
    if fonts and _MONOSPACED.search(fonts[0]):
        return True
    runs = [run for run in paragraph.runs if run.text.strip()]
    return bool(runs) and all(run.font.name and _MONOSPACED.search(run.font.name) for run in runs)
