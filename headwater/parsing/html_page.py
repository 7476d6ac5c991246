"""A page without what its readers do not see; what they can open (tabs, accordions) stays."""

import re
from collections.abc import Mapping

from bs4 import BeautifulSoup, Tag
from bs4.element import Comment, NavigableString

from headwater.parsing.html_colour import PAPER, Colours
from headwater.parsing.html_css import StyleSheet
from headwater.parsing.html_open import Controls
from headwater.parsing.html_tree import attr, first_tag
from headwater.parsing.html_unseen import TELLING, colours_of, hides, named_hidden, unseen

_OPAQUE = frozenset(("script", "style", "template", "noscript"))
_MAIN = frozenset(("main", "body"))
_COLOUR, _STYLE = re.compile(r"color|background|<font", re.I), re.compile(r"<style", re.I)
_WHOLE = frozenset(("html", "body"))
_DARK = frozenset(("th", "button"))
_NOTHING: Mapping[str, str] = {}


class Page:
    """A parsed page with its elements by name, gathered in one pass that also takes out what is hidden."""

    def __init__(self, soup: BeautifulSoup, markup: str) -> None:
        """`markup` is what `soup` was made from: it tells at a glance what need not be looked for."""
        self.soup = soup
        self.with_role: list[Tag] = []
        self.hidden: list[tuple[Tag, Tag | None, str]] = []
        """Where each hidden text stood, the element if it was one, and what it said."""
        self.comments: list[tuple[Tag, str]] = []
        self.controls = Controls()
        self._named: dict[str, list[Tag]] = {}
        self._shut: list[tuple[Tag, Colours]] = []
        self._faded: list[NavigableString] = []
        self._coloured = _COLOUR.search(markup) is not None
        self._sheet = _own_sheet(soup) if _STYLE.search(markup) else StyleSheet()
        self._gather(soup, PAPER)
        self._open_late()
        self._take_out()

    @property
    def body(self) -> Tag:
        return next(iter(self.all("body")), self.soup)

    def all(self, name: str) -> list[Tag]:
        """Elements of this name, in document order."""
        return self._named.get(name, [])

    def _gather(self, root: Tag, colours: Colours) -> None:
        named, faded, comments = self._named, self._faded, self.comments
        plain, special = not self._sheet, _DARK if self._coloured else frozenset[str]()
        stack = [(iter(root.contents), colours)]
        while stack:
            children, around = stack[-1]
            unreadable = around is not PAPER and around.alike
            for node in children:
                if isinstance(node, Tag):
                    name = node.name
                    # Most elements of most pages say nothing about how they look.
                    skipped = plain and not node.attrs and name not in special
                    inner = around if skipped else self._enter(node, around)
                    if inner is None:
                        continue
                    named.setdefault(name, []).append(node)
                    if node.contents and name not in _OPAQUE:
                        stack.append((iter(node.contents), inner))
                        break
                elif type(node) is NavigableString:
                    if unreadable and node.strip():
                        faded.append(node)
                elif type(node) is Comment and node.parent is not None:
                    comments.append((node.parent, str(node)))
            else:
                stack.pop()

    def _enter(self, tag: Tag, around: Colours) -> Colours | None:
        """Colours inside the element; None for one that is hidden and that nothing is known to open."""
        attrs = tag.attrs
        telling = not TELLING.isdisjoint(attrs)
        if not telling and not self._sheet and "style" not in attrs and tag.name != "dialog":
            shut, values = "class" in attrs and named_hidden(attr(tag, "class")), _NOTHING
        else:
            values = self._sheet.values(tag)
            shut = (
                (telling and hides(tag))
                or unseen(values)
                or ("class" in attrs and named_hidden(attr(tag, "class")))
                or (tag.name == "dialog" and "open" not in attrs)
            )
        if shut and not self.controls.opens(tag) and not _holds_everything(tag):
            self._shut.append((tag, around))
            return None
        if telling:
            self._see(tag)
        elif "id" in attrs:
            self.controls.arrive(tag)
        return colours_of(tag, values, around) if self._coloured else around

    def _see(self, tag: Tag) -> None:
        self.controls.see(tag)
        if "role" in tag.attrs:
            self.with_role.append(tag)
        self.controls.arrive(tag)

    def _open_late(self) -> None:
        """What opens by a control that stands below it."""
        while opened := [(tag, colours) for tag, colours in self._shut if self.controls.opens(tag)]:
            found = {id(tag) for tag, _ in opened}
            self._shut = [(tag, colours) for tag, colours in self._shut if id(tag) not in found]
            for tag, colours in opened:
                self._see(tag)
                self._named.setdefault(tag.name, []).append(tag)
                self._gather(tag, colours)

    def _take_out(self) -> None:
        for tag, _ in self._shut:
            if tag.parent is not None:
                self.hidden.append((tag.parent, tag, tag.get_text(" ")))
                tag.extract()
        for text in self._faded:
            if text.parent is not None:
                self.hidden.append((text.parent, None, str(text)))
                text.extract()


def _own_sheet(soup: BeautifulSoup) -> StyleSheet:
    styles = (tag for tag in soup.find_all("style") if "print" not in attr(tag, "media"))
    return StyleSheet(style.string or "" for style in styles)


def _holds_everything(tag: Tag) -> bool:
    """Pages hide themselves until their scripts have run, and what is behind a dialog while it is open."""
    if tag.name in _WHOLE:
        return True
    by_aria = attr(tag, "aria-hidden") == "true" and "hidden" not in tag.attrs and "style" not in tag.attrs
    return by_aria and (tag.name in _MAIN or first_tag(tag, _MAIN) is not None)
