"""Headwater's filter and query vocabulary, compiled by every index backend to its own models.

Booleans have no place in it: the embedded engine sends True as the integer 1, and a filter on it fails open.
An empty conjunction matches everything in Qdrant, so it cannot be built here.
"""

from dataclasses import dataclass
from typing import TypeAlias

from headwater.interfaces import SparseVector, Vectors


def no_booleans(*values: object) -> None:
    """TypeError when one of these is a boolean; compilers check again what they are about to send."""
    for value in values:
        if isinstance(value, bool):
            raise TypeError("booleans are not filterable; store and compare a keyword or an integer")


@dataclass(frozen=True, slots=True)
class OneOf:
    """The field's value, or one element of it, is among `values`; no values match nothing."""

    field: str
    values: tuple[str, ...] | tuple[int, ...]

    def __post_init__(self) -> None:
        no_booleans(*self.values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Between:
    """The field's number lies within the given bounds; at least one bound."""

    field: str
    gt: float | None = None
    gte: float | None = None
    lt: float | None = None
    lte: float | None = None

    def __post_init__(self) -> None:
        no_booleans(self.gt, self.gte, self.lt, self.lte)
        if self.gt is None and self.gte is None and self.lt is None and self.lte is None:
            raise ValueError(f"a range on {self.field!r} needs a bound")


@dataclass(frozen=True, slots=True)
class HasId:
    """The point is one of these; no ids match nothing."""

    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The condition does not hold; of an array field: for none of its elements."""

    condition: "Condition"


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every condition holds; at least one condition."""

    conditions: tuple["Condition", ...]

    def __post_init__(self) -> None:
        if not self.conditions:
            raise ValueError("an empty filter would match everything")


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one condition holds; at least one condition."""

    conditions: tuple["Condition", ...]

    def __post_init__(self) -> None:
        if not self.conditions:
            raise ValueError("an empty filter would match everything")


Condition: TypeAlias = OneOf | Between | HasId | Not | AllOf | AnyOf


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """Hybrid search: `candidates` per vector, fused by reciprocal rank with k = 60, the best `limit` returned.

    `filter` is the reader's whole filter: it restricts both candidate lists and is the corpus that BM25's
    inverse document frequency is counted over, so that what a reader may not see cannot move their scores.
    """

    filter: Condition
    dense: Vectors | None = None
    sparse: SparseVector | None = None
    limit: int = 10
    candidates: int = 50
