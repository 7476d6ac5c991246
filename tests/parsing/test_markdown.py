"""Markdown to blocks."""

import time

import pytest

from headwater.errors import BrokenFileError
from headwater.model import NOBODY, Block, BlockKind, RawDocument
from headwater.parsing import html, markdown

H, P, L, S = BlockKind.HEADING, BlockKind.PARAGRAPH, BlockKind.LIST_ITEM, BlockKind.STEP
T, C, A = BlockKind.TABLE, BlockKind.CODE, BlockKind.ADMONITION


def raw(content: str, media_type: str = "text/markdown") -> RawDocument:
    return RawDocument(
        source="s",
        id="d",
        version="1",
        uri="u",
        title="",
        kind="help",
        media_type=media_type,
        content=content.encode(),
        updated_at=None,
        access=NOBODY,
    )


def parse(text: str) -> tuple[Block, ...]:
    return markdown.parse(raw(text)).blocks


def kinds(text: str) -> list[tuple[BlockKind, str]]:
    return [(block.kind, block.text) for block in parse(text)]


@pytest.mark.parametrize(
    ("source", "page"),
    [
        ("# A\n\ntext *em* `code` [a](x)\n", "<h1 id=a>A</h1><p>text <em>em</em> <code>code</code> <a href=x>a</a>"),
        ("- a\n  - b\n- c\n", "<ul><li>a<ul><li>b</ul><li>c</ul>"),
        ("3. a\n   1. b\n4. c\n", "<ol start=3><li>a<ol><li>b</ol><li>c</ol>"),
        (
            "1. a\n\n   more\n\n   ```sh\n   x  y\n   ```\n",
            "<ol><li><p>a<p>more<pre><code class=language-sh>x  y\n</code></pre></ol>",
        ),
        ("| a | b |\n|---|---|\n| 1 | ~~2~~ |\n", "<table><thead><tr><th>a<th>b</thead><tr><td>1<td>2</table>"),
        ("Term\n: Meaning\n", "<dl><dt>Term<dd>Meaning</dl>"),
        ("> quoted\n\n***\n\nline  \nbreak\n", "<blockquote>quoted</blockquote><hr><p>line<br>break"),
        ("![a pump](p.png)\n", "<p><img alt='a pump'></p>"),
    ],
)  # fmt: skip
def test_the_same_content_gives_the_same_blocks_as_html(source: str, page: str) -> None:
    assert parse(source) == html.parse(raw(page, "text/html")).blocks


def test_headings_get_the_anchors_of_code_forges() -> None:
    blocks = parse(
        "# The `run()` & *Start*!\n## Same\n## Same\n## Same-1\n## Same\n## Own {#my-id}\n"
        '## <a name="top"></a>Named\n## Größe_x – y\n## !!\n\ntext\n'
    )
    assert [(b.text, b.anchor) for b in blocks] == [
        ("The run() & Start!", "the-run--start"),
        ("Same", "same"),
        ("Same", "same-1"),
        ("Same-1", "same-1-1"),
        ("Same", "same-2"),
        ("Own", "my-id"),
        ("Named", "top"),
        ("Größe_x – y", "größe_x--y"),
        ("!!", ""),
        ("text", ""),
    ]


@pytest.mark.parametrize(
    ("source", "label", "text"),
    [
        ("!!! note\n    Mind it.\n", "Note", "Mind it."),
        ("??? danger\n    Mind it.\n", "Danger", "Mind it."),
        ("::: warning\nMind it.\n:::\n", "Warning", "Mind it."),
        (":::tip\n\nMind it.\n\n:::\n", "Tip", "Mind it."),
        ("> [!IMPORTANT]\n> Mind it.\n", "Important", "Mind it."),
        ("> **Note:** Mind it.\n", "Note", "Mind it."),
        ("```{caution}\nMind it.\n```\n", "Caution", "Mind it."),
        (":::{hint}\nMind it.\n:::\n", "Hint", "Mind it."),
        ("{% note %}\n\nMind it.\n\n{% endnote %}\n", "Note", "Mind it."),
        ("{{< warning >}}Mind it.{{< /warning >}}\n", "Warning", "Mind it."),
        ('{% hint style="danger" %}\nMind it.\n{% endhint %}\n', "Danger", "Mind it."),
        ("<Warning>\n  Mind it.\n</Warning>\n", "Warning", "Mind it."),
        ('<Callout type="tip">Mind it.</Callout>\n', "Tip", "Mind it."),
        ("<div class='admonition attention'>\n\nMind it.\n\n</div>\n", "Attention", "Mind it."),
    ],
)
def test_admonitions_of_the_dialects(source: str, label: str, text: str) -> None:
    before, block, after = parse(f"before\n\n{source}\nafter\n")
    assert (block.kind, block.label, block.text) == (A, label, text)
    assert (before.kind, before.text, after.kind, after.text) == (P, "before", P, "after")


def test_an_admonition_with_title_inside_a_step() -> None:
    blocks = parse(
        '1. Stop.\n\n   :::danger Hot surface\n   Wait.\n   :::\n\n   !!! note "Later"\n       Check.\n\n2. Go.\n'
    )
    assert [(b.kind, b.label or b.ordinal, b.group, b.text) for b in blocks] == [
        (S, "1", 1, "Stop."),
        (A, "Danger", 1, "Hot surface"),
        (A, "Danger", 1, "Wait."),
        (A, "Note", 1, "Later"),
        (A, "Note", 1, "Check."),
        (S, "2", 1, "Go."),
    ]


def test_code_fences_keep_whitespace_language_and_templates() -> None:
    blocks = parse(
        '```python title="x.py"\ndef f():\n\n\treturn  {{ a }}\n```\n\n~~~\n{% raw %}\n~~~\n\n    indented {{ b }}\n\n'
        "```{code-block} yaml\n:linenos:\na: {% b %}\n```\n\n"
        "``` {.sql .x}\nselect\n```\n\n- item\n  ```js{1}\n  <%= x %>\n  ```\n"
    )
    assert [(b.label, b.text) for b in blocks] == [
        ("python", "def f():\n\n\treturn  {{ a }}"),
        ("", "{% raw %}"),
        ("", "indented {{ b }}"),
        ("yaml", "a: {% b %}"),
        ("sql", "select"),
        ("", "item"),
        ("js", "<%= x %>"),
    ]


@pytest.mark.parametrize(
    "front",
    [
        "---\ntitle: x\ntags: [a]\n---\n",
        "+++\ntitle = 'x'\n+++\n",
        "---\n---\n",
        "---\r\na: b\r\n---\r\n",
        "---\na: b\n...\n",
    ],
)
def test_front_matter_is_skipped(front: str) -> None:
    assert kinds(front + "text\n") == [(P, "text")]


def test_a_rule_at_the_top_is_not_front_matter() -> None:
    assert kinds("---\nJust text\n\n---\nmore\n") == [(P, "Just text"), (P, "more")]


def test_raw_html_follows_the_rules_for_html() -> None:
    blocks = parse(
        '<a name="here"></a>\n\nText <!-- secret --> <span style="display:none">secret</span> here.\n\n'
        "<details>\n<summary>More</summary>\n\n- **inside**\n\n</details>\n\n"
        "<table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table>\n\n<script>secret()</script>\n"
    )
    assert [(b.kind, b.anchor, b.text) for b in blocks] == [
        (P, "here", "Text here."),
        (P, "", "More"),
        (L, "", "inside"),
        (T, "", "| a | b |\n| --- | --- |\n| 1 | 2 |"),
    ]


def test_template_remnants_do_not_show() -> None:
    assert kinds(
        "import Tabs from '@theme/Tabs';\nimport './x.css'\nexport const a = {\n  b: 1,\n}\n\n# Title\n\n"
        "{% include x.md %}\nUse {{ site.name }} with <%= erb %>{/* no */}{# no #} `{{ keep }}` now.\n{:.class}\n\n"
        '<Tabs values={[{a: 1}]}>\n<TabItem value="l" label="Linux">\n\napt\n\n</TabItem>\n</Tabs>\n\n'
        "{ref}`the guide <guide>` and <Badge text='new' /> end\n\n[[_TOC_]]\n"
    ) == [(H, "Title"), (P, "Use with {{ keep }} now."), (P, "Linux:"), (P, "apt"), (P, "the guide and end")]


def test_an_import_sentence_is_text() -> None:
    assert kinds("import your data from the menu.\n\nexport it again.\n") == [
        (P, "import your data from the menu."),
        (P, "export it again."),
    ]


def test_footnotes_and_labels() -> None:
    blocks = parse("(my-label)=\n\nText[^a] more.\n\n[^a]: The **note**.\n")
    assert [(b.kind, b.ordinal, b.anchor, b.text) for b in blocks] == [
        (P, "", "my-label", "Text[1] more."),
        (L, "1", "fn1", "The note."),
    ]


def test_task_lists_and_links_keep_their_words() -> None:
    assert kinds("- [ ] open\n- [x] done <https://e.com>\n") == [(L, "[ ] open"), (L, "[x] done https://e.com")]


def test_invisible_characters_are_taken_out() -> None:
    assert kinds("pass\u200bword &#8203;a\u202eb\U000e0041\n\n`\u2066x\u2069`\n") == [(P, "password ab"), (P, "x")]


def test_the_title_is_the_first_heading() -> None:
    assert markdown.parse(raw("## Not\n\n# It *is*\n")).meta == {"title": "It is"}
    assert markdown.parse(raw("text\n")).meta == {}


@pytest.mark.parametrize("content", ["", " \n", "---\na: b\n---\n", "<!-- only -->", "[a]: http://x\n"])
def test_nothing_to_read_is_a_broken_file(content: str) -> None:
    with pytest.raises(BrokenFileError):
        markdown.parse(raw(content))


def test_lists_of_two_hundred_levels() -> None:
    blocks = parse("".join("  " * depth + f"- item {depth}\n" for depth in range(200)))
    words = " ".join(block.text for block in blocks).split()
    assert [word for word in words if word.isdigit()] == [str(depth) for depth in range(200)]
    assert blocks[100].level == 100


@pytest.mark.parametrize(
    "hostile", ["> " * 5_000 + "x", "[" * 20_000, "*a " * 20_000, "`" * 20_001, "{%" * 20_000, "<A " * 9_000]
)
def test_hostile_text_ends_soon(hostile: str) -> None:
    started = time.process_time()
    assert parse(f"word\n\n{hostile}\n")[0].text == "word"
    assert time.process_time() - started < 10


@pytest.mark.parametrize(
    "text",
    [
        "Write to <Somebody-who-is-on-call-for-the-platform@digital.example.com> , stating why.",
        "Write to <Some.body.who.is.on.call.for.all.of.the.platforms@digital.example.com>.",
        "<Tab " + " ".join(f"a{n}=bbbbbbbbbbbb" for n in range(40)) + " @>",
        "<Tab " + "a=b/" * 60 + "@>",
        "<Tab " + " " * 5_000 + "@>",
        "<" + "A" * 20_000 + "@>",
    ],
)
def test_what_only_looks_like_a_component_is_left_soon(text: str) -> None:
    started = time.process_time()
    assert parse(f"word\n\n{text}\n")[0].text == "word"
    assert time.process_time() - started < 1


def test_a_long_changelog_takes_seconds() -> None:
    section = "## Release v{0}\n\n- Fixed [a thing](http://x/{0}) in `code`.\n  - Sub item **bold**.\n\nSome text.\n\n"
    text = "".join(section.format(number) for number in range(2_000))
    started = time.process_time()
    blocks = parse(text)
    assert len(blocks) == 8_000
    assert time.process_time() - started < 30


def test_tabs_by_indentation_are_their_names_and_their_content() -> None:
    source = (
        '=== "Linux"\n\n    Run it:\n\n    ```sh\n    apt install x\n    ```\n\n=== "Windows"\n\n    winget\n\nEnd.\n'
    )
    assert kinds(source) == [
        (P, "Linux:"), (P, "Run it:"), (BlockKind.CODE, "apt install x"), (P, "Windows:"), (P, "winget"), (P, "End."),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "comment",
    [
        "[//]: # (not for readers)",
        "[comment]: <> (not for readers)",
        "<!-- not for readers -->",
        "{/* not for readers */}",
        "{# not for readers #}",
        "{% comment %}\nnot for readers\n{% endcomment %}",
        "{{/* not for readers */}}",
        "{{< comment >}}not for readers{{< /comment >}}",
        "<%# not for readers %>",
    ],
)
def test_comments_stay_out_and_are_counted(comment: str) -> None:
    document = markdown.parse(raw(f"Before.\n\n{comment}\n\nAfter `{{# code #}}`.\n", "text/markdown"))
    assert [block.text for block in document.blocks] == ["Before.", "After {# code #}."]
    assert [(one.what, one.words, one.sample) for one in document.stripped] == [("comment", 3, "not for readers")]


def test_a_comment_below_a_paragraph_is_not_its_text() -> None:
    assert kinds("Before.\n[//]: # (not for readers)\n") == [(P, "Before.")]
