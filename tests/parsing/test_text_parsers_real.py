"""Pages and files that other people wrote."""

import re
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from headwater.errors import ParseError
from headwater.model import NOBODY, Block, BlockKind, Document, RawDocument
from headwater.parsing import csv_table, html, markdown, text

DEBIAN = Path("/usr/share/doc")
WORD = re.compile(r"\w+")


def raw(path: Path) -> RawDocument:
    return RawDocument(
        source="s",
        id=path.name,
        version="1",
        uri=path.as_uri(),
        title="",
        kind="help",
        media_type="",
        content=path.read_bytes(),
        updated_at=None,
        access=NOBODY,
    )


def counted(words: str) -> Counter[str]:
    return Counter(word.lower() for word in WORD.findall(words))


def said(document: Document) -> Counter[str]:
    return counted(" ".join(f"{block.ordinal} {block.label} {block.text}" for block in document.blocks))


def recall_precision(found: Counter[str], truth: Counter[str]) -> tuple[float, float]:
    common = (found & truth).total()
    return common / max(1, truth.total()), common / max(1, found.total())


def debian(package: str, pattern: str) -> list[Path]:
    pages = sorted((DEBIAN / package).glob(pattern))
    if not pages:
        pytest.skip(f"Debian package of {DEBIAN / package} is not installed")
    return pages


def sound(blocks: tuple[Block, ...]) -> Iterator[str]:
    """What is wrong with these blocks."""
    for block in blocks:
        if block.kind is BlockKind.HEADING and not 1 <= block.level <= 6:
            yield f"heading of level {block.level}"
        if block.kind in (BlockKind.STEP, BlockKind.LIST_ITEM) and not block.group:
            yield "item without a group"
        if block.kind is BlockKind.TABLE and len({len(row) for row in block.rows}) != 1:
            yield "ragged table"
        if not block.text.strip():
            yield "empty block"


@pytest.mark.parametrize(
    ("package", "pattern"),
    [
        ("postgresql-doc-15/html", "*.html"),
        ("python3.11/html/tutorial", "*.html"),
        ("git-doc", "git-[a-f]*.html"),
        ("valgrind/html", "*.html"),
    ],
)
def test_whole_manuals_are_read(package: str, pattern: str) -> None:
    pages = debian(package, pattern)[:200]
    titled = anchored = headings = 0
    for page in pages:
        document = html.parse(raw(page))
        assert list(sound(document.blocks)) == [], page
        titled += bool(document.meta.get("title"))
        headings += sum(block.kind is BlockKind.HEADING for block in document.blocks)
        anchored += sum(block.kind is BlockKind.HEADING and bool(block.anchor) for block in document.blocks)
    assert titled == len(pages)
    assert anchored > 0.5 * headings > 0


def test_a_reference_page_without_its_navigation() -> None:
    (page,) = debian("postgresql-doc-15/html", "sql-select.html")
    blocks = html.parse(raw(page)).blocks
    assert (blocks[0].kind, blocks[0].text, blocks[0].anchor) == (BlockKind.HEADING, "SELECT", "SQL-SELECT")
    assert all(block.text not in ("Prev", "Next", "Up", "Home") for block in blocks)
    steps = [block for block in blocks if block.kind is BlockKind.STEP]
    assert [block.ordinal for block in steps[:10]] == [str(number) for number in range(1, 11)]
    assert any(block.kind is BlockKind.ADMONITION and block.label in ("Note", "Tip", "Caution") for block in blocks)
    assert blocks[-1].text.endswith("...") or len(blocks[-1].text) > 20


def test_a_manual_as_page_and_as_text(data: Path) -> None:
    folder = data / "same-document" / "developers-reference"
    truth = counted((folder / "developers-reference.txt").read_text(encoding="utf-8"))
    recall, precision = recall_precision(said(html.parse(raw(folder / "developers-reference.html"))), truth)
    # The text numbers its sections and lists its contents; the page has neither in its content.
    assert recall > 0.96
    assert precision > 0.995
    assert recall_precision(said(text.parse(raw(folder / "developers-reference.txt"))), truth) > (0.999, 0.999)


def _ground_truth(source: Path) -> Counter[str]:
    truth = (source.parent.parent / "groundtruth" / f"{source.name}.md").read_text(encoding="utf-8")
    truth = re.sub(r"!\[[^\]]*\]\([^)]*\)|<!--.*?-->|\]\([^)]*\)", " ", truth)
    return counted(truth.replace("\\_", "_").replace("&amp;", "&").replace("&lt;", "<"))


@pytest.mark.parametrize(("kind", "recall", "precision"), [("html", 0.985, 0.90), ("md", 0.98, 0.96)])
def test_office_samples_by_words(data: Path, kind: str, recall: float, precision: float) -> None:
    parser = {"html": html, "md": markdown}[kind]
    figures = [
        recall_precision(said(parser.parse(raw(source))), _ground_truth(source))
        for source in sorted((data / "office" / kind / "sources").glob(f"*.{kind}"))
    ]
    assert sum(figure[0] for figure in figures) / len(figures) > recall
    assert sum(figure[1] for figure in figures) / len(figures) > precision


def test_office_tables_by_words(data: Path) -> None:
    for source in sorted((data / "office" / "csv" / "sources").glob("*.csv")):
        blocks = csv_table.parse(raw(source)).blocks
        assert [block.kind for block in blocks] == [BlockKind.TABLE], source
        found, truth = said(csv_table.parse(raw(source))), _ground_truth(source)
        assert recall_precision(found, truth)[0] > 0.97, source


def test_malformed_files_are_refused_by_the_text_parsers(data: Path) -> None:
    for source in sorted((data / "malformed").glob("*.*")):
        if source.stat().st_size > 2_000_000:
            continue
        for parser in (html, markdown, text, csv_table):
            try:
                parser.parse(raw(source))
            except ParseError as error:
                # Office files are archives or binary; nothing of them may come through as text.
                refused = str(error)
            else:
                refused = "" if source.read_bytes()[:4] in (b"PK\x03\x04", b"\xd0\xcf\x11\xe0") else "text"
            assert refused, source


@pytest.mark.slow
def test_ten_megabyte_pages_and_speed() -> None:
    page = "<h2 id=a>Head</h2><p>some <b>text</b> here &amp; there</p>" * 160_000
    document = RawDocument(
        source="s",
        id="big",
        version="1",
        uri="u",
        title="",
        kind="help",
        media_type="text/html",
        content=page.encode(),
        updated_at=None,
        access=NOBODY,
    )
    started = time.process_time()
    assert len(html.parse(document).blocks) == 320_000
    assert time.process_time() - started < 90
