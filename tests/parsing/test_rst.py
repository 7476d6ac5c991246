"""reStructuredText to blocks."""

from pathlib import Path

import pytest

from headwater.errors import BrokenFileError
from headwater.model import NOBODY, Block, BlockKind, RawDocument
from headwater.parsing import rst

H, P, L, S = BlockKind.HEADING, BlockKind.PARAGRAPH, BlockKind.LIST_ITEM, BlockKind.STEP
T, C, A = BlockKind.TABLE, BlockKind.CODE, BlockKind.ADMONITION


def raw(content: str) -> RawDocument:
    return RawDocument(
        source="s",
        id="d",
        version="1",
        uri="u",
        title="",
        kind="help",
        media_type="text/x-rst",
        content=content.encode(),
        updated_at=None,
        access=NOBODY,
    )


def parse(text: str) -> tuple[Block, ...]:
    return rst.parse(raw(text)).blocks


def kinds(text: str) -> list[tuple[BlockKind, str]]:
    return [(block.kind, block.text) for block in parse(text)]


def test_sections_have_levels_and_anchors() -> None:
    document = rst.parse(raw("=====\nTitle\n=====\n\nSub one\n=======\n\nText *em* ``code``.\n\nDeep\n----\n\nx\n"))
    assert [(b.kind, b.level, b.anchor, b.text) for b in document.blocks] == [
        (H, 1, "title", "Title"),
        (H, 2, "sub-one", "Sub one"),
        (P, 0, "", "Text em code."),
        (H, 3, "deep", "Deep"),
        (P, 0, "", "x"),
    ]
    assert document.meta == {"title": "Title"}


def test_lists_steps_and_definitions() -> None:
    blocks = parse(
        "- a\n\n  - b\n\n3. three\n\n   more\n\n   ::\n\n     x  y\n\n4. four\n\n   a. sub\n\nTerm\n  Meaning\n"
    )
    assert [(b.kind, b.ordinal, b.level, b.group, b.text) for b in blocks] == [
        (L, "", 0, 1, "a"),
        (L, "", 1, 1, "b"),
        (S, "3", 0, 2, "three"),
        (P, "", 0, 2, "more"),
        (C, "", 0, 2, "x  y"),
        (S, "4", 0, 2, "four"),
        (S, "a", 1, 2, "sub"),
        (L, "", 0, 3, "Term: Meaning"),
    ]


def test_tables_code_and_admonitions() -> None:
    blocks = parse(
        ".. list-table:: Limits\n   :header-rows: 1\n\n   * - A\n     - B\n   * - 1\n     - 2\n\n"
        ".. code-block:: python\n   :emphasize-lines: 1\n   :linenos:\n\n   x  = 1\n\n     y\n\n"
        ".. warning:: Mind it.\n\n   Always.\n\n.. seealso:: Other\n"
    )
    assert [(b.kind, b.label, b.text) for b in blocks] == [
        (T, "Limits", "| A | B |\n| --- | --- |\n| 1 | 2 |"),
        (C, "python", "x  = 1\n\n  y"),
        (A, "Warning", "Mind it."),
        (A, "Warning", "Always."),
        (A, "See also", "Other"),
    ]


def test_what_only_sphinx_knows_keeps_its_content() -> None:
    assert kinds(
        "See :ref:`the guide <guide>`, :py:func:`~os.path.join` and :doc:`/x`. |version|\n\n"
        ".. toctree::\n   :maxdepth: 2\n\n   a\n\n.. versionadded:: 3.5\n   Faster.\n\n"
        ".. py:function:: run(x)\n   :module: m\n\n   Runs *it*.\n\n"
        ".. tab-set::\n\n   .. tab-item:: Linux\n\n      apt\n"
    ) == [
        (P, "See the guide, os.path.join and /x. |version|"),
        (P, "New in version 3.5: Faster."),
        (L, "run(x): Runs it."),
        (P, "Linux"),
        (P, "apt"),
    ]


def test_a_document_reads_no_other_file_and_writes_no_html(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("secret words", encoding="utf-8")
    blocks = parse(
        f"before\n\n.. include:: {secret}\n\n.. raw:: html\n\n   <b>secret</b>\n\n.. literalinclude:: {secret}\n\n"
        f".. csv-table::\n   :file: {secret}\n\n.. raw:: html\n   :file: {secret}\n\n"
        ".. role:: raw-html(raw)\n   :format: html\n\n"
        ":raw-html:`<i>x</i>`\n\n.. figure:: x.png\n   :alt: A pump\n\nafter\n"
    )
    assert "secret" not in " ".join(block.text for block in blocks)
    assert (blocks[0].text, blocks[-1].text) == ("before", "after")


@pytest.mark.parametrize(
    "broken", ["Title\n==\n\n*open", "`x <y", ".. note::", "| a\n+--", ".. _x: y\n.. _x: z", "x_ |y| [1]_", "====\n"]
)
def test_mistakes_are_not_printed(broken: str) -> None:
    blocks = parse(f"words\n\n{broken}\n\nlast\n")
    said = " ".join(block.text for block in blocks)
    assert said.startswith("words")
    assert "last" in said
    for complaint in ("System Message", "WARNING", "ERROR", "docutils", "Unknown", "Undefined"):
        assert complaint not in said


def test_footnotes_carry_their_mark() -> None:
    assert kinds("Text [1]_.\n\n.. [1] The note.\n") == [(P, "Text [1]."), (L, "[1]: The note.")]


def test_nothing_to_read_is_a_broken_file() -> None:
    for content in ("", ".. a comment\n"):
        with pytest.raises(BrokenFileError):
            parse(content)


def test_nesting_without_end_is_still_read() -> None:
    assert "deep" in parse("".join("  " * depth + "- x\n\n" for depth in range(400)) + "  " * 400 + "deep\n")[-1].text
