"""Sections whose id is made of their heading, which may be the name of a page's furniture too."""

import pytest

from headwater.model import NOBODY, RawDocument
from headwater.parsing.html import parse


def texts(markup: str) -> list[str]:
    raw = RawDocument(
        source="s", id="p.html", version="1", uri="https://example.com/p.html", title="", kind="help",
        media_type="text/html", content=markup.encode(), updated_at=None, access=NOBODY,
    )  # fmt: skip
    return [block.text for block in parse(raw).blocks]


@pytest.mark.parametrize("name", ["Voting", "Feedback", "Search", "Comments", "Contributors", "Social share"])
def test_a_section_on_something_is_not_the_thing(name: str) -> None:
    slug = name.lower().replace(" ", "-")
    heading = f'<h2>3.2. {name}<a class="headerlink" href="#{slug}">¶</a></h2>'
    section = f'<section id="{slug}">{heading}<p>How it is done.</p></section>'
    page = f"<main><h1>Manual</h1><p>Some words on the manual as a whole.</p>{section}</main>"
    assert texts(page)[-1] == "How it is done."


def test_a_box_of_that_name_is_still_furniture() -> None:
    box = '<div id="voting"><h4>Did you like it?</h4><p>Yes No</p></div>'
    page = f"<main><h1>Manual</h1><p>Some words on the manual as a whole.</p>{box}</main>"
    assert texts(page) == ["Manual", "Some words on the manual as a whole."]
