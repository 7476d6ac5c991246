"""The line that tells the model where a passage stands: `title > heading > heading`."""

from chunking.cutting import beginning
from chunking.sizing import Sizer

_ARROW = " > "
_GAP = "…"


def header(title: str, heading_path: tuple[str, ...], sizer: Sizer) -> str:
    """Title and headings, shortened from the middle, then cut, where they weigh more than a third of the window."""
    parts = [" ".join(part.split()) for part in (title, *heading_path)]
    # A page's first heading often is its title.
    if len(parts) > 1 and parts[1].casefold() == parts[0].casefold():
        del parts[1]
    parts = [part for part in parts if part]
    for shorter in _shortened(parts):
        line = _ARROW.join(shorter)
        if sizer.weight(line) <= sizer.header_limit:
            return line
    return beginning(parts[-1], sizer.header_limit, sizer).rstrip() if parts else ""


def embedded_text(line: str, text: str) -> str:
    """What the model reads."""
    return f"{line}\n\n{text}" if line else text


def _shortened(parts: list[str]) -> list[list[str]]:
    """From everything to the innermost heading alone; title and innermost headings stay longest."""
    if len(parts) < 2:
        return [parts]
    title, *headings = parts
    gaps = [[title, _GAP, *headings[start:]] for start in range(1, len(headings))]
    return [parts, *gaps, [headings[-1]]]
