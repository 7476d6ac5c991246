import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.embedding.dense import FastembedDense
from headwater.embedding.tokens import ModelTokens
from headwater.errors import ConfigError
from headwater.interfaces import Tokens


def test_counts_beyond_the_window_with_special_tokens(packaged: FastembedDense) -> None:
    tokens = packaged.tokens
    assert isinstance(tokens, Tokens)
    assert tokens.window == 256
    assert tokens.count("") == 2
    assert tokens.count("hello world") == 4
    assert tokens.count("hello " * 1000) == 1002


@given(texts=st.lists(st.text(max_size=40), max_size=8))
def test_count_many_is_count_of_each(packaged: FastembedDense, texts: list[str]) -> None:
    tokens = packaged.tokens
    assert tokens.count_many(texts) == [tokens.count(text) for text in texts]


@given(text=st.text(max_size=60))
def test_offsets_are_ordered_ranges_of_the_text(packaged: FastembedDense, text: str) -> None:
    offsets = packaged.tokens.offsets(text)
    assert len(offsets) == packaged.tokens.count(text) - 2
    assert all(0 <= start <= end <= len(text) for start, end in offsets)
    assert offsets == sorted(offsets)


def test_lone_surrogates_count(packaged: FastembedDense) -> None:
    assert packaged.tokens.count("a \ud800 b") == packaged.tokens.count("a ? b")
    assert packaged.tokens.offsets("\ud800b") == [(0, 1), (1, 2)]


def test_broken_tokenizer_is_a_config_error(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(ConfigError, match=r"tokenizer\.json"):
        ModelTokens(tmp_path / "tokenizer.json", 10).count("x")


def test_opening_and_counting_imports_nothing_heavy(model_cache: Path) -> None:
    code = (
        "import sys, pathlib\n"
        "from headwater.embedding.open import embedding_fingerprint, open_dense, open_sparse\n"
        "dense = open_dense('packaged', pathlib.Path(sys.argv[1]))\n"
        "embedding_fingerprint(dense, open_sparse()), dense.tokens.count('hello'), dense.dimensions\n"
        "print([name for name in ('fastembed', 'onnxruntime', 'qdrant_client', 'huggingface_hub') "
        "if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(model_cache)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
