"""Delimited text to tables."""

import pytest

from headwater.errors import BrokenFileError
from headwater.model import NOBODY, Block, BlockKind, RawDocument
from headwater.parsing import csv_table


def parse(content: str) -> tuple[Block, ...]:
    raw = RawDocument(
        source="s",
        id="d",
        version="1",
        uri="u",
        title="",
        kind="help",
        media_type="text/csv",
        content=content.encode(),
        updated_at=None,
        access=NOBODY,
    )
    return csv_table.parse(raw).blocks


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_and_the_first_row_is_the_header(delimiter: str) -> None:
    (block,) = parse("\n".join(delimiter.join(row) for row in (["Name", "Limit"], ["Free plan", "1.5"], ["Pro", "2"])))
    assert block.kind is BlockKind.TABLE
    assert block.rows == (("Name", "Limit"), ("Free plan", "1.5"), ("Pro", "2"))
    assert block.header_rows == 1
    assert block.text == "| Name | Limit |\n| --- | --- |\n| Free plan | 1.5 |\n| Pro | 2 |"


def test_quotes_commas_and_line_breaks_inside_cells() -> None:
    (block,) = parse('a,b\n"x, y","one\ntwo ""three"""\n')
    assert block.rows == (("a", "b"), ("x, y", 'one two "three"'))


def test_numbers_are_no_header_but_years_are() -> None:
    assert parse("1,2\n3,4\n")[0].header_rows == 0
    assert parse("Region,2023,2024\nNorth,1,2\n")[0].header_rows == 1


def test_rows_of_other_lengths_and_a_separator_line() -> None:
    (block,) = parse("sep=;\na;b\n1;2;3\n4\n\n")
    assert block.rows == (("a", "b", ""), ("1", "2", "3"), ("4", "", ""))


def test_lines_above_the_table_are_paragraphs() -> None:
    blocks = parse("Price list 2024\n\nPlan,Price\nFree,0\n")
    assert [(b.kind.value, b.text.split("\n")[0]) for b in blocks] == [
        ("paragraph", "Price list 2024"),
        ("table", "| Plan | Price |"),
    ]


def test_a_single_column() -> None:
    (block,) = parse("Industry\nCars\nFood\n")
    assert block.rows == (("Industry",), ("Cars",), ("Food",))


def test_a_long_table_is_cut_with_its_header_in_every_part() -> None:
    blocks = parse("id,name\n" + "".join(f"{number},n{number}\n" for number in range(1_200)))
    assert [len(b.rows) for b in blocks] == [501, 501, 201]
    assert {b.rows[0] for b in blocks} == {("id", "name")}
    assert {b.group for b in blocks} == {1}
    assert [row for b in blocks for row in b.rows[1:]] == [(str(n), f"n{n}") for n in range(1_200)]


def test_an_open_quotation_mark_does_not_swallow_the_rest() -> None:
    (block,) = parse('size,part\n"5,pipe\n6,bolt\n')
    assert block.rows == (("size", "part"), ('"5', "pipe"), ("6", "bolt"))


def test_empty_tables_are_broken_files() -> None:
    for content in ("", ",,,\n,,\n"):
        with pytest.raises(BrokenFileError):
            parse(content)
