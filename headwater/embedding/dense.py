"""Dense vectors by fastembed, loaded on first use."""

import os
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import psutil

from headwater.embedding.batching import BATCH_TOKENS, batches
from headwater.embedding.folder import ModelFolder
from headwater.embedding.tokens import ModelTokens
from headwater.interfaces import Tokens, Vectors

if TYPE_CHECKING:
    from headwater.embedding.engine import Engine


class FastembedDense:
    """Knows its fingerprint, size and tokens at once; loads fastembed and the weights when it first embeds.

    `workers` batches are computed at once, by default one for each core that this process may use.
    Texts longer than `tokens.window` are cut off by the model: chunkers never make them, long queries may be.
    """

    def __init__(self, folder: ModelFolder, *, workers: int | None = None, batch_tokens: int = BATCH_TOKENS) -> None:
        self._folder = folder
        # The same threads for good: the C library keeps an arena of memory for each, as large as their largest batch
        # (60 MB), and threads that come and go use up as many arenas as there may be.
        self._threads = ThreadPoolExecutor(workers or usable_cores(), thread_name_prefix="headwater-embed")
        self._batch_tokens = batch_tokens
        self._tokens = ModelTokens(folder.path / "tokenizer.json", folder.window)
        self._engine: Engine | None = None
        self._loading = threading.Lock()

    @property
    def fingerprint(self) -> str:
        return self._folder.fingerprint

    @property
    def dimensions(self) -> int:
        return self._folder.dimensions

    @property
    def tokens(self) -> Tokens:
        return self._tokens

    def warm(self) -> None:
        """Load now, for instance in a thread while something else is waited for."""
        self._load()

    def embed(self, texts: Sequence[str]) -> Vectors:
        vectors = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        if not texts:
            return vectors
        engine = self._load()
        lengths = [min(length, self._folder.window) for length in self._tokens.count_many(texts)]
        planned = batches(lengths, self._batch_tokens)
        computed = self._threads.map(lambda batch: engine.embed([texts[position] for position in batch]), planned)
        for batch, rows in zip(planned, computed, strict=True):
            vectors[batch] = rows
        return vectors

    def embed_query(self, text: str) -> Vectors:
        return self._load().embed_query(text)

    def _load(self) -> "Engine":
        with self._loading:
            if self._engine is None:
                # Imported here because it imports fastembed and onnxruntime.
                from headwater.embedding.engine import Engine

                self._engine = Engine(self._folder)
            return self._engine


def usable_cores() -> int:
    """Physical cores, or fewer where this process may not use all of them."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(allowed, psutil.cpu_count(logical=False) or allowed))
