"""What hypothesis draws: edits and faults."""

from typing import Any

from hypothesis import strategies as st

from tests.chaos.wiki import ACCESSES, ANCHOR, IDS, Faults

paragraphs = st.lists(st.integers(0, 3), min_size=1, max_size=5).map(tuple)
accesses = st.sampled_from(ACCESSES)
some_ids = st.frozensets(st.sampled_from(IDS), max_size=4)
# Waiting for a timeout takes seconds, so it is one of many.
statuses = st.sampled_from((500, 503, 429, 404, 410, 403, 400, *range(4), *range(4), *range(8)))
numbers = st.integers(0, 3)
requests = st.one_of(numbers, st.integers(0, 9))
refusals = st.dictionaries(st.sampled_from((*IDS, ANCHOR)), st.tuples(statuses, st.integers(1, 12)), max_size=3)
deaths = st.one_of(st.none(), st.integers(0, 30), st.integers(0, 150))


def seldom(what: st.SearchStrategy[Any], otherwise: Any) -> st.SearchStrategy[Any]:
    return st.one_of(st.just(otherwise), st.just(otherwise), what)


faults = st.builds(
    Faults,
    breaks_at=seldom(requests, None),
    status=statuses,
    stops_at=seldom(numbers, None),
    empty=st.sampled_from((*(False,) * 8, True)),
    omitted=seldom(some_ids, frozenset()),
    repeated=seldom(some_ids, frozenset()),
    unreadable=seldom(some_ids, frozenset()),
    documents=refusals.map(lambda found: {id: [status] * times for id, (status, times) in found.items()}),
    vanishing=seldom(some_ids, frozenset()).map(set),
)
broken_off = st.builds(Faults, breaks_at=requests, status=statuses)
ended_early = st.builds(Faults, stops_at=numbers)
lacking_some = st.builds(Faults, omitted=some_ids)
lacking_what_fails = st.builds(
    lambda ids, status: Faults(omitted=ids, documents={id: [status] * 100 for id in ids}),
    some_ids,
    st.sampled_from((500, 503, 429, 403, 400, 0, 1, 2, 3)),
)
readers_untold = st.builds(Faults, unreadable=some_ids, status=statuses)
