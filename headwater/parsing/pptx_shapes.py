"""The shapes of a slide in the order they are read, those in groups too, and what diagrams say."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lxml import etree
from pptx.oxml.ns import qn
from pptx.shapes.group import GroupShape

_DIAGRAM = "http://schemas.openxmlformats.org/drawingml/2006/diagram"
_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_DEEPEST_GROUP = 20
_SAME_BAND = 0.5


@dataclass(frozen=True, slots=True)
class Placed:
    """A shape and where it is on the slide, whatever groups it is in."""

    shape: Any
    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class _Space:
    """From the coordinates inside a group to those of the slide."""

    across: float = 1.0
    down: float = 1.0
    left: float = 0.0
    top: float = 0.0

    def placed(self, shape: Any) -> Placed:
        left, top = self._point(shape.left or 0, shape.top or 0)
        right, bottom = self._point((shape.left or 0) + (shape.width or 0), (shape.top or 0) + (shape.height or 0))
        return Placed(shape, left, top, right, bottom)

    def inside(self, group: GroupShape) -> "_Space":
        frame = group._element.grpSpPr.find(qn("a:xfrm"))
        offset, extent = (None, None) if frame is None else (frame.find(qn("a:chOff")), frame.find(qn("a:chExt")))
        if offset is None or extent is None:
            return self
        across = (group.width or 0) / (int(extent.get("cx", "0")) or 1)
        down = (group.height or 0) / (int(extent.get("cy", "0")) or 1)
        left, top = self._point(
            (group.left or 0) - across * int(offset.get("x", "0")), (group.top or 0) - down * int(offset.get("y", "0"))
        )
        return _Space(self.across * across, self.down * down, left, top)

    def _point(self, x: float, y: float) -> tuple[float, float]:
        return self.left + self.across * x, self.top + self.down * y


def placed(shapes: Any, space: _Space | None = None, depth: int = 0) -> Iterator[Placed]:
    """All shapes that are not groups; those of a hidden group are not among them, see `is_hidden`."""
    space = space or _Space()
    for shape in shapes:
        if isinstance(shape, GroupShape) and not is_hidden(shape) and depth < _DEEPEST_GROUP:
            yield from placed(shape.shapes, space.inside(shape), depth + 1)
        else:
            yield space.placed(shape)


def in_reading_order(shapes: list[Placed]) -> list[Placed]:
    """Bands from top to bottom; what stands side by side in a band from left to right, column by column."""
    ordered: list[Placed] = []
    band: list[Placed] = []
    for one in sorted(shapes, key=lambda one: (one.top, one.left)):
        if band and not any(_beside(one, other) for other in band):
            ordered += sorted(band, key=lambda one: (one.left, one.top))
            band = []
        band.append(one)
    return ordered + sorted(band, key=lambda one: (one.left, one.top))


def _beside(one: Placed, other: Placed) -> bool:
    """Next to each other, and not one above the other."""
    overlap = min(one.bottom, other.bottom) - max(one.top, other.top)
    apart = one.left >= other.right or other.left >= one.right
    return apart and overlap > _SAME_BAND * min(one.bottom - one.top, other.bottom - other.top)


def is_hidden(shape: Any) -> bool:
    """Switched off in the selection pane."""
    return any(mark.get("hidden") in ("1", "true") for mark in shape._element.xpath("./*/p:cNvPr"))


def all_text(element: Any) -> str:
    """Every word under an XML element, for the count of what is hidden."""
    return " ".join(text.text or "" for text in element.iter(qn("a:t")))


def diagram_texts(shape: Any) -> list[str]:
    """The points of a SmartArt diagram, in the order of its text pane; empty for other graphics."""
    ids = next(iter(shape._element.iter(f"{{{_DIAGRAM}}}relIds")), None)
    part = None if ids is None else shape.part.related_part(ids.get(f"{{{_RELATION}}}dm"))
    if part is None:
        return []
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    root = etree.fromstring(part.blob, parser)
    texts = ("".join(t.text or "" for t in point.iter(qn("a:t"))) for point in root.iter(f"{{{_DIAGRAM}}}pt"))
    return [text for text in texts if text.strip()]
