"""What documents are compared by: small, of one document alone, and enough to tell how alike two of them are."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

SMALLEST = 512
"""Hashes kept of a document's shingles: all of a short one, else a sample, good to about 0.015."""
ALIKE = 0.85
"""Jaccard similarity from which on two documents say nearly the same."""

Hashes: TypeAlias = NDArray[np.uint32]
Key: TypeAlias = tuple[str, str]
"""Source and document."""


@dataclass(frozen=True, slots=True)
class Sketch:
    """`smallest` hashes of what is in a document: ascending, each once."""

    smallest: Hashes

    def packed(self) -> bytes:
        """To be kept in the ledger."""
        return self.smallest.astype("<u4").tobytes()

    @staticmethod
    def unpacked(signature: bytes) -> "Sketch":
        """The inverse of `packed`."""
        return Sketch(np.frombuffer(signature, "<u4"))

    def jaccard(self, other: "Sketch") -> float:
        """Exact where both documents have no more than `SMALLEST` shingles."""
        union = np.union1d(self.smallest, other.smallest)
        if SMALLEST in (len(self.smallest), len(other.smallest)):
            # Of what is beyond the sample of either, nothing is known.
            union = union[:SMALLEST]
        both = np.isin(union, self.smallest, assume_unique=True) & np.isin(union, other.smallest, assume_unique=True)
        return float(both.sum()) / len(union) if len(union) else 0.0
