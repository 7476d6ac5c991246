"""Of documents that say nearly the same, the one that stands for the others, chosen among those the asker may see.

Clusters in the ledger tell where to look. Who is like whom, and who stands for whom, is decided anew among what
passes the search's whole filter: a document that the asker may not see, or did not ask for, neither replaces one nor
links two.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from headwater.index.base import Hit, Index
from headwater.index.query import AllOf, AnyOf, OneOf, Query
from headwater.ledger.base import Ledger, Likeness
from headwater.likeness.canonical import Standing
from headwater.likeness.groups import alike, grouped
from headwater.likeness.sketch import Sketch

Key: TypeAlias = tuple[str, str]
_UNSEEN = 200
"""Passages looked at to find members of a cluster that did not match among the best."""


@dataclass(frozen=True, slots=True)
class Collapsed:
    """`dropped` is how many hits went because another document stands for theirs."""

    hits: list[Hit]
    dropped: int


class Collapse:
    """For one search at a time; `preferences` by source, 0 where none is stated."""

    def __init__(self, ledger: Ledger, index: Index, generation: str, preferences: Mapping[str, int]) -> None:
        self._ledger = ledger
        self._index = index
        self._generation = generation
        self._preferences = preferences

    def __call__(self, query: Query, hits: Sequence[Hit]) -> Collapsed:
        """Each document's hits stay, go where another one's stay, or become its best passage."""
        clusters = self._ledger.alike(self._generation, {_key(hit) for hit in hits})
        if not clusters:
            return Collapsed(list(hits), 0)
        members = self._ledger.clustered(self._generation, set(clusters.values()))
        own = _best(hits)
        others = self._unseen(query, [member for member in members if (member.source, member.document) not in own])
        stands = self._representatives(members, {**others, **own})
        return _replaced(hits, stands, {**others, **own})

    def _unseen(self, query: Query, members: Sequence[Likeness]) -> dict[Key, Hit]:
        """The best hit of each of these documents, as far as the whole filter lets them through."""
        if not members:
            return {}
        named = AnyOf(
            tuple(AllOf((OneOf("source", (one.source,)), OneOf("document", (one.document,)))) for one in members)
        )
        asked = replace(query, filter=AllOf((query.filter, named)), limit=_UNSEEN, candidates=_UNSEEN)
        return _best(self._index.search(asked))

    def _representatives(self, members: Sequence[Likeness], visible: Mapping[Key, Hit]) -> dict[Key, Key]:
        """For each visible document of a cluster the one that stands for it, itself where none does."""
        clusters: dict[str, list[Likeness]] = {}
        for member in members:
            if (member.source, member.document) in visible:
                clusters.setdefault(member.cluster, []).append(member)
        found: dict[Key, Key] = {}
        for together in clusters.values():
            sketches = {(one.source, one.document): Sketch.unpacked(one.signature) for one in together}
            standing = {key: Standing.of(visible[key].payload) for key in sketches}
            pairs = alike(sketches, {key: one.news for key, one in standing.items()})
            for group in grouped(sketches, pairs):
                best = min(group, key=lambda key: standing[key].rank(self._preferences))
                found.update(dict.fromkeys(group, best))
        return found


def _replaced(hits: Iterable[Hit], stands: Mapping[Key, Key], best: Mapping[Key, Hit]) -> Collapsed:
    kept: list[Hit] = []
    dropped, shown = 0, set()
    for hit in hits:
        key = _key(hit)
        by = stands.get(key, key)
        if by not in shown:
            # In the place of the first, whichever of them that is of.
            shown.add(by)
            first = best[by]
            kept.append(first if first is hit else replace(first, score=hit.score))
            dropped += by != key
        elif by != key:
            dropped += 1
        elif hit.id != best[by].id:
            kept.append(hit)
    return Collapsed(kept, dropped)


def _best(hits: Iterable[Hit]) -> dict[Key, Hit]:
    found: dict[Key, Hit] = {}
    for hit in hits:
        found.setdefault(_key(hit), hit)
    return found


def _key(hit: Hit) -> Key:
    return str(hit.payload["source"]), str(hit.payload["document"])
