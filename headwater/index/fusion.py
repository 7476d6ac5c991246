"""Reciprocal rank fusion, ours rather than the engine's: the same on every backend, with the raw scores kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from headwater.index.base import RRF_K, Hit

# Engines sum float32 in different orders. Scores that agree this far are equal and rank by key, so that the order
# depends neither on the backend nor on where the engine happens to keep a point.
DENSE_DIGITS, SPARSE_DIGITS = 6, 4


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


def ranked(candidates: Sequence[Candidate], digits: int) -> list[Candidate]:
    """Best first; equal scores in the order of their keys."""
    return sorted(candidates, key=lambda candidate: (-round(candidate.score, digits), candidate.key))


def cut_is_certain(found: Sequence[Candidate], asked: int, wanted: int, digits: int) -> bool:
    """Whether the best `wanted` are among `found`: no candidate left behind could score as much as the last of them."""
    if len(found) < asked:
        return True
    scores = sorted((round(candidate.score, digits) for candidate in found), reverse=True)
    return scores[wanted - 1] > scores[-1]


def fuse(dense: Sequence[Candidate], sparse: Sequence[Candidate], *, candidates: int, limit: int) -> list[Hit]:
    """The `limit` best of the `candidates` best of each list, by the sum of 1 / (RRF_K + rank), ranks from 1."""
    dense, sparse = ranked(dense, DENSE_DIGITS)[:candidates], ranked(sparse, SPARSE_DIGITS)[:candidates]
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
