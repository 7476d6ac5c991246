"""Walks a page's content in reading order and tells the builder what it meets; never recursive."""

from collections.abc import Callable, Iterator, Sequence

from bs4 import Tag
from bs4.element import PageElement

from headwater.model import Block
from headwater.parsing.html_admonition import admonition
from headwater.parsing.html_builder import BlockBuilder
from headwater.parsing.html_chrome import Chrome
from headwater.parsing.html_code import code_language
from headwater.parsing.html_lists import BULLETS, Numbering, numbering
from headwater.parsing.html_table import is_layout, is_navigation, read_table
from headwater.parsing.html_tree import (
    BLOCKS,
    HEADINGS,
    PREFORMATTED,
    attr,
    child_tags,
    first_tag,
    flat_text,
    image_text,
    inner_anchor,
    inside,
    is_permalink,
    is_power,
    is_text,
    link_target,
    note_mark,
    raw_text,
    words,
)

Leave = Callable[[], None]

_LISTS = frozenset(("ul", "ol", "menu", "dir"))
_BLOCKS_IN_HEADING = words("p ul ol table pre blockquote dl")
_TABLE = frozenset(("table",))


class Walker:
    """One walk over one page."""

    def __init__(self, chrome: Chrome, base: str = "") -> None:
        """`base` is the address that links are relative to; without it they stay as written."""
        self._chrome = chrome
        self._base = base
        self._build = BlockBuilder()
        self._lists: list[Numbering] = []
        self._terms: list[list[str]] = []
        self._captions: list[str] = []
        self._term_links: list[Tag] = []
        self._titles: set[int] = set()
        self._panels = chrome.panels

    def walk(self, root: Tag) -> list[Block]:
        """The blocks of everything inside `root`."""
        build, enter = self._build, self._enter
        stack: list[tuple[Iterator[PageElement], Leave]] = [(iter(root.contents), build.flush)]
        while stack:
            children, leave = stack[-1]
            node = next(children, None)
            if node is None:
                leave()
                stack.pop()
            elif isinstance(node, Tag):
                inner = enter(node)
                if inner is not None:
                    stack.append((iter(node.contents), inner))
            elif is_text(node):
                build.add(str(node))
        return build.blocks

    def _enter(self, tag: Tag) -> Leave | None:
        """What to do when `tag` ends, or None when there is nothing (more) to see inside."""
        name = tag.name
        panel = self._panels.get(id(tag)) if self._panels else None
        if panel is not None:
            self._name_panel(panel)
        if id(tag) in self._titles or (self._chrome.skip(tag) and not self._is_callout(tag)):
            if is_permalink(tag):
                self._build.mark(attr(tag, "id") or attr(tag, "name"))
            return None
        if name in BLOCKS:
            self._build.flush()
        anchor = attr(tag, "id") or (attr(tag, "name") if name == "a" else "")
        if anchor and name not in HEADINGS and not (name == "a" and "href" in tag.attrs):
            self._build.mark(anchor)
        leave = self._enter_leaf(tag, name)
        if leave is not False:
            return None if leave is True else leave
        return self._enter_container(tag, name)

    def _is_callout(self, tag: Tag) -> bool:
        """Asides are furniture, except those that warn or explain."""
        return tag.name == "aside" and admonition(tag) is not None

    def _name_panel(self, control: Tag) -> None:
        """What the tab says stands ahead of what it shows."""
        name = flat_text(control, self._chrome.skip)
        self._build.flush()
        self._build.add(name if name.endswith((":", "?")) or not name else f"{name}:")
        self._build.flush()

    def _links(self, tags: Sequence[Tag]) -> list[tuple[str, str]]:
        found = ((flat_text(tag, self._chrome.skip), link_target(tag, self._base)) for tag in tags)
        return [(text, target) for text, target in found if text and target]

    def _enter_leaf(self, tag: Tag, name: str) -> Leave | bool:
        """True when `tag` was read as a whole, its closing action when it was opened, False when it is no leaf."""
        if name == "br":
            self._build.newline()
        elif name == "hr" or name == "wbr":
            pass
        elif name == "img":
            self._build.add(image_text(tag))
        elif name == "sup":
            mark = note_mark(tag)
            self._build.add(mark or ("^" if is_power(tag) else ""))
            return mark != "" or _nothing
        elif name == "a":
            target = link_target(tag, self._base)
            if not target:
                return _nothing
            self._build.open_link(target)
            return self._build.close_link
        elif name in HEADINGS or attr(tag, "role") == "heading":
            return self._heading(tag)
        elif name in PREFORMATTED:
            self._build.code(raw_text(tag, self._chrome.skip, spaced=False).removeprefix("\n"), code_language(tag))
        elif name == "table":
            return self._table(tag)
        elif name == "dt":
            self._term(tag)
        else:
            return False
        return True

    def _enter_container(self, tag: Tag, name: str) -> Leave:
        if name in _LISTS:
            return self._list(tag)
        if name == "li":
            around = self._lists[-1] if self._lists else BULLETS
            shown = "" if around is BULLETS else around.take(tag)
            self._build.open_item(shown, step=around.step)
            return self._build.close
        if name == "dl":
            return self._definitions(tag)
        if name == "dd":
            return self._definition()
        if name in BLOCKS:
            found = admonition(tag)
            if found is not None:
                if found.title is not None:
                    self._titles.add(id(found.title))
                self._build.open_admonition(found.label, found.heading)
                return self._build.close
            mark = _note_mark(tag) if name == "aside" else None
            if mark is not None:
                self._titles.add(id(mark))
                self._build.open_item("", step=False, terms=flat_text(mark, self._chrome.skip))
                return self._build.close
            self._caption(tag)
            return self._build.flush
        return _nothing

    def _term(self, tag: Tag) -> None:
        # A term without an end tag holds the next one, as parsers go.
        nested = [node for node in inside(tag) if isinstance(node, Tag) and node.name == "dt"]
        for term in (tag, *nested):
            text = flat_text(term, lambda inner: inner.name == "dt" or self._chrome.skip(inner), self._term_links)
            if text and self._terms:
                self._build.mark(inner_anchor(term))
                self._terms[-1].append(text)
            elif text:
                self._build.add(f" {text} ")

    def _heading(self, tag: Tag) -> Leave | bool:
        level = int(tag.name[1]) if tag.name in HEADINGS else _aria_level(tag)
        anchor = inner_anchor(tag)
        if first_tag(tag, _BLOCKS_IN_HEADING) is not None:
            self._build.open_heading(level, anchor)
            return self._build.close
        links: list[Tag] = []
        text = flat_text(tag, self._chrome.skip, links)
        if text:
            self._build.heading(text, level, anchor, self._links(links))
        else:
            self._build.mark(anchor)
        return True

    def _table(self, tag: Tag) -> Leave | bool:
        if self._chrome.furniture and is_navigation(tag):
            return True
        found = admonition(tag)
        if found is not None:
            if found.title is not None:
                self._titles.add(id(found.title))
            self._build.open_admonition(found.label, found.heading)
            return self._build.close
        caption = self._captions.pop() if self._captions else ""
        if is_layout(tag):
            if caption:
                self._build.add(caption)
                self._build.flush()
            return self._build.flush
        table = read_table(tag, self._chrome.skip, caption)
        self._build.table(table.rows, table.header_rows, table.caption, self._links(table.links))
        return True

    def _caption(self, tag: Tag) -> None:
        """The title that stands beside a table, in the same box, belongs to the table."""
        boxed = tag.name == "div" and "table" in attr(tag, "class").lower()
        if not (boxed or tag.name == "figure") or first_tag(tag, _TABLE) is None:
            return
        for child in child_tags(tag):
            titled = child.name in ("p", "div") and "title" in attr(child, "class").split()
            if child.name == "figcaption" or (titled and boxed):
                self._captions.append(flat_text(child, self._chrome.skip))
                self._titles.add(id(child))
                return

    def _list(self, tag: Tag) -> Leave:
        self._lists.append(numbering(tag))
        self._build.open_list()
        return self._close_list

    def _close_list(self) -> None:
        self._build.close()
        self._lists.pop()

    def _definitions(self, tag: Tag) -> Leave:
        self._terms.append([])
        found = admonition(tag)
        if found is not None:
            self._build.open_admonition(found.label, found.heading)
        else:
            self._build.open_list()
        return self._close_definitions

    def _definition(self) -> Leave:
        terms = self._terms[-1] if self._terms else []
        self._build.open_item("", step=False, terms=", ".join(terms), links=self._links(self._term_links))
        terms.clear()
        self._term_links.clear()
        return self._build.close

    def _close_definitions(self) -> None:
        if self._terms[-1]:
            self._definition()()
        self._terms.pop()
        self._build.close()


def _nothing() -> None:
    """Inline elements end without a trace."""


def _aria_level(tag: Tag) -> int:
    level = attr(tag, "aria-level")
    return int(level) if level in ("1", "2", "3", "4", "5", "6") else 2


def _note_mark(tag: Tag) -> Tag | None:
    """The number or name of a footnote that is not an item of a list."""
    first = next(iter(child_tags(tag)), None)
    return first if first is not None and first.name == "span" and "label" in attr(first, "class") else None
