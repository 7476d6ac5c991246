import pytest

from headwater.embedding.sparse import Bm25Sparse
from headwater.errors import ConfigError
from headwater.interfaces import SparseVector


def score(query: SparseVector, passage: SparseVector) -> float:
    weights = dict(zip(passage.indices, passage.values, strict=True))
    return sum(value * weights.get(index, 0.0) for index, value in zip(query.indices, query.values, strict=True))


def test_query_and_passage_meet_in_stems_without_stop_words() -> None:
    sparse = Bm25Sparse()
    keys, weather, empty = sparse.encode(["Rotating the API keys", "The weather is nice", ""])
    query = sparse.encode_query("how do I ROTATE an api key?")
    assert score(query, keys) > 3 > 0 == score(query, weather)
    assert empty == SparseVector((), ())
    assert len(keys.indices) == len(keys.values) == len(set(keys.indices)) == 3


def test_weights_are_bm25_term_frequencies() -> None:
    once, thrice = Bm25Sparse(k=1.5, b=0.0).encode(["key", "key key key"])
    assert once.indices == thrice.indices
    assert once.values == pytest.approx((1 * 2.5 / (1 + 1.5),))
    assert thrice.values == pytest.approx((3 * 2.5 / (3 + 1.5),))


def test_longer_passages_weigh_less() -> None:
    sparse = Bm25Sparse(average_length=10)
    query = sparse.encode_query("key")
    short, long = sparse.encode(["key", "key " + " ".join(f"word{number}" for number in range(50))])
    assert score(query, short) > score(query, long) > 0


def test_fingerprint_covers_every_setting() -> None:
    kinds = [
        Bm25Sparse(),
        Bm25Sparse("german"),
        Bm25Sparse(k=1.3),
        Bm25Sparse(b=0.7),
        Bm25Sparse(average_length=100),
    ]
    assert len({sparse.fingerprint for sparse in kinds}) == len(kinds)
    assert Bm25Sparse().fingerprint == Bm25Sparse().fingerprint


def test_unknown_language_is_a_config_error() -> None:
    with pytest.raises(ConfigError, match="klingon"):
        Bm25Sparse("klingon")


def test_lone_surrogates_are_no_obstacle() -> None:
    sparse = Bm25Sparse()
    assert sparse.encode(["a key \ud800"]) == sparse.encode(["a key ?"])
    assert sparse.encode_query("\ud800") == SparseVector((), ())
