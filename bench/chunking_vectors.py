"""Vectors of texts that were embedded before, from a file, so that tuning does not embed a corpus again."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from headwater.interfaces import Dense, Vectors
from headwater.model import digest

_AT_ONCE = 512


class Remembered:
    """`folder` None remembers for this process only."""

    def __init__(self, dense: Dense, folder: Path | None) -> None:
        self._dense = dense
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
        self._store = sqlite3.connect(folder / "vectors.db" if folder is not None else ":memory:")
        self._store.execute("CREATE TABLE IF NOT EXISTS vectors (key TEXT PRIMARY KEY, vector BLOB)")

    def of(self, texts: Sequence[str]) -> Vectors:
        keys = [digest(self._dense.fingerprint, text) for text in texts]
        missing = {key: text for key, text in zip(keys, texts, strict=True) if self._read(key) is None}
        wanted = sorted(missing.items(), key=lambda item: len(item[1]))
        for start in range(0, len(wanted), _AT_ONCE):
            part = wanted[start : start + _AT_ONCE]
            made = self._dense.embed([text for _, text in part])
            rows = [(key, vector.tobytes()) for (key, _), vector in zip(part, made, strict=True)]
            self._store.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", rows)
            self._store.commit()
        return np.stack([np.frombuffer(self._read(key) or b"", dtype=np.float32) for key in keys])

    def _read(self, key: str) -> bytes | None:
        row = self._store.execute("SELECT vector FROM vectors WHERE key = ?", (key,)).fetchone()
        return row[0] if row else None
