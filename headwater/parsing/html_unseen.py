"""What hides an element from its readers: attributes, declarations, well-known class names."""

import re
from collections.abc import Mapping
from functools import lru_cache

from bs4 import Tag

from headwater.parsing.html_colour import LINK, PAPER, Colours, faint, mixed, painted
from headwater.parsing.html_tree import attr

_CLASS = re.compile(
    r"(?:^|\s)(?:sr-only|visually-?hidden|screen-?reader-?text|screen-?reader-only|a11y-hidden|offscreen|"
    r"hidden|is-hidden|u-hidden|d-none|display-none|hide|invisible)(?=\s|$)",
    re.I,
)
# Hidden on some screens, shown on others.
_SHOWN_AGAIN = re.compile(r"(?:^|\s)(?:\w+:(?:block|flex|grid|inline\S*|table\S*|contents)|d-\w+-(?!none)\S+)(?=\s|$)")
_OWN_BACKGROUND = re.compile(
    r"(?:^|[\s_-])(?:bg|background|dark|hero|banner|jumbotron|btn|button|badge|pill|inverse|overlay|cover|masthead)"
    r"(?=[\s_-]|$)",
    re.I,
)
_LENGTH = re.compile(r"(-?\d*\.?\d+)(px|pt|em|rem|ex|ch|%|vw|vh|cm|in|mm|pc|q)?(?![\w.])")
_PIXELS = {
    "pt": 1.33,
    "em": 16,
    "rem": 16,
    "ex": 8,
    "ch": 8,
    "vw": 10,
    "vh": 10,
    "cm": 38,
    "in": 96,
    "mm": 3.8,
    "pc": 16,
}
_SMALLEST_TYPE, _FAR, _FAINTEST = 2.0, -500.0, 0.1
_CLIPPED = re.compile(r"rect\((?:0(?:px)?|1px)[,\s]+(?:0(?:px)?|1px)[,\s]+(?:0(?:px)?|1px)[,\s]+(?:0(?:px)?|1px)\)")
_CLIP_PATH = re.compile(
    r"inset\((?:50|[6-9]\d|100)%|circle\(0|polygon\(0(?:px|%)? 0(?:px|%)?(?:, ?0(?:px|%)? 0(?:px|%)?)*\)"
)
_SCALED = re.compile(
    r"scale(?:3d|[xy])?\(\s*0?(?:\.0+)?\s*[,)]|translate[xy]?\([^)]*-\d{4,}px|translate[xy]?\(\s*-\d{3,}(?:%|vw)"
)


def hides(tag: Tag) -> bool:
    """Whether an attribute says that the element is not to be seen."""
    attrs = tag.attrs
    return "hidden" in attrs or attr(tag, "aria-hidden").lower() == "true" or "popover" in attrs


@lru_cache(maxsize=4096)
def named_hidden(names: str) -> bool:
    """Whether a class list hides by its well-known names, on every screen."""
    return _CLASS.search(names[:1000]) is not None and _SHOWN_AGAIN.search(names[:1000]) is None


def unseen(values: Mapping[str, str]) -> bool:
    """Whether these declarations leave nothing to see of an element, its colours apart."""
    if not values:
        return False
    value = values.get
    if value("display") == "none" or value("visibility") in ("hidden", "collapse") or value("mso-hide") == "all":
        return True
    if value("content-visibility") == "hidden" or _number(value("opacity", "")) < _FAINTEST:
        return True
    if _pixels(value("font-size") or value("font", ""), of=16) < _SMALLEST_TYPE:
        return True
    for name in ("left", "top", "right", "bottom", "text-indent", "margin-left", "margin-top"):
        if name in values and _pixels(values[name], of=1000) < _FAR:
            return True
    return _cut_away(values)


def _cut_away(values: Mapping[str, str]) -> bool:
    value = values.get
    if _CLIPPED.search(value("clip", "")) or _CLIP_PATH.search(value("clip-path", "")):
        return True
    if _SCALED.search(value("transform", "")):
        return True
    cut = any(value(name, "").startswith(("hidden", "clip")) for name in ("overflow", "overflow-x", "overflow-y"))
    sizes = (value(name) for name in ("width", "height", "max-width", "max-height"))
    return cut and any(_pixels(size, of=100) <= 1 for size in sizes if size)


def _number(text: str) -> float:
    found = _LENGTH.match(text)
    return 1.0 if found is None else float(found[1]) * (0.01 if found[2] == "%" else 1)


def _pixels(text: str, *, of: float) -> float:
    """The first length in pixels, `of` being what percentages are of; that much where there is none."""
    found = _LENGTH.search(text) if text else None
    if found is None:
        return of
    return float(found[1]) * (of / 100 if found[2] == "%" else _PIXELS.get(found[2] or "", 1))


def colours_of(tag: Tag, values: Mapping[str, str], around: Colours) -> Colours:
    """Colours of text directly inside the element."""
    name, attrs = tag.name, tag.attrs
    behind = _behind(tag, values, around)
    said = values.get("-webkit-text-fill-color") or values.get("color")
    if said is None and name in ("font", "body"):
        said = attr(tag, "color" if name == "font" else "text").lower() or None
    if said is not None and said not in ("inherit", "unset", "currentcolor"):
        text = (behind if faint(said) else mixed(said, behind)) if said != "initial" else PAPER.text
    elif name == "a" and "href" in attrs and around is not PAPER:
        text = LINK
    else:
        text = around.text
    return around if text == around.text and behind == around.behind else Colours(text, behind)


def _behind(tag: Tag, values: Mapping[str, str], around: Colours) -> tuple[float, float, float] | None:
    behind, known = around.behind, False
    for said in (values.get("background"), values.get("background-color"), attr(tag, "bgcolor").lower()):
        if said:
            behind, known = painted(said, behind), True
    if values.get("background-image", "none") != "none":
        return None
    if known or (tag.name not in ("th", "button", "thead") and not _OWN_BACKGROUND.search(attr(tag, "class"))):
        return behind
    # Styled where we cannot look, and seldom like the page.
    return None


TELLING = frozenset(
    ("hidden", "aria-hidden", "popover", "role", "aria-controls", "aria-expanded", "data-toggle", "data-bs-toggle")
)
"""Attributes that say whether an element is seen, or that it opens another."""
