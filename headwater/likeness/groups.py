"""Documents that are alike, directly or through others."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

from headwater.likeness.sketch import ALIKE, Sketch

Key = TypeVar("Key", bound="tuple[object, ...]")


def grouped(keys: Iterable[Key], pairs: Iterable[tuple[Key, Key]]) -> list[list[Key]]:
    """Connected components, each sorted, in the order of their first keys."""
    above = {key: key for key in keys}

    def root(key: Key) -> Key:
        while above[key] != key:
            above[key] = above[above[key]]
            key = above[key]
        return key

    for one, other in pairs:
        lower, higher = sorted((root(one), root(other)))
        above[higher] = lower
    found: dict[Key, list[Key]] = {}
    for key in sorted(above):
        found.setdefault(root(key), []).append(key)
    return list(found.values())


def alike(sketches: Mapping[Key, Sketch], news: Mapping[Key, str]) -> Iterator[tuple[Key, Key]]:
    """Every pair of a few documents that are alike and the news of the same, if of anything."""
    keys = sorted(sketches)
    for position, one in enumerate(keys):
        for other in keys[position + 1 :]:
            if news[one] == news[other] and sketches[one].jaccard(sketches[other]) >= ALIKE:
                yield one, other
