"""Markdown to blocks: rendered to HTML and read by the rules for HTML, so that both say the same."""

import itertools
import re
from collections.abc import Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.admon import admon_plugin
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.footnote import footnote_plugin

from headwater.model import Block, BlockKind, Document, MetaValue, RawDocument
from headwater.parsing.blocks import document
from headwater.parsing.encoding import decode
from headwater.parsing.html import markup_blocks, web_base
from headwater.parsing.markdown_prepare import prepare
from headwater.parsing.tally import Tally
from headwater.parsing.templates import is_template, without_tags
from headwater.parsing.text import text_blocks

VERSION = "4"

# The parser leaves out, silently, what is nested deeper; its recursion ends with an error long before.
_NESTING = 10_000
_OWN_ID = re.compile(r"\s*\{:?\s*#([\w:.-]+)[^{}]*\}\s*$")
_HTML_ANCHOR = re.compile(r"<a\s[^>]*\b(?:name|id)\s*=", re.I)
_NOT_IN_SLUG = re.compile(r"[^\w\- ]")
_LANGUAGE = re.compile(r"^[{\s.]*([\w+#.-]*[\w+#])")


def parse(raw: RawDocument) -> Document:
    """The content of a Markdown file; its front matter is the connector's to read."""
    tally = Tally()
    text = decode(raw.content, media_type=raw.media_type, tally=tally)
    if is_template(raw.id):
        text = without_tags(text)
    blocks = markdown_blocks(text, tally, web_base(raw.uri))
    title = next((block.text for block in blocks if block.kind is BlockKind.HEADING and block.level == 1), "")
    meta: dict[str, MetaValue] = {"title": title} if title else {}
    return document(raw, blocks, meta, tally)


def markdown_blocks(text: str, tally: Tally | None = None, base: str = "") -> list[Block]:
    """Blocks of Markdown text; what no reader sees of it is counted into `tally`."""
    renderer = _renderer()
    try:
        tokens = renderer.parse(prepare(text, tally))
    except RecursionError:
        # Hundreds of levels mean nothing any more; the words still do.
        return list(text_blocks(text))
    _name_headings(tokens)
    for token in tokens:
        if token.type == "fence":
            language = _LANGUAGE.match(token.info)
            token.info = language.group(1) if language else ""
    return markup_blocks(renderer.renderer.render(tokens, renderer.options, {}), tally, base)


def _renderer() -> MarkdownIt:
    renderer = MarkdownIt("commonmark", {"html": True, "maxNesting": _NESTING})
    renderer.enable(["table", "strikethrough"])
    return renderer.use(footnote_plugin).use(deflist_plugin).use(admon_plugin)


def _name_headings(tokens: Sequence[Token]) -> None:
    """Give every heading the id that code forges give it: words joined by hyphens, -1, -2 when it comes again."""
    used: set[str] = set()
    counts: dict[str, int] = {}
    for opening, inline in itertools.pairwise(tokens):
        if opening.type != "heading_open" or any(
            child.type == "html_inline" and _HTML_ANCHOR.match(child.content) for child in inline.children or ()
        ):
            continue
        own = _take_own_id(inline)
        base = _slug(inline)
        name = own or base
        while not own and name in used:
            counts[base] = counts.get(base, 0) + 1
            name = f"{base}-{counts[base]}"
        used.add(name)
        if name:
            opening.attrSet("id", name)


def _take_own_id(inline: Token) -> str:
    """`## Title {#id}`: the id, taken out of the text."""
    last = inline.children[-1] if inline.children else None
    found = _OWN_ID.search(last.content) if last is not None and last.type == "text" else None
    if found is None or last is None:
        return ""
    last.content = last.content[: found.start()]
    return found.group(1)


def _slug(inline: Token) -> str:
    text = "".join(child.content for child in inline.children or () if child.type in ("text", "code_inline", "image"))
    return _NOT_IN_SLUG.sub("", text.strip().lower()).replace(" ", "-")
