"""What documents are compared by: small, of one document alone, and enough to tell how alike two of them are."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

PERMUTATIONS = 128
SEED, SCHEME = 1, "affine32"
"""Of the permutations, which must be the same for every sketch that is ever compared."""
SMALLEST = 512
"""Hashes kept of a document's shingles: all of a short one, else a sample, good to about 0.015."""
ALIKE = 0.85
"""Jaccard similarity from which on two documents say nearly the same."""

Hashes = NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Sketch:
    """`minhash` finds what may be alike, `smallest` (ascending, each once) says how much it is."""

    minhash: Hashes
    smallest: Hashes

    def packed(self) -> bytes:
        """To be kept in the ledger."""
        return self.minhash.astype("<u4").tobytes() + self.smallest.astype("<u4").tobytes()

    @staticmethod
    def unpacked(signature: bytes) -> "Sketch":
        """The inverse of `packed`."""
        numbers = np.frombuffer(signature, "<u4")
        return Sketch(numbers[:PERMUTATIONS], numbers[PERMUTATIONS:])

    def jaccard(self, other: "Sketch") -> float:
        """Exact where both documents have no more than `SMALLEST` shingles."""
        union = np.union1d(self.smallest, other.smallest)
        if SMALLEST in (len(self.smallest), len(other.smallest)):
            # Of what is beyond the sample of either, nothing is known.
            union = union[:SMALLEST]
        both = np.isin(union, self.smallest, assume_unique=True) & np.isin(union, other.smallest, assume_unique=True)
        return float(both.sum()) / len(union) if len(union) else 0.0
