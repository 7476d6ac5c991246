"""The text of a mail as its reader means it: the message before what it answers, nothing hidden."""

import re
from collections.abc import Iterator

from bs4 import Tag

from headwater.parsing import office
from headwater.parsing.html import make_soup
from headwater.parsing.html_page import Page
from headwater.parsing.html_tree import attr
from headwater.parsing.tally import HIDDEN_TEXT, Tally

_QUOTED = re.compile(r"((?:[>|] ?)+)(.*)")
_QUOTE_CLASS = re.compile(r"(?:^|\s)(?:gmail_quote\S*|yahoo_quoted|moz-cite-prefix|protonmail_quote|quote)(?=\s|$)")
_LONGEST_ATTRIBUTION = 3


def plain_body(text: str) -> str:
    """Quoted lines with one mark a paragraph, so that they flow; a quotation above the answer goes below it."""
    parts = [(depth, "\n".join(lines)) for depth, lines in _parts(text.split("\n"))]
    first = next((n for n, (depth, shown) in enumerate(parts) if depth or shown.strip()), 0)
    if any(depth for depth, _ in parts):
        parts = _answer_first(parts[first:])
    return "\n\n".join(_marked(shown) if depth else shown for depth, shown in parts)


def _parts(lines: list[str]) -> Iterator[tuple[int, list[str]]]:
    """Runs of lines of the same depth of quotation, 0 for the message itself; an attribution joins its quotation."""
    depth, run = 0, list[str]()
    for line in lines:
        found = _QUOTED.fullmatch(line)
        inner = found[1].count(">") + found[1].count("|") if found and ">" in found[1] else 0
        if inner != depth:
            led = _attribution(run) if inner and not depth else []
            if run[: len(run) - len(led)]:
                yield depth, run[: len(run) - len(led)]
            if led:
                yield -1, led
            depth, run = inner, []
        run.append(found[2] if found and inner else line)
    if run:
        yield depth, run


def _attribution(lines: list[str]) -> list[str]:
    """The lines at the end that say whose words follow ("On Monday Bob wrote:"), if there are such."""
    end = len(lines)
    while end and not lines[end - 1].strip():
        end -= 1
    if not end or not lines[end - 1].rstrip().endswith(":"):
        return []
    start = end - 1
    while start and lines[start - 1].strip() and end - start < _LONGEST_ATTRIBUTION:
        start -= 1
    return lines[start:] if not start or not lines[start - 1].strip() else []


def _answer_first(parts: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """Answers between quotations stay where they are: there the order says what answers what."""
    own = [n for n, (depth, shown) in enumerate(parts) if not depth and shown.strip()]
    if parts and parts[0][0] and own and not any(depth for depth, _ in parts[own[0] :]):
        return [*parts[own[0] :], *parts[: own[0]]]
    return parts


def _marked(text: str) -> str:
    """Each paragraph on one line behind its mark; items of a list stay apart."""
    paragraphs: list[str] = []
    fresh = True
    for line in text.split("\n"):
        if line.strip() and (fresh or office.typed_item(line.strip())):
            paragraphs.append(f"> {line.strip()}")
        elif line.strip():
            paragraphs[-1] += f" {line.strip()}"
        fresh = not line.strip()
    return "\n\n".join(paragraphs)


def html_body(markup: str, tally: Tally) -> Page:
    """The page without what is hidden, which is counted; a quotation above the answer goes below it."""
    page = Page(make_soup(markup), markup)
    for _, _, said in page.hidden:
        tally.add(HIDDEN_TEXT, said)
    body = page.body
    leading = _leading_quotes(body)
    if leading and body.get_text(strip=True) != "".join(quote.get_text(strip=True) for quote in leading):
        for quote in leading:
            body.append(quote.extract())
    return page


def _leading_quotes(body: Tag) -> list[Tag]:
    """The quotations before any other text of the message."""
    holder = body
    while True:
        shown = [child for child in holder.contents if child.get_text(strip=True)]
        if len(shown) != 1 or not isinstance(shown[0], Tag) or _is_quote(shown[0]):
            break
        holder = shown[0]
    leading: list[Tag] = []
    for child in shown:
        if not (isinstance(child, Tag) and _is_quote(child)):
            break
        leading.append(child)
    return leading


def _is_quote(tag: Tag) -> bool:
    return (tag.name == "blockquote" and attr(tag, "type") == "cite") or bool(_QUOTE_CLASS.search(attr(tag, "class")))
