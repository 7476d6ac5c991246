"""Span recall over what is returned, one panel a corpus."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl

from bench.retrieval_score import BUDGETS

mpl.use("svg")
# The same file for the same figures.
mpl.rcParams["svg.hashsalt"] = "headwater"


def draw(corpora: Mapping[str, Mapping[str, Any]], file: Path) -> None:
    """Of the half that was not looked at: ours as it comes, and others by cosine alone and with our hybrid."""
    from matplotlib import pyplot

    figure, panels = pyplot.subplots(1, len(corpora), figsize=(6.5 * len(corpora), 4.5), squeeze=False)
    for panel, (name, rows) in zip(panels[0], corpora.items(), strict=True):
        for label, row in rows.items():
            ours = label.startswith("headwater, as")
            if not ours and not label.endswith((", dense", "hybrid, titled")):
                continue
            recall = [row["report"][f"recall@{budget}"] for budget in BUDGETS]
            style = "-" if ours else ":" if label.endswith(", dense") else "--"
            panel.plot(BUDGETS, recall, style, marker="o", linewidth=2.5 if ours else 1, markersize=4, label=label)
        panel.set(xscale="log", xticks=BUDGETS, xticklabels=BUDGETS, xlabel="returned tokens", title=name)
        panel.set_ylabel("share of the answering span returned")
        panel.minorticks_off()
        panel.grid(alpha=0.3)
        panel.legend(fontsize=7)
    figure.tight_layout()
    figure.savefig(file, metadata={"Date": None})
