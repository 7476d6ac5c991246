"""One picture of what a way of cutting gives and costs."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

_LEAST = 1.0
"""Percent: what returns nearly everything is no point of comparison."""
OURS, THEIRS, PUBLISHED = "#c2410c", "#475569", "#94a3b8"


def draw(rows: Mapping[str, Mapping[str, Any]], file: Path) -> None:
    """Recall over intersection-over-union, a point for each system."""
    import matplotlib as mpl  # takes a second, and only a plot needs it

    mpl.use("Agg")
    mpl.rcParams["svg.hashsalt"] = "headwater"
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(9, 5.5))
    for name, row in rows.items():
        if row["iou"] < _LEAST:
            continue
        ours, published = name.startswith("headwater"), name.startswith("published")
        colour = OURS if ours else PUBLISHED if published else THEIRS
        axes.scatter(row["iou"], row["recall"], color=colour, marker="x" if published else "o", s=46, zorder=3)
        axes.annotate(
            name, (row["iou"], row["recall"]), xytext=(6, 4), textcoords="offset points", fontsize=8, color=colour
        )
    axes.set_xlabel("intersection over union, %")
    axes.set_ylabel("recall, %")
    axes.set_title("Five best chunks for each of 472 questions, all-MiniLM-L6-v2, by character")
    axes.grid(alpha=0.25)
    axes.margins(0.12)
    figure.tight_layout()
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, metadata={"Date": None} if file.suffix == ".svg" else None)
