"""PDF files: pdfium for the text and its place, pdfplumber for pages with ruled tables."""

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pypdfium2 as pdfium

from headwater.errors import BrokenFileError, EncryptedError, UnsupportedError
from headwater.model import Document, Meta, RawDocument
from headwater.parsing import office
from headwater.parsing.blocks import document, squeeze
from headwater.parsing.pdf_flow import Flow
from headwater.parsing.pdf_headings import headings, outline, title_by_type
from headwater.parsing.pdf_layout import in_reading_order, without_contents, without_running
from headwater.parsing.pdf_lines import Line, PageReader
from headwater.parsing.pdf_tables import Tables, has_grid, joined_tables
from headwater.parsing.tally import Tally

VERSION = "2"

_INFO = {"Title": "title", "Author": "author", "Subject": "subject", "Keywords": "keywords"}
_DATES = {"CreationDate": "created", "ModDate": "updated"}
# What programs make of a file's name, and of none.
_PROGRAM = re.compile(
    r"^Microsoft (?:Office )?(?:Word|PowerPoint|Excel) - |\.(?:docx?|pptx?|xlsx?|indd|tex|dvi)$", re.I
)
_NO_TITLES = ("", "untitled", "document", "powerpoint presentation", "(anonymous)")
_DATE = re.compile(r"D:(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?(?:([+-])(\d\d)'?(\d\d)?|Z)?")


def parse(raw: RawDocument) -> Document:
    """Text in reading order with page numbers; headings from the outline, else by font size; no running headers."""
    tally = Tally()
    with _opened(raw.content) as file, office.translated("the PDF"):
        meta = dict(_meta(file))
        lines, scanned = _lines(file, raw.content, tally)
        if not lines:
            raise _without_text(len(file), scanned)
        if scanned:
            meta["pages_without_text"] = scanned
        lines = joined_tables(without_contents(lines))
        if "title" not in meta and (title := title_by_type(lines)):
            meta["title"] = title
        blocks = list(Flow(lines, headings(lines, outline(file))).blocks())
    return document(raw, blocks, meta, tally)


def _without_text(pages: int, scanned: int) -> UnsupportedError:
    if scanned == pages:
        return UnsupportedError(
            f"the PDF has no text: its {pages} pages are pictures, as a scanner makes them",
            advice="Add a text layer with OCR (ocrmypdf IN OUT).",
        )
    return UnsupportedError(
        "the PDF holds no text that a reader sees", advice="Export it anew with its text, or run OCR (ocrmypdf IN OUT)."
    )


@contextmanager
def _opened(content: bytes) -> Iterator[pdfium.PdfDocument]:
    try:
        file = pdfium.PdfDocument(content)
    except pdfium.PdfiumError as error:
        if "password" in str(error).lower():
            raise EncryptedError(
                "the PDF is protected with a password", advice="Save a copy without a password, or exclude the file."
            ) from error
        raise BrokenFileError(
            f"the PDF cannot be opened: {error}", advice="Replace the file with an intact copy."
        ) from error
    with closing(file):
        yield file


def _lines(file: pdfium.PdfDocument, content: bytes, tally: Tally) -> tuple[list[Line], int]:
    """In reading order; with the number of pages that are a picture without text."""
    scanned = 0
    pages: list[list[Line]] = []
    sizes: list[tuple[float, float]] = []
    with closing(Tables(content)) as tables:
        for number in range(1, len(file) + 1):
            page = file[number - 1]
            reader = PageReader(page, number, tally)
            lines = reader.lines()
            pages.append(tables.put(reader, lines) if lines and has_grid(page) else lines)
            scanned += reader.is_scan and not lines
            sizes.append((reader.width, reader.height))
            page.close()
    kept = without_running(pages, [height for _, height in sizes])
    ordered = zip(kept, sizes, strict=True)
    return [line for page, (width, _) in ordered for line in in_reading_order(page, width)], scanned


def _meta(file: pdfium.PdfDocument) -> Meta:
    info = file.get_metadata_dict(skip_empty=True)
    meta = {name: squeeze(info[key]) for key, name in _INFO.items() if key in info}
    title = _PROGRAM.sub("", meta.pop("title", ""))
    if title.casefold() not in _NO_TITLES:
        meta["title"] = title
    meta |= {name: date for key, name in _DATES.items() if (date := _date(info.get(key, "")))}
    return {**meta, "pages": len(file)}


def _date(text: str) -> str:
    """ISO 8601 of a PDF date like D:20240102030405+01'00'; "" for what is none."""
    found = _DATE.match(text)
    if not found:
        return ""
    year, month, day, hour, minute, second, sign, zone_hours, zone_minutes = found.groups()
    zone = f"{sign}{zone_hours}:{zone_minutes or '00'}" if sign else "+00:00"
    return office.iso_date(
        f"{year}-{month or '01'}-{day or '01'}T{hour or '00'}:{minute or '00'}:{second or '00'}{zone}"
    )
