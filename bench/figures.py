"""What a measurement says: a number, what it may be at most, and every single run behind it."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """`value` is the median of `runs` where there are several; `at_most` is None for what is only stated."""

    name: str
    value: float
    unit: str
    at_most: float | None = None
    runs: Sequence[float] = field(default_factory=tuple)
    note: str = ""

    @property
    def met(self) -> bool | None:
        return None if self.at_most is None else self.value <= self.at_most

    def as_json(self) -> dict[str, Any]:
        found: dict[str, Any] = {"name": self.name, "value": round(self.value, 4), "unit": self.unit}
        if self.at_most is not None:
            found |= {"at_most": self.at_most, "met": self.met}
        if self.runs:
            found["runs"] = [round(run, 4) for run in self.runs]
        return found | ({"note": self.note} if self.note else {})


def median(name: str, runs: Sequence[float], unit: str, *, at_most: float | None = None, note: str = "") -> Figure:
    """The median of several runs of the same thing."""
    return Figure(name=name, value=statistics.median(runs), unit=unit, at_most=at_most, runs=tuple(runs), note=note)


def show(title: str, figures: Sequence[Figure]) -> None:
    """The figures as a table, to stderr: stdout is for nobody but programs."""
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    table.add_column("figure")
    for name in ("value", "at most", "met", "runs"):
        table.add_column(name, justify="right")
    table.add_column("note")
    for figure in figures:
        table.add_row(
            figure.name,
            f"{_number(figure.value)} {figure.unit}",
            "" if figure.at_most is None else f"{_number(figure.at_most)} {figure.unit}",
            {None: "", True: "[green]yes[/green]", False: "[red]NO[/red]"}[figure.met],
            " ".join(_number(run) for run in figure.runs) if len(figure.runs) > 1 else "",
            figure.note,
        )
    console = Console(stderr=True, highlight=False, width=None if Console(stderr=True).is_terminal else 160)
    console.print(table)
    console.print()


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:,.2f}"
