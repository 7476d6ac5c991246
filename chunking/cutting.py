"""The last resort for text without any place to cut: between two tokens, or inside one."""

from chunking.sizing import CHARACTERS_PER_TOKEN, Sizer


def beginning(text: str, limit: int, sizer: Sizer) -> str:
    """The longest beginning of `text` that weighs at most `limit`, or its first character."""
    # A heavier beginning than this weighs too much by its characters alone.
    text = text[: limit * CHARACTERS_PER_TOKEN]
    if sizer.weight(text) <= limit:
        return text
    ends = [end for _, end in sizer.tokens.offsets(text)][:limit]
    # Cut inside a word, its tokens may become others, and more.
    while ends and sizer.weight(text[: ends[-1]]) > limit:
        ends.pop()
    if ends and ends[-1]:
        return text[: ends[-1]]
    while len(text) > 1 and sizer.weight(text) > limit:
        text = text[: len(text) // 2]
    return text


def cut(text: str, limit: int, sizer: Sizer) -> list[str]:
    """All of `text` in pieces that weigh at most `limit`."""
    pieces: list[str] = []
    while text:
        piece = beginning(text, limit, sizer)
        pieces.append(piece)
        text = text[len(piece) :]
    return pieces
