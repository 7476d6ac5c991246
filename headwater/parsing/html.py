"""HTML pages to blocks."""

import gc
import re
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urljoin

from bs4 import BeautifulSoup, Tag
from bs4.exceptions import ParserRejectedMarkup

from headwater.errors import BrokenFileError
from headwater.model import Block, Document, RawDocument
from headwater.parsing.blocks import document
from headwater.parsing.encoding import decode
from headwater.parsing.html_chosen import chosen_root, drop
from headwater.parsing.html_chrome import Chrome
from headwater.parsing.html_content import content_root
from headwater.parsing.html_meta import page_meta
from headwater.parsing.html_names import asks_for_feedback
from headwater.parsing.html_page import Page
from headwater.parsing.html_tree import attr
from headwater.parsing.html_walk import Walker
from headwater.parsing.tally import COMMENT, HIDDEN_TEXT, Tally
from headwater.parsing.templates import is_template, without_tags

VERSION = "3"

_XML_PROLOG = re.compile(r"<\?(?=xml)", re.I)
_MOST_COUNTED = 500
_LITTLE = 4
"""Words; as many are hidden everywhere for screen readers alone, and mean nothing to anybody else."""


def parse(raw: RawDocument) -> Document:
    """The content of a page, without navigation, hidden text and scripts."""
    tally = Tally()
    markup = decode(raw.content, media_type=raw.media_type, markup=True, tally=tally)
    if is_template(raw.id):
        markup = without_tags(markup)
    with no_collections():
        soup = make_soup(markup)
        drop(soup, raw.wishes.get("drop", ()))
        page = Page(soup, markup)
        chrome = Chrome(page)
        root = chosen_root(page, chrome, raw.wishes.get("keep", ())) or content_root(page, chrome)
        base = _base(raw, page)
        blocks = Walker(chrome, base).walk(root)
        if not any(block.text for block in blocks):
            # A page that is nothing but navigation, a table of contents for example.
            root, chrome = page.body, Chrome(page, furniture=False)
            blocks = Walker(chrome, base).walk(root)
        _count(page, root, chrome, tally)
        said = [block for block in blocks if not asks_for_feedback(block)]
        return document(raw, said or blocks, page_meta(page, chrome), tally)


def markup_blocks(markup: str, tally: Tally | None = None, base: str = "") -> list[Block]:
    """Blocks of HTML that is content as a whole, such as what Markdown renders to; `base` is for its links."""
    with no_collections():
        page = Page(make_soup(markup), markup)
        chrome = Chrome(page)
        if tally is not None:
            _count(page, page.soup, chrome, tally)
        return Walker(chrome, base).walk(page.body)


def web_base(uri: str) -> str:
    """The address that relative links start from; empty where a document has none."""
    return uri if uri.startswith(("http://", "https://")) else ""


def _base(raw: RawDocument, page: Page) -> str:
    stated = next((attr(tag, "href").strip() for tag in page.all("base")), "")
    base = web_base(raw.uri)
    return urljoin(base, stated) if base and stated else base or web_base(stated)


def _count(page: Page, root: Tag, chrome: Chrome, tally: Tally) -> None:
    """What was hidden inside the content; navigation, dialogs and the like hide much that nobody would have read."""
    for parent, tag, text in page.hidden[:_MOST_COUNTED]:
        by_aria = tag is not None and "style" not in tag.attrs and "hidden" not in tag.attrs
        if by_aria and len(text.split()) <= _LITTLE:
            continue
        if (tag is None or not chrome.skip(tag)) and _shown(parent, root, chrome):
            tally.add(HIDDEN_TEXT, text)
    for parent, text in page.comments[:_MOST_COUNTED]:
        if not text.lstrip().lower().startswith("[if") and _shown(parent, root, chrome):
            tally.add(COMMENT, text)


def _shown(tag: Tag, root: Tag, chrome: Chrome) -> bool:
    """Whether an element is part of the content."""
    node: Tag | None = tag
    while node is not None and node is not root:
        if chrome.skip(node):
            return False
        node = node.parent
    return node is root


def make_soup(markup: str) -> BeautifulSoup:
    """The tree of a page; BrokenFileError when no parser takes it."""
    # BeautifulSoup warns about XML, and about texts that look like a file name or an address.
    markup = _XML_PROLOG.sub("<?_", markup)
    if "<" not in markup:
        markup = f"<p>{markup}"
    try:
        return BeautifulSoup(markup, "lxml", multi_valued_attributes=None)
    except ParserRejectedMarkup as error:
        raise BrokenFileError("the page cannot be read as HTML", advice="Open and save it again.") from error


@contextmanager
def no_collections() -> Iterator[None]:
    """Pause the garbage collector: a tree of a million nodes halves its cost, and has nothing to collect."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
