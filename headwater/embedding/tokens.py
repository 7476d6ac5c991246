"""Length in the model's own tokens, by its tokenizer.json alone: neither fastembed nor onnxruntime is imported."""

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from tokenizers import Tokenizer

from headwater.errors import ConfigError

_SLICE = 1_000_000


class ModelTokens:
    """Counts as the model does, without truncation; reads the tokenizer on first use, safe in threads.

    The tokenizer takes no lone surrogates, so they are counted as "?".
    """

    def __init__(self, file: Path, window: int) -> None:
        self._file = file
        self._window = window
        self._tokenizer: Tokenizer | None = None
        self._lock = threading.Lock()

    @property
    def window(self) -> int:
        return self._window

    def count(self, text: str) -> int:
        # A batch of one would cost ten times as much, for waking the tokenizer's threads.
        return len(self._load().encode(_encodable(text)))

    def count_many(self, texts: Sequence[str]) -> list[int]:
        tokenizer = self._load()
        counts: list[int] = []
        for start, end in _slices(texts):
            encodings = tokenizer.encode_batch_fast([_encodable(text) for text in texts[start:end]])
            counts += [len(encoding) for encoding in encodings]
        return counts

    def offsets(self, text: str) -> list[tuple[int, int]]:
        encoding = self._load().encode(_encodable(text), add_special_tokens=False)
        return [(start, end) for start, end in encoding.offsets]

    def _load(self) -> Tokenizer:
        with self._lock:
            if self._tokenizer is None:
                self._tokenizer = _read(self._file)
            return self._tokenizer


def _read(file: Path) -> Tokenizer:
    try:
        tokenizer = Tokenizer.from_file(str(file))
    except Exception as error:  # tokenizers raises bare Exception for whatever is wrong with the file
        raise ConfigError(
            f"The tokenizer {file} cannot be read: {error}",
            advice='Point [embedding] model at a complete model folder, or set it to "packaged".',
        ) from error
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def _slices(texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Ranges of texts of about a megabyte: an encoding takes up some fifty times the memory of its text."""
    start = characters = 0
    for position, text in enumerate(texts):
        characters += len(text)
        if characters >= _SLICE:
            yield start, position + 1
            start, characters = position + 1, 0
    if start < len(texts):
        yield start, len(texts)


def _encodable(text: str) -> str:
    """Surrogates have no UTF-8 form; one "?" each keeps the offsets."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    return text
