"""BM25 sparse vectors by Qdrant's own engine: no network, no server, the same encoder in every mode.

Only term frequency and length are in the vectors; Qdrant multiplies by the inverse document frequency at search
time, over the corpus that the query names.
"""

from collections.abc import Sequence

import qdrant_edge

from headwater.errors import ConfigError
from headwater.interfaces import SparseVector
from headwater.model import digest

# Exercises case, stemming, stop words, accents, numbers and punctuation.
_PROBE = "The keys were rotating, Rotated: café naïve 4.2.1 v10 user_id re-index über-lange 索引 do not"


class Bm25Sparse:
    """`average_length` is what a passage of average length holds, in stemmed words without stop words.

    Qdrant's default of 256 is meant for pages; passages of the default model's window hold 40 to 60 different words.
    """

    def __init__(
        self, language: str = "english", *, k: float = 1.2, b: float = 0.75, average_length: float = 64
    ) -> None:
        try:
            config = qdrant_edge.Bm25Config(k=k, b=b, avg_len=average_length, language=language)
            self._model = qdrant_edge.Bm25(config)
        except ValueError as error:
            raise ConfigError(
                f"BM25 cannot be set up: {error}", advice='Use a language that Qdrant knows, such as "english".'
            ) from error
        self._settings = f"bm25 {language} k={k:g} b={b:g} average_length={average_length:g}"

    @property
    def fingerprint(self) -> str:
        """Settings, and what becomes of a fixed sentence: an engine that stems otherwise shows here."""
        probe = self._model.embed_document(_PROBE)
        return f"{self._settings} probe={digest(repr(probe.indices), repr(probe.values))[:16]}"

    def encode(self, texts: Sequence[str]) -> list[SparseVector]:
        return [_plain(self._model.embed_document(_encodable(text))) for text in texts]

    def encode_query(self, text: str) -> SparseVector:
        return _plain(self._model.embed_query(_encodable(text)))


def _plain(vector: qdrant_edge.SparseVector) -> SparseVector:
    return SparseVector(tuple(vector.indices), tuple(vector.values))


def _encodable(text: str) -> str:
    """Lone surrogates have no UTF-8 form; they carry no word either."""
    return text.encode("utf-8", "replace").decode()
