"""Small sections that stand side by side make one passage, so that no passage is a heading and half a line."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from chunking.packing import is_landmark
from chunking.sections import Piece, Section
from headwater.model import BlockKind

# A section is small when three of its weight would fit a passage.
_SMALL_SHARE = 3


@dataclass(slots=True)
class Gathering:
    """Sections of one passage; `root` is the trail of the heading that all of them stand under, or are.

    A lone section keeps its own heading as root.
    """

    members: list[Section]
    root: tuple[int, ...]
    weight: int
    small: bool

    @property
    def heading_path(self) -> tuple[str, ...]:
        return self.members[0].heading_path[: len(self.root)]

    def pieces(self) -> list[Piece]:
        """All blocks, with the headings that the root does not cover."""
        found: list[Piece] = []
        for section in self.members:
            if _shows_heading(section) or section.trail == self.root or section.heading is None:
                found += section.body
            else:
                found += [section.heading, *section.body]
        return found


def _never(_before: Section, _section: Section) -> bool:
    return False


def gathered(
    sections: Iterable[Section],
    limit_of: Callable[[tuple[str, ...]], int],
    joint: int,
    binds: Callable[[Section, Section], bool] = _never,
) -> list[Gathering]:
    """Neighbours joined while they are small, fit one passage and stand under one heading, or under the first.

    Like passages, gatherings end at sections whose heading says so once they are half full, so that an edit does
    not move all that follow. What `binds` says of two neighbours holds for sections that are not small as well.
    """
    found: list[Gathering] = []
    for section in sections:
        weight = _weight(section.body, joint)
        small = _SMALL_SHARE * weight <= limit_of(section.heading_path)
        bound = bool(found) and binds(found[-1].members[-1], section)
        if not (found and _join(found[-1], section, weight, small, limit_of, joint, bound)):
            found.append(Gathering([section], section.trail, weight, small))
    return found


def _join(
    group: Gathering,
    section: Section,
    weight: int,
    small: bool,
    limit_of: Callable[[tuple[str, ...]], int],
    joint: int,
    bound: bool,
) -> bool:
    first, parent = group.members[0], section.trail[:-1]
    lone = len(group.members) == 1
    introduces = lone and parent == first.trail
    beside = lone and first.trail != () and parent == first.trail[:-1]
    if not (
        ((group.small and small) or bound)
        and section.trail
        and (introduces or beside or (not lone and parent == group.root))
    ):
        return False
    root = group.root if introduces or not lone else parent
    total = group.weight + _with_heading(section, weight, joint) + joint
    if root != group.root:
        total += _with_heading(first, 0, joint)
    limit = limit_of(section.heading_path[: len(root)])
    landmark = section.heading is not None and is_landmark(section.heading.text)
    if total > limit or (2 * group.weight >= limit and landmark and not bound):
        return False
    group.small = group.small and small
    group.members.append(section)
    group.root, group.weight = root, total
    return True


def _with_heading(section: Section, weight: int, joint: int) -> int:
    if section.heading is None or _shows_heading(section):
        return weight
    return weight + section.heading.weight + joint


def _shows_heading(section: Section) -> bool:
    """Whether its text begins with its heading, after others that have no text of their own."""
    return section.body[0].block.kind is BlockKind.HEADING


def _weight(pieces: list[Piece], joint: int) -> int:
    return sum(piece.weight for piece in pieces) + joint * (len(pieces) - 1)
