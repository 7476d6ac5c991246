"""Brings the clusters of documents that say nearly the same up to date with what is live."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from headwater.errors import IndexMismatchError
from headwater.index.base import Index
from headwater.index.points import point_id, point_ids
from headwater.ledger.base import DocumentRow, Ledger, Likeness
from headwater.likeness.canonical import Standing
from headwater.likeness.finding import candidates
from headwater.likeness.groups import grouped
from headwater.likeness.signing import sketch_of
from headwater.likeness.sketch import ALIKE, Key, Sketch
from headwater.model import digest

POLICY = 2
"""Raised whenever the same documents would be clustered otherwise."""
_LEARNED, _NO_SOURCE = "likeness", ""
_READ_TOGETHER = 200


@dataclass(frozen=True, slots=True)
class Duplicates:
    """Of one source: documents that another stands for, and clusters that it has a part in."""

    documents: int
    clusters: int


def is_current(ledger: Ledger, generation: str, preferences: Mapping[str, int]) -> bool:
    """Whether nothing was published since the last update; one small query."""
    return ledger.learned(_NO_SOURCE, _LEARNED) == _state(ledger, generation, preferences)


def update(ledger: Ledger, index: Index, generation: str, preferences: Mapping[str, int]) -> None:
    """Compare what was published since the last update with everything, and choose who stands for whom.

    The outcome follows from what is live alone, not from the order in which it came.
    """
    state, before = _state(ledger, generation, preferences), ledger.learned(_NO_SOURCE, _LEARNED)
    current = before is None or before.get("policy") == POLICY
    kept = {(one.source, one.document): one for one in ledger.likenesses(generation)} if current else {}
    rows = ledger.without_likeness(generation) if current else ledger.documents(generation)
    others = before is None or {**before, "epoch": 0} != {**state, "epoch": 0}
    new = {(row.source, row.id): _signed(index, row) for row in rows}
    ledger.save_likenesses(generation, _changed(index, kept, new, preferences, everything=others))
    ledger.learn(_NO_SOURCE, _LEARNED, state)


def duplicates(ledger: Ledger, generation: str) -> dict[str, Duplicates]:
    """By source, where there are any."""
    found = ledger.clustered(generation)
    return {
        source: Duplicates(
            documents=sum(one.source == source and not one.canonical for one in found),
            clusters=len({one.cluster for one in found if one.source == source}),
        )
        for source in sorted({one.source for one in found})
    }


def _state(ledger: Ledger, generation: str, preferences: Mapping[str, int]) -> dict[str, Any]:
    stated = {source: prefer for source, prefer in sorted(preferences.items()) if prefer}
    return {"generation": generation, "epoch": ledger.epoch(), "policy": POLICY, "prefer": stated}


def _signed(index: Index, row: DocumentRow) -> Likeness:
    ids = point_ids(row.publication, row.source, row.id, row.chunks)
    parts = (
        point.payload["content"][int(point.payload.get("lead", 0)) :]
        for start in range(0, len(ids), _READ_TOGETHER)
        for point in index.retrieve(ids[start : start + _READ_TOGETHER])
    )
    signature = sketch_of(parts).packed()
    return Likeness(source=row.source, document=row.id, publication=row.publication, signature=signature)


def _changed(
    index: Index,
    kept: Mapping[Key, Likeness],
    new: Mapping[Key, Likeness],
    preferences: Mapping[str, int],
    *,
    everything: bool,
) -> list[Likeness]:
    """Likenesses as they are now, of those that are new or in another cluster, or stand for others, or no more."""
    found = {**kept, **new}
    sketches = {key: Sketch.unpacked(one.signature) for key, one in found.items()}
    near = _near(sketches, new)
    # A cluster is made again when it lost a member, or when something new is like one of its members.
    clusters: dict[str, list[Key]] = {}
    for key, one in kept.items():
        if one.cluster:
            clusters.setdefault(one.cluster, []).append(key)
    drawn_in = {key for pair in near for key in pair}
    open_ = {
        name
        for name, members in clusters.items()
        if everything or len(members) != _size(name) or not drawn_in.isdisjoint(members)
    }
    again = {key for name in open_ for key in clusters[name]}
    active = {*new, *again, *drawn_in}
    standing = _standings(index, [found[key] for key in active])
    pairs = dict.fromkeys([*near, *_near({key: sketches[key] for key in again}, again)])
    # Release notes of two releases may well read the same, and are no duplicates.
    same = [pair for pair in pairs if standing[pair[0]].news == standing[pair[1]].news]
    made = {key: found[key] for key in new}
    for members in grouped(active, same):
        best = min(members, key=lambda key: standing[key].rank(preferences))
        name = f"{digest(*members[0])[:16]}-{len(members)}" if len(members) > 1 else ""
        for key in members:
            one = replace(found[key], cluster=name, canonical=bool(name) and key == best)
            if key in new or one != found[key]:
                made[key] = one
    return list(made.values())


def _near(sketches: Mapping[Key, Sketch], among: Iterable[Key]) -> list[tuple[Key, Key]]:
    chosen = sorted(among)
    return [pair for pair in candidates(sketches, chosen) if sketches[pair[0]].jaccard(sketches[pair[1]]) >= ALIKE]


def _size(cluster: str) -> int:
    """How many documents a cluster had when it was made: with fewer alive, it has to be made again."""
    return int(cluster.rpartition("-")[2])


def _standings(index: Index, likenesses: Sequence[Likeness]) -> dict[Key, Standing]:
    ids = {point_id(one.publication, one.source, one.document, 0): (one.source, one.document) for one in likenesses}
    found = {ids[point.id]: Standing.of(point.payload) for point in index.retrieve(list(ids))}
    if len(found) != len(ids):
        raise IndexMismatchError(
            f"{len(ids) - len(found)} live documents are not in the index", advice="Run `headwater rebuild`."
        )
    return found
