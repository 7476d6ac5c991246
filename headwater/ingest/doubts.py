"""Changed documents that came out suspiciously: alike although they were not, or with most of their text gone.

A login page, a soft 404 or a broken site build look like this. Such documents are held back until the end, when their
number shows whether it is a few documents that were edited, or a source that is out of order.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from headwater.ingest.absence import approved_documents
from headwater.ingest.look import Settled, ToParse
from headwater.ingest.tools import Tools
from headwater.ledger.base import DocumentRow
from headwater.model import Chunk, Quarantined, digest

WITHHELD = "withheld"
"""Begins the reason of a quarantine that `approve` can end."""
TEXT_HASH, TEXT_SIZE = "text_sha256", "text_size"
"""What a row's metadata says of its text: all passages without what they repeat, and their characters."""

WINDOW = 20
"""So many changed documents are looked at before the first of them goes on, since the first of several that are alike
cannot be told from others."""
MOST_HELD = 500
_LOST = 0.8
_WORTH_TELLING = 500
"""Characters; of a shorter text it says nothing that most of it is gone."""


@dataclass(frozen=True, slots=True)
class Chunked:
    """A document ready to be embedded."""

    item: ToParse
    row: DocumentRow
    chunks: Sequence[Chunk]


def with_text(row: DocumentRow, chunks: Sequence[Chunk]) -> DocumentRow:
    """The row, which also says what its text is."""
    texts = [chunk.text[chunk.lead :] for chunk in chunks]
    return replace(row, meta={**row.meta, TEXT_HASH: digest(*texts)[:32], TEXT_SIZE: sum(map(len, texts))})


@dataclass(slots=True)
class Sluice:
    """`put` lets through what is beyond doubt; `end` settles the rest."""

    tools: Tools
    _window: deque[Chunked] = field(default_factory=deque)
    _seen: dict[str, str] = field(default_factory=dict)
    _held: list[Chunked] = field(default_factory=list)
    _reasons: dict[str, str] = field(default_factory=dict)
    _approved: frozenset[str] | None = None

    def put(self, made: Chunked) -> Iterator[Chunked]:
        before = made.item.before
        if before is None or made.row.id in self._trusted():
            yield made
            return
        reason = self._reason(made, before)
        if reason:
            self._hold(made, reason)
            return
        self._window.append(made)
        if len(self._window) > WINDOW:
            yield self._window.popleft()

    def end(self) -> Iterator[Chunked | Settled]:
        yield from self._window
        self._window.clear()
        if not self._reasons:
            return
        publisher, name = self.tools.publisher, self.tools.connector.name
        live = self.tools.ledger.count(publisher.generation, name)
        many = self.tools.caution.withholds(len(self._reasons), live) or len(self._reasons) > MOST_HELD
        for made in self._held:
            if not many:
                yield made
                continue
            told = f"{WITHHELD}: {self._reasons[made.row.id]}, as {len(self._reasons):,} documents of this source did"
            advice = f"Its last version stays. If that is right: headwater approve {name}"
            yield Settled(made.item.ref, Quarantined(f"{told}. {advice}"), made.row.fingerprint)

    def _reason(self, made: Chunked, before: DocumentRow) -> str:
        text, size = str(made.row.meta[TEXT_HASH]), made.row.meta[TEXT_SIZE]
        was = before.meta.get(TEXT_SIZE)
        other = self._seen.setdefault(text, made.row.id)
        if other != made.row.id and before.meta.get(TEXT_HASH) != text:
            self._doubt_first(other)
            return f"it came out with the same text as {other}"
        if isinstance(was, int) and isinstance(size, int) and was >= _WORTH_TELLING and size < (1 - _LOST) * was:
            return f"it lost {100 * (was - size) / was:.0f}% of its text"
        return ""

    def _doubt_first(self, id: str) -> None:
        first = next((made for made in self._window if made.row.id == id), None)
        if first is not None:
            self._window.remove(first)
            self._hold(first, "it came out with the same text as others")

    def _hold(self, made: Chunked, reason: str) -> None:
        self._reasons[made.row.id] = reason
        # Beyond so many, none of them goes on.
        keep = made if len(self._held) <= MOST_HELD else replace(made, chunks=())
        self._held.append(keep)

    def _trusted(self) -> frozenset[str]:
        if self._approved is None:
            self._approved = approved_documents(self.tools.ledger, self.tools.connector.name)
        return self._approved
