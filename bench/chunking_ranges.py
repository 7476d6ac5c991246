"""Where in a text each of its chunks lies, by the letters and digits that they share."""

import unicodedata
from collections.abc import Sequence

_ANCHOR = 48
"""Letters by which an end of a chunk is found."""
_FAR = 20_000


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
        letters, fewer = Letters(chunk).text, Letters(shorter).text
        place = (
            _exact(whole.text, letters, begin) or _exact(whole.text, fewer, begin) or _near(whole.text, fewer, begin)
        )
        if place is None:
            found.append(None)
            continue
        start, end = place
        found.append((whole.at[start], whole.at[end - 1] + 1))
        begin = start + 1
    return found


def _exact(whole: str, letters: str, begin: int) -> tuple[int, int] | None:
    start = whole.find(letters, begin, begin + _FAR + len(letters)) if letters else -1
    return (start, start + len(letters)) if start >= 0 else None


def _near(whole: str, letters: str, begin: int) -> tuple[int, int] | None:
    """By its two ends, not far from the chunk before."""
    start = whole.find(letters[:_ANCHOR], begin, begin + _FAR) if letters else -1
    if start < 0:
        return None
    end = whole.find(letters[-_ANCHOR:], start, start + 2 * len(letters) + _ANCHOR)
    return start, min(end + _ANCHOR if end >= 0 else start + len(letters), len(whole))


def _plain(character: str) -> str:
    lowered = unicodedata.normalize("NFKC", character).lower()
    return lowered if len(lowered) == 1 else character
