from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chunking.registry import chunker_for
from chunking.release_facts import date_in, release_line, section_named, version_in
from headwater.interfaces import Tokens
from headwater.model import RELEASE_NOTE, Chunk, RawDocument
from headwater.parsing import markdown, text
from tests.chunking.documents import ACCESS


def notes(tokens: Tokens, content: str, *, title: str = "", plain: bool = False, **meta: str) -> list[Chunk]:
    raw = RawDocument(
        source="product", id="CHANGELOG.txt" if plain else "CHANGELOG.md", version="1", uri="https://example.com/c",
        title=title, kind=RELEASE_NOTE, media_type="text/plain" if plain else "text/markdown",
        content=content.encode(), updated_at=None, access=ACCESS, meta=meta,
    )  # fmt: skip
    parse = text.parse if plain else markdown.parse
    return list(chunker_for("release_notes", tokens)(parse(raw)))


def told(chunks: Sequence[Chunk], *names: str) -> list[tuple[object, ...]]:
    return [(*(chunk.metadata.get(name) for name in names), chunk.text) for chunk in chunks]


KEEP_A_CHANGELOG = """\
# Changelog

## [Unreleased]

### Added

- Dark mode.

## [1.2.0] - 2024-03-01

### Added

- Export to CSV.
  - With a header row.
- Filters by owner.

### Security

- Sessions end after an hour (CVE-2024-1234).

## [1.1.0-rc.1] - 2023-11-30

### Removed

- **Breaking:** the v1 API.
"""


def test_keep_a_changelog(tokens: Tokens) -> None:
    chunks = notes(tokens, KEEP_A_CHANGELOG)
    assert told(chunks, "version", "date", "section", "breaking") == [
        (None, None, "added", None, "- Dark mode."),
        ("1.2.0", "2024-03-01", "added", None, "- Export to CSV.\n  - With a header row."),
        ("1.2.0", "2024-03-01", "added", None, "- Filters by owner."),
        ("1.2.0", "2024-03-01", "security", None, "- Sessions end after an hour (CVE-2024-1234)."),
        ("1.1.0-rc.1", "2023-11-30", "removed", "yes", "- Breaking: the v1 API."),
    ]
    assert chunks[1].heading_path[-2:] == ("[1.2.0] - 2024-03-01", "Added")
    assert "[1.2.0] - 2024-03-01 > Added\n\n" in chunks[1].embedded


def test_lists_as_code_hosts_make_them(tokens: Tokens) -> None:
    chunks = notes(
        tokens,
        "## v2.0.0\n\n## What's Changed\n\n* feat!: drop Python 3.8 by @ann in #12\n"
        "* fix(cli): keep the order by @bo in #13\n"
        "* docs: explain tokens\n\n**Full Changelog**: https://example.com/compare/v1.9...v2.0\n",
        title="Headwater release notes",
    )
    assert told(chunks, "product", "version", "section", "breaking")[:3] == [
        ("Headwater", "2.0.0", "added", "yes", "- feat!: drop Python 3.8 by @ann in #12"),
        ("Headwater", "2.0.0", "fixed", None, "- fix(cli): keep the order by @bo in #13"),
        ("Headwater", "2.0.0", "changed", None, "- docs: explain tokens"),
    ]


def test_dated_headings(tokens: Tokens) -> None:
    chunks = notes(
        tokens,
        "# Product updates\n\n## March 1, 2024\n\n- Faster search.\n\n## 2024-02-01\n\n### Bug fixes\n\n- A crash.\n\n"
        "## Release v9.11 - 2024-06-14\n\n- Fixed an issue with login.\n",
    )
    assert told(chunks, "version", "date", "section") == [
        (None, "2024-03-01", None, "- Faster search."),
        (None, "2024-02-01", "fixed", "- A crash."),
        ("9.11", "2024-06-14", "fixed", "- Fixed an issue with login."),
    ]


def test_versions_inside_a_list_stand_for_headings(tokens: Tokens) -> None:
    chunks = notes(
        tokens,
        "# Notes\n\n## Release 9.11\n\n- **9.11.2, released 2025-07-22**\n  - Fixes a leak.\n  - Fixes a crash.\n"
        "- **9.11.1, released 2025-06-18**\n  - Upgrades the library.\n",
    )
    assert told(chunks, "version", "date") == [
        ("9.11.2", "2025-07-22", "- 9.11.2, released 2025-07-22\n  - Fixes a leak."),
        ("9.11.2", "2025-07-22", "- 9.11.2, released 2025-07-22\n  - Fixes a crash."),
        ("9.11.1", "2025-06-18", "- 9.11.1, released 2025-06-18\n  - Upgrades the library."),
    ]
    assert chunks[1].text[chunks[1].lead :] == "  - Fixes a crash."


def test_plain_text_with_lines_for_headings(tokens: Tokens) -> None:
    chunks = notes(
        tokens,
        "tool 1.4.0 (8 January 2023)\n\nFixes:\n\n * Keep the last line.\n * Close the file.\n\nImprovements:\n\n"
        " * Less memory.\n\ntool 1.3.9 (1 December 2022)\n\nFixes:\n\n * Do not wait for ever.\n",
        plain=True,
        title="tool change log",
    )
    assert [(v, d, s) for v, d, s, _ in told(chunks, "version", "date", "section")] == [
        ("1.4.0", "2023-01-08", "fixed"),
        ("1.4.0", "2023-01-08", "fixed"),
        ("1.4.0", "2023-01-08", "changed"),
        ("1.3.9", "2022-12-01", "fixed"),
    ]
    assert {chunk.metadata["product"] for chunk in chunks} == {"tool"}


def test_a_sentence_about_a_version_is_no_release(tokens: Tokens) -> None:
    chunks = notes(tokens, "# 3.0.0\n\n## Upgrade to Python 3.11\n\n- It is faster.\n\n# 2.9.0\n\n- Old.\n")
    assert [chunk.metadata["version"] for chunk in chunks] == ["3.0.0", "2.9.0"]


def test_a_stated_product_stays(tokens: Tokens) -> None:
    chunks = notes(tokens, "# Sluice release notes\n\n## 1.0\n\n- All.\n", product="Reservoir")
    assert {chunk.metadata["product"] for chunk in chunks} == {"Reservoir"}


def test_a_long_entry_is_a_whole(tokens: Tokens) -> None:
    inner = "".join(f"  - Endpoint number {n} answers with the time of its last change.\n" for n in range(30))
    chunks = notes(tokens, f"# 1.0\n\n- New endpoints:\n{inner}- Another entry.\n")
    assert len(chunks) > 3
    assert chunks[0].wholes[0].what == "entry"
    assert chunks[-1].text == "- Another entry."
    assert all(chunk.text.startswith("- New endpoints:") for chunk in chunks[:-1])


@pytest.mark.parametrize(
    ("line", "version"),
    [
        ("[1.2.0] - 2024-03-01", "1.2.0"), ("v2.0.0-beta.2", "2.0.0-beta.2"), ("Version 12", "12"),
        ("3.1rc1", "3.1rc1"),
        ("2024-03-01", ""), ("Release v9.11 - Extended", "9.11"), ("Since 5 years", ""), ("24.04.1 LTS", "24.04.1"),
    ],
)  # fmt: skip
def test_versions(line: str, version: str) -> None:
    assert version_in(line)[0] == version


@pytest.mark.parametrize(
    ("line", "day"),
    [
        ("March 1, 2024", "2024-03-01"), ("1st Mar 2024", "2024-03-01"), ("(2024/3/1)", "2024-03-01"),
        ("Sept. 3, 2023", "2023-09-03"),
        ("2024-13-45", ""), ("1.2.2024", ""), ("in 2024", ""),
    ],
)  # fmt: skip
def test_dates(line: str, day: str) -> None:
    assert date_in(line) == day


def test_kinds_of_change() -> None:
    names = ("New features", "Bug Fixes", "\U0001f512 Security", "Deprecations", "Known issues")
    assert [section_named(name) for name in names] == ["added", "fixed", "security", "deprecated", "known issues"]
    assert section_named("How the fixed-point arithmetic of the engine works now") == ""


@settings(deadline=None, max_examples=200)
@given(st.text(max_size=120))
def test_any_line_at_all(line: str) -> None:
    release_line(line)
    date_in(line)
    section_named(line)


def test_steps_of_an_upgrade_stay_together_and_numbered_changes_do_not(tokens: Tokens) -> None:
    steps = "\n".join(f"{n}. Do part {n} of it." for n in range(1, 7))
    chunks = notes(tokens, f"# 2.0.0\n\n## How to move\n\n{steps}\n\n## Fixed\n\n{steps}\n")
    assert len(chunks) == 7
    assert all(f"part {n}" in chunks[0].text for n in range(1, 7))
