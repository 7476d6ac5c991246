"""Tables, code, procedures and items of a document, and whether chunks keep them together."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from chunking.release_facts import release_line
from chunking.render import rendered
from headwater.interfaces import Tokens
from headwater.model import Block, BlockKind, Chunk, Document

ITEMS = (BlockKind.LIST_ITEM, BlockKind.STEP)
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Unit:
    """What has to stay together."""

    what: str
    text: str

    @property
    def words(self) -> str:
        return _words(self.text)


def units(document: Document, *, entries: bool) -> Iterator[Unit]:
    """By kind; with `entries`, the items of a list are apart from each other, as in release notes."""
    runs = [list(run) for _, run in groupby(document.blocks, key=lambda block: (block.group, _family(block)))]
    for blocks in _counted_on(runs):
        group, kind = blocks[0].group, _family(blocks[0])
        for block in blocks:
            if block.kind is BlockKind.TABLE:
                yield Unit("table", block.text)
            elif block.kind is BlockKind.CODE:
                yield Unit("code", block.text)
        if kind == "items" or (group and any(block.kind in ITEMS for block in blocks)):
            yield from _listed(blocks, entries=entries)


def _counted_on(runs: Sequence[list[Block]]) -> Iterator[list[Block]]:
    """Steps that go on counting after at most eight blocks are one procedure, with those blocks."""
    found: list[list[Block]] = []
    for run in runs:
        step = run[0]
        if step.kind is BlockKind.STEP and step.ordinal.isdigit():
            for back in range(1, len(found) + 1):
                between = [block for part in found[len(found) - back + 1 :] for block in part]
                if len(between) > 8 or any(block.kind is BlockKind.HEADING for block in found[-back]):
                    break
                numbers = [b.ordinal for b in found[-back] if b.kind is BlockKind.STEP and b.level == step.level]
                if numbers and numbers[-1].isdigit():
                    if int(numbers[-1]) + 1 == int(step.ordinal):
                        run = [*(block for part in found[-back:] for block in part), *run]
                        del found[-back:]
                    break
        found.append(run)
    yield from found


def _family(block: Block) -> str:
    # Everything in one list has the list's group; only blocks without any are told apart by kind.
    return "grouped" if block.group else "items" if block.kind in ITEMS else "other"


def _listed(blocks: Sequence[Block], *, entries: bool) -> Iterator[Unit]:
    items: list[list[Block]] = []
    outermost = min((block.level for block in blocks if block.kind in ITEMS), default=0)
    for block in blocks:
        if not items or (block.kind in ITEMS and block.level == outermost):
            items.append([block])
        else:
            items[-1].append(block)
    for item in items:
        if entries and release_line(item[0].text) is not None:
            # It stands for a heading.
            yield from _listed(item[1:], entries=True)
            continue
        yield Unit("item", _shown(item))
    if not entries and any(block.kind is BlockKind.STEP and block.level == outermost for block in blocks):
        yield Unit("procedure", _shown(blocks))


def _shown(blocks: Sequence[Block]) -> str:
    lines = []
    before: Block | None = None
    for block in blocks:
        # An admonition of several blocks shows its word once.
        again = before is not None and before.kind is block.kind and before.group == block.group > 0
        lines.append(rendered(block, first=not again))
        before = block
    return "\n".join(lines)


def broken(whole: Iterable[Unit], chunks: Sequence[Chunk], tokens: Tokens, most: int) -> Iterator[tuple[str, Unit]]:
    """`split`: fits a chunk and is in none. `not whole`: fits `most` tokens and is in no whole of any chunk."""
    texts = [_words(chunk.text) for chunk in chunks]
    spans = {(span.first, span.last) for chunk in chunks for span in chunk.wholes}
    wholes = [_words(_together(chunks[first : last + 1])) for first, last in sorted(spans)]
    # The longest context leaves the least room: what fits below it fits anywhere.
    context = max((tokens.count(chunk.embedded) - tokens.count(chunk.text) for chunk in chunks), default=0)
    for unit in whole:
        words = unit.words
        if not words.strip() or any(words in text for text in texts):
            continue
        length = tokens.count(unit.text)
        if length + context + _MARGIN <= tokens.window:
            yield "split", unit
        if length <= most - _MARGIN and not any(words in text for text in wholes):
            yield "not whole", unit


_MARGIN = 12
"""Tokens: marks of items and of nesting, which the text of a unit here lacks."""


def _together(chunks: Sequence[Chunk]) -> str:
    return chunks[0].text + "".join(chunk.joint + chunk.text[chunk.lead :] for chunk in chunks[1:])


def _words(text: str) -> str:
    return f" {' '.join(_WORD.findall(text))} "
