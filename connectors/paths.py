"""Path rules: `docs/{product}/{version}/**` reads metadata out of a document's path."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from headwater.errors import ConfigError
from headwater.settings import did_you_mean

_VERSION = r"v?\d[A-Za-z0-9.+_-]*|latest|current|stable|next|main|edge|dev"
READABLE = {
    "product": r"[^/]+?",
    "version": _VERSION,
    "language": r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})?",
    "owner": r"[^/]+?",
    "audience": r"[^/]+?",
    "tags": r"[^/]+?",
    "kind": r"[A-Za-z][A-Za-z_-]*",
}
"""What a placeholder may be called, and what it matches within one part of a path."""
_PIECE = re.compile(r"\{([^{}]*)\}|(\*\*/?)|(\*)|([^*{}]+)|([{}])")


@dataclass(frozen=True, slots=True)
class PathRule:
    """`*` matches within one part of a path, `**` any number of parts."""

    pattern: str
    fields: tuple[str, ...]
    specific: tuple[int, int]
    _expression: re.Pattern[str] = field(repr=False, compare=False)

    def read(self, path: str) -> Mapping[str, str] | None:
        """Field to text for a path that matches; None otherwise."""
        found = self._expression.fullmatch(path)
        return found.groupdict() if found else None

    def with_language(self, path: str, language: str) -> str:
        """The same path with another language in its place, or none where `language` is ""; "" without a place."""
        found = self._expression.fullmatch(path)
        if found is None or "language" not in self.fields:
            return ""
        start, end = found.span("language")
        if not language:
            return path[:start] + path[end + 1 :] if path[end : end + 1] in ("/", ".") else ""
        return path[:start] + language + path[end:]


@lru_cache(maxsize=64)
def path_rules(patterns: tuple[str, ...]) -> tuple[PathRule, ...]:
    """Most specific first: by parts and characters that are written out; ConfigError for what is no rule."""
    return tuple(sorted(map(_rule, patterns), key=lambda rule: rule.specific, reverse=True))


def _rule(pattern: str) -> PathRule:
    names: list[str] = []
    expression, literal = "", 0
    for placeholder, deep, star, text, brace in _PIECE.findall(pattern.removeprefix("./")):
        if placeholder:
            names.append(_checked(placeholder, names, pattern))
            expression += f"(?P<{placeholder}>{READABLE[placeholder]})"
        elif deep:
            expression += r"(?:[^/]+/)*" if deep.endswith("/") else ".*"
        elif star:
            expression += "[^/]*"
        elif text:
            literal += len(text.replace("/", ""))
            expression += re.escape(text)
        else:
            raise _wrong(pattern, f"has a {brace} that is not closed or names nothing")
    if not names:
        raise _wrong(pattern, "reads nothing: name what a part is, such as {version}")
    parts = [part for part in pattern.split("/") if part and "*" not in part]
    return PathRule(pattern, tuple(names), (len(parts), literal), re.compile(expression))


def _checked(name: str, before: Iterable[str], pattern: str) -> str:
    if name not in READABLE:
        raise _wrong(pattern, f"names {name!r}, which cannot be read from a path{did_you_mean(name, READABLE)}")
    if name in before:
        raise _wrong(pattern, f"names {name} twice")
    return name


def _wrong(pattern: str, why: str) -> ConfigError:
    return ConfigError(f"the path rule {pattern!r} {why}", advice="Write rules such as docs/{product}/{version}/**.")
