"""Presentations: slides as pages, bullets and numbers from the layout, tables, charts, notes."""

import io
from typing import Any

import pptx
from lxml import etree
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches

from headwater.model import BlockKind

K = BlockKind
Parse = Any
DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/main"
BOX = (Inches(1), Inches(2), Inches(4), Inches(2))


def saved(deck: Any) -> bytes:
    stream = io.BytesIO()
    deck.save(stream)
    return stream.getvalue()


def slide(deck: Any, layout: int, title: str) -> Any:
    added = deck.slides.add_slide(deck.slide_layouts[layout])
    added.shapes.title.text = title
    return added


def mark(paragraph: Any, name: str, **attributes: str) -> None:
    etree.SubElement(paragraph._p.get_or_add_pPr(), f"{{{DRAWING}}}{name}", attributes)


def test_titles_bullets_of_the_layout_and_notes(parse_file: Parse) -> None:
    deck = pptx.Presentation()
    first = slide(deck, 1, "Escalation\vpath")
    body = first.placeholders[1].text_frame
    body.text = "Call the lead"
    nested = body.add_paragraph()
    nested.text, nested.level = "day or night", 1
    plain = body.add_paragraph()
    plain.text = "No bullet here"
    mark(plain, "buNone")
    first.notes_slide.notes_text_frame.text = "Mention the pager."
    slide(deck, 5, "Second")
    found = parse_file("deck.pptx", saved(deck)).blocks
    assert [(b.kind, b.level, b.page, b.text) for b in found] == [
        (K.HEADING, 1, 1, "Escalation path"),
        (K.LIST_ITEM, 0, 1, "Call the lead"),
        (K.LIST_ITEM, 1, 1, "day or night"),
        (K.PARAGRAPH, 0, 1, "No bullet here"),
        (K.PARAGRAPH, 0, 1, "Notes: Mention the pager."),
        (K.HEADING, 1, 2, "Second"),
    ]


def test_numbered_steps_count_by_level_and_start(parse_file: Parse) -> None:
    deck = pptx.Presentation()
    frame = slide(deck, 5, "Steps").shapes.add_textbox(*BOX).text_frame
    for text, level, style, start in [
        ("three", 0, "arabicPeriod", "3"),
        ("sub a", 1, "alphaLcParenR", "1"),
        ("sub b", 1, "alphaLcParenR", "1"),
        ("four", 0, "arabicPeriod", "3"),
        ("sub again", 1, "alphaLcParenR", "1"),
    ]:
        paragraph = frame.add_paragraph()
        paragraph.text, paragraph.level = text, level
        mark(paragraph, "buAutoNum", type=style, startAt=start)
    steps = parse_file("deck.pptx", saved(deck)).blocks[1:]
    assert [(b.kind, b.ordinal, b.level) for b in steps] == [
        (K.STEP, "3", 0),
        (K.STEP, "a", 1),
        (K.STEP, "b", 1),
        (K.STEP, "4", 0),
        (K.STEP, "a", 1),
    ]


def test_text_boxes_have_no_bullets_and_order_is_top_to_bottom(parse_file: Parse) -> None:
    deck = pptx.Presentation()
    page = slide(deck, 5, "Title")
    page.shapes.add_textbox(Inches(1), Inches(5), Inches(3), Inches(1)).text_frame.text = "below"
    page.shapes.add_textbox(Inches(1), Inches(2), Inches(3), Inches(1)).text_frame.text = "above"
    found = parse_file("deck.pptx", saved(deck)).blocks
    assert [(b.kind, b.text) for b in found[1:]] == [(K.PARAGRAPH, "above"), (K.PARAGRAPH, "below")]


def test_tables_with_merged_cells_and_charts(parse_file: Parse) -> None:
    deck = pptx.Presentation()
    page = slide(deck, 5, "Numbers")
    table = page.shapes.add_table(3, 2, *BOX).table
    for n, text in enumerate(["Region", "Value", "North", "1", "", "2"]):
        table.cell(n // 2, n % 2).text = text
    table.cell(1, 0).merge(table.cell(2, 0))
    chart_data = CategoryChartData()
    chart_data.categories = ["Q1", "Q2"]
    chart_data.add_series("Sales", (1.5, 2))
    second = slide(deck, 5, "Chart")
    second.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, *BOX, chart_data)
    tables = [b for b in parse_file("deck.pptx", saved(deck)).blocks if b.kind is K.TABLE]
    assert tables[0].rows == (("Region", "Value"), ("North", "1"), ("North", "2"))
    assert tables[0].header_rows == 1
    assert tables[1].rows == (("", "Sales"), ("Q1", "1.5"), ("Q2", "2"))
    assert tables[1].page == 2


def test_hidden_slides_are_left_out_but_keep_their_number(parse_file: Parse) -> None:
    deck = pptx.Presentation()
    slide(deck, 5, "Old")._element.set("show", "0")
    slide(deck, 5, "Current")
    found = parse_file("deck.pptx", saved(deck))
    assert [(b.text, b.page) for b in found.blocks] == [("Current", 2)]
    assert found.meta["hidden_slides"] == 1
