"""The product's own path from a page to chunks."""

import importlib
from collections.abc import Iterator

from bench.retrieval_data import Page
from bench.retrieval_shelf import SOURCE
from chunking.registry import chunker_for
from headwater.interfaces import Tokens
from headwater.model import HELP, PUBLIC, Chunk, Document, RawDocument
from headwater.parsing.registry import format_of, media_type_of


def parsed(page: Page) -> Document:
    """As a connector that knows the page's title hands it over."""
    content = page.text.encode()
    media_type = media_type_of(page.name, content[:4096])
    raw = RawDocument(
        source=SOURCE, id=page.name, version="1", uri=page.name, title=page.title, kind=HELP, media_type=media_type,
        content=content, updated_at=None, access=PUBLIC,
    )  # fmt: skip
    document: Document = importlib.import_module(format_of(media_type).module).parse(raw)
    return document


def chunks(pages: tuple[Page, ...], tokens: Tokens, *, strategy: str, passage_tokens: int | None) -> Iterator[Chunk]:
    chunker = chunker_for(strategy, tokens, passage_tokens=passage_tokens)
    for page in pages:
        yield from chunker(parsed(page))
