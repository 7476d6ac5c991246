"""Writes a source as a PDF of several pages, with an outline, running head and foot, and tables."""

from collections.abc import Iterable

from fpdf import FPDF
from fpdf.fonts import FontFace

from binaries.source import Callout, Code, Heading, Item, Paragraph, Source, Span, Table

_SIZES = {1: 20, 2: 14, 3: 12}
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


class _Pages(FPDF):
    def __init__(self, source: Source) -> None:
        super().__init__(format="A4")
        self._head = source.head
        # Uncompressed, so that the file does not depend on the zlib of the machine and a diff can be read.
        self.set_compression(False)
        self.set_creation_date(source.moment("updated"))
        self.set_title(source.head["title"])
        self.set_author(source.head["owner"])
        self.set_subject(f"{source.head['number']}, revision {source.head['revision']}")
        self.set_keywords(source.head["keywords"])
        self.set_margins(22, 20, 22)
        self.set_auto_page_break(True, 22)
        self.alias_nb_pages()

    def header(self) -> None:
        self.set_font("Helvetica", size=8)
        self.set_text_color(110)
        self.cell(0, 6, f"Ferrybell Oy  |  {self._head['title']}  |  Revision {self._head['revision']}")
        self.ln(12)
        self.set_text_color(0)

    def footer(self) -> None:
        self.set_y(-16)
        self.set_font("Helvetica", size=8)
        self.set_text_color(110)
        self.cell(0, 6, f"Internal. Effective {self._head['effective']}. Page {self.page_no()} of {{nb}}", align="C")
        self.set_text_color(0)


def write(source: Source) -> bytes:
    pages = _Pages(source)
    pages.add_page()
    for block in source.blocks:
        _block(pages, block)
    return bytes(pages.output())


def _block(pages: _Pages, block: object) -> None:
    match block:
        case Heading(level, text):
            _heading(pages, level, text)
        case Paragraph(spans, depth):
            _text(pages, spans, indent=7 * depth)
        case Item(spans, depth, number, _):
            mark = f"{number}." if depth == 0 else f"{_LETTERS[number - 1]}."
            _text(pages, spans, indent=7 * (depth + 1), mark=mark if number else "\x95")
        case Table(rows):
            _table(pages, rows)
        case Code(text, depth):
            _code(pages, text, indent=7 * depth)
        case Callout(label, spans):
            _callout(pages, label, spans)


def _heading(pages: _Pages, level: int, text: str) -> None:
    if pages.will_page_break(30):
        pages.add_page()
    pages.ln(3)
    pages.start_section(text, level=level - 1)
    pages.set_font("Helvetica", "B", _SIZES[level])
    pages.multi_cell(0, _SIZES[level] * 0.5, text, new_x="LMARGIN", new_y="NEXT")
    pages.ln(2)


def _text(pages: _Pages, spans: Iterable[Span], *, indent: float = 0, mark: str = "") -> None:
    margin = pages.l_margin
    pages.set_font("Helvetica", size=10.5)
    if mark:
        if pages.will_page_break(12):
            pages.add_page()
        pages.set_x(margin + indent - 6)
        pages.cell(6, 5.2, mark)
    pages.set_left_margin(margin + indent)
    pages.set_x(margin + indent)
    _runs(pages, spans)
    pages.set_left_margin(margin)
    pages.ln(7)


def _runs(pages: _Pages, spans: Iterable[Span]) -> None:
    for span in spans:
        pages.set_font("Courier" if span.code else "Helvetica", "B" if span.bold else "", 10 if span.code else 10.5)
        pages.write(5.2, span.text)


def _code(pages: _Pages, text: str, *, indent: float) -> None:
    pages.set_font("Courier", size=9)
    pages.set_fill_color(240)
    pages.set_x(pages.l_margin + indent)
    pages.multi_cell(0, 4.8, text, fill=True, new_x="LMARGIN", new_y="NEXT")
    pages.ln(2)


def _callout(pages: _Pages, label: str, spans: Iterable[Span]) -> None:
    pages.set_fill_color(251, 233, 231)
    pages.set_font("Helvetica", "B", 10.5)
    text = "".join(span.text for span in spans)
    pages.multi_cell(0, 5.6, f"{label.upper()}: {text}", fill=True, new_x="LMARGIN", new_y="NEXT", padding=2)
    pages.ln(3)


def _table(pages: _Pages, rows: tuple[tuple[str, ...], ...]) -> None:
    pages.set_font("Helvetica", size=9)
    pages.set_fill_color(255)  # or cells keep the colour of the callout before
    style = FontFace(emphasis="BOLD", fill_color=(225, 232, 238))
    with pages.table(rows, headings_style=style, line_height=5.2, text_align="LEFT", padding=1):
        pass
    pages.ln(4)
