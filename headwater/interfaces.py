"""The smallest interfaces between the rooms; each has several implementations and one conformance suite."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from headwater.model import (
    Checkpoint,
    Chunk,
    Complete,
    Document,
    Gone,
    NotModified,
    RawDocument,
    Ref,
    Unreadable,
)

Vectors: TypeAlias = NDArray[np.float32]
Scanned: TypeAlias = Ref | Gone | Unreadable | Checkpoint | Complete


class Connector(Protocol):
    """Where documents come from, and who may read them; stateless, its dataclass fields are its settings."""

    @property
    def name(self) -> str: ...

    def scan(self, resume: bytes | None = None) -> Iterator[Scanned]:
        """List the source; ends in `Complete` only when every document was seen."""
        ...

    def fetch(self, id: str, known: str | None = None) -> RawDocument | NotModified:
        """Read one document; GoneError when it was removed, FetchError or a RetriableError otherwise."""
        ...


class Parser(Protocol):
    """Bytes to typed blocks; raises only ParseError."""

    def __call__(self, raw: RawDocument, /) -> Document: ...


class Chunker(Protocol):
    """Blocks to passages, in document order, none over the model's window."""

    @property
    def fingerprint(self) -> str:
        """Changes whenever the same document would come out as other chunks."""
        ...

    def __call__(self, document: Document, /) -> Iterable[Chunk]: ...


@runtime_checkable
class Tokens(Protocol):
    """Length in the embedding model's own tokens."""

    @property
    def window(self) -> int:
        """Most tokens of one text that the model reads, special tokens included."""
        ...

    def count(self, text: str) -> int:
        """Tokens of `text`, special tokens included, without truncation."""
        ...

    def count_many(self, texts: Sequence[str]) -> list[int]:
        """`count` of each text, in one call."""
        ...

    def offsets(self, text: str) -> list[tuple[int, int]]:
        """Character range of each token of `text`, special tokens left out, without truncation."""
        ...


@dataclass(frozen=True, slots=True)
class SparseVector:
    """Token ids and their weights, of equal length."""

    indices: tuple[int, ...]
    values: tuple[float, ...]


class Dense(Protocol):
    """A dense embedding model."""

    @property
    def fingerprint(self) -> str:
        """Vectors with another fingerprint must not share an index with these."""
        ...

    @property
    def dimensions(self) -> int: ...

    @property
    def tokens(self) -> Tokens: ...

    def warm(self) -> None:
        """Load what the first call would otherwise wait for; safe beside such a call."""
        ...

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors, shape (len(texts), dimensions), float32, in the order of `texts`."""
        ...

    def embed_query(self, text: str) -> Vectors:
        """One unit vector, shape (dimensions,)."""
        ...


class Sparse(Protocol):
    """A sparse (lexical) encoder."""

    @property
    def fingerprint(self) -> str: ...

    def encode(self, texts: Sequence[str], languages: Sequence[str] = ()) -> list[SparseVector]:
        """`languages` names that of each text ("" where it is not known), or nothing where none is known."""
        ...

    def encode_query(self, text: str, languages: Sequence[str] = ()) -> SparseVector:
        """`languages` are those of the texts that are searched."""
        ...
