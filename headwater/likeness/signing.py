"""From a document's text to its sketch."""

import re
import zlib
from collections.abc import Iterable

import numpy as np

from headwater.likeness.sketch import SMALLEST, Sketch

SHINGLE_WORDS = 3
# Scripts that put no spaces between words are taken character by character.
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|[^\W\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+")


def sketch_of(texts: Iterable[str]) -> Sketch:
    """Of a document's passages in order, each without what it repeats."""
    words = [word for text in texts for word in _WORD.findall(text.casefold())]
    starts = range(max(1, len(words) - SHINGLE_WORDS + 1))
    shingles = {" ".join(words[start : start + SHINGLE_WORDS]) for start in starts}
    hashes = np.unique(np.fromiter((_hash(shingle) for shingle in shingles), np.uint32, len(shingles)))
    return Sketch(hashes[:SMALLEST])


def _hash(shingle: str) -> int:
    return zlib.crc32(shingle.encode("utf-8", "surrogatepass"))
