"""Where a value comes from, and which of several statements counts.

The nearer to the document a statement was made, the more it counts: a person wrote front matter about this very
document, a folder's default was written about a hundred of them. The order is the order of `Level`.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum

ORIGINS = "origins"
"""Key of a document's metadata that holds `field: from origin` for every value."""
ACCESS_ORIGIN = "access_origin"
"""Kept apart: who may read may come from elsewhere while nothing of what is written changes."""
ITS_ID = "its id"
"""Origin of a title that nothing states."""


class Level(StrEnum):
    """From what counts most to what counts least; an origin is a level, and perhaps words that follow it."""

    FRONT_MATTER = "front matter"
    CONNECTOR = "its source"
    HEADER = "the document's header"
    META_TAG = "meta tag"
    JSON_LD = "JSON-LD"
    OPEN_GRAPH = "OpenGraph"
    PROPERTIES = "file properties"
    FILE = "the file itself"
    PATH_RULE = "path rule"
    FOLDER = "folder defaults"
    SOURCE = "source settings"
    DERIVED = "derived"
    DETECTED = "detected"


_RANKS = {level: rank for rank, level in enumerate(Level)}


def origin(level: Level, detail: str = "") -> str:
    return f"{level}{' ' if detail else ''}{detail}"


def rank(origin: str) -> int:
    """0 for what counts most; an origin of no known level counts least."""
    for level, number in _RANKS.items():
        if origin == level or origin.startswith(f"{level} "):
            return number
    return len(_RANKS)


def written(origins: Mapping[str, str]) -> tuple[str, ...]:
    """As it is kept with a document: `owner: from front matter`."""
    return tuple(f"{name}: from {where}" for name, where in sorted(origins.items()))


def read(lines: object) -> dict[str, str]:
    """The inverse of `written`; {} for anything else."""
    if not isinstance(lines, Iterable) or isinstance(lines, str):
        return {}
    pairs = (str(line).partition(": from ") for line in lines)
    return {name: where for name, separator, where in pairs if separator}


def origins_of(meta: Mapping[str, object]) -> dict[str, str]:
    """Of a document as the ledger keeps it: field to origin, that of its readers included."""
    access = meta.get(ACCESS_ORIGIN)
    return read(meta.get(ORIGINS)) | ({"access": str(access)} if access else {})
