"""The numbers behind a chart of an Office file, as a table; read as XML, because python-pptx knows some kinds only."""

from typing import Any

from lxml import etree

from headwater.model import Block
from headwater.parsing.blocks import table_block

_NAMES = {
    "c": "http://schemas.openxmlformats.org/drawingml/2006/chart",
    "a": "http://schemas.openxmlformats.org/drawingml/2006/main",
}
CHART = f"{{{_NAMES['c']}}}chart"


def chart_table(root: Any, *, group: int, page: int) -> Block | None:
    """A column for each series, a row for each of its points, and the chart's title; None for an empty chart."""
    series = _find(root, ".//c:ser")
    columns = [_points(one, "c:val") for one in series]
    labels = next((found for one in series if (found := _points(one, "c:cat"))), {})
    rows = [["", *(" ".join(_find(one, "./c:tx//c:v/text()")) for one in series)]]
    for place in sorted({place for column in (labels, *columns) for place in column}):
        rows.append([labels.get(place, ""), *(column.get(place, "") for column in columns)])
    caption = "".join(_find(root, "./c:chart/c:title//a:t/text()"))
    return table_block(rows, header_rows=1, caption=caption, group=group, page=page)


def _points(series: Any, part: str) -> dict[int, str]:
    return {int(p.get("idx")): "".join(_find(p, "./c:v/text()")) for p in _find(series, f"./{part}//c:pt")}


def _find(element: Any, path: str) -> list[Any]:
    return list(etree.XPath(path, namespaces=_NAMES)(element))
