"""Fills passages with units that must not be split, so that an edit moves few of the boundaries around it."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from chunking.cite import Place
from chunking.sizing import Sizer

BLANK_LINE, NEW_LINE = "\n\n", "\n"


@dataclass(frozen=True, slots=True)
class Unit:
    """Text that stays together. `context` is repeated ahead of it when a passage begins with this unit: the
    lead-in of a list, the head of a table. `tight` units follow the one before on the next line.
    """

    text: str
    weight: int
    place: Place
    context: str = ""
    context_weight: int = 0
    tight: bool = False


def packed(units: Sequence[Unit], limit: int, sizer: Sizer) -> list[list[Unit]]:
    """Units in order in groups that weigh at most `limit`, context and joints included, as far as units allow.

    A group ends when the next unit does not fit, and, once it is half full, also at a unit whose text says so:
    with boundaries that depend on text, an edit moves the boundaries up to the next such unit, not all after it.
    """
    groups: list[list[Unit]] = []
    weight = 0
    for unit in units:
        more = weight + sizer.joint + unit.weight
        if groups and more <= limit and not (2 * weight >= limit and is_landmark(unit.text)):
            groups[-1].append(unit)
            weight = more
        else:
            groups.append([unit])
            weight = unit.weight + (unit.context_weight + sizer.joint if unit.context else 0)
    return groups


def is_landmark(text: str) -> bool:
    """True of one text in four, chosen by its hash."""
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=1).digest()[0] % 4 == 0


def joined(units: Sequence[Unit]) -> str:
    """The text of a group, its context first."""
    text = units[0].context
    for unit in units:
        separator = NEW_LINE if unit.tight else BLANK_LINE
        text = f"{text}{separator}{unit.text}" if text else unit.text
    return text
