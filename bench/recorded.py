"""A script: `headwater` with the arguments after the first, which names a file for the groups of texts it embeds."""

import json
import sys
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from app.cli import run
from flows.workshop import Workshop
from headwater.embedding.dense import FastembedDense
from headwater.embedding.open import open_dense
from headwater.interfaces import Tokens, Vectors


class Recording:
    """The model that a run would use anyway, with a memory of what it was asked."""

    def __init__(self, model: FastembedDense) -> None:
        self._model = model
        self.groups: list[list[str]] = []

    @property
    def fingerprint(self) -> str:
        return self._model.fingerprint

    @property
    def dimensions(self) -> int:
        return self._model.dimensions

    @property
    def tokens(self) -> Tokens:
        return self._model.tokens

    def warm(self) -> None:
        self._model.warm()

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.groups.append(list(texts))
        return self._model.embed(texts)

    def embed_query(self, text: str) -> Vectors:
        return self._model.embed_query(text)


def main() -> int:
    recording = Recording(open_dense())
    found = cached_property(lambda _: recording)
    found.__set_name__(Workshop, "dense")
    setattr(Workshop, "dense", found)  # noqa: B010 - the type checker knows the attribute's own type
    code = run(sys.argv[2:])
    Path(sys.argv[1]).write_text(json.dumps(recording.groups), encoding="utf-8")
    return code


if __name__ == "__main__":
    sys.exit(main())
