"""Chunk ids that survive edits elsewhere in the document, for citations and traces."""

from collections import Counter

from headwater.model import digest


class ChunkIds:
    """Ids of one document's chunks, in document order: the n-th occurrence of the same passage has its own id."""

    def __init__(self, source: str, document: str) -> None:
        self._source = source
        self._document = document
        self._seen: Counter[str] = Counter()

    def next(self, heading_path: tuple[str, ...], text: str) -> str:
        passage = digest(self._source, self._document, digest(*heading_path), text)
        occurrence = self._seen[passage]
        self._seen[passage] += 1
        return digest(passage, str(occurrence))[:32]
