"""Word documents, walked by unstructured and turned into blocks."""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from docx.table import Table as DocxTable
from docx.table import _Cell
from docx.text.paragraph import Paragraph
from unstructured.partition.docx import DocxPartitionerOptions, _DocxPartitioner, _paragraph_text

from headwater.errors import TooLargeError
from headwater.model import Block, BlockKind, Document, RawDocument
from headwater.parsing import office
from headwater.parsing.blocks import document, squeeze, squeeze_lines, table_block
from headwater.parsing.docx_tree import normalise

VERSION = "1"

_CELL_LIMIT = 500_000
_CODE_STYLE = re.compile(
    r".*\b(?:source ?code|preformatted|verbatim|console|terminal)\b.*|(?:.* )?code(?: block| text)?|listing|plain text",
    re.IGNORECASE,
)
# A sentence set in a typewriter font is still a sentence.
_SENTENCE = re.compile(r"[^{}()<>;=$|\\]{30,}[.!?:]")
_MONOSPACED = re.compile(r"courier|consolas|mono\b|menlo|lucida console|source code", re.IGNORECASE)
_TOC_STYLE = re.compile(r"toc(?: heading|heading| ?\d)|table of figures", re.IGNORECASE)
_HEADING_STYLE = re.compile(r"heading (\d)", re.IGNORECASE)


def parse(raw: RawDocument) -> Document:
    """Headings by style or outline level, numbered items with the numbers that Word shows, tables by cell."""
    with office.open_container(raw.content, "word/") as archive:
        meta = dict(office.core_properties(archive))
    with office.translated("the Word document"):
        options = DocxPartitionerOptions.load(
            file=io.BytesIO(raw.content), file_path=None, include_page_breaks=False, infer_table_structure=False
        )
        hidden = normalise(options.document.element.body)
        blocks = list(_blocks(_Walk(options)))
    if hidden:
        meta["hidden_characters"] = hidden
    return document(raw, blocks, meta)


@dataclass(frozen=True, slots=True)
class _Styled:
    """A paragraph and what its styles say; `list_level` from 0, None outside lists, `heading` from 1, 0 for none."""

    text: str
    page: int
    style: str
    label: str
    list_level: int | None
    heading: int
    code: bool


class _Walk(_DocxPartitioner):
    """unstructured's reading of a document: its pages, style names and the list numbers that Word would show.

    Its public function keeps none of them, guesses by part-of-speech tags (milliseconds a paragraph) what the
    styles say, and mixes in headers and footers.
    """

    def items(self) -> Iterator[_Styled | tuple[DocxTable, int]]:
        """Paragraphs, and tables with the page they start on, in reading order."""
        for item in self._document.iter_inner_content():
            if isinstance(item, Paragraph):
                yield from self._paragraph(item)
            else:
                self._advance_table_numbering(item)
                yield item, self._opts.metadata_page_number or 0

    def _paragraph(self, paragraph: Paragraph) -> Iterator[_Styled]:
        label = self._list_labels.label(paragraph)
        text = _paragraph_text(paragraph)
        breaks = paragraph.rendered_page_breaks
        if breaks and breaks[0].preceding_paragraph_fragment is None:
            list(self._opts.increment_page_number())
            breaks = breaks[1:]
        if text.strip():
            style, name = self._list_labels.style_of(paragraph), self._style_name(paragraph)
            number, level, _ = self._list_labels._resolve_num_pr(paragraph)
            yield _Styled(
                text=text,
                page=self._opts.metadata_page_number or 0,
                style=name,
                label=label,
                list_level=None if number in (None, "0") else (level or 0),
                heading=_heading_level(paragraph, style, name),
                code=_is_code(paragraph, style, name),
            )
        for _ in breaks:
            list(self._opts.increment_page_number())


def _blocks(walk: _Walk) -> Iterator[Block]:
    groups = office.Groups()
    code: list[str] = []
    for item in walk.items():
        if isinstance(item, _Styled) and item.code:
            code.append(item.text)
            continue
        if code:
            yield Block(kind=BlockKind.CODE, text="\n".join(code))
            code = []
        if not isinstance(item, _Styled):
            yield from _table(item[0], groups.next(), item[1])
        elif not _TOC_STYLE.match(item.style):
            yield _block(item, groups)
    if code:
        yield Block(kind=BlockKind.CODE, text="\n".join(code))


def _block(item: _Styled, groups: office.Groups) -> Block:
    shown = squeeze_lines(item.text)
    if item.heading:
        groups.end()
        text = squeeze(f"{item.label} {item.text}")
        return Block(kind=BlockKind.HEADING, text=text, level=item.heading, page=item.page)
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
        return office.prose(shown, page=item.page)
    kind = BlockKind.STEP if ordinal else BlockKind.LIST_ITEM
    return Block(kind=kind, text=shown, level=level, ordinal=ordinal, group=groups.of("list"), page=item.page)


def _heading_level(paragraph: Paragraph, style: Any, style_name: str) -> int:
    """From 1; 0 for a paragraph that is no heading. The paragraph's own outline level goes before its style's."""
    if style_name == "Title":
        return 1
    holders = [paragraph._p, *(link.element for link in _style_chain(style))]
    for holder in holders:
        levels = holder.xpath("./w:pPr/w:outlineLvl/@w:val")
        if levels and levels[0].isdigit():
            return int(levels[0]) + 1 if int(levels[0]) < 9 else 0
    named = _HEADING_STYLE.fullmatch(style_name)
    return int(named[1]) if named else 0


def _style_chain(style: Any) -> Iterator[Any]:
    """A style and those it is based on; a loop among them, as damaged files have, ends."""
    for _ in range(20):
        if style is None:
            return
        yield style
        style = getattr(style, "base_style", None)


def _is_code(paragraph: Paragraph, style: Any, style_name: str) -> bool:
    if _CODE_STYLE.fullmatch(style_name):
        return True
    if _SENTENCE.fullmatch(paragraph.text.strip()):
        return False
    fonts = [font for link in _style_chain(style) for font in link.element.xpath("./w:rPr/w:rFonts/@w:ascii")]
    if fonts and _MONOSPACED.search(fonts[0]):
        return True
    runs = [run for run in paragraph.runs if run.text.strip()]
    return bool(runs) and all(run.font.name and _MONOSPACED.search(run.font.name) for run in runs)


def _table(table: DocxTable, group: int, page: int) -> Iterator[Block]:
    cells = sum(max(cell.grid_span, 1) for row in table._tbl.tr_lst for cell in row.tc_lst)
    if cells > _CELL_LIMIT:
        raise TooLargeError(f"a table has {cells:,} cells, more than {_CELL_LIMIT:,}", advice="Split the table.")
    texts: dict[Any, str] = {}
    grid = []
    for row in table.rows:
        try:
            grid.append([*[""] * row.grid_cols_before, *(_cell_text(cell, texts) for cell in row.cells)])
        except ValueError:
            # Merged cells that do not fit the grid: take those that are there.
            grid.append([_cell_text(_Cell(tc, table), texts) for tc in row._tr.tc_lst])
    office.check_text(sum(len(text) for row in grid for text in row))
    caption = ""
    if len(grid) > 1 and len(table.rows[0]._tr.tc_lst) == 1 and len(grid[0]) > 1:
        # One cell across the whole width is the table's title.
        caption = grid.pop(0)[0]
    if len(grid) == 1 and len(set(grid[0])) == 1:
        # A box around text, not a table.
        text = squeeze_lines(grid[0][0])
        if text:
            yield office.prose(text, group=group, page=page)
        return
    block = table_block(grid, header_rows=_header_rows(table, len(grid)), caption=caption, group=group, page=page)
    if block:
        yield block


def _header_rows(table: DocxTable, rows: int) -> int:
    """Rows marked to repeat on every page; else the first, unless the table's look says it is an ordinary one."""
    marked = len(table._tbl.xpath("./w:tr[w:trPr/w:tblHeader]"))
    if marked:
        return min(marked, rows)
    first = table._tbl.xpath("./w:tblPr/w:tblLook/@w:firstRow")
    return 0 if rows < 2 or (first and first[0] in ("0", "false")) else 1


def _cell_text(cell: _Cell, known: dict[Any, str]) -> str:
    """Text of a cell, that of tables inside it included; a merged cell is asked for once per position it covers."""
    if cell._tc not in known:
        parts = []
        for item in cell.iter_inner_content():
            if isinstance(item, Paragraph):
                parts.append(_paragraph_text(item))
            else:
                parts.extend(_cell_text(_Cell(tc, item), known) for row in item.rows for tc in row._tr.tc_lst)
        known[cell._tc] = "\n".join(part for part in parts if part.strip())
    return known[cell._tc]
