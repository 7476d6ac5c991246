"""Documents that say the same, or nearly."""

from collections.abc import Iterator, Sequence

from headwater.likeness.finding import candidates
from headwater.likeness.signing import sketch_of
from headwater.likeness.sketch import ALIKE, Key, Sketch
from headwater.linting.placing import letters
from headwater.linting.rules import Finding
from headwater.model import RELEASE_NOTE, Chunk, Document, digest


class Sameness:
    """Remembers a hash and a sketch of each document."""

    def __init__(self) -> None:
        self._first: dict[str, Key] = {}
        self._sketches: dict[Key, Sketch] = {}
        self._news: dict[Key, str] = {}

    def look(self, document: Document, chunks: Sequence[Chunk]) -> Iterator[Finding]:
        """A finding when a document looked at before has the same content."""
        content = digest(*(letters(block.text) for block in document.blocks))
        key = (document.raw.source, document.raw.id)
        first = self._first.setdefault(content, key)
        if first != key:
            yield _finding("duplicates", key, f"the same as {'/'.join(first)}")
            return
        self._sketches[key] = sketch_of(chunk.text[chunk.lead :] for chunk in chunks)
        self._news[key] = _news(document)

    def near(self) -> Iterator[Finding]:
        """A finding for every document that is nearly the same as one before it, naming the most alike."""
        if len(self._sketches) < 2:
            return
        best: dict[Key, tuple[float, Key]] = {}
        for one, other in candidates(self._sketches, self._sketches):
            # Notes of two releases may well read the same, and are no duplicates.
            if self._news[one] == self._news[other]:
                alike = self._sketches[one].jaccard(self._sketches[other])
                if alike >= ALIKE:
                    best[other] = max(best.get(other, (0.0, one)), (alike, one))
        for key, (alike, first) in sorted(best.items()):
            yield _finding("near_duplicates", key, f"{alike:.0%} the same as {'/'.join(first)}")


def _news(document: Document) -> str:
    version = document.raw.meta.get("version", "")
    return f"{document.title}\n{version}" if document.raw.kind == RELEASE_NOTE else ""


def _finding(rule: str, key: Key, text: str) -> Finding:
    return Finding(rule=rule, source=key[0], document=key[1], text=text)
