"""A question and who asks it, to the passages that person may read."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from headwater.errors import BusyError, IndexUnavailableError
from headwater.index.base import Hit, Index
from headwater.index.permitted import permitted_condition
from headwater.index.query import AllOf, Condition, Query
from headwater.interfaces import Dense, Sparse
from headwater.ledger.base import Ledger
from headwater.retrieval.duplicates import Collapse
from headwater.retrieval.languages import languages_for
from headwater.retrieval.passage import Freshness, Passage
from headwater.retrieval.tray import Tray
from headwater.retrieval.wholes import Wholes
from headwater.tracing import span

__all__ = ["ATTEMPTS", "MOST_PASSAGES", "PASSAGE_TOKENS", "Freshness", "FreshnessOf", "Passage", "Searcher", "Wish"]

ATTEMPTS = 3
PASSAGE_TOKENS = 800
"""Size up to which a match is handed out with the whole around it, where its source says nothing else."""
PASSAGES, MOST_PASSAGES = 5, 200
_CANDIDATES, _MOST_CANDIDATES = 50, 3_000
_AT_ONCE = 20

FreshnessOf: TypeAlias = Callable[[str, Collection[tuple[str, str]]], Mapping[tuple[str, str], Freshness]]
"""Generation and (source, document) pairs to those that are live in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """How much is wanted: `limit` passages, of `passage_tokens` each (None: as the sources say; 0: the chunk alone),
    of `budget` tokens together (None: any number); `duplicates`: of documents that say nearly the same, all.
    """

    limit: int = PASSAGES
    passage_tokens: int | None = None
    budget: int | None = None
    duplicates: bool = False

    @property
    def candidates(self) -> int:
        """Of either half of the search: several matches may become one passage."""
        return max(_CANDIDATES, self.limit * 4 if self.budget is None else self.budget // 20)

    @staticmethod
    def of(*, limit: int | None, passage_tokens: int | None, budget: int | None, duplicates: bool = False) -> "Wish":
        """As a person says it: without a limit five passages, or as many as the budget holds."""
        usual = PASSAGES if budget is None else MOST_PASSAGES
        return Wish(
            limit=usual if limit is None else limit,
            passage_tokens=passage_tokens,
            budget=budget,
            duplicates=duplicates,
        )


@dataclass(frozen=True, slots=True)
class Searcher:
    """Searches whatever generation and epoch are live at the moment of each question.

    `passage_tokens` bounds the wholes of each source that is named in it; `preferences` says which source's of
    several near-duplicates is returned, 0 for those not named. `freshness_of` is asked once for all passages.
    """

    ledger: Ledger
    index_of: Callable[[str], Index]
    dense: Dense
    sparse: Sparse
    passage_tokens: Mapping[str, int] = field(default_factory=dict)
    preferences: Mapping[str, int] = field(default_factory=dict)
    freshness_of: FreshnessOf | None = None

    def search(
        self, question: str, asker: frozenset[str], *, limit: int = PASSAGES, filters: Iterable[Condition] = ()
    ) -> list[Passage]:
        """The best `limit` passages that someone with the principals `asker` may read, best first."""
        return self.find(question, asker, Wish(limit=limit), filters=filters)

    def find(
        self, question: str, asker: frozenset[str], wish: Wish, *, filters: Iterable[Condition] = ()
    ) -> list[Passage]:
        """What someone with the principals `asker` may read, best first, as much of it as `wish` says.

        Under a budget, what does not fit any more comes in a smaller whole, or alone, or not at all.
        """
        with span("search", limit=wish.limit) as told:
            found = self._find(question, asker, wish, tuple(filters))
            told.tell(passages=len(found))
            return found

    def _find(
        self, question: str, asker: frozenset[str], wish: Wish, conditions: tuple[Condition, ...]
    ) -> list[Passage]:
        with span("embed"):
            dense = self.dense.embed_query(question)
            sparse = self.sparse.encode_query(question, languages_for(self.ledger, asker))
        for _ in range(ATTEMPTS):
            generation, epoch = self.ledger.generation(), self.ledger.epoch()
            candidates = wish.candidates
            query = Query(
                filter=AllOf((permitted_condition(asker, epoch), *conditions)),
                dense=dense,
                sparse=sparse if sparse.indices else None,
                limit=2 * candidates,
                candidates=candidates,
            )
            try:
                index = self.index_of(generation)
                hits = self._hits(index, generation, query, wish)
                with span("assemble", hits=len(hits)):
                    passages = self._passages(index, hits, query.filter, wish)
                if self._still_whole(index, generation, epoch):
                    return self._with_freshness(generation, passages)
            except IndexUnavailableError:
                if self.ledger.generation() == generation:
                    raise
        raise BusyError("the index is too busy to answer from one consistent state", advice="Try again in a moment.")

    def _hits(self, index: Index, generation: str, query: Query, wish: Wish) -> list[Hit]:
        """Matches, best first, in one of several documents that say nearly the same."""
        if wish.duplicates:
            return index.search(query)
        collapse = Collapse(self.ledger, index, generation, self.preferences)
        while True:
            found = index.search(query)
            collapsed = collapse(query, found)
            enough = len(collapsed.hits) >= wish.limit or len(found) < query.candidates
            if enough or not collapsed.dropped or query.candidates >= _MOST_CANDIDATES:
                return collapsed.hits
            # What another document stands for has crowded out the rest.
            query = replace(query, limit=query.limit * 4, candidates=query.candidates * 4)

    def _passages(self, index: Index, hits: Sequence[Hit], visible: Condition, wish: Wish) -> list[Passage]:
        wholes, tray = Wholes(index, visible, self.dense.tokens, wish.budget), Tray(wish.limit, wish.budget)
        by_source: Mapping[str, int] = self.passage_tokens if wish.passage_tokens is None else {}
        otherwise = PASSAGE_TOKENS if wish.passage_tokens is None else wish.passage_tokens
        for together in _slices(hits, min(wish.limit, _AT_ONCE)):
            new = [hit for hit in together if not tray.holds(hit)]
            wholes.read(new, by_source, otherwise)
            for hit in new:
                if tray.full:
                    return tray.passages()
                if not tray.holds(hit):
                    most = by_source.get(hit.payload["source"], otherwise)
                    tray.take(hit, wholes.readings(hit, most))
        return tray.passages()

    def _with_freshness(self, generation: str, passages: list[Passage]) -> list[Passage]:
        if self.freshness_of is None or not passages:
            return passages
        found = self.freshness_of(generation, {(one.source, one.document) for one in passages})
        return [replace(one, freshness=found.get((one.source, one.document))) for one in passages]

    def _still_whole(self, index: Index, generation: str, epoch: int) -> bool:
        """Whether nothing that this epoch sees was deleted so far: by collection, or by the end of a rebuild."""
        identity = index.identity()
        return identity is not None and identity.collected <= epoch and self.ledger.generation() == generation


def _slices(hits: Sequence[Hit], size: int) -> Iterator[Sequence[Hit]]:
    return (hits[start : start + size] for start in range(0, len(hits), size))
