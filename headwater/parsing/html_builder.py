"""Turns a stream of text and openings and closings of containers into blocks."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from headwater.model import Block, BlockKind
from headwater.parsing.blocks import squeeze, squeeze_lines, table_block


@dataclass(slots=True)
class _List:
    """Items in it are one level deeper than those around it."""


@dataclass(slots=True)
class _Item:
    """Its first text becomes the item, what follows stays paragraphs; `terms` stand ahead of a definition."""

    kind: BlockKind
    level: int
    ordinal: str
    terms: str = ""
    started: bool = False


@dataclass(slots=True)
class _Admonition:
    label: str
    started: bool = False


@dataclass(slots=True)
class _Heading:
    level: int
    anchor: str
    started: bool = False


_Frame = _List | _Item | _Admonition | _Heading


Links = Sequence[tuple[str, str]]


class BlockBuilder:
    """Collects `blocks`; text is added piece by piece and becomes a block at the next `flush`."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self._pieces: list[str] = []
        self._anchor = ""
        self._frames: list[_Frame] = []
        self._numbers = itertools.count(1)
        self._group = 0
        self._links: list[tuple[str, str]] = []
        self._target = ""
        self._linked_from = 0

    def add(self, text: str) -> None:
        """Text of the block under way; whitespace is squeezed when it is complete."""
        # A newline in the source is a space; those that are shown come from `newline`.
        self._pieces.append(text.replace("\n", " ") if "\n" in text else text)

    def newline(self) -> None:
        self._pieces.append("\n")

    def mark(self, anchor: str) -> None:
        """A place that a link can point at; belongs to the block under way, or else to the next one."""
        if anchor and not (self._anchor and any(piece.strip() for piece in self._pieces)):
            self._anchor = anchor

    def open_link(self, target: str) -> None:
        """Text from here on leads to `target`, until `close_link`."""
        self._target, self._linked_from = target, len(self._pieces)

    def close_link(self) -> None:
        self._keep_link()
        self._target = ""

    def _keep_link(self) -> None:
        text = squeeze("".join(self._pieces[self._linked_from :])) if self._target else ""
        if text:
            self._links.append((text, self._target))

    def flush(self) -> None:
        """End the block under way."""
        if not self._pieces:
            return
        if self._target:
            self._keep_link()
            self._linked_from = 0
        text = squeeze_lines("".join(self._pieces))
        self._pieces.clear()
        if text:
            self._emit_text(text)

    def heading(self, text: str, level: int, anchor: str, links: Links = ()) -> None:
        self.flush()
        self._links = [*links, *([(text, self._target)] if self._target else [])]
        frame = self._frame()
        if isinstance(frame, _Admonition) or (isinstance(frame, _Item) and frame.kind is BlockKind.STEP):
            # It names a step or a note, not a part of the document.
            self.mark(anchor)
            self._emit_text(text)
            return
        self._start_item()
        self._put(BlockKind.HEADING, text, level=level, anchor=anchor)

    def code(self, text: str, language: str) -> None:
        self.flush()
        self._put(BlockKind.CODE, text, label=language, ordinal=self._start_item())

    def table(self, rows: tuple[tuple[str, ...], ...], header_rows: int, caption: str, links: Links = ()) -> None:
        self.flush()
        block = table_block(
            rows,
            header_rows=header_rows,
            caption=caption,
            group=self._group or next(self._numbers),
            anchor=self._take_anchor(),
            links=tuple(links),
        )
        if block is not None:
            self._start_item()
            self.blocks.append(block)

    # containers: every open_* is followed by one `close`

    def open_list(self) -> None:
        self.flush()
        self._name_label()
        self._name_terms()
        self._push(_List())

    def open_item(self, ordinal: str, *, step: bool, terms: str = "", links: Links = ()) -> None:
        self.flush()
        self._links.extend(links)
        level = max(0, sum(isinstance(frame, _List) for frame in self._frames) - 1)
        self._push(_Item(BlockKind.STEP if step else BlockKind.LIST_ITEM, level, ordinal, terms))

    def open_admonition(self, label: str, heading: str = "") -> None:
        self.flush()
        self._name_terms()
        self._push(_Admonition(label))
        if heading:
            self._emit_text(heading)

    def open_heading(self, level: int, anchor: str) -> None:
        """For headings that wrongly contain other blocks: their first text is the heading."""
        self.flush()
        self._push(_Heading(level, anchor))

    def close(self) -> None:
        self.flush()
        frame = self._frames[-1]
        if isinstance(frame, _Item) and not frame.started:
            self._name_terms()
        self._frames.pop()
        if not self._frames:
            self._group = 0

    def _push(self, frame: _Frame) -> None:
        if not self._frames and not isinstance(frame, _Heading):
            self._group = next(self._numbers)
        self._frames.append(frame)

    def _frame(self) -> _Frame | None:
        return self._frames[-1] if self._frames else None

    def _emit_text(self, text: str) -> None:
        frame = self._frame()
        if isinstance(frame, _Item):
            self._emit_item(frame, text)
        elif isinstance(frame, _Admonition):
            if not frame.started:
                # What is left of "**Note**: ..." when its label is gone.
                text = text.lstrip(": \u2014") or text
            frame.started = True
            self._put(BlockKind.ADMONITION, text, label=frame.label, ordinal=self._start_item())
        elif isinstance(frame, _Heading) and not frame.started:
            frame.started = True
            self._put(BlockKind.HEADING, text.replace("\n", " "), level=frame.level, anchor=frame.anchor)
        else:
            self._put(BlockKind.PARAGRAPH, text)

    def _emit_item(self, frame: _Item, text: str) -> None:
        if frame.started:
            self._put(BlockKind.PARAGRAPH, text, level=frame.level)
            return
        frame.started = True
        if frame.terms:
            text = f"{frame.terms} {text}" if frame.terms.endswith((":", "?")) else f"{frame.terms}: {text}"
        self._put(frame.kind, text, level=frame.level, ordinal=frame.ordinal)

    def _name_terms(self) -> None:
        """A term whose definition does not begin with text stands alone, ahead of it."""
        frame = self._frame()
        if isinstance(frame, _Item) and not frame.started and frame.terms:
            frame.started = True
            self._put(frame.kind, frame.terms, level=frame.level, ordinal=frame.ordinal)

    def _start_item(self) -> str:
        """The number of a step whose first content is no text of its own: that content carries it."""
        self._name_label()
        self._name_terms()
        for frame in reversed(self._frames):
            if isinstance(frame, _Item):
                ordinal = "" if frame.started else frame.ordinal
                frame.started = True
                return ordinal
        return ""

    def _name_label(self) -> None:
        """An admonition that begins with code or a table says what it is first."""
        frame = self._frame()
        if isinstance(frame, _Admonition) and not frame.started:
            frame.started = True
            self._put(BlockKind.ADMONITION, frame.label, label=frame.label)

    def _take_anchor(self) -> str:
        anchor, self._anchor = self._anchor, ""
        return anchor

    def _put(
        self, kind: BlockKind, text: str, *, level: int = 0, ordinal: str = "", label: str = "", anchor: str = ""
    ) -> None:
        pending = self._take_anchor()
        links, self._links = tuple(self._links), []
        self.blocks.append(
            Block(
                kind=kind,
                text=text,
                level=level,
                ordinal=ordinal,
                group=self._group,
                anchor=anchor or pending,
                label=label,
                links=links,
            )
        )
