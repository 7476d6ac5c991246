"""Which documents may be alike, of many."""

from collections.abc import Collection, Iterator, Mapping

import numpy as np

from headwater.likeness.sketch import Key, Sketch

FEW = 50
"""Up to so many documents are compared with all others one by one: at 10,000 documents some milliseconds each."""
_WORTH = 0.5
"""Share of the hashes in both, of those in either, from which on a pair is looked at closely."""


def candidates(sketches: Mapping[Key, Sketch], among: Collection[Key]) -> Iterator[tuple[Key, Key]]:
    """Pairs of which at least one is `among`, each once, the smaller first."""
    chosen = set(among)
    if len(chosen) <= FEW:
        yield from _one_by_one(sketches, chosen)
        return
    from headwater.likeness.banding import banded  # takes a second or two

    yield from banded(sketches, chosen)


def _one_by_one(sketches: Mapping[Key, Sketch], chosen: set[Key]) -> Iterator[tuple[Key, Key]]:
    keys = list(sketches)
    if not chosen or not keys:
        return
    sizes = np.array([len(sketches[key].smallest) for key in keys])
    hashes = np.concatenate([sketches[key].smallest for key in keys])
    lasts = (hashes & 0xFFFF).astype(np.uint16)
    owners = np.repeat(np.arange(len(keys)), sizes)
    for one in sorted(chosen):
        own = sketches[one].smallest
        # Most hashes are ruled out by their last bits, which is ten times as fast as looking for each.
        ends = np.zeros(1 << 16, bool)
        ends[own & 0xFFFF] = True
        maybe = np.flatnonzero(ends[lasts])
        shared = np.bincount(owners[maybe[np.isin(hashes[maybe], own)]], minlength=len(keys))
        either = np.maximum(sizes + len(own) - shared, 1)
        for position in np.flatnonzero(shared >= _WORTH * either):
            other = keys[int(position)]
            # From both sides where both are chosen, from one where one is.
            if one < other or (one != other and other not in chosen):
                yield (one, other) if one < other else (other, one)
