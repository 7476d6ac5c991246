"""Nobody gets a passage that they may not read, and what they may not read moves nothing of what they get."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from qdrant_client import models

from headwater.index.base import DENSE, RRF_K, SPARSE
from headwater.index.permitted_client import permitted_filter
from headwater.index.points import point_ids
from headwater.ledger.base import Intent
from headwater.model import Access
from tests.retrieval.desk import COLLECTION, GENERATION, Desk, Paper, desk
from tests.support.state import scratch

PRINCIPALS = ("group:a", "group:ab", "group:b", "user:ann@example.com", "user:bob@example.com")
WORDS = ("key", "tide", "lock", "gauge", "harbour", "invoice", "rotate")
QUESTIONS = ("rotate the key", "harbour tide gauge", "invoice")

names = st.frozensets(st.sampled_from(("public", *PRINCIPALS)), max_size=3)
askers = st.frozensets(st.sampled_from(PRINCIPALS), max_size=3)
passages = st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map(" ".join), min_size=1, max_size=3)
papers = st.lists(st.builds(Paper, st.just(""), passages.map(tuple), names, names), min_size=1, max_size=8).map(
    lambda made: [replace(paper, name=f"p{number}") for number, paper in enumerate(made)]
)
EXAMPLES = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture(scope="module", params=["edge", "memory"])
def counter(request: pytest.FixtureRequest) -> Iterator[Desk]:
    with scratch("permissions") as folder, desk(request.param, folder) as made:
        yield made


@pytest.fixture
def memory() -> Iterator[Desk]:
    with scratch("permissions") as folder, desk("memory", folder) as made:
        yield made


def answers(counter: Desk, asker: frozenset[str]) -> list[tuple[object, ...]]:
    """What the asker gets, in order; raw scores to the digits that do not depend on how many vectors are summed."""
    return [
        (
            *(question, passage.document, passage.position, passage.text, passage.score),
            *(None if raw is None else round(raw, 5) for raw in (passage.cosine, passage.bm25)),
        )
        for question in QUESTIONS
        for passage in counter.ask(question, asker)
    ]


@EXAMPLES
@given(stock=papers, readers=st.lists(askers, min_size=1, max_size=4, unique=True))
def test_everyone_gets_exactly_what_they_may_read(
    counter: Desk, stock: list[Paper], readers: list[frozenset[str]]
) -> None:
    counter.clear()
    counter.publish(stock)
    for asker in readers:
        got = {(passage.document, passage.position) for passage in counter.ask("rotate the key", asker)}
        may = {(paper.name, n) for paper in stock if paper.readable_by(asker) for n in range(len(paper.passages))}
        assert got == may


@settings(EXAMPLES, max_examples=15)
@given(stock=papers, later=papers, asker=askers, stranger=names)
def test_what_a_reader_may_not_see_changes_neither_scores_nor_order(
    counter: Desk, stock: list[Paper], later: list[Paper], asker: frozenset[str], stranger: frozenset[str]
) -> None:
    counter.clear()
    counter.publish(stock)
    alone = answers(counter, asker)
    others = [replace(paper, name=f"x-{paper.name}") for paper in later]
    # Forbidden: nobody, or whom the reader is not, or everyone but the reader's own.
    forbidden = [p for p in others if not p.readable_by(asker)]
    closed = [replace(p, name=f"c-{p.name}", allow=frozenset({"public"}), deny=asker or stranger) for p in later]
    counter.publish([*forbidden, *(p for p in closed if not p.readable_by(asker))])
    assert answers(counter, asker) == alone
    # Dead: published and removed, and superseded by what was there before.
    everything = [replace(p, allow=frozenset({"public"}), deny=frozenset()) for p in [*others, *stock]]
    counter.publish(everything)
    counter.publish([*stock, *forbidden], only=True)
    assert answers(counter, asker) == alone
    # Staged, and stamped for an epoch that is not the reader's yet.
    counter.stage(everything)
    _stamp_ahead(counter, everything)
    assert answers(counter, asker) == alone


def _stamp_ahead(counter: Desk, stock: list[Paper]) -> None:
    """As a writer leaves them that was stopped ahead of its commit; the next to publish undoes it."""
    number = counter.ledger.begin_publication(GENERATION, counter.publisher().holder)
    points = [point for paper in stock for point in counter.prepared(paper).points(number)]
    live = [
        id
        for row in counter.ledger.documents(GENERATION)
        for id in point_ids(row.publication, row.source, row.id, row.chunks)
    ]
    epoch = counter.ledger.next_epoch()
    counter.index.upsert(points)
    counter.ledger.write_intent(
        Intent(
            publication=number,
            generation=GENERATION,
            epoch=epoch,
            new_ids=tuple(p.id for p in points),
            old_ids=tuple(live),
        )
    )
    counter.index.stamp([point.id for point in points], from_=epoch)
    counter.index.stamp(live, to=epoch)


@EXAMPLES
@given(stock=papers, asker=askers)
def test_narrowed_access_holds_at_once_and_never_widens(
    counter: Desk, stock: list[Paper], asker: frozenset[str]
) -> None:
    counter.clear()
    counter.publish(stock)
    rows = {row.id: row for row in counter.ledger.documents(GENERATION)}
    new = [replace(paper, allow=stock[n - 1].allow, deny=stock[n - 1].deny) for n, paper in enumerate(stock)]
    publisher = counter.publisher()
    publisher.confirm(publisher.narrow([(rows[paper.name], Access(paper.allow, paper.deny)) for paper in new]))
    got = {passage.document for passage in counter.ask("rotate the key", asker)}
    before = {paper.name for paper in stock if paper.readable_by(asker)}
    after = {paper.name for paper in new if paper.readable_by(asker)}
    assert got <= before & after


@EXAMPLES
@given(stock=papers, dead=papers, asker=askers)
def test_programs_with_qdrant_client_see_the_same(
    memory: Desk, stock: list[Paper], dead: list[Paper], asker: frozenset[str]
) -> None:
    memory.clear()
    memory.publish(dead)
    memory.publish(stock, only=True)
    memory.stage(dead)
    assert memory.client is not None
    permitted = permitted_filter(asker, memory.ledger.epoch())
    found, _ = memory.client.scroll(COLLECTION, scroll_filter=permitted, limit=1_000)
    assert sorted((record.payload or {})["chunk"] for record in found) == sorted(
        f"{paper.name}-{n}" for paper in stock if paper.readable_by(asker) for n in range(len(paper.passages))
    )
    for question in QUESTIONS:
        ours = memory.ask(question, asker)
        dense, sparse, fused = _asked_directly(memory, question, permitted)
        assert dense == {p.chunk: pytest.approx(p.cosine, abs=1e-6) for p in ours if p.cosine is not None}
        assert sparse == {p.chunk: pytest.approx(p.bm25, abs=1e-4) for p in ours if p.bm25 is not None}
        if len(set(dense.values())) == len(dense) and len(set(sparse.values())) == len(sparse):
            assert fused == {p.chunk: pytest.approx(p.score, abs=1e-6) for p in ours}


def _asked_directly(
    memory: Desk, question: str, permitted: models.Filter
) -> tuple[dict[str, float], dict[str, float], dict[str, float]]:
    """Scores by chunk of dense, sparse and fused search, as a program without Headwater asks for them."""
    assert memory.client is not None
    words = memory.sparse.encode_query(question)
    by_words = models.SparseVector(indices=list(words.indices), values=list(words.values))
    corpus = models.SearchParams(idf=models.IdfCorpusParams(corpus=permitted))
    both = [
        models.Prefetch(query=memory.dense.embed_query(question).tolist(), using=DENSE, filter=permitted, limit=400),
        models.Prefetch(query=by_words, using=SPARSE, filter=permitted, params=corpus, limit=400),
    ]
    # The client counts ranks from 0.
    fusion = models.RrfQuery(rrf=models.Rrf(k=RRF_K + 1))
    asked = [
        memory.client.query_points(
            COLLECTION, query=one.query, using=one.using, query_filter=permitted, search_params=one.params, limit=400
        )
        for one in both
    ]
    asked.append(memory.client.query_points(COLLECTION, prefetch=both, query=fusion, query_filter=permitted, limit=400))
    dense, sparse, fused = ({(hit.payload or {})["chunk"]: hit.score for hit in answer.points} for answer in asked)
    return dense, sparse, fused
