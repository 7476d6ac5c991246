"""Text that is too long for one passage, cut by langchain-text-splitters in the model's tokens.

Most documents have none: `chunking.recursive`, which imports that library, is imported with the first that has.
"""

from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chunking.cutting import cut
from chunking.sizing import Sizer

if TYPE_CHECKING:
    from chunking.recursive import Keep

# Paragraph, line, sentence (also of scripts without spaces; "3." begins one), clause, word.
PROSE = [r"\n\n+", r"\n", r"(?<=\D[.!?…])\s+", r"(?<=[。！？])", r"(?<=[;:,])\s+", r"\s+"]
LINES = [r"\n\n+", r"\n", r"\s+"]
_ALIASES = {
    "c#": "csharp", "c++": "cpp", "cc": "cpp", "cs": "csharp", "ex": "elixir", "golang": "go", "hs": "haskell",
    "htm": "html", "javascript": "js", "jsx": "js", "kt": "kotlin", "md": "markdown", "pl": "perl", "ps1": "powershell",
    "protobuf": "proto", "py": "python", "python3": "python", "rb": "ruby", "rs": "rust", "solidity": "sol",
    "tex": "latex", "tsx": "ts", "typescript": "ts", "vb": "visualbasic6", "xhtml": "html", "xml": "html",
}  # fmt: skip
# A text of this length is first cut at lines: the recursive splitter holds a string for every word of it.
_COARSE = 200_000
_SLACK = 115


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a text: `start` to `end` of it, after `overlap` characters that the part before shows as well."""

    text: str
    start: int
    end: int
    joint: str = ""
    overlap: int = 0


class Splitters:
    """Cuts prose and code; the parts with the joints between them are the text, but for whitespace at its ends."""

    def __init__(self, sizer: Sizer) -> None:
        self.sizer = sizer

    def prose(self, text: str, limit: int, overlap: int = 0, *, even: bool = False) -> list[Part]:
        """Parts that weigh at most `limit`, of which at most `overlap` is repeated at the start of the next.

        `even` parts are about as long as each other: no part is a remnant.
        """
        weight = self.sizer.weight(text)
        if weight <= limit:
            return self._parts(text, [text], 0)
        most = min(overlap, limit // 2)
        room = limit - most
        if even:
            count = -(-weight // room)
            # Sentences end where they end: a little more than an equal share.
            room = min(room, -(-weight * _SLACK // (count * 100)))
        return self._parts(text, self._split(text, PROSE, room, keep="end"), most)

    def code(self, text: str, language: str, limit: int) -> list[Part]:
        """Parts that weigh at most `limit`, at definitions where the language is known, else at lines."""
        if self.sizer.weight(text) <= limit:
            return self._parts(text, [text], 0)
        known = _separators(language)
        pieces = self._split(text, known or LINES, limit, keep="start" if known else "end")
        return self._parts(text, pieces, 0, newline_only=True)

    def _parts(self, text: str, pieces: list[str], overlap: int, *, newline_only: bool = False) -> list[Part]:
        """Pieces that follow each other without a gap, without the whitespace at their ends."""
        parts: list[Part] = []
        begin = 0
        for piece in pieces:
            end = begin + len(piece.rstrip())
            # The indentation of a line of code, and of an item of a list, is part of it.
            indented = newline_only or not parts
            start = begin + len(piece) - len(piece.lstrip("\n") if indented else piece.lstrip())
            begin += len(piece)
            if end <= start:
                continue
            if not parts:
                parts.append(Part(text[start:end], start, end))
                continue
            again = self._again(text[parts[-1].start : parts[-1].end], overlap)
            lead = start - parts[-1].end + again if again else 0
            parts.append(Part(text[start - lead : end], start, end, text[parts[-1].end : start], lead))
        return parts

    def _again(self, before: str, overlap: int) -> int:
        """Characters at the end of a part that its next begins with: whole words of at most `overlap` tokens."""
        if not overlap:
            return 0
        offsets = self.sizer.tokens.offsets(before)
        words = [start for start, _ in offsets if start and before[start - 1].isspace()]
        first = offsets[-overlap][0] if len(offsets) > overlap else 1
        found = bisect_left(words, first)
        return len(before) - words[found] if found < len(words) else 0

    def _split(self, text: str, separators: list[str], limit: int, keep: "Keep") -> list[str]:
        from chunking.recursive import recursive_splitter

        split = recursive_splitter(separators, keep=keep, limit=limit, weight=self.sizer.weight)
        pieces = [piece for coarse in _coarse(text) for piece in split(coarse)]
        return self._merged([small for piece in pieces for small in self._fitting(piece, limit)], limit)

    def _fitting(self, piece: str, limit: int) -> list[str]:
        """The splitter leaves a word that is too long as it is."""
        return [piece] if self.sizer.weight(piece) <= limit else cut(piece, limit, self.sizer)

    def _merged(self, pieces: list[str], limit: int) -> list[str]:
        """Whatever stands before and after a piece that had to be cut is left over short; neighbours that fit join."""
        merged: list[str] = []
        weight = 0
        for piece in pieces:
            more = self.sizer.weight(piece)
            if merged and weight + more <= limit and self.sizer.weight(merged[-1] + piece) <= limit:
                merged[-1] += piece
                weight = self.sizer.weight(merged[-1])
            else:
                merged.append(piece)
                weight = more
        return merged


def _separators(language: str) -> list[str] | None:
    """Patterns for a language by any of its usual names."""
    from chunking.recursive import language_separators

    name = language.strip().lower()
    return language_separators(_ALIASES.get(name, name))


def _coarse(text: str) -> list[str]:
    pieces: list[str] = []
    while len(text) > _COARSE:
        end = text.rfind("\n", 1, _COARSE) + 1 or text.rfind(" ", 1, _COARSE) + 1 or _COARSE
        pieces.append(text[:end])
        text = text[end:]
    return [*pieces, text]
