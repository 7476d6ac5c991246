"""Presentations: reading order, groups, links, what is hidden, titles that no program made up."""

import io
from typing import Any

import pptx
from pptx.util import Inches

from headwater.model import BlockKind

K = BlockKind
Parse = Any


def saved(deck: Any) -> bytes:
    stream = io.BytesIO()
    deck.save(stream)
    return stream.getvalue()


def deck_with_title(title: str) -> Any:
    deck = pptx.Presentation()
    deck.slides.add_slide(deck.slide_layouts[5]).shapes.title.text = title
    return deck


def box(shapes: Any, text: str, left: float, top: float, width: float = 3, height: float = 1) -> Any:
    shape = shapes.add_textbox(Inches(left), Inches(top), Inches(width), Inches(height))
    shape.text_frame.text = text
    return shape


def texts(parse_file: Parse, deck: Any) -> list[str]:
    return [b.text for b in parse_file("deck.pptx", saved(deck)).blocks]


def test_columns_are_read_one_after_the_other(parse_file: Parse) -> None:
    deck = deck_with_title("Two columns")
    shapes = deck.slides[0].shapes
    # In an order and at heights that are not those of reading.
    box(shapes, "right top", 5, 1.95)
    box(shapes, "left bottom", 1, 3.5)
    box(shapes, "left top", 1, 2, height=1.2)
    box(shapes, "below both", 1, 5, width=7)
    assert texts(parse_file, deck) == ["Two columns", "left top", "right top", "left bottom", "below both"]


def test_a_tall_box_stands_beside_two(parse_file: Parse) -> None:
    deck = deck_with_title("Boxes")
    shapes = deck.slides[0].shapes
    box(shapes, "right", 5, 2, height=3)
    box(shapes, "left one", 1, 2.1)
    box(shapes, "left two", 1, 3.6)
    assert texts(parse_file, deck) == ["Boxes", "left one", "left two", "right"]


def test_shapes_in_a_group_are_where_the_group_is(parse_file: Parse) -> None:
    deck = deck_with_title("Groups")
    shapes = deck.slides[0].shapes
    group = shapes.add_group_shape()
    box(group.shapes, "in the group", 1, 1)
    # Moved and made smaller as a whole: what is in it keeps its own coordinates.
    group.left, group.top, group.width, group.height = Inches(1), Inches(5), Inches(2), Inches(0.5)
    box(shapes, "above it", 1, 3)
    assert texts(parse_file, deck) == ["Groups", "above it", "in the group"]


def test_hidden_slides_and_shapes_are_out_and_counted(parse_file: Parse) -> None:
    deck = deck_with_title("Shown")
    shapes = deck.slides[0].shapes
    box(shapes, "switched off here", 1, 2)._element.nvSpPr.cNvPr.set("hidden", "1")
    box(shapes, "beside the slide", 40, 2)
    box(shapes, "seen", 1, 3)
    other = deck.slides.add_slide(deck.slide_layouts[5])
    other.shapes.title.text = "An old slide"
    other._element.set("show", "0")
    found = parse_file("deck.pptx", saved(deck))
    assert [b.text for b in found.blocks] == ["Shown", "seen"]
    assert {s.what: s.words for s in found.stripped} == {"hidden text": 6, "hidden slide": 3}
    assert found.meta["hidden_slides"] == 1


def test_links(parse_file: Parse) -> None:
    deck = deck_with_title("Links")
    paragraph = box(deck.slides[0].shapes, "See ", 1, 2).text_frame.paragraphs[0]
    run = paragraph.add_run()
    run.text, run.hyperlink.address = "the guide", "https://example.com/guide"
    block = parse_file("deck.pptx", saved(deck)).blocks[-1]
    assert (block.text, block.links) == ("See the guide", (("the guide", "https://example.com/guide"),))


def test_the_first_slide_gives_the_title_where_the_file_has_none_of_its_own(parse_file: Parse) -> None:
    deck = deck_with_title("Escalation path")
    deck.core_properties.title = "PowerPoint Presentation"
    assert parse_file("deck.pptx", saved(deck)).meta["title"] == "Escalation path"
    deck.core_properties.title = "On call"
    assert parse_file("deck.pptx", saved(deck)).meta["title"] == "On call"
