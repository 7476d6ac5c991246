"""reStructuredText to blocks: rendered to HTML by docutils, safely, and read by the rules for HTML."""

import io

from docutils.core import publish_parts

from headwater.model import Block, BlockKind, Document, MetaValue, RawDocument
from headwater.parsing.blocks import document
from headwater.parsing.encoding import decode
from headwater.parsing.html import markup_blocks, web_base
from headwater.parsing.rst_names import accept_unknown_names
from headwater.parsing.tally import Tally
from headwater.parsing.text import text_blocks

VERSION = "2"

_SETTINGS = {
    # What a document may not do: read other files, write HTML itself, or bring its own settings.
    "file_insertion_enabled": False,
    "raw_enabled": False,
    "_disable_config": True,
    "report_level": 5,
    "halt_level": 5,
    # Errors reach us; otherwise docutils prints them and ends the process.
    "traceback": True,
    "embed_stylesheet": False,
    "stylesheet_path": "",
    "syntax_highlight": "none",
    "math_output": "LaTeX",
    "doctitle_xform": False,
    "docinfo_xform": False,
    "sectsubtitle_xform": False,
    "initial_header_level": 1,
    "section_self_link": False,
    "toc_backlinks": False,
    "footnote_backlinks": False,
    "line_length_limit": 100_000_000,
    "input_encoding": "unicode",
    "output_encoding": "unicode",
}


def parse(raw: RawDocument) -> Document:
    """The content of a reStructuredText file, whatever directives and roles it uses."""
    tally = Tally()
    text = decode(raw.content, media_type=raw.media_type, tally=tally)
    blocks = rst_blocks(text, tally, web_base(raw.uri))
    title = next((block.text for block in blocks if block.kind is BlockKind.HEADING and block.level == 1), "")
    meta: dict[str, MetaValue] = {"title": title} if title else {}
    return document(raw, blocks, meta, tally)


def rst_blocks(text: str, tally: Tally | None = None, base: str = "") -> list[Block]:
    """Blocks of reStructuredText; of plain text, when docutils cannot make sense of it."""
    accept_unknown_names(text)
    try:
        parts = publish_parts(text, writer="html5", settings_overrides={**_SETTINGS, "warning_stream": io.StringIO()})
    except Exception:  # noqa: BLE001 - docutils promises no error type, and its words are still worth having
        return list(text_blocks(text))
    return markup_blocks(str(parts["html_body"]), tally, base)
