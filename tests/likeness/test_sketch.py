"""Sketches say how alike two texts are."""

import random

import pytest

from headwater.likeness import finding
from headwater.likeness.finding import candidates
from headwater.likeness.signing import SHINGLE_WORDS, sketch_of
from headwater.likeness.sketch import ALIKE, SMALLEST, Sketch

WORDS = [f"word{number}" for number in range(4_000)]


def exact(one: list[str], other: list[str]) -> float:
    first, second = (
        {tuple(words[start : start + SHINGLE_WORDS]) for start in range(len(words) - SHINGLE_WORDS + 1)}
        for words in (one, other)
    )
    return len(first & second) / len(first | second)


def edited(words: list[str], changes: int, chance: random.Random) -> list[str]:
    places = set(chance.sample(range(len(words)), changes))
    return [f"new{place}" if place in places else word for place, word in enumerate(words)]


@pytest.mark.parametrize("length", [40, 400, 500])
@pytest.mark.parametrize("share", [0.0, 0.02, 0.05, 0.2])
def test_short_documents_are_compared_exactly(length: int, share: float) -> None:
    chance = random.Random(length)
    one = chance.choices(WORDS, k=length)
    other = edited(one, int(length * share), chance)
    found = sketch_of([" ".join(one)]).jaccard(sketch_of([" ".join(other)]))
    assert found == pytest.approx(exact(one, other), abs=1e-9)


@pytest.mark.parametrize("share", [0.01, 0.03, 0.06, 0.1, 0.5])
def test_long_ones_nearly(share: float) -> None:
    chance = random.Random(7)
    one = chance.choices(WORDS, k=SMALLEST * 12)
    other = edited(one, int(len(one) * share), chance)
    found = sketch_of([" ".join(one)]).jaccard(sketch_of([" ".join(other)]))
    assert found == pytest.approx(exact(one, other), abs=0.06)


def test_where_passages_are_cut_does_not_matter() -> None:
    assert (
        sketch_of(["Rotate the key", "every ninety days."]).packed()
        == sketch_of(["rotate the KEY every", "", "ninety days"]).packed()
    )


def test_scripts_without_spaces_are_compared_by_characters() -> None:
    one = "鍵は九十日ごとに新しいものに替えてください。古い鍵は一日の間使えます。" * 3
    assert sketch_of([one]).jaccard(sketch_of([one.replace("一日", "二日")])) > 0.7


def test_a_sketch_comes_back_from_its_signature() -> None:
    sketch = sketch_of([" ".join(WORDS[:300])])
    again = Sketch.unpacked(sketch.packed())
    assert again.packed() == sketch.packed()
    assert again.jaccard(sketch) == 1.0


def test_empty_texts_have_a_sketch() -> None:
    assert sketch_of([]).jaccard(sketch_of([""])) == 1.0


@pytest.mark.parametrize("few", [0, 10_000])
def test_candidates_hold_every_pair_that_is_alike(few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding, "FEW", few)
    chance = random.Random(3)
    sketches = {}
    for number in range(150):
        words = chance.choices(WORDS, k=chance.randint(30, 300))
        sketches["a", str(number)] = sketch_of([" ".join(words)])
        sketches["b", str(number)] = sketch_of([" ".join(edited(words, len(words) // 40, chance))])
    wanted = {
        (one, other)
        for one in sketches
        for other in sketches
        if one < other and sketches[one].jaccard(sketches[other]) >= ALIKE
    }
    assert len(wanted) > 100
    some = [key for key in sketches if int(key[1]) < 75]
    found = list(candidates(sketches, some))
    assert len(found) == len(set(found))
    assert {pair for pair in wanted if pair[0] in some or pair[1] in some} <= set(found)
    assert set(candidates(sketches, list(sketches))) >= wanted
