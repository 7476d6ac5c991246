import json
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from tokenizers import Tokenizer

from headwater.embedding.dense import FastembedDense
from headwater.embedding.folder import read_folder
from headwater.embedding.open import embedding_fingerprint, open_dense, open_sparse
from headwater.embedding.packaged import packaged_model
from headwater.errors import ConfigError
from headwater.interfaces import Vectors

TEXTS = [
    "Rotate an API key under Settings > Security.",
    "",
    "Short",
    "The standby takes over when the primary does not answer within thirty seconds. " * 12,
    "Die Schlüssel werden jährlich erneuert.",
    "| Plan | Seats |\n| --- | --- |\n| Team | 25 |",
] * 3


def independently(model: Path, texts: list[str], window: int = 256) -> Vectors:
    """Mean pooling over real tokens and L2 normalisation, one text at a time, without fastembed."""
    tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(window)
    session = onnxruntime.InferenceSession(str(model / "model.onnx"))
    rows = []
    for text in texts:
        ids = np.array([tokenizer.encode(text).ids], dtype=np.int64)
        fed = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        mean = session.run(None, fed)[0][0].mean(axis=0)
        rows.append(mean / np.linalg.norm(mean))
    return np.asarray(rows, dtype=np.float32)


def test_vectors_are_the_models_own_in_the_order_of_the_texts(packaged: FastembedDense, model_cache: Path) -> None:
    vectors = packaged.embed(TEXTS)
    assert vectors.shape == (len(TEXTS), packaged.dimensions) == (18, 384)
    assert vectors.dtype == np.float32
    expected = independently(packaged_model(model_cache).path, TEXTS)
    np.testing.assert_allclose(vectors, expected, atol=2e-6)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-6)


def test_batches_do_not_show_in_the_vectors(packaged: FastembedDense, model_cache: Path) -> None:
    one_by_one = FastembedDense(packaged_model(model_cache), batch_tokens=1).embed(TEXTS)
    np.testing.assert_allclose(packaged.embed(TEXTS), one_by_one, atol=2e-6)


def test_query_and_passage_share_a_space(packaged: FastembedDense) -> None:
    passages = packaged.embed(["API keys are rotated under Settings.", "The weather is nice today."])
    query = packaged.embed_query("How do I rotate an API key?")
    assert query.shape == (384,)
    near, far = passages @ query
    assert near > 0.7 > 0.3 > far
    np.testing.assert_allclose(packaged.embed_query("Short"), packaged.embed(["Short"])[0], atol=2e-6)


def test_no_texts(packaged: FastembedDense) -> None:
    assert packaged.embed([]).shape == (0, 384)


def test_window_is_what_the_model_reads(packaged: FastembedDense) -> None:
    words = "alpha " * (packaged.tokens.window - 2)
    full, longer, shorter = packaged.embed([words, words + "omega " * 50, words[6:]])
    assert packaged.tokens.count(words) == packaged.tokens.window
    np.testing.assert_allclose(full, longer, atol=2e-6)
    assert abs(full @ shorter - 1) > 1e-6


def test_threads_may_load_and_embed_at_once(model_cache: Path) -> None:
    dense = open_dense("packaged", model_cache)
    found: list[Vectors] = []
    threads = [threading.Thread(target=lambda: found.append(dense.embed(TEXTS[:4]))) for _ in range(4)]
    threads.append(threading.Thread(target=dense.warm))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    for vectors in found:
        np.testing.assert_allclose(vectors, found[0], atol=2e-6)


def folder_of_ones_own(source: Path, target: Path) -> Path:
    target.mkdir()
    for name in ("model.onnx", "tokenizer.json", "config.json", "tokenizer_config.json", "special_tokens_map.json"):
        shutil.copyfile(source / name, target / name)
    return target


def test_a_folder_is_a_model(packaged: FastembedDense, model_cache: Path, tmp_path: Path) -> None:
    folder = folder_of_ones_own(packaged_model(model_cache).path, tmp_path / "my-model")
    dense = open_dense(str(folder), tmp_path / "cache")
    assert (dense.dimensions, dense.tokens.window) == (384, 256)
    np.testing.assert_allclose(dense.embed(TEXTS), packaged.embed(TEXTS), atol=2e-6)
    assert dense.fingerprint != packaged.fingerprint

    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text(json.dumps({"pooling_mode_cls_token": True}))
    by_cls = open_dense(str(folder), tmp_path / "cache")
    assert by_cls.fingerprint != dense.fingerprint
    assert abs(by_cls.embed(TEXTS[:1])[0] @ packaged.embed(TEXTS[:1])[0]) < 0.99


def test_fingerprint_follows_every_file(model_cache: Path, tmp_path: Path) -> None:
    folder = folder_of_ones_own(packaged_model(model_cache).path, tmp_path / "my-model")
    seen = {read_folder(folder, tmp_path).fingerprint}
    (folder / "tokenizer_config.json").write_text(json.dumps({"model_max_length": 128, "pad_token": "[PAD]"}))
    seen.add(read_folder(folder, tmp_path).fingerprint)
    with (folder / "tokenizer.json").open("a") as file:
        file.write("\n")
    seen.add(read_folder(folder, tmp_path).fingerprint)
    assert len(seen) == 3


@pytest.mark.parametrize(
    ("missing", "reason"),
    [
        ("model.onnx", "none of"),
        ("tokenizer.json", "tokenizer.json"),
        ("tokenizer_config.json", "model_max_length"),
        ("config.json", "hidden_size"),
    ],
)
def test_incomplete_folder_names_what_is_missing(model_cache: Path, tmp_path: Path, missing: str, reason: str) -> None:
    folder = folder_of_ones_own(packaged_model(model_cache).path, tmp_path / "my-model")
    (folder / missing).unlink()
    with pytest.raises(ConfigError, match=reason) as caught:
        open_dense(str(folder), tmp_path / "cache")
    assert "packaged" in caught.value.advice


def test_broken_weights_are_a_config_error(model_cache: Path, tmp_path: Path) -> None:
    folder = folder_of_ones_own(packaged_model(model_cache).path, tmp_path / "my-model")
    (folder / "model.onnx").write_bytes(b"nonsense")
    with pytest.raises(ConfigError, match=r"\[embedding\] model"):
        open_dense(str(folder), tmp_path / "cache").embed(["x"])


def test_unknown_name_names_the_setting(tmp_path: Path) -> None:
    for wrong in ("no/such-model", "./no-such-folder"):
        with pytest.raises(ConfigError, match=r"\[embedding\] model") as caught:
            open_dense(wrong, tmp_path)
        assert '"packaged"' in caught.value.advice


def hub_cache_with(model: Path, cache: Path) -> None:
    """What the hub client leaves behind for the model that fastembed calls all-MiniLM-L6-v2."""
    repository = cache / "models--Qdrant--all-MiniLM-L6-v2-onnx"
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text("0" * 40)
    (repository / "snapshots").mkdir()
    folder_of_ones_own(model, repository / "snapshots" / ("0" * 40))


def test_a_hub_model_in_the_cache_needs_no_network(packaged: FastembedDense, model_cache: Path, tmp_path: Path) -> None:
    hub_cache_with(packaged_model(model_cache).path, tmp_path)
    dense = open_dense("sentence-transformers/all-MiniLM-L6-v2", tmp_path)
    assert (dense.dimensions, dense.tokens.window) == (384, 256)
    np.testing.assert_allclose(dense.embed(TEXTS), packaged.embed(TEXTS), atol=2e-6)

    code = (
        "import sys, pathlib; from headwater.embedding.open import open_dense; "
        "dense = open_dense('Sentence-Transformers/all-MiniLM-L6-v2', pathlib.Path(sys.argv[1])); "
        "print(dense.fingerprint, 'fastembed' in sys.modules, sep='|')"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == f"{dense.fingerprint}|False"


def test_an_unreachable_hub_names_the_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(ConfigError, match=r"\[embedding\] model = 'BAAI/bge-small-en-v1.5'") as caught:
        open_dense("BAAI/bge-small-en-v1.5", tmp_path)
    assert "needs no download" in caught.value.advice


def test_index_fingerprint_names_both_encoders(packaged: FastembedDense) -> None:
    english, german = open_sparse(), open_sparse("german")
    assert embedding_fingerprint(packaged, english) != embedding_fingerprint(packaged, german)
    assert "all-MiniLM-L6-v2" in embedding_fingerprint(packaged, english)
    assert "bm25 english" in embedding_fingerprint(packaged, english)
