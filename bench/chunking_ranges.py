"""Where in a text each of its chunks lies, by the letters and digits that they share."""

import unicodedata
from collections.abc import Sequence

_ANCHOR = 48
"""Letters by which an end of a chunk is found."""


class Letters:
    """A text without all that is neither letter nor digit, and where each of those stood."""

    def __init__(self, text: str) -> None:
        kept = [(character, position) for position, character in enumerate(text) if character.isalnum()]
        self.text = "".join(_plain(character) for character, _ in kept)
        self.at = [position for _, position in kept]


def located(text: str, chunks: Sequence[str], without: Sequence[str] = ()) -> list[tuple[int, int] | None]:
    """Start and end of each chunk, given in the order of the text; None for one that is not found after the one before.

    Chunks may overlap, and may lack marks, spaces or a little text of the original. `without` are the chunks without
    what they repeat from elsewhere, for where they are not found with it.
    """
    whole = Letters(text)
    found: list[tuple[int, int] | None] = []
    begin = 0
    for chunk, shorter in zip(chunks, without or chunks, strict=True):
        place = _place(whole.text, Letters(chunk).text, begin) or _place(whole.text, Letters(shorter).text, begin)
        if place is None:
            found.append(None)
            continue
        start, end = place
        found.append((whole.at[start], whole.at[end - 1] + 1))
        begin = start + 1
    return found


def _place(whole: str, letters: str, begin: int) -> tuple[int, int] | None:
    if not letters:
        return None
    start = whole.find(letters, begin)
    if start >= 0:
        return start, start + len(letters)
    start = whole.find(letters[:_ANCHOR], begin)
    if start < 0:
        return None
    end = whole.find(letters[-_ANCHOR:], start)
    reach = start + 2 * len(letters) + _ANCHOR
    return start, min(end + _ANCHOR if 0 <= end < reach else start + len(letters), len(whole))


def _plain(character: str) -> str:
    lowered = unicodedata.normalize("NFKC", character).lower()
    return lowered if len(lowered) == 1 else character
