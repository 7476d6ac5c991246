"""HTML pages to blocks: structure, anchors, lists, steps, code, admonitions."""

from collections.abc import Callable

import pytest

from headwater.errors import BrokenFileError
from headwater.model import NOBODY, Block, BlockKind, Document, RawDocument
from headwater.parsing import html

H, P, L, S = BlockKind.HEADING, BlockKind.PARAGRAPH, BlockKind.LIST_ITEM, BlockKind.STEP
T, C, A = BlockKind.TABLE, BlockKind.CODE, BlockKind.ADMONITION


def raw(content: str | bytes, media_type: str = "text/html") -> RawDocument:
    data = content.encode() if isinstance(content, str) else content
    return RawDocument(
        source="s", id="d", version="1", uri="file:///d", title="", kind="help", media_type=media_type,
        content=data, updated_at=None, access=NOBODY,
    )  # fmt: skip


def parse(body: str) -> tuple[Block, ...]:
    return html.parse(raw(f"<!DOCTYPE html><html><body>{body}</body></html>")).blocks


def texts(blocks: tuple[Block, ...]) -> list[str]:
    return [block.text for block in blocks]


def kinds(body: str) -> list[tuple[BlockKind, str]]:
    return [(block.kind, block.text) for block in parse(body)]


def test_headings_have_levels_and_paragraphs_squeezed_text() -> None:
    blocks = parse("<h1>One</h1><h3>Th\nree</h3><p>a <b>b</b>\n  <a href='/x'>link</a>&nbsp;c</p>loose <i>text</i>")
    assert [(b.kind, b.level, b.text) for b in blocks] == [
        (H, 1, "One"), (H, 3, "Th ree"), (P, 0, "a b link c"), (P, 0, "loose text"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "anchor"),
    [
        ("<h2 id=own>T</h2>", "own"),
        ("<h2><a name=named></a>T</h2>", "named"),
        ("<h2><a id=inner></a>T</h2>", "inner"),
        ("<section id=sec><h2>T</h2></section>", "sec"),
        ("<div id=outer><div id=inner><h2>T</h2></div></div>", "inner"),
        ("<a name=before></a><h2>T</h2>", "before"),
        ("<section id=sec><h2 id=own>T</h2></section>", "own"),
        ("<h2>T<a class=headerlink href='#x'>¶</a></h2>", ""),
        ("<h2><a class=anchor id=perma href='#perma'>#</a>T</h2>", "perma"),
        ("<div role=heading aria-level=2 id=aria>T</div>", "aria"),
    ],
)
def test_a_heading_keeps_the_anchor_that_links_point_at(body: str, anchor: str) -> None:
    heading, paragraph = parse(f"{body}<p>text</p>")
    assert (heading.kind, heading.level, heading.text, heading.anchor) == (H, 2, "T", anchor)
    assert paragraph.anchor == ""


def test_other_blocks_keep_their_own_anchor() -> None:
    blocks = parse("<p id=p1>one</p><p>two<a name=p2></a></p><ul><li id=l1>item</li></ul><pre id=c1>code</pre>")
    assert [b.anchor for b in blocks] == ["p1", "p2", "l1", "c1"]


def test_nested_lists_have_levels_and_share_one_group() -> None:
    blocks = parse("<ul><li>a<ul><li>b<ul><li>c</ul></ul><li>d</ul><ul><li>other</ul>")
    assert [(b.kind, b.level, b.group, b.text) for b in blocks] == [
        (L, 0, 1, "a"), (L, 1, 1, "b"), (L, 2, 1, "c"), (L, 0, 1, "d"), (L, 0, 2, "other"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("markup", "ordinals"),
    [
        ("<ol><li>x<li>x<li>x</ol>", ["1", "2", "3"]),
        ("<ol start=4><li>x<li>x</ol>", ["4", "5"]),
        ("<ol><li>x<li value=7>x<li>x</ol>", ["1", "7", "8"]),
        ("<ol type=a><li>x<li>x</ol>", ["a", "b"]),
        ("<ol type=A start=27><li>x</ol>", ["AA"]),
        ("<ol type=i><li>x<li>x<li>x<li>x</ol>", ["i", "ii", "iii", "iv"]),
        ("<ol style='list-style-type: upper-roman'><li>x<li>x</ol>", ["I", "II"]),
        ("<ol class='loweralpha simple'><li>x<li>x</ol>", ["a", "b"]),
        ("<ol reversed><li>x<li>x</ol>", ["2", "1"]),
        ("<ol start=evil><li>x</ol>", ["1"]),
    ],
)
def test_steps_carry_the_number_that_is_shown(markup: str, ordinals: list[str]) -> None:
    blocks = parse(markup)
    assert [b.kind for b in blocks] == [S] * len(ordinals)
    assert [b.ordinal for b in blocks] == ordinals


def test_what_belongs_to_a_step_stays_in_order_and_in_its_group() -> None:
    blocks = parse(
        "<ol><li><p>Stop it.</p><p>It takes a minute.</p><pre>stop now</pre>"
        "<div class='warning'><p>Never twice.</p></div>"
        "<ol type=a><li>first</li><li>second</li></ol></li><li>Start it.</li></ol><p>Done.</p>"
    )
    assert [(b.kind, b.ordinal, b.level, b.group, b.text) for b in blocks] == [
        (S, "1", 0, 1, "Stop it."),
        (P, "", 0, 1, "It takes a minute."),
        (C, "", 0, 1, "stop now"),
        (A, "", 0, 1, "Never twice."),
        (S, "a", 1, 1, "first"),
        (S, "b", 1, 1, "second"),
        (S, "2", 0, 1, "Start it."),
        (P, "", 0, 0, "Done."),
    ]


def test_a_step_that_begins_with_code_or_a_heading_keeps_its_number() -> None:
    blocks = parse("<ol><li><pre>make</pre></li><li><h3>Install</h3><p>Run it.</p></li></ol>")
    assert [(b.kind, b.ordinal, b.text) for b in blocks] == [(C, "1", "make"), (S, "2", "Install"), (P, "", "Run it.")]


def test_definition_lists_join_term_and_definition() -> None:
    blocks = parse(
        "<dl><dt id=t1>Term</dt><dd><p>Meaning.</p><p>More.</p></dd><dt>One<dt>Two<dd>Both.<dt>Why?<dd>So."
        "<dt>Code<dd><pre>x</pre><dt>Alone</dl>"
    )
    assert [(b.kind, b.anchor, b.group, b.text) for b in blocks] == [
        (L, "t1", 1, "Term: Meaning."), (P, "", 1, "More."), (L, "", 1, "One, Two: Both."), (L, "", 1, "Why? So."),
        (L, "", 1, "Code"), (C, "", 1, "x"), (L, "", 1, "Alone"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("markup", "language"),
    [
        ("<pre><code class='language-python'>{}</code></pre>", "python"),
        ("<pre class='lang-js'>{}</pre>", "js"),
        ("<pre class='brush: bash'>{}</pre>", "bash"),
        ("<div class='highlight-sql notranslate'><div class=highlight><pre>{}</pre></div></div>", "sql"),
        ("<div class='highlight highlight-source-shell'><pre>{}</pre></div>", "shell"),
        ("<pre><code data-lang='toml'>{}</code></pre>", "toml"),
        ("<pre class='sourceCode yaml'><code>{}</code></pre>", "yaml"),
        ("<div class='highlight-default'><pre>{}</pre></div>", ""),
        ("<pre>{}</pre>", ""),
    ],
)
def test_code_keeps_its_whitespace_and_names_its_language(markup: str, language: str) -> None:
    code = "if  x:\n\n\tgo()\n    # end"
    (block,) = parse(markup.format(code + "\n"))
    assert (block.kind, block.label, block.text) == (C, language, code)


def test_code_of_highlighters() -> None:
    (block,) = parse(
        "<table class=highlighttable><tr><td class=linenos><pre>1\n2</pre></td><td class=code>"
        "<pre><span>a</span> = 1<br>b = 2</pre></td></tr></table>"
    )
    assert (block.kind, block.text) == (C, "a = 1\nb = 2")


@pytest.mark.parametrize(
    ("markup", "label"),
    [
        ("<div class=note><h3 class=title>Note</h3><p>{}</p></div>", "Note"),
        ("<div class='admonition tip'><p class='admonition-title'>Tip</p><p>{}</p></div>", "Tip"),
        ("<div class='admonition seealso'><p class='admonition-title'>See also</p><p>{}</p></div>", "See also"),
        ("<div class='markdown-alert markdown-alert-tip'><p class='markdown-alert-title'>Tip</p>{}</div>", "Tip"),
        ("<div class='alert alert-danger'>{}</div>", "Danger"),
        ("<div class='theme-admonition-info alert'><div class='admonitionHeading_x'>info</div>{}</div>", "Info"),
        (
            "<div class='admonitionblock'><table><tr><td class=icon><div class=title>Important</div></td>"
            "<td class=content>{}</td></tr></table></div>",
            "Important",
        ),
        ("<aside class='starlight-aside starlight-aside--tip'><p class='aside__title'>Tip</p>{}</aside>", "Tip"),
        ("<p class=warning>{}</p>", "Warning"),
        ("<div role=note>{}</div>", "Note"),
        ("<blockquote><p><strong>Note:</strong> {}</p></blockquote>", "Note"),
        ("<blockquote><p>[!WARNING]<br>{}</p></blockquote>", "Warning"),
    ],
)  # fmt: skip
def test_admonitions_of_common_generators(markup: str, label: str) -> None:
    (block,) = parse(markup.format("Mind the gap."))
    assert (block.kind, block.label, block.text) == (A, label, "Mind the gap.")
    assert block.group > 0


def test_an_admonition_with_a_title_of_its_own_and_several_blocks() -> None:
    blocks = parse(
        "<div class='admonition danger'><p class='admonition-title'>Do not unplug</p><p>One.</p><ul><li>Two</ul></div>"
        "<div class='warning'><pre>rm</pre></div>"
    )
    assert [(b.kind, b.label, b.group, b.text) for b in blocks] == [
        (A, "Danger", 1, "Do not unplug"), (A, "Danger", 1, "One."), (L, "", 1, "Two"),
        (A, "Warning", 2, "Warning"), (C, "", 2, "rm"),
    ]  # fmt: skip


def test_quotes_figures_details_and_line_breaks() -> None:
    assert kinds(
        "<blockquote>Said <q>so</q></blockquote>"
        "<figure><img alt='A pump' src=p.png><figcaption>Fig. 1</figcaption></figure>"
        "<details><summary>More</summary>Inside</details><p>one<br>two</p>"
        "<img alt='photo.png'><p>10<sup>6</sup> 1<sup>st</sup></p>"
    ) == [(P, "Said so"), (P, "A pump"), (P, "Fig. 1"), (P, "More"), (P, "Inside"), (P, "one\ntwo"), (P, "10^6 1st")]


def test_footnotes_are_list_items_with_their_number() -> None:
    blocks = parse(
        "<p>Text<sup><a href='#f1'>1</a></sup></p>"
        "<section class=footnotes><ol><li id=f1>Note. <a href='#r'>↩</a></ol></section>"
    )
    assert [(b.kind, b.ordinal, b.anchor, b.text) for b in blocks] == [(P, "", "", "Text[1]"), (L, "1", "f1", "Note.")]


@pytest.mark.parametrize(
    "depth",
    [200, 1_000],
)
def test_deep_nesting_is_read_to_the_bottom(depth: int) -> None:
    blocks = parse("<ul><li>x" * depth + "<h2>end</h2>" + "</ul>" * depth)
    assert len(blocks) == depth + 1
    assert blocks[-2].level == depth - 1
    assert len(parse("<div>" * depth + "<p>deep</p>")) == 1
    assert len(parse("<blockquote>" * depth + "deep")) == 1
    assert parse("<b>" * depth + "deep")[0].text == "deep"
    assert len(parse("<table><tr><td>" * depth + "deep")) == 1


def test_ten_thousand_headings() -> None:
    blocks = parse("".join(f"<h2 id=h{i}>H {i}</h2><p>text {i}</p>" for i in range(10_000)))
    assert len(blocks) == 20_000
    assert (blocks[-2].text, blocks[-2].anchor) == ("H 9999", "h9999")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b" \n ", "empty"),
        (b"<html><body></body></html>", "nothing readable"),
        (b"<script>alert(1)</script><p hidden>x</p>", "nothing readable"),
        (b"PK\x03\x04rest", "ZIP"),
        (b"<p>a\x00b</p>", "NUL"),
    ],
)
def test_nothing_to_read_is_a_broken_file(content: bytes, message: str) -> None:
    with pytest.raises(BrokenFileError, match=message) as caught:
        html.parse(raw(content))
    assert caught.value.advice


def test_broken_markup_is_read_as_far_as_it_goes() -> None:
    broken = "<p>one<p>two<td>three</p></div><li>four<h2>five<p>six</p></h2>seven &bogus; <unknown>eight"
    assert texts(parse(broken)) == ["one", "two", "three", "four", "five", "six", "seven &bogus; eight"]


def test_xhtml_with_a_prolog_and_plain_text_without_tags() -> None:
    page = (
        '<?xml version="1.0" encoding="utf-8"?><html xmlns="http://www.w3.org/1999/xhtml"><body><p>é</p></body></html>'
    )
    assert texts(html.parse(raw(page)).blocks) == ["é"]
    assert texts(html.parse(raw("no-tags.html")).blocks) == ["no-tags.html"]


META: list[tuple[str, str, object]] = [
    ("<title>A &amp; B</title>", "title", "A & B"),
    ("<meta property='og:title' content='Og'>", "title", "Og"),
    ("<meta name=description content=' What  it is '>", "description", "What it is"),
    ("<meta name=author content=Ann>", "author", "Ann"),
    ("<meta property='article:modified_time' content='2024-05-01T10:00:00Z'>", "updated", "2024-05-01T10:00:00+00:00"),
    ("<meta http-equiv=last-modified content='Wed, 01 May 2024 10:00:00 GMT'>", "updated", "2024-05-01T10:00:00+00:00"),
    ("<meta name=dcterms.created content=2023-01-02>", "created", "2023-01-02"),
    ("<meta name=date content='March 5, 2024'>", "created", "2024-03-05"),
    ("<link rel=canonical href='https://e.com/a'>", "canonical", "https://e.com/a"),
    ("<meta name=keywords content='a, b,a'>", "tags", ("a", "b")),
    ('<script type="application/ld+json">{"@graph":[{"dateModified":"2022-02-02"}]}</script>', "updated", "2022-02-02"),
    ('<script type="application/ld+json">[{"author":[{"name":"Bo"},"Cy"]}]</script>', "author", "Bo, Cy"),
]  # fmt: skip


@pytest.mark.parametrize(("head", "key", "value"), META)
def test_meta_of_the_page(head: str, key: str, value: object) -> None:
    document = html.parse(raw(f"<html lang=de><head>{head}</head><body><p>x</p></body></html>"))
    assert document.meta[key] == value
    assert document.meta["language"] == "de"


def test_a_title_without_the_name_of_the_site() -> None:
    page = "<title>Install - Acme Docs</title><h1>Install<a class=headerlink href='#i'>¶</a></h1>"
    assert html.parse(raw(page)).meta["title"] == "Install"


@pytest.mark.parametrize("data", ["{", "[" * 100_000, "null", '{"dateModified": 3}'])
def test_broken_linked_data_and_dates_are_left_out(data: str) -> None:
    page = f'<meta name=date content="soon"><script type="application/ld+json">{data}</script><p>x</p>'
    assert dict(html.parse(raw(page)).meta) == {}


@pytest.mark.parametrize(
    "decode",
    [
        lambda text: text.encode("utf-8-sig"),
        lambda text: b"\xff\xfe" + text.encode("utf-16-le"),
        lambda text: text.encode("utf-16-le"),
        lambda text: text.encode("utf-16-be"),
        lambda text: ("<meta charset=iso-8859-1>" + text).encode("cp1252"),
        lambda text: ("<meta charset=iso-8859-1>" + text).encode("utf-8"),
        lambda text: ('<?xml version="1.0" encoding="windows-1252"?>' + text).encode("cp1252"),
        lambda text: ("<meta charset=no-such>" + text * 20).encode("cp1252"),
        lambda text: ("<meta charset=utf-7>" + text).encode("utf-8"),
    ],
)
def test_encodings(decode: Callable[[str], bytes]) -> None:
    document: Document = html.parse(raw(decode("<p>Größe für Übung – café</p>")))
    assert document.blocks[0].text == "Größe für Übung – café"
