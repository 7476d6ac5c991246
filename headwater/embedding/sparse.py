"""BM25 sparse vectors by Qdrant's own engine: no network, no server, the same encoder in every mode.

Only term frequency and length are in the vectors; Qdrant multiplies by the inverse document frequency at search
time, over the corpus that the query names. Words are stemmed by the rules of the language that a text is in.
"""

from collections.abc import Sequence
from functools import cached_property

import qdrant_edge

from headwater.errors import ConfigError
from headwater.interfaces import SparseVector
from headwater.model import digest

# Exercises case, stemming, stop words, accents, numbers and punctuation.
_PROBE = "The keys were rotating, Rotated: café naïve 4.2.1 v10 user_id re-index über-lange 索引 do not"

STEMMED = {
    "ar": "arabic", "az": "azerbaijani", "bn": "bengali", "ca": "catalan", "da": "danish", "de": "german",
    "el": "greek", "en": "english", "es": "spanish", "eu": "basque", "fi": "finnish", "fr": "french", "he": "hebrew",
    "hu": "hungarian", "id": "indonesian", "it": "italian", "ja": "japanese", "kk": "kazakh", "nb": "norwegian",
    "ne": "nepali", "nl": "dutch", "nn": "norwegian", "no": "norwegian", "pt": "portuguese", "ro": "romanian",
    "ru": "russian", "sl": "slovene", "sv": "swedish", "tg": "tajik", "tr": "turkish", "zh": "chinese",
}  # fmt: skip
"""Language codes to what Qdrant calls a language whose stop words or stems it knows."""
_UNSPACED = frozenset(("chinese", "japanese"))


class Bm25Sparse:
    """`language` is what texts are taken to be in that name no language Qdrant knows.

    `average_length` is what a passage of average length holds, in stemmed words without stop words.
    Qdrant's default of 256 is meant for pages; passages of the default model's window hold 40 to 60 different words.
    """

    def __init__(
        self, language: str = "english", *, k: float = 1.2, b: float = 0.75, average_length: float = 64
    ) -> None:
        self._default = language
        self._k, self._b, self._average_length = k, b, average_length
        self._models: dict[str, qdrant_edge.Bm25] = {}
        self._model(language)
        self._settings = f"bm25 {language}, else by language k={k:g} b={b:g} average_length={average_length:g}"

    @cached_property
    def fingerprint(self) -> str:
        """Settings, and what becomes of a fixed sentence by every stemmer: an engine that stems otherwise shows.

        Not by those that cut unspaced text into words: their dictionaries take longer to load than a run may last.
        """
        names = sorted({self._default, *STEMMED.values()} - _UNSPACED)
        probes = [self._model(name).embed_document(_PROBE) for name in names]
        seen = digest(*names, *(repr((probe.indices, probe.values)) for probe in probes))
        cut = ",".join(sorted(_UNSPACED))
        return f"{self._settings} languages={len(names)} dictionaries={cut} probe={seen[:16]}"

    def encode(self, texts: Sequence[str], languages: Sequence[str] = ()) -> list[SparseVector]:
        """`languages` are codes, one for each text, "" where it is not known."""
        named = languages or [""] * len(texts)
        return [
            _plain(self._model(self._name(code)).embed_document(_encodable(text)))
            for text, code in zip(texts, named, strict=True)
        ]

    def encode_query(self, text: str, languages: Sequence[str] = ()) -> SparseVector:
        """The words' stems in each language of what is searched, so that a word meets its own in all of them.

        Words that are empty in the language of the question (the one that most of its words are stop words of) are
        left out in all: "die" in a German question would otherwise be looked for in English texts.
        """
        plain = _encodable(text)
        names = list(dict.fromkeys(self._name(code) for code in languages)) or [self._default]
        if len(names) > 1:
            plain = self._without_stop_words(plain, names)
        weights: dict[int, float] = {}
        for name in names:
            vector = self._model(name).embed_query(plain)
            weights.update(zip(vector.indices, vector.values, strict=True))
        return SparseVector(tuple(sorted(weights)), tuple(weights[index] for index in sorted(weights)))

    def _without_stop_words(self, text: str, names: Sequence[str]) -> str:
        words = text.split()
        kept = {name: [word for word in words if self._model(name).embed_query(word).indices] for name in names}
        fewest = sorted(names, key=lambda name: len(kept[name]))
        clear = len(kept[fewest[0]]) < len(kept[fewest[1]])
        return " ".join(kept[fewest[0]]) if clear else text

    def _name(self, code: str) -> str:
        return STEMMED.get(code) or STEMMED.get(code.partition("-")[0]) or self._default

    def _model(self, name: str) -> qdrant_edge.Bm25:
        if name not in self._models:
            tokenizer = qdrant_edge.TokenizerType.Multilingual if name in _UNSPACED else None
            try:
                config = qdrant_edge.Bm25Config(
                    k=self._k, b=self._b, avg_len=self._average_length, language=name, tokenizer=tokenizer
                )
                self._models[name] = qdrant_edge.Bm25(config)
            except ValueError as error:
                raise ConfigError(
                    f"BM25 cannot be set up: {error}", advice='Use a language that Qdrant knows, such as "english".'
                ) from error
        return self._models[name]


def _plain(vector: qdrant_edge.SparseVector) -> SparseVector:
    return SparseVector(tuple(vector.indices), tuple(vector.values))


def _encodable(text: str) -> str:
    """Lone surrogates have no UTF-8 form; they carry no word either."""
    return text.encode("utf-8", "replace").decode()
