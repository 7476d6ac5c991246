"""A picture of what `bench.parsing` measured: `python -m bench.parsing_plot FIGURES.json PICTURE.svg`."""

import json
import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib import pyplot

_COLOURS = {
    "headwater": "#0b6e4f",
    "unstructured": "#c2571a",
    "markitdown": "#7570b3",
    "trafilatura": "#8a8d91",
    "trafilatura, recall": "#c4c7ca",
}
_PANELS = (
    ("recall", "words found, of those there are"),
    ("precision", "words that are the document's, of those given"),
    ("cells", "table cells found"),
    ("per_second", "documents per second of processor time"),
)


def main() -> None:
    source, target = Path(sys.argv[1]), Path(sys.argv[2])
    corpora: dict[str, Any] = json.loads(source.read_text(encoding="utf-8"))["corpora"]
    # The same figures give the same bytes.
    mpl.rcParams["svg.hashsalt"] = "headwater"
    figure, axes = pyplot.subplots(1, len(_PANELS), figsize=(15, 6.5), sharey=True, layout="constrained")
    names = list(corpora)
    for axis, (key, title) in zip(axes, _PANELS, strict=True):
        _panel(axis, corpora, key)
        axis.set_title(title, fontsize=9)
        axis.set_yticks(range(len(names)), names)
        axis.spines[["top", "right"]].set_visible(False)
    axes[0].invert_yaxis()
    handles = [pyplot.Rectangle((0, 0), 1, 1, color=colour) for colour in _COLOURS.values()]
    figure.legend(handles, _COLOURS, loc="outside lower center", ncols=len(_COLOURS), frameon=False, fontsize=9)
    figure.savefig(target, metadata={"Date": None})


def _panel(axis: Any, corpora: dict[str, Any], key: str) -> None:
    width = 0.85 / len(_COLOURS)
    for row, parsers in enumerate(corpora.values()):
        shown = [(name, found[key]) for name in _COLOURS if key in (found := parsers.get(name, {}))]
        for place, (name, value) in enumerate(shown):
            height = row + (place - (len(shown) - 1) / 2) * width
            axis.barh(height, value, width, color=_COLOURS[name])
            axis.text(value, height, f" {value:.3g}", va="center", fontsize=5.5)
    if key == "per_second":
        axis.set_xscale("log")
    else:
        axis.set_xlim(0, 1.12)


if __name__ == "__main__":
    main()
