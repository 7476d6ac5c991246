"""Names that people type: finding the one they meant, and the kinds of documents."""

import difflib
import re
from collections.abc import Iterable

from headwater.model import HELP, RELEASE_NOTE, SOP

KINDS = (HELP, RELEASE_NOTE, SOP)
_KIND = re.compile(r"[a-z][a-z0-9_]{0,40}")


def nearest(word: str, candidates: Iterable[str]) -> str:
    """The candidate that was most likely meant, or "" when none is near."""
    by_lower = {candidate.lower(): candidate for candidate in candidates}
    found = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[found[0]] if found else ""


def did_you_mean(word: str, candidates: Iterable[str]) -> str:
    """`; did you mean X?`, or the choices where none is near, or "" where there are none or too many to list."""
    choices = sorted(set(candidates))
    found = nearest(word, choices)
    if found:
        return f"; did you mean {found}?"
    return f"; known are {', '.join(choices)}" if 0 < len(choices) <= 20 else ""


def document_kind(text: str) -> str:
    """`help`, `release_note`, `sop` or another word, as stored: "Release-Note" is `release_note`; else ValueError."""
    kind = re.sub(r"[\s-]+", "_", text.strip().lower())
    if not _KIND.fullmatch(kind):
        raise ValueError(f"{text!r} is not a kind of document; write {', '.join(KINDS)} or another single word")
    return kind
