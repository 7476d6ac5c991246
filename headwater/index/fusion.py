"""Reciprocal rank fusion, ours rather than the engine's: the same on every backend, with the raw scores kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from headwater.index.base import RRF_K, Hit

# Engines sum float32 in different orders, one engine even for equal vectors. Scores no further apart than this are
# equal and rank by key, so that the order depends neither on the backend nor on where it happens to keep a point.
DENSE_TOLERANCE, SPARSE_TOLERANCE = 1e-6, 1e-4


@dataclass(frozen=True, slots=True)
class Candidate:
    """One entry of a dense or sparse result, with the engine's score."""

    id: str
    score: float
    payload: Mapping[str, Any]

    @property
    def key(self) -> tuple[str, str, int, str]:
        """(source, document, position), and the id so that the order is total."""
        payload = self.payload
        return (
            str(payload.get("source", "")),
            str(payload.get("document", "")),
            int(payload.get("position", 0)),
            self.id,
        )


def ranked(candidates: Sequence[Candidate], tolerance: float) -> list[Candidate]:
    """Best first; equal scores in the order of their keys."""
    order: list[Candidate] = []
    equal: list[Candidate] = []
    for candidate in sorted(candidates, key=lambda candidate: -candidate.score):
        # By the gap to the one before, not by rounding: two equal scores may lie on either side of a rounding step.
        if equal and equal[-1].score - candidate.score > tolerance:
            order += sorted(equal, key=lambda candidate: candidate.key)
            equal = []
        equal.append(candidate)
    return order + sorted(equal, key=lambda candidate: candidate.key)


def cut_is_certain(found: Sequence[Candidate], asked: int, wanted: int, tolerance: float) -> bool:
    """Whether the best `wanted` are among `found`: no candidate left behind could equal the last of them."""
    if len(found) < asked:
        return True
    scores = sorted((candidate.score for candidate in found), reverse=True)[wanted - 1 :]
    return any(better - worse > tolerance for better, worse in pairwise(scores))


def fuse(dense: Sequence[Candidate], sparse: Sequence[Candidate], *, candidates: int, limit: int) -> list[Hit]:
    """The `limit` best of the `candidates` best of each list, by the sum of 1 / (RRF_K + rank), ranks from 1."""
    dense, sparse = ranked(dense, DENSE_TOLERANCE)[:candidates], ranked(sparse, SPARSE_TOLERANCE)[:candidates]
    cosine = {candidate.id: candidate.score for candidate in dense}
    bm25 = {candidate.id: candidate.score for candidate in sparse}
    fused: dict[str, float] = {}
    found: dict[str, Candidate] = {}
    for ranking in (dense, sparse):
        for rank, candidate in enumerate(ranking, start=1):
            fused[candidate.id] = fused.get(candidate.id, 0.0) + 1.0 / (RRF_K + rank)
            found.setdefault(candidate.id, candidate)
    best = sorted(found.values(), key=lambda candidate: (-fused[candidate.id], candidate.key))[:limit]
    return [Hit(c.id, fused[c.id], c.payload, cosine.get(c.id), bm25.get(c.id)) for c in best]
