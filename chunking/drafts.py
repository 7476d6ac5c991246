"""From decided passages to chunks: context, ids, citations and exact token counts, the same for every strategy."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from types import MappingProxyType

from chunking.cite import Place, citation
from chunking.context import embedded_text, header
from chunking.cutting import cut
from chunking.ids import ChunkIds
from chunking.metadata import chunk_metadata, encodable
from chunking.packing import BLANK_LINE, Unit, joined, repeated
from chunking.sizing import Sizer
from chunking.wholes import Stretch, Whole, spans
from headwater.model import Chunk, Document, Meta


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A passage whose extent is decided: blocks `first` to `last` of the document, or parts of them.

    `lead` characters of its text repeat what is before; `joint` stands between that and what follows them. `note`
    ends the line of context.
    """

    heading_path: tuple[str, ...]
    text: str
    place: Place
    first: int
    last: int
    lead: int = 0
    joint: str = BLANK_LINE
    metadata: Meta = field(default_factory=dict)
    note: str = ""


def drafted(heading_path: tuple[str, ...], group: Sequence[Unit], metadata: Meta = MappingProxyType({})) -> Draft:
    """The passage of these units."""
    return Draft(
        heading_path=heading_path,
        text=joined(group),
        place=group[0].head.place,
        first=group[0].head.index,
        last=group[-1].tail.index,
        lead=len(repeated(group)),
        joint=group[0].joint,
        metadata=metadata,
    )


class Headers:
    """The context lines of one document, and what they leave for text."""

    def __init__(self, title: str, sizer: Sizer) -> None:
        self._title = encodable(title)
        self._sizer = sizer
        self._lines: dict[tuple[str, ...], str] = {}

    def line(self, heading_path: tuple[str, ...]) -> str:
        if heading_path not in self._lines:
            self._lines[heading_path] = header(self._title, heading_path, self._sizer)
        return self._lines[heading_path]

    def embedded(self, draft: Draft) -> str:
        """What the model reads."""
        line = self.line(draft.heading_path)
        return embedded_text(f"{line} > {draft.note}" if draft.note and line else line or draft.note, draft.text)

    def limit(self, heading_path: tuple[str, ...]) -> int:
        """Most that text below this heading may weigh."""
        return self._sizer.limit(self._sizer.weight(self.line(heading_path)))


class Drafting:
    """Makes one document's chunks of its drafts; wholes are kept up to `passage_tokens`."""

    def __init__(self, document: Document, sizer: Sizer, passage_tokens: int, title: str | None = None) -> None:
        """`title` is what the line of context begins with, the document's by default."""
        self.headers = Headers(document.title if title is None else title, sizer)
        self._document = document
        self._sizer = sizer
        self._passage_tokens = passage_tokens

    def chunks(
        self, drafts: Iterable[Draft], wholes: Iterable[Whole], unshown: Sequence[tuple[int, str]] = ()
    ) -> list[Chunk]:
        """Chunks in order, none over the target; `unshown` headings, by block, go between the passages they divide."""
        counted = _counted(_with_headings(list(drafts), unshown), self.headers, self._sizer)
        stretches = [Stretch(one.first, one.last, one.text, one.lead, one.joint) for one, _ in counted]
        nested = spans(stretches, wholes, self._passage_tokens, self._sizer)
        raw = self._document.raw
        ids = ChunkIds(raw.source, raw.id)
        metadata = chunk_metadata(self._document)
        return [
            Chunk(
                id=ids.next(draft.heading_path, draft.text),
                source=raw.source,
                document=raw.id,
                position=position,
                text=draft.text,
                embedded=self.headers.embedded(draft),
                heading_path=draft.heading_path,
                uri=citation(raw.uri, draft.place),
                tokens=tokens,
                access=raw.access,
                metadata={**metadata, **draft.metadata} if draft.metadata else metadata,
                wholes=nested[position],
                lead=draft.lead,
                joint=draft.joint,
            )
            for position, (draft, tokens) in enumerate(counted)
        ]


def _with_headings(drafts: list[Draft], unshown: Sequence[tuple[int, str]]) -> list[Draft]:
    """Drafts whose joints hold the headings that stand between them and no passage shows."""
    found = drafts[:1]
    waiting = list(reversed(unshown))
    for before, draft in pairwise(drafts):
        between = []
        while waiting and waiting[-1][0] < draft.first:
            index, text = waiting.pop()
            if index > before.last:
                between.append(text)
        joint = BLANK_LINE.join(["", *between, ""]) if between else draft.joint
        found.append(replace(draft, joint=joint))
    return found


def _counted(drafts: list[Draft], headers: Headers, sizer: Sizer) -> list[tuple[Draft, int]]:
    """Drafts with their exact token counts.

    Drafts were put together by summing up weights, which a tokenizer is free to disagree with: one that is too
    long after all is cut.
    """
    counts = sizer.tokens.count_many([headers.embedded(draft) for draft in drafts])
    counted: list[tuple[Draft, int]] = []
    for draft, tokens in zip(drafts, counts, strict=True):
        excess = tokens - sizer.target
        if excess <= 0 or len(draft.text) < 2:
            counted.append((draft, tokens))
            continue
        pieces = cut(draft.text, max(1, min(headers.limit(draft.heading_path), tokens) - excess), sizer)
        half = len(draft.text) // 2
        counted += _counted(
            _smaller(draft, pieces if len(pieces) > 1 else [draft.text[:half], draft.text[half:]]), headers, sizer
        )
    return counted


def _smaller(draft: Draft, pieces: Sequence[str]) -> list[Draft]:
    """One draft as several; whitespace alone is no passage, and becomes part of a joint."""
    found: list[Draft] = []
    lead, joint = draft.lead, draft.joint
    for piece in pieces:
        if not piece.strip():
            joint, lead = joint + piece[min(lead, len(piece)) :], max(0, lead - len(piece))
            continue
        found.append(replace(draft, text=piece, lead=min(lead, len(piece)), joint=joint))
        lead, joint = max(0, lead - len(piece)), ""
    return found
