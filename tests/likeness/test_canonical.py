"""Who stands for whom: newest version, preferred source, newest date, then the name."""

import pytest

from headwater.likeness.canonical import Standing


def standing(document: str, version: str = "", updated: str = "", source: str = "a") -> Standing:
    return Standing(source=source, document=document, news="", version=version, updated_at=updated)


@pytest.mark.parametrize(
    ("best", "other"),
    [
        (standing("z", "2.10"), standing("a", "2.9")),
        (standing("z", "2.0"), standing("a", "2.0rc1")),
        (standing("z", "2.0.0"), standing("a", "2.0.0-canary.3")),
        (standing("z", "v1"), standing("a", "")),
        (standing("z", "2.x"), standing("a", "2.3")),
        (standing("z", "1.0", "2020-01-01"), standing("a", "0.9", "2026-01-01")),
        (standing("z", "", "", "preferred"), standing("a", "", "2026-01-01")),
        (standing("z", "2.0", "", "preferred"), standing("a", "2.0")),
        (standing("z", "", "2026-01-02T00:00:00+02:00"), standing("a", "", "2026-01-01T00:00:00Z")),
        (standing("z", "", "2026-01-02"), standing("a", "", "not a date")),
        (standing("a"), standing("b")),
        (standing("a", source="a"), standing("a", source="b")),
    ],
)
def test_the_first_stands_for_the_second(best: Standing, other: Standing) -> None:
    preferences = {"preferred": 1}
    assert best.rank(preferences) < other.rank(preferences)
