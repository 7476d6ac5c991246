"""Lines that stand for headings in release notes whose format has none: "* Version 3.7.9 (released 2023-02-09)"."""

import re
from dataclasses import replace
from itertools import zip_longest

from chunking.flow import ITEMS
from chunking.release_facts import release_line, section_named
from headwater.model import Block, BlockKind, Document

_OUTLINE = re.compile(r"\*{2,}\s+(?=\w)")
_FEW_WORDS = 4


def with_headings(document: Document) -> Document:
    """The document with such lines as headings: of a release below the heading above, of its parts below that.

    Headings of parts that stand beside the heading of their release go below it.
    """
    blocks: list[Block] = []
    level, inside, beside = 0, False, 0
    for block, following in zip_longest(document.blocks, document.blocks[1:]):
        if block.kind is BlockKind.HEADING:
            release = release_line(block.text) is not None
            if release and (not beside or block.level <= beside):
                beside = block.level if following is not None and _is_beside(block, following) else 0
            elif beside and block.level < beside:
                beside = 0
            elif beside and not release:
                block = replace(block, level=block.level + 1)
            level, inside = block.level, False
        elif following is not None and _is_release(block, following):
            block, inside = _heading(block, level + 1), True
        elif following is not None and _is_part(block, following):
            block = _heading(block, level + 1 + inside)
        blocks.append(block)
    return replace(document, blocks=tuple(blocks))


def _is_beside(release: Block, following: Block) -> bool:
    same = following.kind is BlockKind.HEADING and following.level == release.level
    return same and release_line(following.text) is None


def _heading(block: Block, level: int) -> Block:
    return replace(block, kind=BlockKind.HEADING, level=level, group=0, ordinal="")


def _is_release(block: Block, following: Block) -> bool:
    if following.kind is BlockKind.HEADING or release_line(following.text) is not None:
        return False
    if block.kind is BlockKind.PARAGRAPH:
        return release_line(block.text) is not None
    # An item with other items in its list is one of them.
    alone = block.kind is BlockKind.LIST_ITEM and not (following.kind in ITEMS and following.group == block.group)
    return alone and not block.level and release_line(block.text) is not None


def _is_part(block: Block, following: Block) -> bool:
    """A few words that announce a list, or an outline's mark before the name of a kind of change."""
    text = block.text.strip()
    if block.kind is not BlockKind.PARAGRAPH or "\n" in text:
        return False
    if _OUTLINE.match(text):
        return bool(section_named(_OUTLINE.sub("", text))) and ":" not in text
    return len(text.split()) <= _FEW_WORDS and text.endswith(":") and following.kind in ITEMS
