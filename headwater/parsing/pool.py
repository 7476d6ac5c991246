"""Parsing in processes of its own, so that no file can hang, swell or crash the program."""

import os
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future
from types import TracebackType
from typing import Self

from headwater.errors import ParseError
from headwater.model import Document, RawDocument
from headwater.parsing import limits
from headwater.parsing.family import Family, Job, ParseLimits
from headwater.parsing.registry import FORMATS, Format, format_of

TIMEOUT_SECONDS = 60.0
MEMORY_MB = 768
_LOOK_AHEAD_BYTES = 64 * limits.MB


class ParserPool:
    """Parses documents in worker processes, at most `workers` of each family (text, office, mail, PDF) at a time.

    `timeout` is the wall time in seconds that one document may take, without waiting for its turn; `memory_mb`
    what its parse may take on top of a worker that is ready. A worker beyond either is killed and replaced, and
    only its document fails. Families other than text start with their first document. Leaving the context ends
    all processes at once; documents that are not done are cancelled. Safe to use from several threads.
    """

    def __init__(
        self,
        workers: int | None = None,
        timeout: float = TIMEOUT_SECONDS,
        memory_mb: int = MEMORY_MB,
        *,
        input_limit: int = limits.INPUT_LIMIT,
        formats: Sequence[Format] = FORMATS,
    ) -> None:
        self._workers = workers or min(os.cpu_count() or 1, 4)
        self._limits = ParseLimits(timeout, memory_mb * limits.MB)
        self._input_limit = input_limit
        self._formats = {f.media_type: f for f in formats}
        self._lock = threading.Lock()
        self._families: dict[str, Family] = {}
        self._closed = False

    def __enter__(self) -> Self:
        self._family("text").warm_up()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def submit(self, raw: RawDocument) -> Future[Document]:
        """Its result is the document with `raw` itself; its exception a ParseError, or a StateError (no processes)."""
        future: Future[Document] = Future()
        try:
            limits.check_size(raw.content, self._input_limit)
            found = self._format(raw.media_type)
        except ParseError as error:
            future.set_exception(error)
            return future
        self._family(found.family).submit(Job(raw, found, future))
        return future

    def parse(self, raws: Iterable[RawDocument]) -> Iterator[tuple[RawDocument, Document | ParseError]]:
        """Results in the order of `raws`, read ahead by a few documents per worker and by 64 MB at most."""
        waiting: deque[tuple[RawDocument, Future[Document]]] = deque()
        held = 0
        try:
            for raw in raws:
                waiting.append((raw, self.submit(raw)))
                held += len(raw.content)
                while waiting and (len(waiting) > 4 * self._workers or held > _LOOK_AHEAD_BYTES):
                    first, future = waiting.popleft()
                    held -= len(first.content)
                    yield first, _outcome(future)
            while waiting:
                first, future = waiting.popleft()
                yield first, _outcome(future)
        finally:
            for _, future in waiting:
                future.cancel()

    def close(self) -> None:
        """End all processes; may be called more than once."""
        with self._lock:
            self._closed = True
            families = list(self._families.values())
        for family in families:
            family.close()

    def _format(self, media_type: str) -> Format:
        from_pool = self._formats.get(media_type.partition(";")[0].strip().lower())
        return from_pool or format_of(media_type)

    def _family(self, name: str) -> Family:
        with self._lock:
            if self._closed:
                raise RuntimeError("the parser pool was closed")
            if name not in self._families:
                modules = tuple(dict.fromkeys(f.module for f in self._formats.values() if f.family == name))
                self._families[name] = Family(name, modules, self._workers, self._limits)
            return self._families[name]


def _outcome(future: Future[Document]) -> Document | ParseError:
    try:
        return future.result()
    except ParseError as error:
        return error
