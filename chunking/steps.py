"""Which blocks and sections make one procedure, what it is for, and what it needs."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from chunking.clusters import items_of, led_clusters, telling
from chunking.sections import Piece, Section
from chunking.sizing import Sizer
from chunking.wholes import Whole
from headwater.model import BlockKind

MARK = "\ue000"
"""Stands for "Steps 4-7 of 12" until it is known which steps a part holds."""

_NEEDS = re.compile(
    r"\W*(?:pre-?requisites?|before you (?:begin|start|continue)|pre-?conditions?|requirements?|pre-?checks?"
    r"|what (?:you|you.ll|you will) need|preparations?|required (?:access|permissions?|tools?|materials?)|you will need"
    r"|safety|warnings?|cautions?)\b",
    re.IGNORECASE,
)
_PURPOSE = re.compile(
    r"\W*(?:purpose|overview|summary|goals?|objectives?|introduction|meaning|description)\b", re.IGNORECASE
)
_STEP_HEADING = re.compile(r"\W*(?:step|phase|stage)\s+(\d+)\b|\W*(\d{1,2})[.):]\s", re.IGNORECASE)
_SAYS_NOTHING = re.compile(
    r"\W*(?:the\s+)?(?:steps?|procedures?|instructions?|process|tasks?|actions?|method|how to|execution)\W*",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"(?s).+?[.!?。！？](?=\s|$)|.+")


@dataclass(frozen=True, slots=True)
class Procedure:
    """The steps of one procedure: the blocks of each, and its number as shown."""

    steps: tuple[tuple[int, int, str], ...]

    def part(self, first: int, last: int) -> str:
        """ "Steps 4-7 of 12" for those that have blocks in this range; "" without any."""
        held = [number for start, end, number in self.steps if start <= last and end >= first]
        if not held:
            return ""
        return f"Steps {held[0]}-{held[-1]} of {self._count}" if len(held) > 1 else f"Step {held[0]} of {self._count}"

    @property
    def _count(self) -> str:
        last = self.steps[-1][2]
        return last if last.isdigit() else str(len(self.steps))


def procedures(body: Sequence[Piece], limit: int, sizer: Sizer) -> list[Procedure]:
    """Those of a section that weigh more than `limit`."""
    found = []
    for head, cluster in led_clusters(body, telling(sizer.target)):
        weight = sum(piece.weight for piece in (*head, *cluster)) + sizer.joint * (len(head) + len(cluster) - 1)
        items = items_of(cluster)
        if weight > limit and len(items) > 1 and _outermost_are_steps(cluster):
            found.append(Procedure(tuple(_step(position, item) for position, item in enumerate(items, start=1))))
    return found


def _outermost_are_steps(cluster: Sequence[Piece]) -> bool:
    items = [piece.block for piece in cluster if piece.block.kind in (BlockKind.STEP, BlockKind.LIST_ITEM)]
    outermost = min((block.level for block in items), default=0)
    return any(block.kind is BlockKind.STEP and block.level == outermost for block in items)


def _step(position: int, item: Sequence[Piece]) -> tuple[int, int, str]:
    numbers = [piece.block.ordinal.strip(".): ") for piece in item if piece.block.ordinal]
    return item[0].index, item[-1].index, numbers[0] if numbers else str(position)


def purpose_of(sections: Sequence[Section], section: Section) -> str:
    """The first sentence of a section called Purpose or the like, else of this one, else of the first with text."""
    announced = [one for one in sections if one.heading_path and _PURPOSE.match(one.heading_path[-1])]
    opening = [_opening(one) for one in (*announced, section, *sections[:1])]
    said = [text for text in opening if text]
    return next((text for text in said if not text.endswith((":", "："))), said[0] if said else "")


def _opening(section: Section) -> str:
    """The first sentence of a section that does not begin with a list."""
    for piece in section.body:
        if piece.block.kind in (BlockKind.STEP, BlockKind.LIST_ITEM):
            break
        if piece.block.kind is BlockKind.PARAGRAPH and len(piece.text.split()) > 2:
            found = _SENTENCE.match(piece.text.strip())
            return " ".join(found[0].split()) if found else ""
    return ""


def title_of(section: Section, document: str) -> str:
    """What a procedure is called: the innermost heading that says more than that steps follow."""
    told = [heading for heading in section.heading_path if not _SAYS_NOTHING.fullmatch(heading)]
    return told[-1] if told else document


def needs_of(before: Section, section: Section) -> bool:
    """Whether the section before says what the steps of this one need."""
    return bool(before.heading and _NEEDS.match(before.heading.text) and _has_steps(section))


def procedures_over_sections(sections: Sequence[Section]) -> Iterator[Whole]:
    """Steps with the section that says what they need, and steps that are sections of their own."""
    for before, section in pairwise(sections):
        if needs_of(before, section) and before.trail[:-1] == section.trail[:-1] and before.heading:
            yield Whole("procedure", before.heading.index, section.body[-1].index)
    parents: dict[tuple[int, ...], list[Section]] = {}
    for section in sections:
        if section.heading and _STEP_HEADING.match(section.heading.text):
            parents.setdefault(section.trail[:-1], []).append(section)
    for trail, steps in parents.items():
        if len(steps) > 1:
            inside = [section for section in sections if section.trail[: len(trail)] == trail]
            first = trail[-1] if trail else (steps[0].heading or steps[0].body[0]).index
            yield Whole("procedure", first, inside[-1].body[-1].index)


def _has_steps(section: Section) -> bool:
    return any(piece.block.kind is BlockKind.STEP for piece in section.body)
