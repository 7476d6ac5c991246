"""A dense model for tests that need thousands of embeddings: vectors follow from a hash of each word, at once."""

import hashlib
import re
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from headwater.interfaces import Tokens, Vectors

DIMENSIONS = 16
SPECIAL = 2
_TOKEN = re.compile(r"\w{1,12}|[^\w\s]")


class WordTokens:
    """Words (long ones in pieces of twelve letters) and marks, with two special tokens."""

    def __init__(self, window: int) -> None:
        self._window = window

    @property
    def window(self) -> int:
        return self._window

    def count(self, text: str) -> int:
        return SPECIAL + sum(1 for _ in _TOKEN.finditer(text))

    def count_many(self, texts: Sequence[str]) -> list[int]:
        return [self.count(text) for text in texts]

    def offsets(self, text: str) -> list[tuple[int, int]]:
        return [found.span() for found in _TOKEN.finditer(text)]


class HashDense:
    """Texts that share words are near each other; `texts` records, in order, what it was asked to embed."""

    def __init__(self, window: int = 48) -> None:
        self._tokens = WordTokens(window)
        self.texts: list[str] = []

    @property
    def fingerprint(self) -> str:
        return f"hashed words, window={self._tokens.window}"

    @property
    def dimensions(self) -> int:
        return DIMENSIONS

    @property
    def tokens(self) -> Tokens:
        return self._tokens

    def warm(self) -> None: ...

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.texts += texts
        return np.stack([_of_text(text) for text in texts]) if texts else np.zeros((0, DIMENSIONS), np.float32)

    def embed_query(self, text: str) -> Vectors:
        return _of_text(text)


def _of_text(text: str) -> Vectors:
    words = _TOKEN.findall(text.casefold()) or [text]
    total = np.sum([_of_word(word) for word in words], axis=0)
    vector: Vectors = (total / np.linalg.norm(total)).astype(np.float32)
    return vector


@lru_cache(maxsize=65_536)
def _of_word(word: str) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    seed = int.from_bytes(hashlib.sha256(word.encode("utf-8", "replace")).digest()[:8], "big")
    return np.random.default_rng(seed).standard_normal(DIMENSIONS)
