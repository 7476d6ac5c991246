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


def packed(units: Sequence[Unit], limit: int, sizer: Sizer, fill: int = 0) -> list[list[Unit]]:
    """Units in order in groups that weigh at most `limit`, context and joints included, as far as units allow.

    Groups of several units are filled up to `fill` (the limit, where it is 0), beyond it only to take in what is
    too little to stand alone. A group ends when the next unit does not fit, and, once it is half full, also at a unit
    whose text says so: with boundaries that depend on text, an edit moves those up to the next such unit, not all.
    """
    joint, fill = sizer.joint, fill or limit
    rest = sum(unit.weight + joint for unit in units)
    groups: list[list[Unit]] = []
    weight = 0
    for unit in units:
        more = weight + joint + unit.weight
        ends_here = 2 * weight >= fill and weight + rest > fill and is_landmark(unit.text)
        fits = more <= fill or (4 * weight < fill and more <= limit)
        if groups and fits and not (ends_here or unit.breaks):
            groups[-1].append(unit)
            weight = more
        else:
            groups.append([unit])
            weight = _alone(unit, joint)
        rest -= unit.weight + joint
    if len(groups) > 1:
        _even_out(groups[-2], groups[-1], fill, joint)
    if len(groups) > 1 and fill < limit:
        _take_in(groups, limit, fill, joint)
    return groups


def _take_in(groups: list[list[Unit]], limit: int, fill: int, joint: int) -> None:
    """Put a last group of under a quarter to the one before it, where there is room."""
    last = groups[-1]
    weight = sum(unit.weight + joint for unit in last) - joint
    before = _alone(groups[-2][0], joint) + sum(unit.weight + joint for unit in groups[-2][1:])
    if 4 * weight < fill and before + joint + weight <= limit and not last[0].breaks:
        groups[-2].extend(groups.pop())


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
