"""How the items of an HTML list are numbered."""

import re
from dataclasses import dataclass

from bs4 import Tag

from headwater.parsing.blocks import ordinal
from headwater.parsing.html_tree import attr, child_tags

_STYLES = frozenset(("1", "a", "A", "i", "I"))
_STYLE_NAME = re.compile(r"\b(lower|upper)-?(alpha|latin|roman)\b", re.I)
_NOTES = re.compile(r"footnotes?|references|endnotes", re.I)


@dataclass(slots=True)
class Numbering:
    """Numbers of one list; notes and bullets have none."""

    step: bool
    style: str
    number: int
    by: int

    def take(self, item: Tag) -> str:
        value = attr(item, "value").strip()
        if re.fullmatch(r"-?\d{1,9}", value):
            self.number = int(value)
        own = attr(item, "type")
        shown = ordinal(self.number, own if own in _STYLES else self.style)
        self.number += self.by
        return shown


BULLETS = Numbering(False, "", 0, 0)


def numbering(tag: Tag) -> Numbering:
    """Bullets, or the numbers of an `ol`, those of notes included."""
    if tag.name != "ol":
        return BULLETS
    down = "reversed" in tag.attrs
    start = attr(tag, "start").strip()
    count = sum(1 for child in child_tags(tag) if child.name == "li") if down else 1
    number = int(start) if re.fullmatch(r"-?\d{1,9}", start) else count
    return Numbering(not _is_notes(tag), _style(tag), number, -1 if down else 1)


def _is_notes(tag: Tag) -> bool:
    if _NOTES.search(attr(tag, "class")):
        return True
    parent = tag.parent
    return parent is not None and (_NOTES.search(attr(parent, "class")) is not None or "notes" in attr(parent, "role"))


def _style(tag: Tag) -> str:
    own = attr(tag, "type").strip()
    if own in _STYLES:
        return own
    named = _STYLE_NAME.search(f"{attr(tag, 'style')} {attr(tag, 'class')}")
    if not named:
        return "1"
    letter = "i" if named.group(2).lower() == "roman" else "a"
    return letter if named.group(1).lower() == "lower" else letter.upper()
