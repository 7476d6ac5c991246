"""Conditions to the filters of qdrant-client."""

from collections.abc import Sequence

from qdrant_client import models

from headwater.index.query import AllOf, AnyOf, Between, Condition, HasId, Not, OneOf, no_booleans


def compile_filter(condition: Condition) -> models.Filter:
    """TypeError for booleans, ValueError for an empty conjunction, however the condition came to hold them."""
    match condition:
        case AllOf(conditions=parts):
            wanted = [part for part in _filled(parts) if not isinstance(part, Not)]
            unwanted = [part.condition for part in parts if isinstance(part, Not)]
            return models.Filter(
                must=[_part(part) for part in wanted] or None, must_not=[_part(part) for part in unwanted] or None
            )
        case AnyOf(conditions=parts):
            return models.Filter(should=[_part(part) for part in _filled(parts)])
        case Not(condition=inner):
            return models.Filter(must_not=[_part(inner)])
        case _:
            return models.Filter(must=[_part(condition)])


def _part(condition: Condition) -> models.Condition:
    match condition:
        case OneOf(field=field, values=values):
            return models.FieldCondition(key=field, match=models.MatchAny(any=_values(values)))
        case Between(field=field, gt=gt, gte=gte, lt=lt, lte=lte):
            no_booleans(gt, gte, lt, lte)
            return models.FieldCondition(key=field, range=models.Range(gt=gt, gte=gte, lt=lt, lte=lte))
        case HasId(ids=ids):
            return models.HasIdCondition(has_id=list(ids))
        case _:
            return compile_filter(condition)


def _filled(parts: Sequence[Condition]) -> Sequence[Condition]:
    if not parts:
        raise ValueError("an empty filter would match everything")
    return parts


def _values(values: tuple[str, ...] | tuple[int, ...]) -> list[str] | list[int]:
    no_booleans(*values)
    words = [value for value in values if isinstance(value, str)]
    numbers = [value for value in values if isinstance(value, int)]
    if len(values) not in (len(words), len(numbers)):
        raise TypeError("values of one condition are all keywords or all integers")
    return words or numbers
