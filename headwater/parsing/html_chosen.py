"""What a source's settings say of its pages: where their content is, and what to leave out of it."""

from collections.abc import Sequence

from bs4 import BeautifulSoup, Tag

from headwater.parsing.html_chrome import Chrome
from headwater.parsing.html_page import Page
from headwater.parsing.html_tree import attr, first_text, words

_BOXES = words("html body main article section div header footer aside nav form fieldset td center")


def drop(soup: BeautifulSoup, selectors: Sequence[str]) -> None:
    """Take out what any of these CSS selectors names."""
    for selector in selectors:
        for tag in soup.select(selector):
            if tag.parent is not None:
                tag.extract()


def chosen_root(page: Page, chrome: Chrome, selectors: Sequence[str]) -> Tag | None:
    """A box with what these CSS selectors name, in document order; None where they name nothing that has text."""
    if not selectors:
        return None
    found = {id(tag): tag for tag in page.soup.select(", ".join(selectors)) if first_text(tag)}
    outermost = [tag for tag in found.values() if not any(id(parent) in found for parent in tag.parents)]
    if not outermost:
        return None
    box = page.soup.new_tag("div")
    for tag in outermost:
        # The box around the content is content, whatever it is called.
        inner = page.soup.new_tag("div", attrs={"id": attr(tag, "id")} if "id" in tag.attrs else {})
        for child in list(tag.contents) if tag.name in _BOXES else [tag]:
            inner.append(child)
        box.append(inner)
    page.body.append(box)
    chrome.root = box
    return box
