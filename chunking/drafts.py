"""From decided passages to chunks: context, ids, citations and exact token counts, the same for every strategy."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from chunking.cite import Place, citation
from chunking.context import embedded_text, header
from chunking.cutting import cut
from chunking.ids import ChunkIds
from chunking.metadata import chunk_metadata, encodable
from chunking.sizing import Sizer
from headwater.model import Chunk, Document


@dataclass(frozen=True, slots=True)
class Draft:
    """A passage whose extent is decided."""

    heading_path: tuple[str, ...]
    text: str
    place: Place


class Headers:
    """The context lines of one document, and what they leave for text."""

    def __init__(self, document: Document, sizer: Sizer) -> None:
        self._title = encodable(document.title)
        self._sizer = sizer
        self._lines: dict[tuple[str, ...], str] = {}

    def line(self, heading_path: tuple[str, ...]) -> str:
        if heading_path not in self._lines:
            self._lines[heading_path] = header(self._title, heading_path, self._sizer)
        return self._lines[heading_path]

    def limit(self, heading_path: tuple[str, ...]) -> int:
        """Most that text below this heading may weigh."""
        return self._sizer.limit(self._sizer.weight(self.line(heading_path)))


def chunks_of(document: Document, drafts: Iterable[Draft], headers: Headers, sizer: Sizer) -> list[Chunk]:
    """The chunks of a document in order, none over the target."""
    raw = document.raw
    ids = ChunkIds(raw.source, raw.id)
    metadata = chunk_metadata(document)
    return [
        Chunk(
            id=ids.next(draft.heading_path, draft.text),
            source=raw.source,
            document=raw.id,
            position=position,
            text=draft.text,
            embedded=embedded_text(headers.line(draft.heading_path), draft.text),
            heading_path=draft.heading_path,
            uri=citation(raw.uri, draft.place),
            tokens=tokens,
            access=raw.access,
            metadata=metadata,
        )
        for position, (draft, tokens) in enumerate(_counted(list(drafts), headers, sizer))
    ]


def _counted(drafts: list[Draft], headers: Headers, sizer: Sizer) -> list[tuple[Draft, int]]:
    """Drafts with their exact token counts.

    Drafts were put together by summing up weights, which a tokenizer is free to disagree with: one that is too
    long after all is cut.
    """
    counts = sizer.tokens.count_many([embedded_text(headers.line(draft.heading_path), draft.text) for draft in drafts])
    counted: list[tuple[Draft, int]] = []
    for draft, tokens in zip(drafts, counts, strict=True):
        excess = tokens - sizer.target
        if excess <= 0 or len(draft.text) < 2:
            counted.append((draft, tokens))
            continue
        pieces = cut(draft.text, max(1, min(headers.limit(draft.heading_path), tokens) - excess), sizer)
        smaller = (
            pieces if len(pieces) > 1 else [draft.text[: len(draft.text) // 2], draft.text[len(draft.text) // 2 :]]
        )
        counted += _counted([replace(draft, text=piece) for piece in smaller if piece.strip()], headers, sizer)
    return counted
