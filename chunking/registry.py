"""Chunking strategies by name."""

import importlib.metadata
from collections.abc import Callable
from typing import Protocol, TypeAlias

from chunking.sizing import Sizer
from headwater.errors import ConfigError
from headwater.interfaces import Chunker, Tokens
from headwater.model import RELEASE_NOTE, SOP, Chunk, Document

VERSION = 2
"""Raised whenever the same document would come out as other chunks."""

PASSAGE_TOKENS = 800
AUTO = "auto"

Strategy: TypeAlias = Callable[[Document], list[Chunk]]


class _Maker(Protocol):
    def __call__(self, sizer: Sizer, *, passage_tokens: int, overlap: int) -> Strategy: ...


def _structure(sizer: Sizer, *, passage_tokens: int, overlap: int) -> Strategy:
    # Imported when a first document is chunked: most runs chunk none.
    from chunking.structure import StructureStrategy

    return StructureStrategy(sizer, passage_tokens=passage_tokens, overlap=overlap)


def _release_notes(sizer: Sizer, *, passage_tokens: int, overlap: int) -> Strategy:
    from chunking.release_notes import ReleaseNotesStrategy

    return ReleaseNotesStrategy(sizer, passage_tokens=passage_tokens, overlap=overlap)


def _procedure(sizer: Sizer, *, passage_tokens: int, overlap: int) -> Strategy:
    from chunking.procedure import ProcedureStrategy

    return ProcedureStrategy(sizer, passage_tokens=passage_tokens, overlap=overlap)


def _fixed(sizer: Sizer, *, passage_tokens: int, overlap: int) -> Strategy:
    from chunking.fixed import FixedStrategy

    return FixedStrategy(sizer, passage_tokens=passage_tokens, overlap=overlap)


_STRATEGIES: dict[str, _Maker] = {
    "structure": _structure,
    "release_notes": _release_notes,
    "procedure": _procedure,
    "fixed": _fixed,
}
STRATEGIES = tuple(_STRATEGIES)
_BY_KIND = {RELEASE_NOTE: "release_notes", SOP: "procedure"}


def strategy_for(name: str, kind: str) -> str:
    """The strategy that a setting means for documents of a kind: itself, or with "auto" the kind's own."""
    return _BY_KIND.get(kind, "structure") if name == AUTO else name


def chunker_for(
    strategy: str,
    tokens: Tokens,
    *,
    chunk_tokens: int | None = None,
    passage_tokens: int = PASSAGE_TOKENS,
    overlap_tokens: int | None = None,
) -> Chunker:
    """The chunker of this name for chunks of at most `chunk_tokens`, default and limit being the model's window.

    Chunks name the wholes of up to `passage_tokens` that they are a part of. `overlap_tokens` (default none) are
    repeated where running text is cut inside a section. ConfigError for a strategy that does not exist.
    """
    if strategy not in _STRATEGIES:
        raise ConfigError(f"there is no chunker {strategy!r}", advice=f"Use one of {', '.join(STRATEGIES)}.")
    return _LazyChunker(strategy, Sizer(tokens, chunk_tokens), passage_tokens, overlap_tokens or 0)


class _LazyChunker:
    """Knows its fingerprint without importing what it cuts with."""

    def __init__(self, strategy: str, sizer: Sizer, passage_tokens: int, overlap: int) -> None:
        self._name = strategy
        self._sizer = sizer
        self._passage_tokens = passage_tokens
        self._overlap = overlap
        self._strategy: Strategy | None = None

    @property
    def fingerprint(self) -> str:
        splitters = importlib.metadata.version("langchain-text-splitters")
        sizes = f"tokens={self._sizer.target} overlap={self._overlap} window={self._sizer.tokens.window}"
        whole = f"passage={self._passage_tokens}"
        return f"{self._name} version={VERSION} {sizes} {whole} langchain-text-splitters={splitters}"

    def __call__(self, document: Document, /) -> list[Chunk]:
        if self._strategy is None:
            make = _STRATEGIES[self._name]
            self._strategy = make(self._sizer, passage_tokens=self._passage_tokens, overlap=self._overlap)
        return self._strategy(document)
