"""Fills passages with units that must not be split, so that an edit moves few of the boundaries around it."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from chunking.sections import Piece
from chunking.sizing import Sizer

BLANK_LINE, NEW_LINE = "\n\n", "\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """Text that stays together: the blocks `head` to `tail`, or a part of one.

    `joint` stands between it and the unit before. `context` is repeated ahead of it, followed by `below`, when a
    passage begins with this unit: the lead-in of a list, the head of a table, the end of what was cut (`below` is then
    empty). `breaks`: a passage begins here.
    """

    text: str
    weight: int
    head: Piece
    tail: Piece
    joint: str = BLANK_LINE
    context: str = ""
    context_weight: int = 0
    below: str = BLANK_LINE
    breaks: bool = False


def packed(units: Sequence[Unit], limit: int, sizer: Sizer) -> list[list[Unit]]:
    """Units in order in groups that weigh at most `limit`, context and joints included, as far as units allow.

    A group ends when the next unit does not fit, and, once it is half full, also at a unit whose text says so:
    with boundaries that depend on text, an edit moves the boundaries up to the next such unit, not all after it.
    """
    joint = sizer.joint
    rest = sum(unit.weight + joint for unit in units)
    groups: list[list[Unit]] = []
    weight = 0
    for unit in units:
        more = weight + joint + unit.weight
        ends_here = 2 * weight >= limit and weight + rest > limit and is_landmark(unit.text)
        if groups and more <= limit and not (ends_here or unit.breaks):
            groups[-1].append(unit)
            weight = more
        else:
            groups.append([unit])
            weight = _alone(unit, joint)
        rest -= unit.weight + joint
    if len(groups) > 1:
        _even_out(groups[-2], groups[-1], limit, joint)
    return groups


def _even_out(last_but_one: list[Unit], last: list[Unit], limit: int, joint: int) -> None:
    """A remnant says little and is found by accident: give a last group of under a quarter some of what precedes."""
    weight = _alone(last[0], joint) + sum(unit.weight + joint for unit in last[1:])
    while len(last_but_one) > 1 and 4 * weight < limit and not last[0].breaks:
        moved = last_but_one[-1]
        more = weight - _alone(last[0], joint) + last[0].weight + joint + _alone(moved, joint)
        if more > limit:
            return
        last.insert(0, last_but_one.pop())
        weight = more


def _alone(unit: Unit, joint: int) -> int:
    """Weight of a unit that begins a passage."""
    return unit.weight + (unit.context_weight + joint if unit.context else 0)


def is_landmark(text: str) -> bool:
    """True of one text in four, chosen by its hash."""
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=1).digest()[0] % 4 == 0


def repeated(units: Sequence[Unit]) -> str:
    """What a passage of these units says again at its beginning."""
    return f"{units[0].context}{units[0].below}" if units[0].context else ""


def joined(units: Sequence[Unit]) -> str:
    """The text of a passage, what it repeats first."""
    return repeated(units) + units[0].text + "".join(f"{unit.joint}{unit.text}" for unit in units[1:])
