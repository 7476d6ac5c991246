"""HTML tables."""

import time

from headwater.model import NOBODY, Block, BlockKind, RawDocument
from headwater.parsing import html


def parse(body: str) -> tuple[Block, ...]:
    return html.parse(
        RawDocument(
            source="s",
            id="d",
            version="1",
            uri="u",
            title="",
            kind="help",
            media_type="text/html",
            content=body.encode(),
            updated_at=None,
            access=NOBODY,
        )
    ).blocks


def test_headers_caption_and_text_as_shown() -> None:
    (block,) = parse(
        "<table id=t><caption>Limits</caption><thead><tr><th>Plan<th>Seats</thead>"
        "<tbody><tr><td>Free | Open<td><p>3</p><p>max</p></tr><tr><td>Pro<td>50</tbody></table>"
    )
    assert block.kind is BlockKind.TABLE
    assert block.rows == (("Plan", "Seats"), ("Free | Open", "3 max"), ("Pro", "50"))
    assert (block.header_rows, block.label, block.anchor) == (1, "Limits", "t")
    assert block.group > 0
    assert block.text == "| Plan | Seats |\n| --- | --- |\n| Free \\| Open | 3 max |\n| Pro | 50 |"


def test_spans_are_expanded() -> None:
    (block,) = parse(
        "<table><tr><th rowspan=2>A<th colspan=2>B</tr><tr><th>C<th>D</tr>"
        "<tr><td rowspan=0>1<td>2<td>3</tr><tr><td colspan=2>4</tr></table>"
    )
    assert block.rows == (("A", "B", "B"), ("A", "C", "D"), ("1", "2", "3"), ("1", "4", "4"))
    assert block.header_rows == 2


def test_rows_of_unequal_length_and_empty_rows() -> None:
    (block,) = parse("<table><tr><th>A<th>B<th></tr><tr></tr><tr><td>1</tr><tr><td><td></tr></table>")
    assert block.rows == (("A", "B"), ("1", ""))


def test_header_cells_down_the_side_are_no_header_row() -> None:
    (block,) = parse("<table><tr><th>Name<td>Pump</tr><tr><th>Power<td>3 kW</tr></table>")
    assert block.header_rows == 0
    assert block.text == "| Name | Pump |\n| Power | 3 kW |"


def test_a_footer_row_and_a_late_head() -> None:
    (block,) = parse("<table><tbody><tr><td>1<td>2</tbody><thead><tr><th>a<th>b</thead></table>")
    assert block.rows == (("a", "b"), ("1", "2"))


def test_layout_tables_are_read_cell_by_cell() -> None:
    blocks = parse(
        "<table><tr><td><h1>Title</h1><p>Text</p></td></tr></table>"
        "<table role=presentation><tr><td>left<td>right</tr></table>"
        "<table><tr><td><p>x</p><table><tr><th>k</th><th>v</th></tr><tr><td>1</td><td>2</td></tr></table></td><td>y</td></tr></table>"
    )
    assert [(b.kind.value, b.text.split("\n")[0]) for b in blocks] == [
        ("heading", "Title"), ("paragraph", "Text"), ("paragraph", "left"), ("paragraph", "right"),
        ("paragraph", "x"), ("table", "| k | v |"), ("paragraph", "y"),
    ]  # fmt: skip


def test_the_title_of_the_box_around_a_table_is_its_caption() -> None:
    (block,) = parse(
        "<div class=table><p class=title><b>Table 1. Units</b></p>"
        "<div><table><tr><th>a<th>b<tr><td>1<td>2</table></div></div>"
    )
    assert block.label == "Table 1. Units"


def test_a_table_inside_a_step_belongs_to_its_list() -> None:
    step, table = parse("<ol><li>Look up:<table><tr><th>a<th>b<tr><td>1<td>2</table></ol>")
    assert step.group == table.group == 1


def test_spans_cannot_be_used_to_fill_memory() -> None:
    started = time.process_time()
    (block,) = parse("<table>" + ("<tr>" + "<td colspan=1000 rowspan=65534>x" * 50) * 50 + "</table>")
    assert time.process_time() - started < 5
    assert sum(map(len, block.rows)) < 200_000
    (block,) = parse("<table>" + "<tr><td colspan=99999999>x<td>y" * 500 + "</table>")
    assert sum(map(len, block.rows)) < 1_000_000


def test_a_title_or_a_small_table_in_a_cell_does_not_make_a_layout() -> None:
    (block,) = parse("<table><tr><td><h4>Plan</h4></td><td>Price</td></tr><tr><td>Free</td><td>0</td></tr></table>")
    assert block.rows == (("Plan", "Price"), ("Free", "0"))
    inner = "<table><tr><td>1</td><td>2</td></tr></table>"
    (block,) = parse(f"<table><tr><td>A</td><td>B</td></tr><tr><td>{inner}</td><td>y</td></tr></table>")
    assert block.rows == (("A", "B"), ("1 2", "y"))


def test_a_first_row_in_bold_is_the_header() -> None:
    page = (
        "<table><tr><td><b>Key</b></td><td><p><strong>Value</strong></p></td></tr><tr><td>a</td><td>1</td></tr></table>"
    )
    assert parse(page)[0].header_rows == 1
    assert parse(page.replace("<td>a</td><td>1</td>", "<td><b>a</b></td><td><b>1</b></td>"))[0].header_rows == 0


def test_a_title_across_the_width_makes_a_page_of_a_table() -> None:
    rows = (
        "<tr><td colspan=2><h4>2. Building</h4></td></tr><tr><td><b>2.1</b></td><td>It fails.<pre>a\nb</pre></td></tr>"
    )
    assert [block.text for block in parse(f"<table>{rows}</table>")] == ["2. Building", "2.1", "It fails.", "a\nb"]
