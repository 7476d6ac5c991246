"""Pairs that may be alike, of many documents. Importing this takes a second or two: only where many were published."""

from collections.abc import Collection, Iterator, Mapping

from datasketch import LeanMinHash, MinHash, MinHashLSH

from headwater.likeness.sketch import Key, Sketch

PERMUTATIONS = 128
BANDS, ROWS = 25, 5
"""Of two documents that are alike by 0.85 one pair in a million is missed."""
_SEED, _SCHEME = 1, "affine32"


def banded(sketches: Mapping[Key, Sketch], chosen: Collection[Key]) -> Iterator[tuple[Key, Key]]:
    """Pairs of which at least one is `chosen`, each once, the smaller first."""
    finder = MinHashLSH(num_perm=PERMUTATIONS, params=(BANDS, ROWS))
    hashed = {key: _minhash(sketch) for key, sketch in sketches.items()}
    for key in sorted(chosen):
        finder.insert(key, hashed[key])
    for key, minhash in hashed.items():
        for other in finder.query(minhash):
            # From both sides where both are chosen, from one where one is.
            if key < other or (key != other and key not in chosen):
                yield (key, other) if key < other else (other, key)


def _minhash(sketch: Sketch) -> LeanMinHash:
    minhash = MinHash(num_perm=PERMUTATIONS, seed=_SEED, scheme=_SCHEME, hashfunc=int)
    minhash.update_batch(sketch.smallest.tolist())
    return LeanMinHash(minhash)
