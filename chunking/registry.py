"""Chunking strategies by name."""

import importlib.metadata
from collections.abc import Callable
from typing import TypeAlias

from chunking.sizing import Sizer
from headwater.errors import ConfigError
from headwater.interfaces import Chunker, Tokens
from headwater.model import Chunk, Document

VERSION = 1
"""Raised whenever the same document would come out as other chunks."""

Strategy: TypeAlias = Callable[[Document], list[Chunk]]


def _structure(sizer: Sizer, overlap: int) -> Strategy:
    # Imported when a first document is chunked: most runs chunk none.
    from chunking.structure import StructureStrategy

    return StructureStrategy(sizer, overlap)


def _fixed(sizer: Sizer, overlap: int) -> Strategy:
    from chunking.fixed import FixedStrategy

    return FixedStrategy(sizer, overlap)


_STRATEGIES: dict[str, Callable[[Sizer, int], Strategy]] = {"structure": _structure, "fixed": _fixed}
STRATEGIES = tuple(_STRATEGIES)


def chunker_for(
    strategy: str, tokens: Tokens, *, passage_tokens: int | None = None, overlap_tokens: int | None = None
) -> Chunker:
    """The chunker of this name for passages of at most `passage_tokens`, default and limit being the model's window.

    `overlap_tokens` (default none) are repeated where running text is cut inside a section. ConfigError for a
    strategy that does not exist.
    """
    if strategy not in _STRATEGIES:
        raise ConfigError(f"there is no chunker {strategy!r}", advice=f"Use one of {', '.join(STRATEGIES)}.")
    return _LazyChunker(strategy, Sizer(tokens, passage_tokens), overlap_tokens or 0)


class _LazyChunker:
    """Knows its fingerprint without importing what it cuts with."""

    def __init__(self, strategy: str, sizer: Sizer, overlap: int) -> None:
        self._name = strategy
        self._sizer = sizer
        self._overlap = overlap
        self._strategy: Strategy | None = None

    @property
    def fingerprint(self) -> str:
        splitters = importlib.metadata.version("langchain-text-splitters")
        sizes = f"tokens={self._sizer.target} overlap={self._overlap} window={self._sizer.tokens.window}"
        return f"{self._name} version={VERSION} {sizes} langchain-text-splitters={splitters}"

    def __call__(self, document: Document, /) -> list[Chunk]:
        if self._strategy is None:
            self._strategy = _STRATEGIES[self._name](self._sizer, self._overlap)
        return self._strategy(document)
