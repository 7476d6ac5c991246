"""Where chunks were cut: units that were divided, what no chunk could hold, sentences that a chunk begins amid."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from headwater.interfaces import Tokens
from headwater.linting.placing import Chunks, letters, shown
from headwater.linting.rules import Finding
from headwater.linting.tally import Tally, shortened
from headwater.linting.units import FENCE, PROCEDURE, TABLE, Unit, units
from headwater.model import Block, BlockKind, Chunk, Document

_SPLIT = {TABLE: "split_tables", FENCE: "split_fences", PROCEDURE: "split_procedures"}
_ENDS_SENTENCE = re.compile(r"[.!?:;…。！？：；][\"'”’»)\]*_`]*$")
_CHARACTERS_PER_TOKEN = 16
_PROSE = (BlockKind.PARAGRAPH, BlockKind.LIST_ITEM, BlockKind.STEP, BlockKind.ADMONITION)


def examine_cuts(document: Document, chunks: Sequence[Chunk], tokens: Tokens, limit: int, tally: Tally) -> None:
    """Count divided units, long ones and cut sentences; `limit` is the most tokens of one chunk."""
    there = Chunks(chunks)
    findings: list[Finding] = []
    among: Counter[str] = Counter()
    room = limit - _context(chunks, tokens)
    for unit in units(document.blocks):
        among["over_window"] += 1
        blocks = document.blocks[unit.first : unit.last + 1]
        if _weight(blocks, tokens) > room:
            findings.append(_finding("over_window", document, unit))
        elif unit.what in _SPLIT:
            among[_SPLIT[unit.what]] += 1
            if not there.in_order([letters(shown(block)) for block in blocks]):
                findings.append(_finding(_SPLIT[unit.what], document, unit))
    among["mid_sentence"] += len(chunks)
    findings += _mid_sentence(document, chunks)
    tally.among(among)
    tally.add(findings)


def _context(chunks: Sequence[Chunk], tokens: Tokens) -> int:
    """The most that the line of context takes up of any chunk, joint and special tokens included."""
    lines = {chunk.embedded[: len(chunk.embedded) - len(chunk.text)] for chunk in chunks}
    return max(tokens.count_many(sorted(lines)), default=0) + 1


def _weight(blocks: Sequence[Block], tokens: Tokens) -> int:
    """Tokens of the blocks together, an allowance for how they are joined and numbered included."""
    texts = [f"{block.label}\n{block.text}" if block.label else block.text for block in blocks]
    counts = tokens.count_many(texts)
    special = tokens.count("")
    return sum(
        max(count - special, len(text) // _CHARACTERS_PER_TOKEN) + 3 for count, text in zip(counts, texts, strict=True)
    )


def _finding(rule: str, document: Document, unit: Unit) -> Finding:
    block = document.blocks[unit.first]
    return Finding(
        rule=rule,
        source=document.raw.source,
        document=document.raw.id,
        place=place_of(document.blocks, unit.first),
        text=f"{unit.what}: {shortened(block.text)}",
    )


def place_of(blocks: Sequence[Block], number: int) -> str:
    """Anchor or page of a block, else the heading above it."""
    block = blocks[number]
    if block.anchor:
        return f"#{block.anchor}"
    heading = next((b for b in reversed(blocks[: number + 1]) if b.kind is BlockKind.HEADING), None)
    page = f"page {block.page}" if block.page else ""
    return ", ".join(part for part in (page, shortened(heading.text) if heading else "") if part)


def _mid_sentence(document: Document, chunks: Sequence[Chunk]) -> Iterator[Finding]:
    starts = {letters(block.text)[:40] for block in document.blocks}
    prose = [letters(block.text) for block in document.blocks if block.kind in _PROSE]
    for before, chunk in pairwise(chunks):
        added = chunk.text[chunk.lead :].lstrip()
        beginning = letters(added)[:40]
        if len(beginning) < 8 or any(start.startswith(beginning) or beginning.startswith(start) for start in starts):
            continue
        if _ENDS_SENTENCE.search(before.text.rstrip()) or not any(beginning in text for text in prose):
            continue
        yield Finding(
            rule="mid_sentence",
            source=document.raw.source,
            document=document.raw.id,
            place=" > ".join(chunk.heading_path),
            text=f"… {shortened(before.text[-60:])} | {shortened(added[:90])}",
        )
