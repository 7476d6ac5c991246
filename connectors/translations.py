"""Which document another one translates, by where both lie: `docs/de/a.md` and `docs/en/a.md`, `a.de.md` and `a.md`."""

import re
from collections.abc import Callable, Iterator

from connectors.policy import SourcePolicy
from headwater.metadata.languages import same_language

DEFAULT_LANGUAGE = "en"
_CODE = r"[a-z]{2}(?:[-_][A-Za-z]{2,4})?"
_IN_NAME = re.compile(rf"(?P<stem>.*[^/.])\.(?P<language>{_CODE})(?P<suffix>\.[A-Za-z0-9]+)")
_FOLDER = re.compile(_CODE)


def translated(path: str, policy: SourcePolicy, exists: Callable[[str], bool]) -> str:
    """The id of the original of the document at `path`, "" when it is none's translation or its original is not there.

    The original is in the source's `language`, English by default. Only names that say a language are looked at.
    """
    if not maybe_translated(path, policy):
        return ""
    original = policy.language or DEFAULT_LANGUAGE
    return next(
        (found for found in _originals(path, original, policy) if found not in ("", path) and exists(found)), ""
    )


def maybe_translated(path: str, policy: SourcePolicy) -> bool:
    """Cheap, since it is asked of every document in a listing."""
    if _IN_NAME.fullmatch(path) or any("language" in rule.fields for rule in policy.rules):
        return True
    return any(len(part) in (2, 5) and _FOLDER.fullmatch(part) for part in path.split("/")[:-1])


def _originals(path: str, original: str, policy: SourcePolicy) -> Iterator[str]:
    for rule in policy.rules:
        found = rule.read(path)
        if found and "language" in found and not same_language(found["language"].lower(), original):
            yield rule.with_language(path, original)
            yield rule.with_language(path, "")
    if (name := _IN_NAME.fullmatch(path)) and not same_language(name["language"].lower(), original):
        yield f"{name['stem']}{name['suffix']}"
        yield f"{name['stem']}.{original}{name['suffix']}"
    parts = path.split("/")
    for number, part in enumerate(parts[:-1]):
        if _FOLDER.fullmatch(part) and not same_language(part.lower().replace("_", "-"), original):
            yield "/".join([*parts[:number], original, *parts[number + 1 :]])
