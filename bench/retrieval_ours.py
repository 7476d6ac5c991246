"""The product's own path from a page to chunks."""

import importlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial

from bench.retrieval_data import Page
from bench.retrieval_shelf import SOURCE
from chunking.registry import chunker_for, strategy_for
from headwater.interfaces import Tokens
from headwater.model import HELP, PUBLIC, Chunk, Document, RawDocument
from headwater.parsing.registry import format_of, media_type_of


def parsed(page: Page) -> Document:
    """As a connector that knows the page's title hands it over."""
    content = page.text.encode()
    media_type = media_type_of(page.name if page.name.endswith((".txt", ".html")) else "page.md", content[:4096])
    raw = RawDocument(
        source=SOURCE, id=page.name, version="1", uri=page.name, title=page.title, kind=HELP, media_type=media_type,
        content=content, updated_at=None, access=PUBLIC,
    )  # fmt: skip
    document: Document = importlib.import_module(format_of(media_type).module).parse(raw)
    return document


def chunks(
    pages: Iterable[Page], tokens: Tokens, *, strategy: str = "auto", chunk_tokens: int | None = None
) -> Iterator[Chunk]:
    """Of each page in turn."""
    chunker = chunker_for(strategy_for(strategy, HELP), tokens, chunk_tokens=chunk_tokens)
    for page in pages:
        yield from chunker(parsed(page))


def _without_context(pages: Iterable[Page], tokens: Tokens) -> Iterator[Chunk]:
    for chunk in chunks(pages, tokens):
        yield replace(chunk, embedded=chunk.text)


VARIANTS: Mapping[str, Callable[[Iterable[Page], Tokens], Iterable[Chunk]]] = {
    "": chunks,
    ", 120 tokens": partial(chunks, chunk_tokens=120),
    ", 160 tokens": partial(chunks, chunk_tokens=160),
    ", without context": _without_context,
    ", fixed": partial(chunks, strategy="fixed"),
}
"""The product as it comes, and with one thing changed."""
