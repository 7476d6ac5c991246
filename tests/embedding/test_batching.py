from hypothesis import given
from hypothesis import strategies as st

from headwater.embedding.batching import batches


@given(st.lists(st.integers(0, 300), max_size=60), st.integers(1, 2000))
def test_every_position_once_within_the_budget(lengths: list[int], budget: int) -> None:
    planned = batches(lengths, budget)
    assert sorted(position for batch in planned for position in batch) == list(range(len(lengths)))
    for batch in planned:
        padded = max(max(lengths[position] for position in batch), 1) * len(batch)
        assert padded <= budget or len(batch) == 1


@given(st.lists(st.integers(1, 300), min_size=1, max_size=60), st.integers(1, 2000))
def test_longest_come_first_and_no_batch_could_join_the_next(lengths: list[int], budget: int) -> None:
    planned = batches(lengths, budget)
    ordered = [lengths[position] for batch in planned for position in batch]
    assert ordered == sorted(lengths, reverse=True)
    for batch in planned[:-1]:
        assert lengths[batch[0]] * (len(batch) + 1) > budget


def test_no_texts_no_batches() -> None:
    assert batches([]) == []
