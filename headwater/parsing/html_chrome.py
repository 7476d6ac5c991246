"""What on a page is not its content: what cannot be read, and the furniture that every page of a site carries."""

import re
from collections.abc import Mapping

from bs4 import Tag

from headwater.parsing.html_names import named_furniture
from headwater.parsing.html_page import Page
from headwater.parsing.html_tree import HEADINGS, ancestors, attr, first_tag, is_permalink, words

_NOT_ID = re.compile(r"[\W\d_]+")
_NEVER = words(
    "script style template head link meta noscript svg iframe object embed applet canvas audio video map area "
    "input select option optgroup datalist textarea progress meter rp annotation annotation-xml "
    "audio source track param base title colgroup col"
)
_FURNITURE = frozenset(("nav", "search", "dialog"))
_FURNITURE_ROLES = words("navigation search banner contentinfo complementary menu menubar toolbar doc-toc")
_CONTENT = frozenset(("main", "article", "section"))
_FORM, _QUOTE, _TITLE = frozenset(("form",)), frozenset(("blockquote",)), frozenset(("h1",))
_IN_BUTTON = words("h1 h2 h3 h4 h5 h6 dt summary")

_CLASS_TAGS = words("div section ul ol table p span td a header footer aside form button dl")


class Chrome:
    """Tells furniture from content, for one page.

    `furniture=False` drops only what cannot be read: for pages that consist of navigation.
    """

    def __init__(self, page: Page, *, furniture: bool = True) -> None:
        self.furniture = furniture
        self.root: Tag = page.soup
        self.kept: set[int] = set()
        """Elements (by `id()`) that are content whatever they are called."""
        self.dropped: set[int] = set()
        self.panels: Mapping[int, Tag] = page.controls.names
        """What opens a panel (by `id()`), where that is the panel's name."""
        self._told = page.controls.used
        self._titles = len(page.all("h1"))

    def skip(self, tag: Tag) -> bool:
        """Whether this element and everything inside it stays out."""
        if tag.name in _NEVER:
            return True
        attrs = tag.attrs
        if tag.name in ("nav", "footer", "aside", "header", "search", "dialog", "button", "label"):
            return id(tag) in self._told or self._furniture_tag(tag)
        if self.furniture and id(tag) in self.dropped:
            return True
        if not attrs:
            return False
        return id(tag) in self._told or (self.furniture and self._furniture_class(tag))

    def _furniture_tag(self, tag: Tag) -> bool:
        name = tag.name
        if name == "button":
            return next(ancestors(tag, _IN_BUTTON, most=8), None) is None and first_tag(tag, HEADINGS) is None
        if name == "label":
            return "for" in tag.attrs and next(ancestors(tag, _FORM), None) is not None
        if not self.furniture:
            return False
        if name in _FURNITURE:
            return True
        if name == "footer":
            return not _is_notes(tag) and next(ancestors(tag, _QUOTE), None) is None
        if name == "aside":
            return not _is_notes(tag)
        return self._page_header(tag) or self._furniture_class(tag)

    def _page_header(self, tag: Tag) -> bool:
        if self.root.name not in ("body", "html", "[document]"):
            return False
        if next(ancestors(tag, _CONTENT), None) is not None:
            return False
        # The only title of the page is content, wherever it stands.
        return self._titles != 1 or first_tag(tag, _TITLE) is None

    def _furniture_class(self, tag: Tag) -> bool:
        if attr(tag, "role") in _FURNITURE_ROLES:
            return id(tag) not in self.kept
        if is_permalink(tag):
            return True
        if tag.name not in _CLASS_TAGS:
            return False
        names = f"{attr(tag, 'class')} {attr(tag, 'id')}"
        if len(names) < 2 or not named_furniture(names) or id(tag) in self.kept:
            return False
        return named_furniture(attr(tag, "class")) or not _is_named_by_heading(tag)


def _is_named_by_heading(tag: Tag) -> bool:
    """Whether the id is made of the section's own heading: a section on voting is not a vote widget."""
    heading = first_tag(tag, HEADINGS)
    name = _NOT_ID.sub("", attr(tag, "id").lower())
    return heading is not None and bool(name) and _NOT_ID.sub("", heading.get_text().lower()).endswith(name)


def _is_notes(tag: Tag) -> bool:
    return "note" in attr(tag, "role") or re.search(r"footnote|citation|topic", attr(tag, "class")) is not None
