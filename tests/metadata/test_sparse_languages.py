"""Words are stemmed by the language of their text, and questions meet the words of every language that is searched."""

import pytest

from headwater.embedding.languages import languages_of
from headwater.embedding.sparse import STEMMED, Bm25Sparse
from headwater.interfaces import SparseVector

SPARSE = Bm25Sparse()


def score(question: str, languages: tuple[str, ...], text: str, language: str) -> float:
    asked = SPARSE.encode_query(question, languages)
    (held,) = SPARSE.encode([text], [language])
    weights = dict(zip(held.indices, held.values, strict=True))
    return sum(weights.get(index, 0.0) * value for index, value in zip(asked.indices, asked.values, strict=True))


def test_a_text_is_stemmed_by_its_own_language() -> None:
    german, english = SPARSE.encode(["Einstellungen Rechnungen"] * 2, ["de", "en"])
    assert german != english
    assert SPARSE.encode(["Einstellung Rechnung"], ["de"])[0].indices == german.indices
    assert SPARSE.encode(["rotating keys"], ["xx"]) == SPARSE.encode(["rotating keys"], [""])
    assert SPARSE.encode(["rotating keys"], ["en-gb"]) == SPARSE.encode(["rotating keys"])


@pytest.mark.parametrize("languages", [("de", "en"), ("en", "de"), ("de", "en", "fr")])
def test_a_question_meets_texts_in_every_language(languages: tuple[str, ...]) -> None:
    assert score("Wie erneuere ich meine Einstellung?", languages, "Einstellungen", "de") > 0
    assert score("rotating a key", languages, "Rotated keys", "en") > 0
    assert score("API", languages, "Die API", "de") > 0
    assert SPARSE.encode_query("rotating a key", languages) == SPARSE.encode_query("rotating a key", languages[::-1])


def test_a_question_in_the_only_language_is_as_ever() -> None:
    plain = Bm25Sparse("german").encode_query("Wie erneuere ich meinen Schlüssel?")
    only = SPARSE.encode_query("Wie erneuere ich meinen Schlüssel?", ("de",))
    assert dict(zip(only.indices, only.values, strict=True)) == dict(zip(plain.indices, plain.values, strict=True))
    assert SPARSE.encode_query("rotate the key", ()) == SPARSE.encode_query("rotate the key", ("en",))


def test_stop_words_of_the_question_are_not_looked_for_in_other_languages() -> None:
    assert score("Wo ist die Rechnung?", ("de", "en"), "Do not let it die", "en") == 0
    assert score("Why did it die", ("de", "en"), "Do not let it die", "en") > 0


def test_a_language_written_without_spaces_is_cut_into_words() -> None:
    assert score("更换密钥", ("zh", "en"), "用户可以在设置页面更换密钥", "zh") > 0
    assert score("更换密钥", ("en",), "用户可以在设置页面更换密钥", "en") == 0


def test_every_language_can_be_encoded_and_is_in_the_fingerprint() -> None:
    for code in STEMMED:
        assert isinstance(SPARSE.encode(["a word 42"], [code])[0], SparseVector)
    assert f"languages={len(set(STEMMED.values())) - 2} dictionaries=chinese,japanese" in SPARSE.fingerprint
    assert SPARSE.fingerprint == Bm25Sparse().fingerprint


@pytest.mark.parametrize(
    ("model", "known"),
    [
        ("packaged", {"en"}),
        ("BAAI/bge-small-en-v1.5", {"en"}),
        ("BAAI/bge-small-zh-v1.5", {"zh", "en"}),
        ("jinaai/jina-embeddings-v2-base-de", {"de", "en"}),
        ("sentence-transformers/all-MiniLM-L6-v2", {"en"}),
        ("sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2", None),
        ("intfloat/multilingual-e5-large", None),
        ("/models/ours", None),
    ],
)
def test_what_a_model_was_trained_for(model: str, known: set[str] | None) -> None:
    assert languages_of(model) == known
