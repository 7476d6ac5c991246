"""What the author can mend: headings, tables, links, images, hidden text."""

import re
from collections import Counter
from collections.abc import Iterator
from urllib.parse import unquote

from headwater.linting.cuts import place_of
from headwater.linting.rules import Finding
from headwater.linting.tally import Tally, shortened
from headwater.model import Block, BlockKind, Document

_TOP = ("", "top")
_NAMED = re.compile(rb"""(?:\b(?:id|name)\s*=\s*["']?|\{\s*#)([^\s"'>}]+)""")
_HTML_IMAGE = re.compile(r"<img\b[^>]*>", re.IGNORECASE)
_HTML_ALT = re.compile(r"""\balt(?:\s*=\s*|[\s/>])""", re.IGNORECASE)
_HTML_SOURCE = re.compile(r"""\bsrc\s*=\s*["']?([^"'\s>]+)""", re.IGNORECASE)
_MARKDOWN_IMAGE = re.compile(r"!\[([^\]]*)\][(\[]([^)\]\s]*)")
_CODE = re.compile(r"^ {0,3}(`{3,}|~{3,}).*?^ {0,3}\1[`~]*[ \t]*$|`[^`\n]+`|<!--.*?-->", re.MULTILINE | re.DOTALL)
_HTML_CODE = re.compile(r"<!--.*?-->|<(script|style|template)\b.*?</\1\s*>", re.IGNORECASE | re.DOTALL)


def examine_writing(document: Document, tally: Tally) -> None:
    """Count what is wrong with a document whatever chunks are made of it."""
    among: Counter[str] = Counter()
    findings = [
        *_headings(document, among),
        *_tables(document, among),
        *_anchors(document, among),
        *_images(document, among),
        *_hidden(document, among),
    ]
    tally.among(among)
    tally.add(findings)


def _headings(document: Document, among: Counter[str]) -> Iterator[Finding]:
    blocks = document.blocks
    before = 0
    for number, block in enumerate(blocks):
        if block.kind is not BlockKind.HEADING:
            continue
        among.update(["empty_sections", "skipped_levels"])
        following = blocks[number + 1] if number + 1 < len(blocks) else None
        ends = following is None or (following.kind is BlockKind.HEADING and following.level <= block.level)
        # A document of one line is a title, not a section.
        if ends and len(blocks) > 1:
            yield _finding("empty_sections", document, number, block.text)
        if before and block.level > before + 1:
            yield _finding("skipped_levels", document, number, f"level {before}, then {block.level}: {block.text}")
        before = block.level


def _tables(document: Document, among: Counter[str]) -> Iterator[Finding]:
    for number, block in enumerate(document.blocks):
        if block.kind is BlockKind.TABLE:
            among["headless_tables"] += 1
            if not block.header_rows:
                yield _finding("headless_tables", document, number, block.text)


def _anchors(document: Document, among: Counter[str]) -> Iterator[Finding]:
    known: set[str] | None = None
    for number, block in enumerate(document.blocks):
        for shown, target in block.links:
            if not target.startswith("#"):
                continue
            anchor = unquote(target[1:])
            among["dead_anchors"] += 1
            known = _known_anchors(document) if known is None else known
            if anchor.lower() not in known and not anchor.startswith((":~:", "page=")):
                yield _finding("dead_anchors", document, number, f"{shown} ({target})")


def _known_anchors(document: Document) -> set[str]:
    """Of blocks, of headings as renderers make them, and of any element of the file itself, in lower case."""
    named = {found.decode("utf-8", "replace") for found in _NAMED.findall(document.raw.content)}
    of_blocks = {block.anchor for block in document.blocks if block.anchor}
    slugs = {slug for block in document.blocks if block.kind is BlockKind.HEADING for slug in _slugs(block)}
    return {*_TOP, *(name.lower() for name in (*named, *of_blocks, *slugs))}


def _slugs(block: Block) -> Iterator[str]:
    text = block.text.strip().lower()
    yield re.sub(r"[^\w\- ]", "", text).replace(" ", "-")
    yield re.sub(r"[\W_]+", "-", text).strip("-")


def _images(document: Document, among: Counter[str]) -> Iterator[Finding]:
    """From the file, since an image without a text leaves nothing behind."""
    kind = document.raw.media_type.partition(";")[0]
    if kind not in ("text/html", "text/markdown"):
        return
    markdown = kind == "text/markdown"
    text = document.raw.content.decode("utf-8", "replace")
    text = (_CODE if markdown else _HTML_CODE).sub("", text)
    for tag in _HTML_IMAGE.findall(text):
        among["missing_alt"] += 1
        if not _HTML_ALT.search(tag):
            source = _HTML_SOURCE.search(tag)
            yield _finding("missing_alt", document, None, source[1] if source else tag)
    for alt, target in _MARKDOWN_IMAGE.findall(text) if markdown else ():
        among["missing_alt"] += 1
        if not alt.strip():
            yield _finding("missing_alt", document, None, target)


def _hidden(document: Document, among: Counter[str]) -> Iterator[Finding]:
    among["hidden_text"] += 1
    said = [stripped for stripped in document.stripped if stripped.words]
    if said:
        longest = max(said, key=lambda stripped: stripped.words)
        words = sum(stripped.words for stripped in said)
        yield _finding("hidden_text", document, None, f"{words} words; {longest.what}: {longest.sample}")


def _finding(rule: str, document: Document, number: int | None, text: str) -> Finding:
    return Finding(
        rule=rule,
        source=document.raw.source,
        document=document.raw.id,
        place=place_of(document.blocks, number) if number is not None else "",
        text=shortened(text),
    )
