"""How much of an answer is in what was returned, by runs of words."""

import re
from collections.abc import Sequence

RUN = 4
"""Words in a row that have to be found together, so that common words alone find nothing."""

_WORD = re.compile(r"\w+")


def words(text: str) -> list[str]:
    """Words without marks, in lower case: line breaks, table pipes and emphasis differ between sources and passages."""
    return _WORD.findall(text.casefold())


def span_recall(answer: Sequence[str], returned: Sequence[Sequence[str]]) -> float:
    """The share of the answer's words that are part of a run of four found in one of the returned texts, 0 to 1.

    An answer of fewer words is one run. Runs do not reach from one returned text into another.
    """
    length = min(RUN, len(answer))
    if not length:
        return 0.0
    there = {tuple(text[start : start + length]) for text in returned for start in range(len(text) - length + 1)}
    found = [False] * len(answer)
    for start in range(len(answer) - length + 1):
        if tuple(answer[start : start + length]) in there:
            found[start : start + length] = [True] * length
    return sum(found) / len(answer)
