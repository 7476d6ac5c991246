"""HTML pages to blocks."""

import gc
import re
from collections.abc import Iterator
from contextlib import contextmanager

from bs4 import BeautifulSoup
from bs4.exceptions import ParserRejectedMarkup

from headwater.errors import BrokenFileError
from headwater.model import Block, Document, RawDocument
from headwater.parsing.blocks import document
from headwater.parsing.encoding import decode
from headwater.parsing.html_chrome import Chrome
from headwater.parsing.html_content import content_root
from headwater.parsing.html_meta import page_meta
from headwater.parsing.html_tree import Page
from headwater.parsing.html_walk import Walker

VERSION = "1"

_XML_PROLOG = re.compile(r"<\?(?=xml)", re.I)


def parse(raw: RawDocument) -> Document:
    """The content of a page, without navigation, hidden text and scripts."""
    with no_collections():
        page = Page(make_soup(decode(raw.content, media_type=raw.media_type, markup=True)))
        chrome = Chrome(page)
        blocks = Walker(chrome).walk(content_root(page, chrome))
        if not any(block.text for block in blocks):
            # A page that is nothing but navigation, a table of contents for example.
            blocks = Walker(Chrome(page, furniture=False)).walk(page.body)
        return document(raw, blocks, page_meta(page, chrome))


def markup_blocks(markup: str) -> list[Block]:
    """Blocks of HTML that is content as a whole, such as what Markdown renders to."""
    with no_collections():
        page = Page(make_soup(markup))
        return Walker(Chrome(page)).walk(page.body)


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
