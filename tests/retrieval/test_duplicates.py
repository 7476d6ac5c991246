"""Of documents that say the same one is returned, and who may not see it notices nothing."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headwater.index.query import Not, OneOf
from headwater.likeness.update import update
from headwater.retrieval.search import Wish
from tests.retrieval.desk import GENERATION, Desk, Paper, desk
from tests.support.state import scratch

PUBLIC, SRE = frozenset({"public"}), frozenset({"group:sre"})
NOBODY: frozenset[str] = frozenset()
TEXT = (" ".join(f"word{n}" for n in range(30)), " ".join(f"tide{n}" for n in range(30)))
OTHER = (" ".join(f"word{n}" if n < 3 else f"other{n}" for n in range(40)),)


def paper(name: str, version: str = "", allow: frozenset[str] = PUBLIC, text: tuple[str, ...] = TEXT) -> Paper:
    return Paper(name, text, allow, facts={"version": version} if version else {})


@pytest.fixture(scope="module")
def counter() -> Iterator[Desk]:
    with scratch("duplicates") as folder, desk("edge", folder) as made:
        yield made


def stock(counter: Desk, *papers: Paper) -> None:
    counter.clear()
    counter.publish(papers)
    update(counter.ledger, counter.index, GENERATION, {})


def found(counter: Desk, asker: frozenset[str] = NOBODY, *, limit: int = 10, duplicates: bool = False) -> list[str]:
    wish = Wish(limit=limit, duplicates=duplicates)
    return [passage.document for passage in counter.searcher().find("word1 word2 word7", asker, wish)]


def test_the_newest_version_is_returned(counter: Desk) -> None:
    stock(counter, paper("a", "2.2"), paper("b", "2.3"), paper("c", "2.1"), paper("other", text=OTHER))
    assert found(counter) == ["b", "other", "b"]
    assert sorted(found(counter, duplicates=True)) == ["a", "a", "b", "b", "c", "c", "other"]


def test_one_that_did_not_match_among_the_best_stands_for_one_that_did(counter: Desk) -> None:
    stock(counter, paper("a", "2.2"), paper("b", "2.3", text=(TEXT[0].replace("word7", "word"), TEXT[1])))
    assert found(counter, limit=1) == ["b"]


def test_who_may_not_read_it_gets_what_they_may(counter: Desk) -> None:
    stock(counter, paper("a", "2.2"), paper("b", "2.3", SRE))
    assert set(found(counter)) == {"a"}
    assert set(found(counter, SRE)) == {"b"}


def test_a_filter_that_leaves_it_out_returns_what_matches(counter: Desk) -> None:
    stock(counter, paper("a", "2.2"), paper("b", "2.3"), paper("c", "2.1"))
    searcher = counter.searcher()
    for condition, wanted in (
        (OneOf("version", ("2.1",)), "c"),
        (Not(OneOf("version", ("2.3",))), "a"),
        (OneOf("version", ("2.1", "2.3")), "b"),
    ):
        passages = searcher.search("word1 word2", NOBODY, filters=[condition])
        assert {passage.document for passage in passages} == {wanted}


def test_a_preferred_source_is_a_matter_of_settings(counter: Desk) -> None:
    stock(counter, paper("a"), paper("b"))
    searcher = replace(counter.searcher(), preferences={"desk": 3})
    assert {passage.document for passage in searcher.search("word1", NOBODY)} == {"a"}


def test_many_copies_do_not_crowd_out_the_rest(counter: Desk) -> None:
    copies = [paper(f"copy{n:03}", f"1.{n}") for n in range(80)]
    stock(counter, *copies, paper("other", text=OTHER), paper("third", text=("word1 alone",)))
    assert {"copy079", "other", "third"} == set(found(counter, limit=4))


members = st.lists(
    st.tuples(
        st.sets(st.integers(0, 39), max_size=3),
        st.sampled_from(["", "1.0", "2.0"]),
        st.sampled_from([PUBLIC, SRE, frozenset({"group:support"})]),
    ),
    min_size=1,
    max_size=7,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=members, asker=st.sampled_from([NOBODY, SRE]))
def test_what_an_asker_may_not_see_changes_nothing(
    counter: Desk, drawn: list[tuple[set[int], str, frozenset[str]]], asker: frozenset[str]
) -> None:
    papers = []
    for number, (changed, version, allow) in enumerate(drawn):
        text = " ".join(f"new{number}" if n in changed else f"word{n}" for n in range(40))
        papers.append(paper(f"d{number}", version, allow, (text, f"word1 tail {text}")))

    def answers() -> list[tuple[object, ...]]:
        passages = counter.searcher().find("word1 word2 word7", asker, Wish(limit=20))
        return [(p.document, p.position, p.text, p.score, p.cosine) for p in passages]

    stock(counter, *papers)
    with_hidden = answers()
    stock(counter, *(one for one in papers if one.readable_by(asker)))
    assert answers() == with_hidden
