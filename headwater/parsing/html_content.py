"""Where on a page the content is: named containers first, then where the text is that is not links."""

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass

from bs4 import Tag
from bs4.element import PageElement

from headwater.parsing.html_chrome import Chrome
from headwater.parsing.html_page import Page
from headwater.parsing.html_tree import BLOCKS, HEADINGS, attr, child_tags, is_text

_CONTAINER = re.compile(
    r"(?:^|\s)(?:(?:main|page|article|post|entry|doc|docs|document|body|wiki|help|topic)[-_]?(?:content|body|text|main)"
    r"|content|main|mw-content-text|bodycontent|markdown-body|rst-content|theme-doc-markdown|document|documentwrapper"
    r"|article|td-content|vp-doc|body)(?=\s|$)",
    re.I,
)
_NO_TEXT = frozenset(("script", "style", "template", "noscript", "head", "svg"))
# Shares of the page's text; a container below them is not where the content is.
_MAIN_SHARE, _CONTAINER_SHARE, _SAME_SHARE = 0.1, 0.5, 0.9
_FURNITURE_SHARE = 0.4
_LINK_LIST_LINKS, _LINK_LIST_SHARE = 4, 0.7
_LEAST_PROSE, _FIRST_PROSE = 400, 40


@dataclass(slots=True)
class _Weight:
    text: int = 0
    linked: int = 0
    links: int = 0
    titles: int = 0

    @property
    def prose(self) -> int:
        return self.text - self.linked


class Weights:
    """Characters of text, of link text, and counts of links and headings inside every element of a page."""

    def __init__(self, root: Tag) -> None:
        self._of: dict[int, _Weight] = {}
        self._measure(root)

    def __getitem__(self, tag: Tag) -> _Weight:
        return self._of.get(id(tag)) or _Weight()

    def _measure(self, root: Tag) -> None:
        total = self._of[id(root)] = _Weight()
        stack: list[tuple[_Weight, Iterator[PageElement], bool]] = [(total, iter(root.contents), False)]
        while stack:
            weight, children, in_link = stack[-1]
            node = next(children, None)
            if node is None:
                stack.pop()
                if stack:
                    _add(stack[-1][0], weight)
            elif isinstance(node, Tag):
                if node.name in _NO_TEXT:
                    continue
                link = node.name == "a" and "href" in node.attrs
                inner = self._of[id(node)] = _Weight(links=int(link), titles=int(node.name in ("h1", "h2")))
                stack.append((inner, iter(node.contents), in_link or link))
            elif is_text(node):
                length = len(str(node).strip())
                weight.text += length
                weight.linked += length if in_link else 0


def _add(outer: _Weight, inner: _Weight) -> None:
    outer.text += inner.text
    outer.linked += inner.linked
    outer.links += inner.links
    outer.titles += inner.titles


def content_root(page: Page, chrome: Chrome) -> Tag:
    """The element that holds the page's content; also tells `chrome` what is too large to be furniture."""
    body = page.body
    weights = Weights(body)
    root = _main(page, weights) or _container(page, weights) or body
    if root.name == "main" or attr(root, "role") == "main":
        root = _only_article(page, root, weights) or root
    chrome.root = root
    _protect(root, weights, chrome)
    _drop_link_lists(root, weights, chrome)
    return root


def _main(page: Page, weights: Weights) -> Tag | None:
    body = page.body
    named = [*page.all("main"), *(tag for tag in page.with_role if attr(tag, "role") == "main")]
    best = max(named[:20], key=lambda tag: weights[tag].text, default=None)
    if best is not None and weights[best].text >= max(1, _MAIN_SHARE * weights[body].prose):
        return best
    return _only_article(page, body, weights)


def _only_article(page: Page, root: Tag, weights: Weights) -> Tag | None:
    """The one article that has most of the text, and all of the titles, of `root`."""
    inside = (tag for tag in page.all("article")[:50] if any(parent is root for parent in tag.parents))
    best = max(inside, key=lambda tag: weights[tag].prose, default=None)
    if best is not None and _holds(best, root, weights, _CONTAINER_SHARE):
        return best
    return None


def _holds(tag: Tag, root: Tag, weights: Weights, share: float) -> bool:
    inner, outer = weights[tag], weights[root]
    return inner.prose > 0 and inner.prose >= share * outer.prose and inner.titles == outer.titles


def _container(page: Page, weights: Weights) -> Tag | None:
    """The deepest container by name that still has nearly all of the text of the best of them."""
    best: Tag | None = None
    named = (tag for name in ("div", "section", "td") for tag in page.all(name) if _is_container(tag))
    for tag in itertools.islice(named, 200):
        reference = page.body if best is None else best
        share = _CONTAINER_SHARE if best is None else _SAME_SHARE
        # A cell of a table is the frame of a page only when the title is in it.
        cell = tag.name == "td" and not weights[tag].titles
        if not cell and _holds(tag, reference, weights, share):
            best = tag
    return best


def _is_container(tag: Tag) -> bool:
    names = f"{attr(tag, 'id')} {attr(tag, 'class')}"
    return len(names) > 3 and _CONTAINER.search(names) is not None


def _protect(root: Tag, weights: Weights, chrome: Chrome) -> None:
    """A class name that sounds like furniture does not make furniture of what holds much of the text, or the title."""
    least = _FURNITURE_SHARE * weights[root].prose
    node: Tag | None = root
    while node is not None:
        large = None
        for child in child_tags(node):
            weight = weights[child]
            if weight.prose >= least and weight.prose > 0:
                chrome.kept.add(id(child))
                large = child
        node = large


def _drop_link_lists(root: Tag, weights: Weights, chrome: Chrome) -> None:
    """Ahead of the first prose of a page with real text, blocks that are little but links are furniture."""
    if weights[root].prose < _LEAST_PROSE:
        return
    stack = [iter(child_tags(root))]
    while stack:
        child = next(stack[-1], None)
        if child is None:
            stack.pop()
            continue
        weight = weights[child]
        if child.name in HEADINGS or not weight.text or chrome.skip(child):
            continue
        if child.name in BLOCKS and not weight.titles and _is_link_list(weight):
            chrome.dropped.add(id(child))
        elif child.name in ("p", "pre", "table", "blockquote", "dd") and weight.prose >= _FIRST_PROSE:
            return
        elif child.name in BLOCKS:
            stack.append(iter(child_tags(child)))


def _is_link_list(weight: _Weight) -> bool:
    return weight.links >= _LINK_LIST_LINKS and weight.linked >= _LINK_LIST_SHARE * weight.text
