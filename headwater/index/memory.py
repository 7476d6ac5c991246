"""The client's adapter over qdrant-client's in-memory mode: the contract check of its model classes.

It scores in Python, exactly, and honours the IDF corpus (`LocalCollection._rescore_idf` counts over the points that
match it). It knows no payload indexes, breaks under threads, and forgets everything on `close`.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from qdrant_client import QdrantClient

from headwater.errors import HeadwaterError, IndexUnavailableError, SkippableError
from headwater.index.client import ClientStore


class MemoryStore(ClientStore):
    """Generations in this process's memory."""

    def __init__(self) -> None:
        lock = threading.RLock()

        @contextmanager
        def guard() -> Iterator[None]:
            with lock:
                try:
                    yield
                except HeadwaterError:
                    raise
                except (TypeError, ValueError) as error:
                    if "not found" in str(error):
                        raise IndexUnavailableError(f"the generation was dropped: {error}") from error
                    raise SkippableError(f"the index cannot hold this: {error}") from error

        super().__init__(QdrantClient(":memory:"), backend="memory", guard=guard, exact=False)
