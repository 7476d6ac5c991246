import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.access import CLOSED
from connectors.described import Described, stated_by_document
from connectors.frontmatter import split
from connectors.policy import SourcePolicy
from headwater.metadata.dates import stated_date
from headwater.model import PUBLIC

POLICY = SourcePolicy(access=PUBLIC, timezone="Europe/Madrid", groups=frozenset({"sre"}))


def described(text: str) -> Described:
    return stated_by_document(Described(access=PUBLIC), split(text.encode()), POLICY)


def test_yaml_keeps_what_was_written() -> None:
    front = split(b"---\ntitle: A\nVersion: 2.10\nlanguage: no\ntags: [x, 'y z']\n---\n# Text\n")
    assert front.fields == {"title": "A", "version": "2.10", "language": "no", "tags": ["x", "y z"]}
    assert front.body == b"# Text\n"


def test_toml() -> None:
    front = split(b'+++\ntitle = "A"\nversion = 2.10\nupdated = 2026-01-02\naccess = ["group:sre"]\n+++\nText')
    assert front.fields == {"title": "A", "version": "2.10", "updated": "2026-01-02", "access": ["group:sre"]}
    assert front.body == b"Text"


@pytest.mark.parametrize(
    ("encoding", "before"),
    [(name, "") for name in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be")]
    + [(name, "\n\n") for name in ("utf-8", "utf-8-sig", "utf-16")],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_access_is_seen_in_every_encoding(encoding: str, newline: str, before: str) -> None:
    text = (before + "---\naccess: [group:sre]\n---\nTéxt").replace("\n", newline)
    front = split(text.encode(encoding))
    assert front.fields == {"access": ["group:sre"]}
    assert front.body == "Téxt".encode()


def test_latin_1_front_matter() -> None:
    front = split("---\ntitle: Café\naccess: group:sre\n---\nx".encode("latin-1"))
    assert front.fields == {"title": "Café", "access": "group:sre"}


@pytest.mark.parametrize(
    "text",
    [
        "# Title\n---\naccess: public\n---\n",
        "---\n\nA line of prose, then a rule.\n\n---\n",
        "---\nFAQ\n---\n\nText",
        "----\naccess: public\n----\n",
        "---\ntitle: never closed\n\nText",
        "",
        "---",
        "---\n",
    ],
)
def test_what_is_not_front_matter_stays(text: str) -> None:
    front = split(text.encode())
    assert front.fields == {}
    assert front.body == text.encode()
    assert not front.problem


@pytest.mark.parametrize(
    "block",
    [
        "access: [group:sre\n",
        "title: a: b\naccess: group:sre\n",
        "access: public\naccess: group:sre\n",
        "Access: public\naccess: group:sre\n",
        "base: &x {access: [group:sre]}\n<<: *x\n",
        "access: *unknown\n",
        "title: x\n<<: {access: group:sre}\n",
        "title: x\n\taccess: group:sre\n",
        "access: {allow: [[[[[[[[[[group:sre]]]]]]]]]]}\n",
        "access: " + "[" * 30000,
        "title: x\naccess: group:sre\nbell: \x07\n",
        "title: x\n--- !tag {access: group:sre}\n",
    ],
)
def test_unreadable_front_matter_that_may_restrict_closes_the_document(block: str) -> None:
    found = described(f"---\n{block}\n---\nText")
    assert found.access == CLOSED
    assert found.access_findings


def test_access_in_front_matter_that_never_ends_closes_the_document() -> None:
    assert described("---\ntitle: x\naccess: [group:sre]\n\n# Text\n").access == CLOSED


def test_a_misspelt_access_closes_the_document() -> None:
    assert described("---\nacces: [group:sre]\n---\nText").access == CLOSED
    assert described("---\nprocess: fast\n---\nText").access == PUBLIC


def test_broken_front_matter_without_access_is_only_reported() -> None:
    found = described("---\ntitle: a: b\n---\nText")
    assert found.access == PUBLIC
    assert found.findings == (
        "front matter cannot be read: mapping values are not allowed in this context in its line 1",
    )


def test_an_empty_access_is_nobody() -> None:
    for text in ("access:", "access: []", "access: {}", "access: ''", "access: {allow: []}", "access: ~"):
        assert described(f"---\n{text}\n---\nText").access.allow == frozenset(), text


@given(st.binary(max_size=300), st.sampled_from([b"", b"---\n", b"---\naccess: ", b"+++\n", b"\xff\xfe", b"---\n- "]))
def test_any_bytes_are_read_without_an_exception(data: bytes, start: bytes) -> None:
    front = split(start + data)
    stated_by_document(Described(access=PUBLIC), front, POLICY)


@given(st.sampled_from(["[", "{", "- ", "? ", "a: ", "&a ", "!!x ", "|\n", "*a ", '"']), st.integers(1, 20000))
def test_repeated_syntax_is_read_without_a_crash(part: str, times: int) -> None:
    split(f"---\na: {part * times}\n---\nx".encode())


def test_fields_of_a_document() -> None:
    found = described(
        "---\ntitle: Rotate a key\nkind: Release Note\nowner: docs\nproduct: p\ntags: a, b\naudience: agents\n"
        "date: 2026-01-05\nreview_in: 6 months\nreview_by: soon\nsuperseded_by: b.md\nlayout: wide\n---\nText"
    )
    assert found.title == "Rotate a key"
    assert found.kind == "release_note"
    assert found.updated_at is not None
    assert found.updated_at.isoformat() == "2026-01-05T00:00:00+01:00"
    assert found.meta == {
        "owner": "docs",
        "product": "p",
        "tags": ("a", "b"),
        "audience": ("agents",),
        "created": "2026-01-05T00:00:00+01:00",
        "review_in": "6 months",
        "superseded_by": ("b.md",),
    }
    assert found.findings == ("front matter: review_by: 'soon' is not a date; write it as 2026-10-06",)


def test_the_stated_update_goes_before_the_creation() -> None:
    found = described("---\ncreated: 2020-01-01\nlastmod: 2026-07-01T10:00:00Z\n---\n")
    assert found.updated_at is not None
    assert found.updated_at.isoformat() == "2026-07-01T10:00:00+00:00"


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2026-10-06", "2026-10-06T00:00:00+02:00"),
        ("2026-10-06 09:30", "2026-10-06T09:30:00+02:00"),
        ("2026-10-06T09:30:00Z", "2026-10-06T09:30:00+00:00"),
        ("2026-12-06T09:30:00-05:00", "2026-12-06T09:30:00-05:00"),
        ("6 October 2026", "2026-10-06T00:00:00+02:00"),
        ("Oct 6,  2026", "2026-10-06T00:00:00+02:00"),
        ("2026/10/06", "2026-10-06T00:00:00+02:00"),
    ],
)
def test_dates(text: str, iso: str) -> None:
    assert stated_date(text, "Europe/Madrid").isoformat() == iso


@pytest.mark.parametrize("text", ["01/02/2026", "2026-02-30", "yesterday", "2026", ""])
def test_dates_that_are_none_or_two(text: str) -> None:
    with pytest.raises(ValueError, match="is not a date"):
        stated_date(text, "UTC")
