"""The geometry of plots: numbers to places in an SVG, which templates then draw."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 420, 240
LEFT, RIGHT, TOP, BOTTOM = 44, 16, 16, 34
ROW = 24


@dataclass(frozen=True, slots=True)
class Dot:
    """A place on a curve and what is said there."""

    x: float
    y: float
    text: str


@dataclass(frozen=True, slots=True)
class Curve:
    """`css` names the class that colours it."""

    name: str
    css: str
    dots: tuple[Dot, ...]

    @property
    def points(self) -> str:
        return " ".join(f"{dot.x:.1f},{dot.y:.1f}" for dot in self.dots)


@dataclass(frozen=True, slots=True)
class Column:
    """One bar of a histogram, standing on the axis."""

    x: float
    y: float
    width: float
    height: float
    label: str
    text: str
    css: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One row of a bar chart; lengths are shares of the whole."""

    label: str
    lengths: tuple[tuple[str, float], ...]
    """CSS class and share, the longest first: they are drawn over each other."""
    text: str


def share_y(share: float) -> float:
    """Height of a share between 0 (the axis) and 1."""
    return TOP + (1 - share) * (HEIGHT - TOP - BOTTOM)


def curve(name: str, css: str, values: Mapping[int, float]) -> Curve:
    """Values from 0 to 1 over equal steps of the keys, which double from one to the next."""
    step = (WIDTH - LEFT - RIGHT - 40) / max(1, len(values) - 1)
    return Curve(
        name,
        css,
        tuple(Dot(LEFT + 20 + step * n, share_y(value), f"{value:.2f}") for n, value in enumerate(values.values())),
    )


def columns(counts: Sequence[tuple[str, int, str]]) -> list[Column]:
    """A histogram of (label, count, CSS class), the highest column filling the height."""
    step = (WIDTH - LEFT - RIGHT) / max(1, len(counts))
    highest = max((count for _, count, _ in counts), default=0) or 1
    return [
        Column(
            x=LEFT + step * n + step * 0.12,
            y=share_y(count / highest),
            width=step * 0.76,
            height=share_y(0) - share_y(count / highest),
            label=label,
            text=f"{count:,}" if count else "",
            css=css,
        )
        for n, (label, count, css) in enumerate(counts)
    ]
