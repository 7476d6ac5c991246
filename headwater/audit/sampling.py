"""How wrong a whole is, by a sample drawn from it without replacement."""

from collections.abc import Callable
from math import exp, lgamma

INTERVAL = "exact, for draws without replacement (Clopper-Pearson with the hypergeometric distribution)"
_TAIL = 0.025


def interval(wrong: int, read: int, population: int) -> tuple[float, float]:
    """95% interval of the share of `population` that is wrong, when `wrong` of `read` drawn ones are.

    The ends are the fewest and the most wrong ones with which so many, or so few, in the sample are no rarer than 2.5%.
    Everything drawn makes both ends the share itself.
    """
    if not read:
        return 0.0, 1.0
    fewest = _first(wrong, population - (read - wrong), lambda total: _at_least(wrong, read, total, population) > _TAIL)
    most = _last(fewest, population - (read - wrong), lambda total: _at_most(wrong, read, total, population) > _TAIL)
    return fewest / population, most / population


def _first(low: int, high: int, holds: Callable[[int], bool]) -> int:
    while low < high:
        middle = (low + high) // 2
        if holds(middle):
            high = middle
        else:
            low = middle + 1
    return low


def _last(low: int, high: int, holds: Callable[[int], bool]) -> int:
    while low < high:
        middle = (low + high + 1) // 2
        if holds(middle):
            low = middle
        else:
            high = middle - 1
    return low


def _at_least(wrong: int, read: int, total: int, population: int) -> float:
    return sum(_chance(count, read, total, population) for count in range(wrong, min(read, total) + 1))


def _at_most(wrong: int, read: int, total: int, population: int) -> float:
    return sum(_chance(count, read, total, population) for count in range(wrong + 1))


def _chance(count: int, read: int, total: int, population: int) -> float:
    """Of `count` wrong ones among `read`, when `total` of `population` are wrong."""
    if count > total or read - count > population - total:
        return 0.0
    return exp(_choose(total, count) + _choose(population - total, read - count) - _choose(population, read))


def _choose(of: int, many: int) -> float:
    return lgamma(of + 1) - lgamma(many + 1) - lgamma(of - many + 1)
