"""From a document's text to its sketch. Importing this takes a second or two: only where documents were published."""

import re
import zlib
from collections.abc import Iterable

import numpy as np
from datasketch import MinHash

from headwater.likeness.sketch import PERMUTATIONS, SCHEME, SEED, SMALLEST, Sketch

SHINGLE_WORDS = 3
# Scripts that put no spaces between words are taken character by character.
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|[^\W\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+")


def sketch_of(texts: Iterable[str]) -> Sketch:
    """Of a document's passages in order, each without what it repeats."""
    words = [word for text in texts for word in _WORD.findall(text.casefold())]
    starts = range(max(1, len(words) - SHINGLE_WORDS + 1))
    shingles = {" ".join(words[start : start + SHINGLE_WORDS]) for start in starts}
    hashes = np.unique(np.fromiter((_hash(shingle) for shingle in shingles), np.uint32, len(shingles)))
    minhash = MinHash(num_perm=PERMUTATIONS, seed=SEED, scheme=SCHEME, hashfunc=int)
    minhash.update_batch(hashes.tolist())
    return Sketch(minhash.hashvalues.astype(np.uint32), hashes[:SMALLEST])


def _hash(shingle: str) -> int:
    return zlib.crc32(shingle.encode("utf-8", "surrogatepass"))
