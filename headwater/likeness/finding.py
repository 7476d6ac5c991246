"""Which documents may be alike, of many. Importing this takes a second or two: only where something was published."""

from collections.abc import Collection, Iterator, Mapping
from typing import TypeAlias

from datasketch import LeanMinHash, MinHashLSH

from headwater.likeness.sketch import PERMUTATIONS, SCHEME, SEED, Sketch

Key: TypeAlias = tuple[str, str]

BANDS, ROWS = 25, 5
"""Of two documents that are alike by 0.85 one pair in a million is missed."""


def candidates(sketches: Mapping[Key, Sketch], among: Collection[Key]) -> Iterator[tuple[Key, Key]]:
    """Pairs of which at least one is `among`, each once, the smaller first."""
    finder = MinHashLSH(num_perm=PERMUTATIONS, params=(BANDS, ROWS))
    chosen = set(among)
    hashed = {key: LeanMinHash(seed=SEED, scheme=SCHEME, hashvalues=sketch.minhash) for key, sketch in sketches.items()}
    for key in sorted(chosen):
        finder.insert(key, hashed[key])
    for key, minhash in hashed.items():
        for other in finder.query(minhash):
            # From both sides where both are chosen, from one where one is.
            if key < other or (key != other and key not in chosen):
                yield (key, other) if key < other else (other, key)
