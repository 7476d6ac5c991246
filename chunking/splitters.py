"""Text that is too long for one passage, cut by langchain-text-splitters in the model's tokens.

Most documents have none: `chunking.recursive`, which imports that library, is imported with the first that has.
"""

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


class Splitters:
    """Cuts prose and code; all text is kept, but for whitespace where a cut is made."""

    def __init__(self, sizer: Sizer) -> None:
        self._sizer = sizer

    def prose(self, text: str, limit: int, overlap: int = 0) -> list[str]:
        """Pieces that weigh at most `limit`; at most `overlap` of one is repeated at the start of the next."""
        return [piece.strip() for piece in self._split(text, PROSE, limit, overlap, keep="end")]

    def code(self, text: str, language: str, limit: int) -> list[str]:
        """Pieces that weigh at most `limit`, at definitions where the language is known, else at lines."""
        known = _separators(language) if self._sizer.weight(text) > limit else None
        pieces = self._split(text, known or LINES, limit, 0, keep="start" if known else "end")
        return [piece.strip("\n").rstrip() for piece in pieces]

    def _split(self, text: str, separators: list[str], limit: int, overlap: int, keep: "Keep") -> list[str]:
        if self._sizer.weight(text) <= limit:
            return [text]
        from chunking.recursive import recursive_splitter

        most = min(overlap, limit // 2)
        split = recursive_splitter(separators, keep=keep, limit=limit, overlap=most, weight=self._sizer.weight)
        pieces = [piece for coarse in _coarse(text) for piece in split(coarse)]
        pieces = [small for piece in pieces for small in self._fitting(piece, limit)]
        return [piece for piece in (pieces if overlap else self._merged(pieces, limit)) if piece.strip()]

    def _fitting(self, piece: str, limit: int) -> list[str]:
        """The splitter leaves a word that is too long as it is."""
        return [piece] if self._sizer.weight(piece) <= limit else cut(piece, limit, self._sizer)

    def _merged(self, pieces: list[str], limit: int) -> list[str]:
        """Whatever stands before and after a piece that had to be cut is left over short; neighbours that fit join."""
        merged: list[str] = []
        weight = 0
        for piece in pieces:
            more = self._sizer.weight(piece)
            if merged and weight + more <= limit and self._sizer.weight(merged[-1] + piece) <= limit:
                merged[-1] += piece
                weight = self._sizer.weight(merged[-1])
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
