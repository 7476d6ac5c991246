"""Which text of a PDF page nobody sees: drawn in no ink, in the paper's colour, or too small to read."""

import ctypes
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pypdfium2 as pdfium
from pypdfium2 import raw as api

_UNDRAWN_MODES = (api.FPDF_TEXTRENDERMODE_INVISIBLE, api.FPDF_TEXTRENDERMODE_CLIP)
_UNREADABLE_POINTS = 1.5
_FAINT_ALPHA = 16
_PAPER = 244
_INK_CONTRAST = 24
_SCAN_SHARE = 0.5
_MOST_OBJECTS = 50_000
_DEEPEST_FORM = 4


class HiddenText:
    """The text objects of a page that are hidden, by address.

    Text in no ink over pictures that fill most of the page is the text layer of a scan: that is kept.
    """

    def __init__(self, page: pdfium.PdfPage) -> None:
        self._page = page
        self._picture: Any = None
        width, height = page.get_size()
        undrawn, painted, found, scanned = [], [], set[int](), 0.0
        for kind, handle, scale in _objects(page):
            if kind == api.FPDF_PAGEOBJ_IMAGE:
                left, bottom, right, top = _bounds(handle)
                scanned += (right - left) * (top - bottom)
            elif api.FPDFTextObj_GetTextRenderMode(handle) in _UNDRAWN_MODES:
                undrawn.append(_address(handle))
            elif _points(handle) * scale < _UNREADABLE_POINTS:
                found.add(_address(handle))
            elif _is_pale(handle):
                painted.append(handle)
        self.is_scan = bool(scanned >= _SCAN_SHARE * width * height)
        if not self.is_scan:
            found.update(undrawn)
        found.update(_address(handle) for handle in painted if not self._stands_out(_bounds(handle)))
        self._objects = found

    def __bool__(self) -> bool:
        return bool(self._objects)

    def holds(self, text_page: Any, index: int) -> bool:
        """Whether the character at `index` of pdfium's text page belongs to a hidden object."""
        handle = api.FPDFText_GetTextObject(text_page, index)
        return bool(handle) and _address(handle) in self._objects

    def _stands_out(self, box: tuple[float, float, float, float]) -> bool:
        """Whether the page as drawn shows any ink there: white letters do on a dark ground."""
        if self._picture is None:
            self._picture = self._page.render(scale=1, grayscale=True).to_numpy()
        left, top, right, bottom = self._pixels(box)
        part = self._picture[top:bottom, left:right]
        return part.size > 0 and int(np.max(part)) - int(np.min(part)) >= _INK_CONTRAST

    def _pixels(self, box: tuple[float, float, float, float]) -> tuple[int, int, int, int]:
        height, width = self._picture.shape[:2]
        across, down = ctypes.c_int(), ctypes.c_int()
        corners = []
        for x, y in ((box[0], box[3]), (box[2], box[1])):
            api.FPDF_PageToDevice(self._page.raw, 0, 0, width, height, 0, x, y, across, down)
            corners.append((across.value, down.value))
        (x0, y0), (x1, y1) = corners
        return max(min(x0, x1), 0), max(min(y0, y1), 0), max(x0, x1) + 1, max(y0, y1) + 1


def _objects(page: pdfium.PdfPage) -> Iterator[tuple[int, Any, float]]:
    """(kind, handle, scale) of text and pictures, also inside forms, whose `scale` multiplies what is in them."""
    count = min(api.FPDFPage_CountObjects(page.raw), _MOST_OBJECTS)
    waiting = [(api.FPDFPage_GetObject(page.raw, n), 1.0, 0) for n in range(count)]
    seen = 0
    while waiting and seen < _MOST_OBJECTS:
        handle, scale, depth = waiting.pop()
        seen += 1
        kind = api.FPDFPageObj_GetType(handle)
        if kind == api.FPDF_PAGEOBJ_FORM and depth < _DEEPEST_FORM:
            inner = scale * _scale(handle)
            inside = min(api.FPDFFormObj_CountObjects(handle), _MOST_OBJECTS)
            waiting += [(api.FPDFFormObj_GetObject(handle, n), inner, depth + 1) for n in range(inside)]
        elif kind in (api.FPDF_PAGEOBJ_TEXT, api.FPDF_PAGEOBJ_IMAGE):
            yield kind, handle, scale


def _scale(handle: Any) -> float:
    matrix = api.FS_MATRIX()
    if not api.FPDFPageObj_GetMatrix(handle, matrix):
        return 1.0
    return math.sqrt(abs(matrix.a * matrix.d - matrix.b * matrix.c))


def _points(handle: Any) -> float:
    """Height of the type on the page; what cannot be told counts as readable."""
    size = ctypes.c_float()
    if not api.FPDFTextObj_GetFontSize(handle, size):
        return math.inf
    return abs(size.value) * _scale(handle)


def _is_pale(handle: Any) -> bool:
    """In the colour of paper, or all but transparent."""
    red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
    if not api.FPDFPageObj_GetFillColor(handle, red, green, blue, alpha):
        return False
    return alpha.value <= _FAINT_ALPHA or min(red.value, green.value, blue.value) >= _PAPER


def _bounds(handle: Any) -> tuple[float, float, float, float]:
    sides = [ctypes.c_float() for _ in range(4)]
    api.FPDFPageObj_GetBounds(handle, *sides)
    left, bottom, right, top = (side.value for side in sides)
    return left, bottom, right, top


def _address(handle: Any) -> int:
    return ctypes.addressof(handle.contents)
