"""Files parsed as the product does it: by a worker process, by name and content."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future

import pytest

from headwater.model import NOBODY, Document, RawDocument
from headwater.parsing.pool import ParserPool
from headwater.parsing.registry import media_type_of

Submit = Callable[[str, bytes], "Future[Document]"]
Parse = Callable[[str, bytes], Document]


def raw_file(name: str, content: bytes) -> RawDocument:
    return RawDocument(
        source="files",
        id=name,
        version="1",
        uri=f"file:///{name}",
        title=name,
        kind="help",
        media_type=media_type_of(name, content[:4096]),
        content=content,
        updated_at=None,
        access=NOBODY,
    )


@pytest.fixture(scope="session")
def file_pool() -> Iterator[ParserPool]:
    with ParserPool(workers=1, timeout=30) as pool:
        yield pool


@pytest.fixture(scope="session")
def parse_file(file_pool: ParserPool) -> Parse:
    return lambda name, content: file_pool.submit(raw_file(name, content)).result()
