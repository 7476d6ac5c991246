"""Workbooks: sheets, tables apart from the text about them, merged cells, values as shown."""

import io
import zipfile
from datetime import date, datetime, time
from typing import Any

import openpyxl
import pytest
from openpyxl.worksheet.table import Table

from headwater.errors import TooLargeError
from headwater.model import Block, BlockKind

K = BlockKind
Parse = Any


def book(*rows: list[Any]) -> Any:
    made = openpyxl.Workbook()
    for row in rows:
        made.active.append(row)
    made.active.title = "Sheet one"
    return made


def saved(made: Any) -> bytes:
    stream = io.BytesIO()
    made.save(stream)
    return stream.getvalue()


def tables(parse_file: Parse, made: Any) -> list[Block]:
    return [b for b in parse_file("file.xlsx", saved(made)).blocks if b.kind is K.TABLE]


def test_sheet_heading_title_rows_table_and_remark(parse_file: Parse) -> None:
    made = book(["Limits by plan"], ["Plan", "Users"], ["Free", 5], ["Team", 50], ["Ask sales for more."])
    found = parse_file("file.xlsx", saved(made)).blocks
    assert [(b.kind, b.text) for b in found if b.kind is not K.TABLE] == [
        (K.HEADING, "Sheet one"),
        (K.PARAGRAPH, "Limits by plan"),
        (K.PARAGRAPH, "Ask sales for more."),
    ]
    assert found[2].rows == (("Plan", "Users"), ("Free", "5"), ("Team", "50"))
    assert found[2].header_rows == 1
    assert found[2].text == "| Plan | Users |\n| --- | --- |\n| Free | 5 |\n| Team | 50 |"
    assert {b.page for b in found} == {1}


def test_values_as_a_reader_sees_them(parse_file: Parse) -> None:
    made = book(
        ["a", "b"],
        [8080, "N/A"],
        [None, "None"],
        [1.0, 0.1 + 0.2],
        [True, "=1+1"],
        [date(2024, 2, 3), datetime(2024, 2, 3, 4, 5)],
        [time(6, 7), "two\nlines"],
    )
    for place in ("A8", "B8"):
        made.active[place] = 0.256
        made.active[place].number_format = "0.0%"
    (table,) = tables(parse_file, made)
    assert table.rows[1:] == (
        ("8080", "N/A"),
        ("", "None"),
        ("1", "0.3"),
        ("TRUE", ""),
        ("2024-02-03", "2024-02-03 04:05"),
        ("06:07:00", "two lines"),
        ("25.6%", "25.6%"),
    )


def test_merged_cells_are_filled_and_group_headers_count(parse_file: Parse) -> None:
    made = book(["Region", "2024", None], [None, "Q1", "Q2"], ["North", 1, 2], [None, 3, 4])
    for area in ("A1:A2", "B1:C1", "A3:A4"):
        made.active.merge_cells(area)
    (table,) = tables(parse_file, made)
    assert table.rows == (("Region", "2024", "2024"), ("Region", "Q1", "Q2"), ("North", "1", "2"), ("North", "3", "4"))
    assert table.header_rows == 2


def test_a_title_merged_across_the_table_is_text(parse_file: Parse) -> None:
    made = book(["Prices", None, None], ["a", "b", "c"], [1, 2, 3])
    made.active.merge_cells("A1:C1")
    found = parse_file("file.xlsx", saved(made)).blocks
    assert [(b.kind, b.text[:6]) for b in found[1:]] == [(K.PARAGRAPH, "Prices"), (K.TABLE, "| a | ")]


def test_tables_below_and_beside_each_other_and_a_cell_far_away(parse_file: Parse) -> None:
    made = book(["a", "b", None, "x", "y"], [1, 2, None, 3, 4], [], ["c", "d"], [5, 6])
    made.active.cell(1_048_576, 16_384, "far")
    found = parse_file("file.xlsx", saved(made)).blocks
    assert [b.rows for b in found if b.rows] == [
        (("a", "b"), ("1", "2")),
        (("x", "y"), ("3", "4")),
        (("c", "d"), ("5", "6")),
    ]
    assert found[-1].text == "far"


def test_a_declared_table_says_whether_it_has_headers(parse_file: Parse) -> None:
    made = book([1, 2], [3, 4])
    made.active["A1"], made.active["B1"] = "2023", "2024"
    table = Table(displayName="T", ref="A1:B2")
    made.active.add_table(table)
    assert tables(parse_file, made)[0].header_rows == 1
    assert tables(parse_file, book([1, 2], [3, 4]))[0].header_rows == 0


def test_hidden_and_empty_sheets(parse_file: Parse) -> None:
    made = book(["a", "b"], [1, 2])
    made.create_sheet("Empty")
    made.create_sheet("Draft").append(["secret"])
    made["Draft"].sheet_state = "hidden"
    found = parse_file("file.xlsx", saved(made))
    assert [b.text for b in found.blocks if b.kind is K.HEADING] == ["Sheet one"]
    assert found.meta["hidden_sheets"] == ("Draft",)


def test_a_merge_over_a_whole_sheet_is_refused(parse_file: Parse) -> None:
    made = book(["a", "b"], [1, 2])
    made.active.merge_cells("A1:B1")
    stream = io.BytesIO()
    # openpyxl would make each of the cells, so the merge is put in afterwards.
    with zipfile.ZipFile(io.BytesIO(saved(made))) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b'"A1:B1"', b'"A1:XFD1048576"'))
    with pytest.raises(TooLargeError, match="17,179,869,184 cells"):
        parse_file("file.xlsx", stream.getvalue())
