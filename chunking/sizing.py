"""Lengths in the model's own tokens, for deciding where to cut."""

from collections.abc import Sequence
from functools import cached_property, lru_cache

from headwater.interfaces import Tokens

# A tokenizer may make one token of a word of any length (or none of whitespace), but what is shown and stored
# must be bounded as well. Running text has four to five characters a token, indented code up to ten.
CHARACTERS_PER_TOKEN = 16
_REMEMBERED_CHARACTERS = 256


class Sizer:
    """Weighs texts: tokens without the special ones, and at least a sixteenth of the characters.

    `target` bounds a whole embedded text, special tokens included: the model's window, or less if so wished.
    Reads the tokenizer on first use, so that knowing a chunker's fingerprint costs nothing.
    """

    def __init__(self, tokens: Tokens, chunk_tokens: int | None = None) -> None:
        self.tokens = tokens
        self.target = min(tokens.window, chunk_tokens or tokens.window)
        self._most = self.target * CHARACTERS_PER_TOKEN
        self._remembered = lru_cache(maxsize=32_768)(self._weigh_one)

    @cached_property
    def special(self) -> int:
        """Special tokens of every text."""
        return self.tokens.count("")

    @cached_property
    def joint(self) -> int:
        """What a blank line between two texts adds to the sum of their weights."""
        return max(0, self.weight("a\n\nb") - self.weight("a") - self.weight("b"))

    @property
    def header_limit(self) -> int:
        """Most that the line of context ahead of a passage may weigh."""
        return self.target // 3

    def limit(self, header_weight: int) -> int:
        """Most that the text of a passage may weigh below a header of this weight."""
        return max(1, self.target - self.special - header_weight - (self.joint if header_weight else 0))

    def weigh(self, texts: Sequence[str]) -> list[int]:
        """Weight of each text; one that fits nowhere is not tokenised, however long it is."""
        counts = self.tokens.count_many([text if len(text) <= self._most else "" for text in texts])
        return [self._heavier(count, text) for count, text in zip(counts, texts, strict=True)]

    def weight(self, text: str) -> int:
        """Weight of one text; splitters ask for the same ones again, so all but long ones are remembered."""
        return self._remembered(text) if len(text) <= _REMEMBERED_CHARACTERS else self._weigh_one(text)

    def _weigh_one(self, text: str) -> int:
        return self._heavier(self.tokens.count(text if len(text) <= self._most else ""), text)

    def _heavier(self, count: int, text: str) -> int:
        return max(count - self.special, -(-len(text) // CHARACTERS_PER_TOKEN))
