"""Workshops over a state folder of their own, with the hash embedder and one parser pool for all of them."""

import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flows.steps import direct_steps, run_sources
from flows.workshop import Workshop
from headwater.ingest.report import RunReport
from headwater.interfaces import Dense
from headwater.model import Document, RawDocument
from headwater.parsing.pool import ParserPool
from headwater.settings import load
from tests.support.hash_embedder import HashDense

MEMORY = Path("/dev/shm")


class SharedParsing:
    """A parser pool that outlives the workshops which use it; `asked` names the documents handed to it."""

    def __init__(self, pool: ParserPool) -> None:
        self._pool = pool
        self.asked: list[str] = []

    def submit(self, raw: RawDocument) -> Future[Document]:
        self.asked.append(raw.id)
        return self._pool.submit(raw)

    def close(self) -> None:
        """The pool is closed by whoever made it."""


@contextmanager
def scratch(name: str) -> Iterator[Path]:
    """A folder in memory where there is one, since flushing an index to a disk takes a quarter of a second."""
    folder = Path(tempfile.mkdtemp(prefix=f"headwater-{name}-", dir=MEMORY if MEMORY.is_dir() else None))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def open_workshop(
    config: Path, home: Path, *, dense: Dense | None = None, parsing: SharedParsing | None = None, **options: Any
) -> Workshop:
    """As a command opens it from this configuration file, except for the embedder and the parser processes."""
    workshop = Workshop(load(config, home=home), command="test", **options)
    # Cached properties: what is set here is what it would have opened.
    vars(workshop)["dense"] = dense or HashDense()
    if parsing is not None:
        vars(workshop)["parsing"] = parsing
    return workshop


def run_all(workshop: Workshop) -> RunReport:
    """One run over every configured source, as `headwater ingest --direct` does it."""
    return run_sources(workshop, [source.name for source in workshop.settings.sources], direct_steps(workshop))
