"""What a parser takes out because no reader sees it, counted while it is taken out."""

import re
from collections.abc import Iterable

from headwater.model import Stripped

HIDDEN_TEXT, COMMENT, INVISIBLE = "hidden text", "comment", "invisible characters"
_SAMPLE = 120
_WORD = re.compile(r"\w[\w'\u2019-]*")
_MOST_COUNTED = 200_000
# The flags of England, Scotland and Wales are spelled in the same characters as hidden messages.
_FLAG = re.compile("\U0001f3f4[\U000e0020-\U000e007e]+\U000e007f")
_SPELLED = re.compile("[\U000e0020-\U000e007e]+")


class Tally:
    """Words by what hid them, with the longest text as sample."""

    def __init__(self) -> None:
        self._words: dict[str, int] = {}
        self._longest: dict[str, str] = {}

    def add(self, what: str, text: str) -> None:
        """Count the words of a text that was taken out."""
        text = " ".join(text[:_MOST_COUNTED].split())
        count = len(_WORD.findall(text))
        if count:
            self._words[what] = self._words.get(what, 0) + count
            if len(text) > len(self._longest.get(what, "")):
                self._longest[what] = text

    def add_invisible(self, text: str) -> None:
        """Count what `text` says in Unicode tag characters, which spell ASCII and are drawn by no font."""
        if not text.isascii() and _SPELLED.search(text):
            for run in _SPELLED.findall(_FLAG.sub("", text)):
                self.add(INVISIBLE, "".join(chr(ord(char) - 0xE0000) for char in run))

    def include(self, found: Iterable[Stripped]) -> None:
        """Add what was counted elsewhere."""
        for one in found:
            self._words[one.what] = self._words.get(one.what, 0) + one.words
            if len(one.sample) > len(self._longest.get(one.what, "")):
                self._longest[one.what] = one.sample

    def found(self) -> tuple[Stripped, ...]:
        """In the order in which each kind was met first."""
        return tuple(Stripped(what, words, _cut(self._longest[what])) for what, words in self._words.items())


def _cut(text: str) -> str:
    return text if len(text) <= _SAMPLE else text[: _SAMPLE - 1].rstrip() + "\u2026"
