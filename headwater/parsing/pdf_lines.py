"""Lines of text on a PDF page with their place and type, read by pdfium one character at a time."""

import ctypes
import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pypdfium2 as pdfium
from pypdfium2 import raw as api

from headwater.model import Block
from headwater.parsing.pdf_hidden import HiddenText
from headwater.parsing.pdf_links import Links
from headwater.parsing.tally import HIDDEN_TEXT, Tally

_FIXED_PITCH = 1
_FORCE_BOLD = 1 << 18
_BOLD_WEIGHT = 600
_BOLD_NAMES = ("bold", "black", "heavy", "semibold", "demi", "cmbx", "-medi")
_MONO_NAMES = ("mono", "courier", "consol", "typewriter", "cmtt", "menlo", "sourcecode", "inconsolata")
# A gap wider than this, in line heights, parts two columns or cells rather than two words.
_GAP = 1.2
_MISSED_SPACE = 0.15
# pdfium's own mark for a hyphen at the end of a line, and soft hyphens.
HYPHENS = "\u0002\ufffe\u00ad"
_LIGATURES = str.maketrans({"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "ft", "ﬆ": "st"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A run of text, or a table, as it lies on a page; in points from the page's upper left corner.

    `size` is the height of the font's line, so that it compares across fonts that scale their text.
    """

    page: int
    text: str
    x0: float
    x1: float
    top: float
    bottom: float
    size: float
    bold: bool = False
    mono: bool = False
    table: Block | None = None
    links: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class _Char:
    index: int
    text: str
    x0: float
    x1: float
    top: float
    bottom: float


class PageReader:
    """Reads one page; `upright` maps its coordinates to what a reader sees, whatever the page's rotation."""

    def __init__(self, page: pdfium.PdfPage, number: int, tally: Tally) -> None:
        self.number = number
        self.width, self.height = page.get_size()
        self._left, self._bottom, self._right, self._top = page.get_bbox()
        self._rotation = page.get_rotation()
        self._text = page.get_textpage()
        self._tally = tally
        self._hidden = HiddenText(page)
        self._unseen_at: set[tuple[int, int]] = set()
        self._links = Links(page, self._text)
        self._fonts: dict[bytes, tuple[bool, bool]] = {}

    def upright(self, left: float, bottom: float, right: float, top: float) -> tuple[float, float, float, float]:
        """(x0, top, x1, bottom) from the upper left corner of the page as it is shown."""
        if self._rotation == 90:
            return bottom - self._bottom, left - self._left, top - self._bottom, right - self._left
        if self._rotation == 180:
            return self._right - right, bottom - self._bottom, self._right - left, top - self._bottom
        if self._rotation == 270:
            return self._top - top, self._right - right, self._top - bottom, self._right - left
        return left - self._left, self._top - top, right - self._left, self._top - bottom

    @property
    def is_scan(self) -> bool:
        """Whether pictures fill most of the page."""
        return self._hidden.is_scan

    def hides(self, x0: float, top: float, x1: float, bottom: float) -> bool:
        """Whether a hidden character lies there, after `lines`; another library's boxes differ by a point or so."""
        x, y = self._spot(x0, top, x1, bottom)
        return any((x + dx, y + dy) in self._unseen_at for dx in (-1, 0, 1) for dy in (-1, 0, 1))

    @property
    def has_hidden(self) -> bool:
        return bool(self._unseen_at)

    @staticmethod
    def _spot(x0: float, top: float, x1: float, bottom: float) -> tuple[int, int]:
        return round((x0 + x1) / 2), round((top + bottom) / 4)

    def lines(self) -> list[Line]:
        """In the order of the file; text that runs across the page (watermarks, margin notes) is left out."""
        return [line for chars in self._char_lines() for part in _parts(chars) if (line := self._line(part))]

    def _char_lines(self) -> Iterator[list[_Char]]:
        handle, box, chars = self._text.raw, api.FS_RECTF(), list[_Char]()
        hidden, unseen = self._hidden, list[str]()
        for index in range(self._text.count_chars()):
            code = api.FPDFText_GetUnicode(handle, index)
            if code in (10, 13):
                unseen.append(" ")
                if chars:
                    yield chars
                    chars = []
                continue
            if code == 0 or not api.FPDFText_GetLooseCharBox(handle, index, box):
                continue
            if hidden and hidden.holds(handle, index):
                unseen.append(chr(code))
                self._unseen_at.add(self._spot(*self.upright(box.left, box.bottom, box.right, box.top)))
                continue
            chars.append(_Char(index, chr(code), *self._place(box)))
        if chars:
            yield chars
        self._tally.add(HIDDEN_TEXT, "".join(unseen))

    def _place(self, box: Any) -> tuple[float, float, float, float]:
        x0, top, x1, bottom = self.upright(box.left, box.bottom, box.right, box.top)
        return x0, x1, top, bottom

    def _line(self, chars: list[_Char]) -> Line | None:
        text = _joined(chars)
        inked = [char for char in chars if not char.text.isspace()]
        if not inked or not text.strip():
            return None
        top, bottom = min(c.top for c in inked), max(c.bottom for c in inked)
        if bottom < 0 or top > self.height or inked[-1].x1 < 0 or inked[0].x0 > self.width:
            self._tally.add(HIDDEN_TEXT, text)
            return None
        if not self._is_level(inked[0].index):
            return None
        size = Counter(round(char.bottom - char.top, 1) for char in inked).most_common(1)[0][0]
        bold, mono = self._style(inked)
        mono = mono or _is_fixed_pitch(inked)
        return Line(
            page=self.number, text=text, x0=inked[0].x0, x1=inked[-1].x1, top=top, bottom=bottom, size=size, bold=bold,
            mono=mono, links=self._links.within({char.index for char in inked}),
        )  # fmt: skip

    def _is_level(self, index: int) -> bool:
        # Both are clockwise.
        angle = math.degrees(api.FPDFText_GetCharAngle(self._text.raw, index)) + self._rotation
        return bool(abs((angle + 180) % 360 - 180) < 2)

    def _style(self, inked: list[_Char]) -> tuple[bool, bool]:
        """(bold, fixed pitch), true when the first, a middle and the last character all are."""
        sampled = {inked[0].index, inked[len(inked) // 2].index, inked[-1].index}
        found = [self._font(index) for index in sampled]
        return all(bold for bold, _ in found), all(mono for _, mono in found)

    def _font(self, index: int) -> tuple[bool, bool]:
        buffer, flags = ctypes.create_string_buffer(128), ctypes.c_int()
        api.FPDFText_GetFontInfo(self._text.raw, index, buffer, len(buffer), flags)
        weight = api.FPDFText_GetFontWeight(self._text.raw, index)
        key = buffer.value
        if key not in self._fonts:
            name = key.decode("utf-8", "replace").lower()
            bold = bool(flags.value & _FORCE_BOLD) or weight >= _BOLD_WEIGHT or any(n in name for n in _BOLD_NAMES)
            mono = bool(flags.value & _FIXED_PITCH) or any(n in name for n in _MONO_NAMES)
            self._fonts[key] = bold, mono
        return self._fonts[key]


def _parts(chars: list[_Char]) -> Iterator[list[_Char]]:
    """The characters of one line, cut where a wide gap lies between two of them."""
    part: list[_Char] = []
    last: _Char | None = None
    for char in chars:
        if char.text.isspace():
            part.append(char)
            continue
        if last and (char.x0 - last.x1 > _GAP * (last.bottom - last.top) or char.x1 < last.x0 - 1):
            yield part
            part = []
        part.append(char)
        last = char
    yield part


def _is_fixed_pitch(inked: list[_Char]) -> bool:
    """Whether narrow and wide letters take the same room, whatever the font is called."""
    letters = [char for char in inked if char.text.isalpha()]
    if len({char.text for char in letters}) < 4:
        return False
    widths = sorted(char.x1 - char.x0 for char in letters)
    usual = widths[len(widths) // 2]
    return sum(abs(width - usual) < 0.03 * usual for width in widths) > 0.9 * len(widths)


def _joined(chars: list[_Char]) -> str:
    """Their text; pdfium leaves out a space here and there where the font changes."""
    pieces: list[str] = []
    last: _Char | None = None
    for char in chars:
        if last and not char.text.isspace() and char.x0 - last.x1 > _MISSED_SPACE * (last.bottom - last.top):
            pieces.append(" ")
        pieces.append(char.text)
        last = None if char.text.isspace() else char
    text = "".join(pieces).translate(_LIGATURES)
    if any("\ud800" <= char <= "\udfff" for char in text):
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text.strip()
