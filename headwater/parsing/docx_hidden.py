"""Text of a Word document that no reader sees: marked as hidden, in the paper's colour, or too small to read."""

from collections.abc import Iterator
from typing import Any

from docx.oxml.ns import qn

from headwater.parsing.tally import HIDDEN_TEXT, Tally

_OFF = ("0", "false", "off", "none")
_WHITE = ("FFFFFF", "FEFEFE", "FDFDFD")
_SMALLEST_HALF_POINTS = 3
_PLAIN_FILLS = ("auto", "FFFFFF", "")
_DEEPEST_STYLE = 20


class Hidden:
    """`styles` is the root of the document's styles, None where it has none."""

    def __init__(self, styles: Any | None, tally: Tally) -> None:
        self._styles = (
            {style.get(qn("w:styleId")): style for style in styles.iter(qn("w:style"))} if styles is not None else {}
        )
        self._tally = tally
        self._known: dict[tuple[str, str], str | None] = {}

    def remove(self, body: Any) -> None:
        """Take hidden runs out of `body`, and count their words."""
        if not self._may_hide(body):
            return
        unseen: list[str] = []
        before: Any = None
        for run in list(body.iter(qn("w:r"))):
            if self._is_hidden(run):
                text = "".join(part.text or "" for part in run.iter(qn("w:t")))
                paragraph = run.getparent()
                unseen += [text] if paragraph is before else [" ", text]
                before = paragraph
                _take_out(run)
        self._tally.add(HIDDEN_TEXT, "".join(unseen))

    def _may_hide(self, body: Any) -> bool:
        """A cheap look for anything that could: most documents have nothing."""
        for holder in (body, *self._styles.values()):
            for mark in holder.iter(qn("w:vanish"), qn("w:color"), qn("w:sz")):
                if mark.tag == qn("w:vanish") or _hides(mark):
                    return True
        return False

    def _is_hidden(self, run: Any) -> bool:
        if self._value(run, "w:vanish") not in (None, *_OFF):
            return True
        size = self._value(run, "w:sz") or ""
        if size.isdigit() and int(size) <= _SMALLEST_HALF_POINTS:
            return True
        return (self._value(run, "w:color") or "").upper() in _WHITE and not self._on_colour(run)

    def _value(self, run: Any, name: str) -> str | None:
        """In force for a run: its own, else that of its character style, else of its paragraph's style."""
        own = run.find(f"{qn('w:rPr')}/{qn(name)}")
        if own is not None:
            return str(own.get(qn("w:val"), "1"))
        paragraph = next(run.iterancestors(qn("w:p")), None)
        for holder, path in ((run, "w:rPr/w:rStyle"), (paragraph, "w:pPr/w:pStyle")):
            style = _style_id(holder, path)
            if style:
                found = self._styled(style, name)
                if found is not None:
                    return found
        return None

    def _styled(self, style_id: str, name: str) -> str | None:
        key = style_id, name
        if key not in self._known:
            marks = (style.find(f"{qn('w:rPr')}/{qn(name)}") for style in self._chain(style_id))
            self._known[key] = next((str(m.get(qn("w:val"), "1")) for m in marks if m is not None), None)
        return self._known[key]

    def _chain(self, style_id: str) -> Iterator[Any]:
        for _ in range(_DEEPEST_STYLE):
            style = self._styles.get(style_id)
            if style is None:
                return
            yield style
            style_id = _style_id(style, "w:basedOn") or ""

    def _on_colour(self, run: Any) -> bool:
        """Whether there is, or may be, a ground that white letters stand out from."""
        if run.find(f"{qn('w:rPr')}/{qn('w:highlight')}") is not None:
            return True
        for holder in (run, *run.iterancestors()):
            if holder.tag == qn("w:txbxContent"):
                return True  # boxes are filled by the drawing
            if any(_is_filled(shade) for shade in _shades(holder)):
                return True
            if holder.tag == qn("w:tbl") and self._style_fills(_style_id(holder, "w:tblPr/w:tblStyle") or ""):
                return True
            if holder.tag == qn("w:p") and self._style_fills(_style_id(holder, "w:pPr/w:pStyle") or ""):
                return True
            if holder.tag == qn("w:document") and holder.find(qn("w:background")) is not None:
                return True
        style = _style_id(run, "w:rPr/w:rStyle")
        return bool(style) and self._style_fills(style or "")

    def _style_fills(self, style_id: str) -> bool:
        return any(_is_filled(shade) for style in self._chain(style_id) for shade in style.iter(qn("w:shd")))


def _hides(mark: Any) -> bool:
    value = (mark.get(qn("w:val")) or "").upper()
    if mark.tag == qn("w:color"):
        return value in _WHITE
    return value.isdigit() and int(value) <= _SMALLEST_HALF_POINTS


def _style_id(holder: Any, path: str) -> str | None:
    if holder is None:
        return None
    found = holder.find("/".join(qn(step) for step in path.split("/")))
    return None if found is None else found.get(qn("w:val"))


def _shades(holder: Any) -> Iterator[Any]:
    for properties in ("w:rPr", "w:pPr", "w:tcPr", "w:trPr", "w:tblPr"):
        shade = holder.find(f"{qn(properties)}/{qn('w:shd')}")
        if shade is not None:
            yield shade


def _is_filled(shade: Any) -> bool:
    themed = shade.get(qn("w:themeFill")) is not None or shade.get(qn("w:val")) not in (None, "clear", "nil")
    return themed or (shade.get(qn("w:fill")) or "").upper().replace("AUTO", "auto") not in _PLAIN_FILLS


def _take_out(run: Any) -> None:
    """Field marks inside it stay: what they open elsewhere must be closed."""
    for child in list(run):
        if child.tag not in (qn("w:rPr"), qn("w:fldChar"), qn("w:instrText")):
            run.remove(child)
