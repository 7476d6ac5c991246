"""Documents that a site generator fills in."""

import pytest

from headwater.model import PUBLIC, RawDocument
from headwater.parsing.html import parse as parse_html
from headwater.parsing.markdown import parse as parse_markdown
from headwater.parsing.registry import media_type_of
from headwater.parsing.templates import is_template, without_template_suffix


def raw(id: str, text: str, media_type: str = "text/markdown") -> RawDocument:
    return RawDocument(
        source="s", id=id, version="1", uri=f"file:///s/{id}", title="", kind="help", media_type=media_type,
        content=text.encode(), updated_at=None, access=PUBLIC,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "document"),
    [
        ("a.html.md.erb", "a.html.md"),
        ("docs/v1.2/guide.md.J2", "docs/v1.2/guide.md"),
        ("docs/v1.2/guide.erb", "docs/v1.2/guide.erb"),
        (".md.erb", ".md.erb"),
        ("guide.md", "guide.md"),
        ("erb", "erb"),
    ],
)
def test_the_suffix_of_a_template_hides_that_of_the_document(name: str, document: str) -> None:
    assert without_template_suffix(name) == document
    assert is_template(name) == (name != document)


def test_it_is_read_as_the_document_that_it_becomes() -> None:
    assert media_type_of("docs/a.html.md.erb", b"# A\n") == "text/markdown"
    assert media_type_of("docs/a.html.erb", b"<p>A</p>") == "text/html"


TEXT = """# Rotate <%= current_page.data.title %>

<%= partial "intro" %>
Run `<%= kept %>` and {{ site.name }} now.

```erb
<%= shown %>
```

{% include note.html %}
"""


def test_what_the_generator_replaces_is_read_by_nobody() -> None:
    text = "\n".join(block.text for block in parse_markdown(raw("a.md.erb", TEXT)).blocks)
    assert text.split() == ["Rotate", "Run", "<%=", "kept", "%>", "and", "now.", "<%=", "shown", "%>"]


def test_pages_too() -> None:
    page = parse_html(raw("a.html.erb", "<h1>A <%= b %></h1><p>{{ x }}C</p>", "text/html"))
    assert [block.text for block in page.blocks] == ["A", "C"]


def test_other_pages_keep_such_text() -> None:
    page = parse_html(raw("a.html", "<h1>A</h1><p>{{ x }}C</p>", "text/html"))
    assert [block.text for block in page.blocks] == ["A", "{{ x }}C"]
