"""Writes a source as a workbook: a sheet for each table, real numbers and dates, merged and frozen cells."""

from io import BytesIO
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from binaries.archive import normalised
from binaries.source import Source


def write(source: Source) -> bytes:
    book = Workbook()
    book.remove(book.active)
    for sheet in source.sheets:
        _sheet(book.create_sheet(sheet["name"]), sheet)
    head = source.head
    properties = book.properties
    properties.title, properties.creator, properties.lastModifiedBy = head["title"], head["owner"], head["owner"]
    properties.subject, properties.keywords = head["number"], head["keywords"]
    properties.version = str(head["revision"])
    properties.created = source.moment("created").replace(tzinfo=None)
    result = BytesIO()
    book.save(result)
    return normalised(result.getvalue(), source.moment("updated"))


def _sheet(target: Worksheet, sheet: dict[str, Any]) -> None:
    header = 1
    if "banner" in sheet:
        target.append([sheet["banner"]])
        target.merge_cells(start_row=1, end_row=1, start_column=1, end_column=len(sheet["header"]))
        target["A1"].font = Font(italic=True)
        header = 2
    target.append(sheet["header"])
    for cell in target[header]:
        cell.font, cell.fill = Font(bold=True), PatternFill("solid", fgColor="E1E8EE")
    for row in sheet["rows"]:
        target.append(row)
    for index, width in enumerate(sheet["widths"], start=1):
        target.column_dimensions[get_column_letter(index)].width = width
    for row in target.iter_rows(min_row=header):
        for cell in row:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
    target.freeze_panes = f"A{header + 1}"
    for column in sheet.get("merge_equal", ()):
        _merge_equal(target, column + 1, header + 1)


def _merge_equal(target: Worksheet, column: int, first: int) -> None:
    """Merge runs of equal values downwards, as people do to make a matrix easier on the eye."""
    values = [target.cell(row, column).value for row in range(first, target.max_row + 1)]
    start = 0
    for end in range(1, len(values) + 1):
        if end == len(values) or values[end] != values[start]:
            if end - start > 1:
                target.merge_cells(
                    start_row=first + start, end_row=first + end - 1, start_column=column, end_column=column
                )
            start = end
