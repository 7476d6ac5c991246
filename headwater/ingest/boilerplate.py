"""Blocks that most pages of a source repeat: which they are, and a document without them."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from headwater.model import Block, BlockKind, Document, digest

LEAST_PAGES = 5
LEAST_SHARE = 0.6
SAMPLE = 80
"""Characters of a block that reports show."""
_SAME_PAGE = 0.5
"""Share of words that two pages of one title have in common when they are versions of the same page."""
_CANDIDATES = frozenset((BlockKind.PARAGRAPH, BlockKind.LIST_ITEM, BlockKind.ADMONITION, BlockKind.HEADING))
_WARNINGS = frozenset(("warning", "caution", "danger", "important", "attention"))


@dataclass(frozen=True, slots=True)
class Looks:
    """One page as learning sees it: what it is called, and the words of its blocks by key."""

    title: str
    words: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Repeated:
    """A block that is left out, and on how many of the pages that were looked at it stood."""

    text: str
    pages: int


@dataclass(frozen=True)
class Boilerplate:
    """What is left out of the pages of one source, by key; `pages` were looked at to find it."""

    blocks: Mapping[str, Repeated] = field(default_factory=dict)
    pages: int = 0

    @cached_property
    def mark(self) -> str:
        """Changes whenever other blocks are left out; empty when none are."""
        return digest(*sorted(self.blocks))[:16] if self.blocks else ""

    def without(self, document: Document) -> Document:
        """The document without these blocks, except where that would take a part of its content along."""
        if not self.blocks:
            return document
        blocks = document.blocks
        repeated = [block.kind in _CANDIDATES and key_of(block) in self.blocks for block in blocks]
        if not any(repeated):
            return document
        going = _going(blocks, repeated)
        kept = tuple(block for block, goes in zip(blocks, going, strict=True) if not goes)
        if all(block.kind is BlockKind.HEADING for block in kept) or len(kept) == len(blocks):
            return document
        return replace(document, blocks=kept)


def key_of(block: Block) -> str:
    """The same for blocks that read the same, headings apart from text."""
    text = f"{block.kind is BlockKind.HEADING} {' '.join(block.text.lower().split())}"
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()


def looks_of(document: Document) -> tuple[Looks, dict[str, str]]:
    """What learning needs of a page, and the beginnings of its blocks by key."""
    words: dict[str, int] = {}
    texts: dict[str, str] = {}
    heading = ""
    for block in document.blocks:
        if block.kind not in _CANDIDATES:
            continue
        if block.kind is BlockKind.HEADING:
            heading = heading or block.text
        key = key_of(block)
        words[key] = len(block.text.split())
        texts[key] = block.text[:SAMPLE]
    return Looks(f"{document.title}\n{heading}"[:300], words), texts


def learn(pages: Sequence[Looks], texts: Mapping[str, str]) -> Boilerplate:
    """What at least 60% of these pages repeat, and five of them; versions of one page count as one.

    Depends on the set of pages alone, not on their order.
    """
    apart = _apart(pages)
    counts = Counter(key for page in apart for key in page.words)
    least = max(LEAST_PAGES, LEAST_SHARE * len(apart))
    found = {key: Repeated(texts.get(key, ""), count) for key, count in sorted(counts.items()) if count >= least}
    return Boilerplate(found, len(apart))


def _apart(pages: Iterable[Looks]) -> list[Looks]:
    """One page of each set of versions."""
    by_title: dict[str, list[Looks]] = {}
    for page in sorted(pages, key=lambda one: (one.title, sorted(one.words))):
        known = by_title.setdefault(page.title, [])
        if not any(_alike(page, other) for other in known):
            known.append(page)
    return [page for known in by_title.values() for page in known]


def _alike(one: Looks, other: Looks) -> bool:
    shared = sum(count for key, count in one.words.items() if key in other.words)
    total = sum(one.words.values()) + sum(other.words.values()) - shared
    return shared >= _SAME_PAGE * total


def _going(blocks: Sequence[Block], repeated: Sequence[bool]) -> list[bool]:
    going = [
        flag and block.kind is not BlockKind.HEADING and not _warns(block)
        for block, flag in zip(blocks, repeated, strict=True)
    ]
    _keep_parts_of_lists(blocks, going)
    _keep_lead_ins(blocks, going)
    sections = list(_sections(blocks))
    for start, end in sections:
        # Below a heading of its own, it is what the page has to say there.
        if not repeated[start] and _only_text(blocks, going, start, end):
            going[start:end] = [False] * (end - start)
    for start, end in reversed(sections):
        going[start] = repeated[start] and start + 1 < end and all(going[start + 1 : end])
    return going


def _warns(block: Block) -> bool:
    return block.kind is BlockKind.ADMONITION and block.label.lower() in _WARNINGS


def _keep_parts_of_lists(blocks: Sequence[Block], going: list[bool]) -> None:
    """A list goes as a whole or not at all."""
    staying = {block.group for block, goes in zip(blocks, going, strict=True) if block.group and not goes}
    for number, block in enumerate(blocks):
        if block.group in staying:
            going[number] = False


def _keep_lead_ins(blocks: Sequence[Block], going: list[bool]) -> None:
    """A sentence that introduces what stays, stays."""
    for number in range(len(blocks) - 2, -1, -1):
        if going[number] and blocks[number].text.rstrip().endswith(":") and not going[number + 1]:
            going[number] = blocks[number + 1].kind is BlockKind.HEADING


def _sections(blocks: Sequence[Block]) -> Iterable[tuple[int, int]]:
    """Where each heading's section begins and ends, subsections included."""
    ends = [len(blocks)] * 8
    found: list[tuple[int, int]] = []
    for number in range(len(blocks) - 1, -1, -1):
        block = blocks[number]
        if block.kind is BlockKind.HEADING:
            level = min(7, max(1, block.level))
            found.append((number, ends[level]))
            for deeper in range(level, 8):
                ends[deeper] = number
    return reversed(found)


def _only_text(blocks: Sequence[Block], going: Sequence[bool], start: int, end: int) -> bool:
    inside = [going[n] for n in range(start + 1, end) if blocks[n].kind is not BlockKind.HEADING]
    return bool(inside) and all(inside)
