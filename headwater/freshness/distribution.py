"""How lags and ages spread."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import timedelta

from headwater.freshness.values import Bucket, DocumentStanding, Kept

_DAY = timedelta(days=1)
_LAGS = (
    ("under 1 min", timedelta(minutes=1)),
    ("1 to 15 min", timedelta(minutes=15)),
    ("15 min to 1 h", timedelta(hours=1)),
    ("1 to 6 h", timedelta(hours=6)),
    ("6 to 24 h", timedelta(hours=24)),
    ("1 to 3 d", timedelta(days=3)),
    ("3 to 7 d", timedelta(days=7)),
    ("over 7 d", timedelta.max),
)
_AGES = (
    ("under 30 d", 30 * _DAY),
    ("30 to 90 d", 90 * _DAY),
    ("90 to 180 d", 180 * _DAY),
    ("180 d to 1 y", 365 * _DAY),
    ("1 to 2 y", 730 * _DAY),
    ("2 to 5 y", 1826 * _DAY),
    ("over 5 y", timedelta.max),
)
UNKNOWN = "not stated"


def lags(documents: Iterable[DocumentStanding]) -> tuple[Bucket, ...]:
    """Of the last change of every document of which it is known."""
    found = [(one.lag, one.pipeline is Kept.NO) for one in documents if one.lag is not None]
    return _spread(_LAGS, found)


def ages(documents: Iterable[DocumentStanding]) -> tuple[Bucket, ...]:
    """Of the content of every document; the last bucket holds those that state no date."""
    known, unknown, broken = [], 0, 0
    for one in documents:
        if one.age is None:
            unknown += 1
            broken += one.content is Kept.NO
        else:
            known.append((one.age, one.content is Kept.NO))
    return (*_spread(_AGES, known), Bucket(UNKNOWN, unknown, broken))


def _spread(bounds: Sequence[tuple[str, timedelta]], values: Iterable[tuple[timedelta, bool]]) -> tuple[Bucket, ...]:
    labels, ends = [label for label, _ in bounds], [bound for _, bound in bounds]
    counts, broken = [0] * len(bounds), [0] * len(bounds)
    for value, is_broken in values:
        place = bisect_right(ends, value)
        counts[place] += 1
        broken[place] += is_broken
    return tuple(Bucket(label, counts[n], broken[n]) for n, label in enumerate(labels))
