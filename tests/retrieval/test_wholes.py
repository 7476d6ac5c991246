"""A match comes with the whole around it, as far as the asker may read it, and nothing comes twice."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headwater.index.points import point_ids
from headwater.model import Access, Span
from headwater.retrieval.passage import Passage
from headwater.retrieval.search import Wish
from tests.retrieval.desk import GENERATION, Desk, Paper, desk
from tests.support.hash_embedder import SPECIAL
from tests.support.state import scratch

PUBLIC = frozenset({"public"})
NOBODY: frozenset[str] = frozenset()
RESTORE = Paper(
    name="restore",
    passages=(
        "Before you restore, stop the writer.",
        "To restore the store: 1. mount the tide snapshot",
        "To restore the store: 2. replay the harbour journal",
        "To restore the store: 3. start the gauge writer",
        "Afterwards tell support.",
    ),
    allow=PUBLIC,
    wholes=(Span("procedure", 1, 3, 20), Span("section", 0, 4, 40)),
    leads=(0, 0, 22, 22, 0),
)
PROCEDURE = "To restore the store: 1. mount the tide snapshot\n2. replay the harbour journal\n3. start the gauge writer"


@pytest.fixture(scope="module")
def counter() -> Iterator[Desk]:
    with scratch("wholes") as folder, desk("edge", folder) as made:
        yield made


def find(counter: Desk, question: str, wish: Wish, *asker: str) -> list[Passage]:
    return counter.searcher().find(question, frozenset(asker), wish)


def stock(counter: Desk, *papers: Paper) -> None:
    counter.clear()
    counter.publish(papers)


def ids_of(counter: Desk, name: str) -> tuple[str, ...]:
    row = counter.ledger.document(GENERATION, "desk", name)
    assert row is not None
    return point_ids(row.publication, row.source, row.id, row.chunks)


def test_parts_are_put_together_without_what_they_repeat(counter: Desk) -> None:
    stock(counter, RESTORE)
    best = find(counter, "replay the harbour journal", Wish(passage_tokens=30))[0]
    assert best.text == PROCEDURE
    assert (best.whole, best.tokens) == ("procedure", 20)
    assert best.chunk == "restore-2"
    assert set(best.matched) == {"restore-1", "restore-2", "restore-3"}


@pytest.mark.parametrize(
    ("passage_tokens", "wholes"),
    [(0, ["chunk"] * 5), (19, ["chunk"] * 5), (39, ["chunk", "chunk", "procedure"]), (40, ["section"])],
)
def test_the_largest_whole_that_fits(counter: Desk, passage_tokens: int, wholes: list[str]) -> None:
    stock(counter, RESTORE)
    found = find(counter, "restore the harbour journal", Wish(passage_tokens=passage_tokens))
    assert sorted(passage.whole for passage in found) == wholes
    assert sorted(id for passage in found for id in passage.matched) == [f"restore-{n}" for n in range(5)]


def test_what_the_source_says_holds_unless_asked_otherwise(counter: Desk) -> None:
    stock(counter, RESTORE)
    searcher = replace(counter.searcher(), passage_tokens={"desk": 25})
    assert {passage.whole for passage in searcher.search("restore", NOBODY)} == {"procedure", "chunk"}
    assert {passage.whole for passage in searcher.find("restore", NOBODY, Wish(passage_tokens=40))} == {"section"}


def test_limit_counts_what_is_left_after_merging(counter: Desk) -> None:
    others = [Paper(f"other{n}", (f"restore harbour journal {n}",), PUBLIC) for n in range(3)]
    stock(counter, RESTORE, *others)
    found = find(counter, "restore the harbour journal", Wish(limit=4))
    assert sorted(passage.document for passage in found) == ["other0", "other1", "other2", "restore"]


def test_one_hidden_part_hides_the_whole(counter: Desk) -> None:
    stock(counter, RESTORE)
    counter.index.set_access([ids_of(counter, "restore")[3]], Access(frozenset({"group:sre"})))
    seen = find(counter, "replay the harbour journal", Wish())
    assert all(passage.whole == "chunk" for passage in seen)
    assert not any("gauge" in passage.text for passage in seen)
    assert find(counter, "replay the harbour journal", Wish(), "group:sre")[0].whole == "section"


def test_one_part_of_another_epoch_hides_the_whole(counter: Desk) -> None:
    stock(counter, RESTORE)
    counter.index.stamp([ids_of(counter, "restore")[3]], to=counter.ledger.epoch())
    seen = find(counter, "replay the harbour journal", Wish())
    assert {passage.whole for passage in seen} == {"chunk"}


def test_under_a_budget_a_section_leaves_room_and_a_procedure_comes_whole(counter: Desk) -> None:
    stock(counter, RESTORE)
    question = "replay the harbour journal"
    for budget, first in ((400, "section"), (399, "procedure"), (40, "procedure"), (39, "chunk"), (8, "chunk")):
        found = find(counter, question, Wish.of(limit=None, passage_tokens=None, budget=budget))
        assert found[0].whole == first
        assert sum(passage.tokens for passage in found) <= budget
    assert find(counter, question, Wish(budget=1)) == []


texts = st.lists(st.sampled_from(("tide", "lock", "gauge", "harbour")), min_size=1, max_size=4)
closed = st.sets(st.integers(0, 5))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    documents=st.lists(st.tuples(st.lists(texts, min_size=1, max_size=6), closed, st.data()), min_size=1, max_size=3),
    passage_tokens=st.integers(0, 30),
    budget=st.none() | st.integers(1, 40),
    limit=st.integers(1, 8),
)
def test_whatever_is_handed_out_is_permitted_and_comes_once(
    counter: Desk,
    documents: list[tuple[list[list[str]], set[int], st.DataObject]],
    passage_tokens: int,
    budget: int | None,
    limit: int,
) -> None:
    papers = []
    for number, (words, _, data) in enumerate(documents):
        passages = tuple(f"d{number}p{n} {' '.join(text)}" for n, text in enumerate(words))
        papers.append(Paper(f"d{number}", passages, PUBLIC, wholes=_nested(data, len(passages), passages)))
    stock(counter, *papers)
    hidden = set()
    for paper, (_, closed, _) in zip(papers, documents, strict=True):
        ids = [id for n, id in enumerate(ids_of(counter, paper.name)) if n in closed]
        counter.index.set_access(ids, Access(frozenset({"group:sre"})))
        hidden |= {f"{paper.name}p{n}" for n in closed}
    found = find(counter, "harbour tide", Wish(limit=limit, passage_tokens=passage_tokens, budget=budget))
    shown = [word for passage in found for word in passage.text.split() if word.startswith("d")]
    assert len(shown) == len(set(shown))
    assert not hidden & set(shown)
    assert len(found) <= limit
    assert budget is None or sum(passage.tokens for passage in found) <= budget
    assert all(passage.whole == "chunk" or passage.tokens <= passage_tokens for passage in found)
    visible = {f"d{n}p{p}" for n, (words, closed, _) in enumerate(documents) for p in range(len(words))} - hidden
    if budget is None and limit >= len(visible):
        assert set(shown) == visible


def _nested(data: st.DataObject, count: int, passages: tuple[str, ...]) -> tuple[Span, ...]:
    """Some wholes, each within the next."""
    found, first, last = [], data.draw(st.integers(0, count - 1)), 0
    last = first
    for _ in range(data.draw(st.integers(0, 3))):
        first, last = data.draw(st.integers(0, first)), data.draw(st.integers(last, count - 1))
        tokens = sum(len(text.split()) for text in passages[first : last + 1]) + SPECIAL
        found.append(Span("section", first, last, tokens))
    return tuple(found)
