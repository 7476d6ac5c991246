"""How many chunks one edit changes: each changed one has to be embedded again."""

from collections.abc import Sequence
from dataclasses import replace

from headwater.interfaces import Chunker
from headwater.model import Block, BlockKind, Chunk, Document, digest

_TEXT = (BlockKind.PARAGRAPH, BlockKind.LIST_ITEM, BlockKind.STEP)
_LONG_ENOUGH = 40


def changed_by_edits(document: Document, before: Sequence[Chunk], chunker: Chunker, *, most: int = 2) -> list[int]:
    """For up to `most` paragraphs or items of a document, chosen by their text: new hashes when a word is replaced."""
    candidates = [
        position
        for position, block in enumerate(document.blocks)
        if block.kind in _TEXT and len(block.text) >= _LONG_ENOUGH and " " in block.text
    ]
    known = {chunk.embedded_hash for chunk in before}
    changed = []
    for position in sorted(candidates, key=lambda one: digest(document.blocks[one].text))[:most]:
        blocks = (*document.blocks[:position], _edited(document.blocks[position]), *document.blocks[position + 1 :])
        after = chunker(replace(document, blocks=blocks))
        changed.append(sum(chunk.embedded_hash not in known for chunk in after))
    return changed


def _edited(block: Block) -> Block:
    words = block.text.split(" ")
    middle = len(words) // 2
    return replace(block, text=" ".join([*words[:middle], "otherwise", *words[middle + 1 :]]))
