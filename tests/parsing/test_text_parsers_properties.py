"""Whatever the bytes, only parse errors; whatever the structure, every visible word once and in order."""

import re
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.errors import ParseError
from headwater.model import NOBODY, BlockKind, Document, RawDocument
from headwater.parsing import csv_table, html, markdown, rst, text

PARSERS = {
    html: "text/html",
    markdown: "text/markdown",
    rst: "text/x-rst",
    text: "text/plain",
    csv_table: "text/csv",
}
MARKUP = [
    *"<>/&;#`*_[](){}|!:\"'=-+~.,\n\t \\$%^@",
    "\n\n", "    ", "<p>", "</p>", "<ul>", "<li>", "</ul>", "<ol start=3>", "<table>", "<tr>",
    "<td colspan=3 rowspan=2>", "</table>", "<h2 id=x>", "</h2>", "<pre>", "</pre>", "<dl>", "<dt>", "<dd>",
    "<div class=note>", "</div>", "<!--", "-->", "<script>", "<br>", "<blockquote>", "<details>",
    "<aside class='admonition tip'>", "hidden", "<img alt=x>", "&nbsp;", "```", "~~~", "# ", "## ", "- ",
    "1. ", "> ", "> [!NOTE]\n", "!!! note\n", "::: tip\n", ":::\n", "| a | b |\n|---|---|\n", "[^1]",
    "[^1]: ", "{% note %}", "{{ x }}", "<%", "%>", "import x from 'y'\n", "<Tab title=x>", "</Tab>", "---\n",
    "===\n", ".. note::\n", ".. code:: x\n", "   ", ":ref:`x`", "::\n", "`x <y>`_", ".. _x:\n", "+--+\n",
    "\u200b", "\u202e", "é", "\x0c", "word", "Title", "\ud800", "\U0001f600",
]  # fmt: skip

HEADS = [b"", b"<meta charset=", b'<?xml encoding="', b"\xff\xfe", b"# "]


def raw(content: bytes, media_type: str) -> RawDocument:
    return RawDocument(
        source="s",
        id="d",
        version="1",
        uri="u",
        title="",
        kind="help",
        media_type=media_type,
        content=content,
        updated_at=None,
        access=NOBODY,
    )


def check(document: Document) -> None:
    assert document.blocks
    for block in document.blocks:
        assert block.text.strip()
        assert not re.search("[\x00\u200b\u202e\ud800]", block.text)
        if block.kind is BlockKind.HEADING:
            assert "\n" not in block.text
            assert 1 <= block.level <= 6
        if block.kind is BlockKind.TABLE:
            assert len({len(row) for row in block.rows}) == 1
            assert 0 <= block.header_rows <= len(block.rows)
            assert block.group > 0
        else:
            assert block.rows == ()
        if block.kind is BlockKind.STEP:
            assert block.ordinal
            assert block.group > 0


@pytest.mark.parametrize("parser", PARSERS, ids=lambda parser: parser.__name__.rpartition(".")[2])
@settings(max_examples=150)
@given(pieces=st.lists(st.sampled_from(MARKUP), max_size=60))
def test_random_markup_is_read_or_refused(parser: ModuleType, pieces: list[str]) -> None:
    content = "".join(pieces).encode("utf-8", "surrogatepass")
    try:
        document = parser.parse(raw(content, PARSERS[parser]))
    except ParseError:
        return
    check(document)


@pytest.mark.parametrize("parser", PARSERS, ids=lambda parser: parser.__name__.rpartition(".")[2])
@settings(max_examples=60)
@given(content=st.binary(max_size=300), head=st.sampled_from(HEADS))
def test_random_bytes_are_read_or_refused(parser: ModuleType, content: bytes, head: bytes) -> None:
    try:
        document = parser.parse(raw(head + content, PARSERS[parser]))
    except ParseError:
        return
    check(document)


# A structure as nested values, written out as HTML and as Markdown, with numbered words to find again.


Node = tuple[str, list["Node"]]
leaves = st.sampled_from(["p", "h", "code", "table", "note", "text"])
lists = st.sampled_from(["ul", "ol"])
nodes: st.SearchStrategy[list[Node]] = st.recursive(
    st.lists(st.tuples(leaves, st.just([])), min_size=1, max_size=4),
    lambda inner: st.lists(st.one_of(st.tuples(leaves, st.just([])), st.tuples(lists, inner)), min_size=1, max_size=4),
    max_leaves=12,
)


class Words:
    """word0, word1, ..."""

    def __init__(self) -> None:
        self.count = 0

    def next(self) -> str:
        self.count += 1
        return f"word{self.count - 1}"


def as_html(structure: list[Node], words: Words) -> str:
    out = []
    for kind, children in structure:
        if kind in ("ul", "ol"):
            items = "".join(f"<li>{words.next()} {as_html([child], words)}</li>" for child in children)
            out.append(f"<{kind}>{items}</{kind}>")
        else:
            form = {
                "p": "<p>{} <a href=x>{}</a></p>",
                "h": "<h2>{} <em>{}</em></h2>",
                "code": "<pre>{}\n  {}</pre>",
                "table": "<table><tr><th>{}<th>{}<tr><td>{}<td>{}</table>",
                "note": "<div class=note><p>{}</p><p>{}</p></div>",
                "text": "<div>{} <b>{}</b></div>",
            }[kind]
            out.append(form.format(*(words.next() for _ in range(form.count("{}")))))
    return "".join(out)


def as_markdown(structure: list[Node], words: Words, indent: str = "") -> str:
    out = []
    for kind, children in structure:
        if kind in ("ul", "ol"):
            for child in children:
                mark = "- " if kind == "ul" else "1. "
                out.append(f"{indent}{mark}{words.next()}\n")
                out.append(as_markdown([child], words, indent + " " * len(mark)))
            out.append(f"{indent}<!-- end -->\n")
        else:
            form = {
                "p": "{} [{}](x)",
                "h": "## {} *{}*",
                "code": "```\n{}\n  {}\n```",
                "table": "| {} | {} |\n|---|---|\n| {} | {} |",
                "note": "> [!NOTE]\n> {}\n>\n> {}",
                "text": "{} **{}**",
            }[kind]
            lines = form.format(*(words.next() for _ in range(form.count("{}")))).split("\n")
            out.append("".join(f"{indent}{line}\n" for line in lines))
    return "\n".join(out) + "\n"


def said(document: Document) -> list[str]:
    return re.findall(r"word\d+", " ".join(block.text for block in document.blocks))


@settings(max_examples=150)
@given(structure=nodes)
def test_every_word_of_a_page_comes_out_once_and_in_order(structure: list[Node]) -> None:
    words = Words()
    page = f"<html><body>{as_html(structure, words)}</body></html>"
    document = html.parse(raw(page.encode(), "text/html"))
    check(document)
    assert said(document) == [f"word{number}" for number in range(words.count)]


@settings(max_examples=150)
@given(structure=nodes)
def test_every_word_of_markdown_comes_out_once_and_in_order(structure: list[Node]) -> None:
    words = Words()
    source = as_markdown(structure, words)
    document = markdown.parse(raw(source.encode(), "text/markdown"))
    check(document)
    assert said(document) == [f"word{number}" for number in range(words.count)]


@settings(max_examples=60)
@given(rows=st.lists(st.lists(st.sampled_from(["a", "b c", "x,y", 'say "so"', "é\nz", ""]), min_size=2), min_size=2))
def test_every_cell_of_a_written_table_comes_back(rows: list[list[str]]) -> None:
    width = max(map(len, rows))
    rows = [["Name", *["Col"] * (width - 1)], *([*row, *[""] * (width - len(row))] for row in rows)]
    lines = (",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows)
    document = csv_table.parse(raw("\n".join(lines).encode(), "text/csv"))
    expected = [tuple(" ".join(cell.split()) for cell in row) for row in rows if any(cell.strip() for cell in row)]
    assert [row for block in document.blocks for row in block.rows] == expected
