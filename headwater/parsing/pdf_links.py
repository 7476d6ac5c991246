"""Where the links of a PDF page lead, and which of its characters are under them."""

import ctypes
from collections.abc import Iterator
from typing import Any

import pypdfium2 as pdfium
from pypdfium2 import raw as api

from headwater.parsing.blocks import squeeze

_URI = 3
_MOST_LINKS = 2_000
_TOLERANCE = 2.0


class Links:
    """Links to the web only: a page's links to its own pages are its contents, cross-references and index."""

    def __init__(self, page: pdfium.PdfPage, text_page: pdfium.PdfTextPage) -> None:
        self._found: list[tuple[range, str, str]] = []
        for box, target in _targets(page):
            self._found += [(under, text, target) for under, text in _under(text_page, box)]

    def within(self, characters: set[int]) -> tuple[tuple[str, str], ...]:
        """(text, target) of the links over any of these characters."""
        return tuple((text, target) for under, text, target in self._found if not characters.isdisjoint(under))


def _targets(page: pdfium.PdfPage) -> Iterator[tuple[Any, str]]:
    place, link, box = ctypes.c_int(0), api.FPDF_LINK(), api.FS_RECTF()
    for _ in range(_MOST_LINKS):
        if not api.FPDFLink_Enumerate(page.raw, place, link):
            return
        action = api.FPDFLink_GetAction(link)
        if not action or api.FPDFAction_GetType(action) != _URI or not api.FPDFLink_GetAnnotRect(link, box):
            continue
        length = api.FPDFAction_GetURIPath(page.pdf.raw, action, None, 0)
        buffer = ctypes.create_string_buffer(length)
        api.FPDFAction_GetURIPath(page.pdf.raw, action, buffer, length)
        target = buffer.value.decode("utf-8", "replace").strip()
        if target:
            yield box, target


def _under(text_page: pdfium.PdfTextPage, box: Any) -> Iterator[tuple[range, str]]:
    """The characters in the middle of the box, one run of them as a rule."""
    middle = (box.top + box.bottom) / 2
    start = _nearest(text_page, box.left + _TOLERANCE / 2, middle)
    stop = _nearest(text_page, box.right - _TOLERANCE / 2, middle)
    if start < 0 or stop < start:
        return
    text = squeeze(text_page.get_text_range(start, stop - start + 1))
    if text:
        yield range(start, stop + 1), text


def _nearest(text_page: pdfium.PdfTextPage, x: float, y: float) -> int:
    return int(api.FPDFText_GetCharIndexAtPos(text_page.raw, x, y, 2 * _TOLERANCE, 2 * _TOLERANCE))
