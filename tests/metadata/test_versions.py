"""Numbers of versions sort as the versions do, and ranges cover what a reader takes them to cover."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from packaging.version import Version

from headwater.metadata.versions import BITS, HIGHEST, LOWEST, VersionRange, version_key, version_range

small = st.one_of(st.integers(0, 20), st.sampled_from([99, 100, 142, 143]))
suffix = st.sampled_from(["", "", "", "a", "b", "rc", ".post", ".dev"])


@st.composite
def versions(draw: st.DrawFn) -> str:
    release = ".".join(str(draw(small)) for _ in range(draw(st.integers(1, 3))))
    kind = draw(suffix)
    text = release + (f"{kind}{draw(st.integers(0, 30))}" if kind else "")
    if kind in ("a", "b", "rc", ".post") and draw(st.booleans()):
        text += f".dev{draw(st.integers(0, 9))}"
    return text


def key(text: str) -> int:
    found = version_key(text)
    assert found is not None, text
    return found


def covers(stated: str, version: str) -> bool:
    found = version_range(stated)
    assert found is not None, stated
    return found.first <= key(version) <= found.last


@given(versions(), versions())
def test_order_agrees_with_pep_440(one: str, other: str) -> None:
    first, second = Version(one), Version(other)
    assert (key(one) < key(other)) == (first < second), (one, other)
    assert (key(one) == key(other)) == (first == second), (one, other)


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=6), st.lists(st.integers(0, 10**9), min_size=1, max_size=6))
def test_order_is_never_turned_round(one: list[int], other: list[int]) -> None:
    first, second = ".".join(map(str, one)), ".".join(map(str, other))
    assume(Version(first) < Version(second))
    assert key(first) <= key(second)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("120.0.6099.109", "120.0.6099.110"),
        ("10.0.19045", "10.0.19046"),
        ("2026.11.22", "2026.11.23"),
        ("2026.11.22rc1", "2026.11.22"),
        ("2024.1.3", "2024.1.3.1"),
        ("20261122", "20261123"),
    ],
)
def test_versions_with_large_parts_are_told_apart(one: str, other: str) -> None:
    assert key(one) < key(other)


def test_semantic_versioning_order() -> None:
    rising = [
        "1.0.0-0.3.7", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2",
        "1.0.0-beta.11", "1.0.0-canary.3", "1.0.0-next.1", "1.0.0-rc.1", "1.0.0-snapshot", "1.0.0", "1.0.1",
    ]  # fmt: skip
    keys = [key(text) for text in rising]
    assert keys == sorted(keys)
    assert len(set(keys)) == len(keys)
    assert key("1.0.0+build.5") == key("1.0.0")


@pytest.mark.parametrize("text", ["2.3", "v2.3", "2.3.0", "V2.3.0.0", " 2.3 "])
def test_spellings_of_one_version(text: str) -> None:
    assert key(text) == key("2.3")


@pytest.mark.parametrize("text", ["", "latest", "R2024b", "Spring '24", "2.3 beta two", "1..2", "x" * 5000, "1" * 400])
def test_what_is_no_version(text: str) -> None:
    assert version_key(text) is None
    assert version_range(text) is None


@pytest.mark.parametrize(
    ("stated", "inside", "outside"),
    [
        ("2.3", ["2.3", "v2.3.0"], ["2.3.1", "2.2", "2.3rc1"]),
        ("Version 2.3", ["2.3"], ["2.4"]),
        ("2.x", ["2.0", "2.99.3", "2.0rc1"], ["1.9", "3.0", "3.0.dev1"]),
        ("v2.3.*", ["2.3", "2.3.7"], ["2.4", "2.2.9"]),
        ("2.1 - 2.4", ["2.1", "2.3", "2.4", "2.4.3"], ["2.0.9", "2.5"]),
        ("2.1–2.4", ["2.1", "2.4.3"], ["2.5"]),
        ("2.1-2.4", ["2.1", "2.4.3"], ["2.5", "2.0"]),
        ("v2.1 to v2.4.1", ["2.4.1"], ["2.4.2"]),
        ("from 2.1 to 2.4", ["2.2"], ["2.5"]),
        ("1.8 to 2.x", ["1.8", "2.7"], ["3.0"]),
        (">=2.1", ["2.1", "30.0"], ["2.0.9"]),
        (">= 2.1, < 3", ["2.1", "2.9"], ["3.0", "2.0"]),
        (">=2.1 <3.0", ["2.1", "2.9"], ["3.0"]),
        ("<=2.4", ["2.4", "0.1"], ["2.4.1"]),
        ("^2.3", ["2.3", "2.9"], ["3.0", "2.2"]),
        ("~=2.3", ["2.3", "2.9"], ["3.0"]),
        ("~2.3.1", ["2.3.1", "2.3.9"], ["2.4", "2.3.0"]),
        ("2.1+", ["2.1", "9.0"], ["2.0"]),
        ("2.1 and later", ["2.1", "9.0"], ["2.0"]),
        ("since 2.1", ["2.1", "9.0"], ["2.0"]),
        ("up to 2.4", ["0.1", "2.4.9"], ["2.5"]),
        ("2.4 and earlier", ["0.1", "2.4.9"], ["2.5"]),
        ("before 2.4", ["2.3.9"], ["2.4"]),
        ("2.1, 2.3", ["2.1", "2.3"], ["2.0", "2.4"]),
        ("2024-05", ["2024.5"], ["2024.6"]),
    ],
)
def test_what_a_range_covers(stated: str, inside: list[str], outside: list[str]) -> None:
    assert [text for text in inside if not covers(stated, text)] == []
    assert [text for text in outside if covers(stated, text)] == []


def test_nonsense_ranges_are_none() -> None:
    for text in ("2.4 - 2.1", ">=3,<2", ">= x", "2.1 and foo", "~x", "for admins"):
        assert version_range(text) is None, text


@given(versions(), versions(), versions())
def test_a_range_covers_what_lies_between(one: str, other: str, asked: str) -> None:
    low, high = sorted((one, other), key=Version)
    assume(Version(low) < Version(high))
    found = version_range(f"{low} - {high}")
    assert found is not None
    if Version(low) <= Version(asked) <= Version(high):
        assert found.first <= key(asked) <= found.last
    if Version(asked) < Version(low):
        assert key(asked) < found.first


@given(st.text(max_size=40))
def test_any_text_is_taken(text: str) -> None:
    found = version_range(text)
    assert found is None or (isinstance(found, VersionRange) and LOWEST <= found.first <= found.last <= HIGHEST)
    assert BITS < 53
