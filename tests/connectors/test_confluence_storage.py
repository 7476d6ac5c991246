"""The storage format as HTML, and as the blocks that our parser makes of it."""

import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from connectors.wiki.storage_format import About, html_of, people_in
from headwater.errors import FetchError
from headwater.model import Block, BlockKind
from headwater.parsing.html import markup_blocks

ABOUT = About("https://wiki.example.com", "5", "DOCS", {"u-1": "Ann Lee"})


def blocks(storage: str) -> list[Block]:
    return markup_blocks(f"<article>{html_of(storage, ABOUT)}</article>")


def said(storage: str) -> str:
    return " | ".join(block.text for block in blocks(storage))


def macro(name: str, body: str = "", *, plain: str | None = None, **parameters: str) -> str:
    given = "".join(
        f'<ac:parameter ac:name="{key.strip("_")}">{value}</ac:parameter>' for key, value in parameters.items()
    )
    inner = f"<ac:rich-text-body>{body}</ac:rich-text-body>" if body else ""
    if plain is not None:
        inner += f"<ac:plain-text-body><![CDATA[{plain}]]></ac:plain-text-body>"
    return f'<ac:structured-macro ac:name="{name}" ac:macro-id="m-1">{given}{inner}</ac:structured-macro>'


@pytest.mark.parametrize(
    ("name", "label"), [("info", "Info"), ("note", "Note"), ("warning", "Warning"), ("tip", "Tip"), ("panel", "Note")]
)
def test_boxes_are_admonitions(name: str, label: str) -> None:
    (block,) = blocks(macro(name, "<p>Mind the step.</p>", icon="false", bgColor="#fff"))
    assert (block.kind, block.label, block.text) == (BlockKind.ADMONITION, label, "Mind the step.")
    assert said(macro(name, "<p>Mind it.</p>", title="The step")) == "The step | Mind it."


def test_panels_of_the_new_editor_are_told_once() -> None:
    node = (
        '<ac:adf-node type="panel"><ac:adf-attribute key="panel-type">warning</ac:adf-attribute>'
        "<ac:adf-content><p>Hot.</p></ac:adf-content></ac:adf-node>"
    )
    both = f"<ac:adf-extension>{node}<ac:adf-fallback><p>Hot (old).</p></ac:adf-fallback></ac:adf-extension>"
    (block,) = blocks(both)
    assert (block.kind, block.label, block.text) == (BlockKind.ADMONITION, "Warning", "Hot.")
    other = both.replace('type="panel"', 'type="decision-list"')
    assert said(other) == "Hot (old)."


def test_code_is_taken_literally() -> None:
    code = 'if (a &lt; b && c < d) { print("&nbsp; <b>"); }\n\tdone'
    (block,) = blocks(macro("code", plain=code, language="java", theme="Midnight", linenumbers="true"))
    assert (block.kind, block.label, block.text) == (BlockKind.CODE, "java", code)
    (block,) = blocks(macro("noformat", plain="<!DOCTYPE html>\n<x>"))
    assert block.text == "<!DOCTYPE html>\n<x>"
    two = "<ac:plain-text-body><![CDATA[a]]]]><![CDATA[>b]]></ac:plain-text-body>"
    (block,) = blocks(f'<ac:structured-macro ac:name="code">{two}</ac:structured-macro>')
    assert block.text == "a]]>b"
    assert said(macro("code", plain="x", title="deploy.sh")) == "deploy.sh | x"


def test_tasks_carry_their_state() -> None:
    def task(state: str, body: str) -> str:
        return (
            f"<ac:task><ac:task-id>7</ac:task-id><ac:task-uuid>u</ac:task-uuid><ac:task-status>{state}</ac:task-status>"
            f"<ac:task-body>{body}</ac:task-body></ac:task>"
        )

    found = blocks(f"<ac:task-list>{task('complete', 'Stop it')}{task('incomplete', '<b>Start</b> it')}</ac:task-list>")
    assert [(block.kind, block.text) for block in found] == [
        (BlockKind.LIST_ITEM, "[x] Stop it"), (BlockKind.LIST_ITEM, "[ ] Start it"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("storage", "text", "target"),
    [
        (
            '<ac:link><ri:page ri:content-title="How to pay" /></ac:link>',
            "How to pay", "https://wiki.example.com/display/DOCS/How%20to%20pay",
        ),
        (
            '<ac:link ac:anchor="Cards"><ri:page ri:space-key="PAY" ri:content-title="How" />'
            "<ac:plain-text-link-body><![CDATA[by <card>]]></ac:plain-text-link-body></ac:link>",
            "by <card>", "https://wiki.example.com/display/PAY/How#Cards",
        ),
        (
            '<ac:link><ri:attachment ri:filename="a plan.pdf" /></ac:link>',
            "a plan.pdf", "https://wiki.example.com/download/attachments/5/a%20plan.pdf",
        ),
        ("<a href='https://example.com/'>there</a>", "there", "https://example.com/"),
        ('<ac:link><ri:url ri:value="https://example.com/x" /><ac:link-body>x</ac:link-body></ac:link>', "x",
         "https://example.com/x"),
        ('<ac:link><ri:user ri:account-id="u-1" /></ac:link>', "@Ann Lee", ""),
        ('<ac:link><ri:user ri:account-id="u-2" /></ac:link>', "", ""),
        ('<ac:link><ri:user ri:username="jdoe" /></ac:link>', "@jdoe", ""),
        ('<ac:link ac:anchor="top"><ac:link-body>up <b>there</b></ac:link-body></ac:link>', "up there", None),
    ],
)  # fmt: skip
def test_links(storage: str, text: str, target: str | None) -> None:
    (block,) = blocks(f"<p>See {storage}!</p>")
    assert block.text == f"See {text}!"
    if target is not None:
        assert block.links == (((text, target),) if target else ())


def test_people_are_found_where_they_are_mentioned() -> None:
    code = macro("code", plain='<ri:user ri:account-id="u-9" />')
    assert people_in(f'<ac:link><ri:user ri:account-id="u-1" /></ac:link>{code}') == ("u-1",)


@pytest.mark.parametrize(
    ("storage", "text"),
    [
        (f"<p>It is {macro('status', colour='Green', title='LIVE')}.</p>", "It is LIVE."),
        (f"<p>See {macro('jira', server='Jira', serverId='s-1', key='OPS-7', columns='key')}.</p>", "See OPS-7."),
        (f"<p>x</p>{macro('jira', server='Jira', jqlQuery='project = SECRET', count='true')}", "x"),
        (macro("expand", "<p>Inside.</p>", title="If it fails"), "If it fails | Inside."),
        (f"<p>x</p>{macro('toc', maxLevel='2')}{macro('children', all='true')}", "x"),
        (macro("excerpt", "<p>Shown.</p>", atlassian_macro_output_type="INLINE"), "Shown."),
        (f"<p>x</p>{macro('excerpt', '<p>Unseen.</p>', hidden='true')}", "x"),
        (macro("details", "<p>Owner: ops</p>", id="props"), "Owner: ops"),
        ('<ac:new-element><ac:parameter ac:name="x">s3cr3t</ac:parameter><p>Kept.</p></ac:new-element>', "Kept."),
        (macro("anything-else", "<p>Kept.</p>", token="s3cr3t", url="https://hidden.example"), "Kept."),
        (f"<p>x</p>{macro('widget', url='https://video.example')}{macro('plantuml', plain='@startuml')}", "x"),
        (f"<p>x</p>{macro('markdown', plain='One **two**')}", "x | One **two**"),
        ('<p>Yes <ac:emoticon ac:name="tick" /></p>', "Yes \u2714"),
        ('<p>Go <ac:emoticon ac:name="blue-star" ac:emoji-shortname=":rocket:" ac:emoji-fallback="\U0001f680" /></p>',
         "Go \U0001f680"),
        ('<p>Due <time datetime="2026-03-01" /></p>', "Due 2026-03-01"),
        ("<p>a<ac:placeholder>Write here</ac:placeholder>b</p>", "ab"),
        ('<p>a <ac:inline-comment-marker ac:ref="r">b</ac:inline-comment-marker> c</p>', "a b c"),
        ("<p>a &amp; b&nbsp;&mdash;&nbsp;c &hellip; &lt;d&gt; &#8364; &bogus;</p>",
         "a & b \u2014 c \u2026 <d> \u20ac &bogus;"),
        ("<p>Word <o:p>office</o:p></p>", "Word office"),
        ("<p>x</p><script>evil()</script><style>p {}</style>", "x"),
        ("<p>never <b>closed</p>", "never closed"),
    ],
)  # fmt: skip
def test_what_readers_see(storage: str, text: str) -> None:
    assert said(storage) == text


def test_included_pages_are_named() -> None:
    page = '<ac:link><ri:page ri:space-key="OPS" ri:content-title="On call" /></ac:link>'
    parameter = f'<ac:parameter ac:name="">{page}</ac:parameter>'
    (block,) = blocks(f'<ac:structured-macro ac:name="include">{parameter}</ac:structured-macro>')
    assert block.links == (("On call", "https://wiki.example.com/display/OPS/On%20call"),)


def test_layouts_and_tables_keep_their_text_in_order() -> None:
    cells = "".join(f"<ac:layout-cell><p>{text}</p></ac:layout-cell>" for text in ("left", "right"))
    table = (
        "<table><tbody><tr><th>Step</th></tr><tr><td>" + macro("status", title="DONE") + "</td></tr></tbody></table>"
    )
    found = blocks(
        f'<ac:layout><ac:layout-section ac:type="two_equal">{cells}</ac:layout-section></ac:layout><h2>Then</h2>{table}'
    )
    assert [block.text for block in found[:3]] == ["left", "right", "Then"]
    assert found[3].rows == (("Step",), ("DONE",))


def test_images_and_captions() -> None:
    inside = '<ri:attachment ri:filename="p.png" /><ac:caption><p>Panel</p></ac:caption>'
    image = f'<ac:image ac:alt="The &quot;panel&quot;">{inside}</ac:image>'
    assert 'alt="The &quot;panel&quot;"' in html_of(image, ABOUT)
    assert "Panel" in said(image)


@pytest.mark.parametrize(
    "storage",
    [
        '<!DOCTYPE x [<!ENTITY a "b">]><p>&a;</p>',
        '<p>x</p><!ENTITY lol "lol">',
        "<p>" * 400 + "x" + "</p>" * 400,
        "</page><page><p>outside</p>",
        f"<p>{'text ' * 50}</p></div></div><p>{'more ' * 500}</p>",
    ],
)
def test_what_no_page_holds_is_refused_or_whole(storage: str) -> None:
    try:
        text = html_of(storage)
    except FetchError:
        return
    assert "outside" not in storage or "outside" in text
    assert text.count("more") == storage.count("more")


def test_bombs_do_not_go_off() -> None:
    layers = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    with pytest.raises(FetchError, match="entities"):
        html_of(f'<!DOCTYPE p [<!ENTITY l0 "ha">{layers}]><p>&l9;</p>')
    began = time.monotonic()
    assert html_of("<p>&l9;</p>") == "<p>&amp;l9;</p>"
    html_of("<p>" + "&lt;" * 200_000 + "</p>")
    with pytest.raises(FetchError):
        html_of("<p>text</p>" + "<![CDATA[" * 100_000)
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("href", ["javascript:alert(1)", " JavaScript:alert(1)", "data:text/html,x"])
def test_links_that_run_something_lead_nowhere(href: str) -> None:
    assert "alert" not in html_of(f'<a href="{href}">x</a>')
    assert "data:" not in html_of(f'<a href="{href}">x</a>')


words = st.text("abc<>&;]![CDATA \x00\x0b\ud800\"'/:=", max_size=40)
pieces = st.sampled_from(
    ["<p>", "</p>", "<ac:link>", "</ac:link>", "<![CDATA[", "]]>", '<ri:page ri:content-title="t"/>', "<!-- ", " -->",
     macro("info", "<p>x</p>"), '<ac:parameter ac:name="p">', "</ac:parameter>", "&nbsp;", "<?php ", "?>", "<br/>"]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(words | pieces, max_size=20).map("".join))
@example("<!-- <![CDATA[ --><!DOCTYPE x [<!ENTITY a 'b'>]>&a;<!-- ]]> -->")
def test_any_text_comes_out_as_html_or_is_refused(storage: str) -> None:
    try:
        html_of(storage, ABOUT)
    except FetchError:
        return


@settings(max_examples=100, deadline=None)
@given(
    name=st.text("abcdefghij-", min_size=1, max_size=12),
    parameter=st.sampled_from(["x", "title", "hidden", "url", "key", "status"]),
    outer=st.booleans(),
)
def test_parameters_of_unknown_macros_are_never_text(name: str, parameter: str, outer: bool) -> None:
    inner = macro(f"custom-{name}", "<p>kept</p>", **{parameter: "s3cr3t"})
    text = said(macro("section", inner, border="s3cr3t") if outer else inner)
    assert text == "kept"
