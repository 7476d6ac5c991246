"""From a match to the whole it is a part of: a procedure, a table, an entry, a section."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from headwater.index.base import Hit, Index
from headwater.index.points import point_id
from headwater.index.query import AllOf, Condition, HasId
from headwater.interfaces import Tokens
from headwater.model import Span
from headwater.retrieval.passage import CHUNK, Reading

_RUNNING = frozenset({"section", "document"})
_RUNNING_SHARE, _UNIT_SHARE = 10, 2
"""Of a budget, what one whole may take: a tenth was best of a half to a tenth (docs/benchmarks/retrieval.md)."""

Payload: TypeAlias = Mapping[str, Any]


class Wholes:
    """Puts wholes together from points that `visible`, the whole filter of the search, lets through.

    A whole of which one part is hidden is not offered at all.
    """

    def __init__(self, index: Index, visible: Condition, tokens: Tokens, budget: int | None = None) -> None:
        self._index = index
        self._visible = visible
        self._tokens = tokens
        self._budget = budget
        self._special: int | None = None
        self._parts: dict[str, Payload | None] = {}
        """By point id; None for what was asked for and is hidden or not there."""

    def read(self, hits: Iterable[Hit], passage_tokens: Mapping[str, int], otherwise: int) -> None:
        """Fetch what these hits may become, at once; `passage_tokens` by source bounds each."""
        wanted: dict[str, None] = {}
        for hit in hits:
            self._parts[hit.id] = hit.payload
            most = passage_tokens.get(hit.payload["source"], otherwise)
            for span in self._fitting(hit.payload, most):
                wanted.update(dict.fromkeys(_ids(hit.payload, span)))
        missing = [id for id in wanted if id not in self._parts]
        if not missing:
            return
        self._parts.update(dict.fromkeys(missing))
        for point in self._index.scroll(AllOf((HasId(tuple(missing)), self._visible))):
            self._parts[point.id] = point.payload

    def readings(self, hit: Hit, most: int) -> Iterator[Reading]:
        """What may be handed out for a hit that was `read`: wholes of at most `most` tokens, the largest first, then
        the chunk alone, whatever its size.
        """
        for span in reversed(self._fitting(hit.payload, most)):
            parts = [self._parts.get(id) for id in _ids(hit.payload, span)]
            whole = [part for part in parts if part is not None]
            if len(whole) == len(parts):
                yield Reading(span.what, span.first, span.last, span.tokens, _joined(whole), _common_path(whole))
        yield self._alone(hit.payload)

    def _fitting(self, payload: Payload, most: int) -> list[Span]:
        """Wholes of more than this chunk, the smallest first."""
        spans = (Span(*fields) for fields in payload.get("wholes", ()))
        return [span for span in spans if span.tokens <= self._most(span.what, most) and span.first < span.last]

    def _most(self, what: str, most: int) -> int:
        """Under a budget one section leaves room for others; what is of use only as a whole may take half."""
        if self._budget is None:
            return most
        return min(most, self._budget // (_RUNNING_SHARE if what in _RUNNING else _UNIT_SHARE))

    def _alone(self, payload: Payload) -> Reading:
        text, position = str(payload["content"]), int(payload["position"])
        if self._special is None:
            self._special = self._tokens.count("")
        tokens = self._tokens.count(text) - self._special
        return Reading(CHUNK, position, position, tokens, text, _path(payload))


def _ids(payload: Payload, span: Span) -> list[str]:
    publication, source, document = int(payload["publication"]), payload["source"], payload["document"]
    return [point_id(publication, source, document, position) for position in range(span.first, span.last + 1)]


def _joined(parts: Sequence[Payload]) -> str:
    """Each further part without what it repeats of those before it."""
    first, *others = parts
    added = (str(part.get("joint", "\n\n")) + part["content"][int(part.get("lead", 0)) :] for part in others)
    return "".join((first["content"], *added))


def _path(payload: Payload) -> tuple[str, ...]:
    return tuple(payload["metadata"].get("heading_path", ()))


def _common_path(parts: Sequence[Payload]) -> tuple[str, ...]:
    paths = [_path(part) for part in parts]
    shared = 0
    while all(len(path) > shared and path[shared] == paths[0][shared] for path in paths):
        shared += 1
    return paths[0][:shared]
