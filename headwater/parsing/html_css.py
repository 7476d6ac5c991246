"""The little of CSS that decides whether a reader sees a text: simple selectors, the cascade, a few properties."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from bs4 import Tag

from headwater.parsing.html_tree import attr, words

_WATCHED = words(
    "display visibility content-visibility opacity font-size font width height max-width max-height overflow "
    "overflow-x overflow-y left top right bottom text-indent margin-left margin-top clip clip-path transform color "
    "background background-color background-image -webkit-text-fill-color mso-hide"
)
_COMMENT = re.compile(r"/\*.*?(?:\*/|$)", re.S)
_ESCAPE = re.compile(r"\\([0-9a-fA-F]{1,6})\s?|\\(.)")
_AT_BLOCK = re.compile(r"@[^{};]*(?:;|\{(?:[^{}]|\{[^{}]*\})*\})")
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_COMPOUND = re.compile(r"(?P<tag>[a-z][\w-]*|\*|:root)?(?P<names>(?:[.#][\w-]+)*)", re.I)
_NAME = re.compile(r"([.#])([\w-]+)")
_STEP = re.compile(r"\s*>\s*|\s+")
_MOST_CSS, _MOST_RULES, _MOST_MATCHED = 300_000, 3_000, 200

Declaration = tuple[str, str, bool]
"""Name, value in lower case, whether it is important."""


@dataclass(frozen=True, slots=True)
class _Compound:
    tag: str
    ids: frozenset[str]
    classes: frozenset[str]
    child: bool
    """Whether it has to be the parent of what follows, not just around it."""

    def fits(self, tag: Tag) -> bool:
        if self.tag and tag.name != self.tag:
            return False
        if self.ids and attr(tag, "id") not in self.ids:
            return False
        return not self.classes or self.classes.issubset(attr(tag, "class").split())


@dataclass(frozen=True, slots=True)
class _Rule:
    rank: tuple[int, int, int, int]
    """Ids, classes, element names, and place in the style sheet."""
    path: tuple[_Compound, ...]
    """From the element outwards."""
    declarations: tuple[Declaration, ...]

    def matches(self, tag: Tag) -> bool:
        own, *outer = self.path
        if not own.fits(tag):
            return False
        node = tag.parent
        for compound in outer:
            while node is not None and not compound.fits(node):
                node = None if compound.child else node.parent
            if node is None:
                return False
            node = node.parent
        return True


class StyleSheet:
    """Rules of a page's own style elements, for every screen, whose selectors are names, classes and ids."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._rules: dict[str, list[_Rule]] = {}
        count = 0
        for selector, body in _rules(texts):
            path = _path(selector)
            if path is None:
                continue
            count += 1
            if count > _MOST_RULES:
                return
            own = path[0]
            ids = sum(len(compound.ids) for compound in path)
            classes = sum(len(compound.classes) for compound in path)
            rule = _Rule((ids, classes, sum(bool(c.tag) for c in path), count), path, declarations(body))
            key = next((f"#{name}" for name in own.ids), "") or next((f".{name}" for name in own.classes), own.tag)
            self._rules.setdefault(key, []).append(rule)

    def __bool__(self) -> bool:
        return bool(self._rules)

    def values(self, tag: Tag) -> Mapping[str, str]:
        """What the style sheet and the element's own `style` say of it, as the cascade has it."""
        own = attr(tag, "style")
        found = sorted(self._matching(tag), key=lambda rule: rule.rank) if self._rules else []
        if not found:
            return _values(own) if own else {}
        said = [declaration for rule in found for declaration in rule.declarations]
        said += declarations(own)
        merged = {name: value for name, value, important in said if not important}
        return merged | {name: value for name, value, important in said if important}

    def _matching(self, tag: Tag) -> Iterator[_Rule]:
        keys = [tag.name, "", *(f".{name}" for name in attr(tag, "class").split()[:30])]
        if "id" in tag.attrs:
            keys.append(f"#{attr(tag, 'id')}")
        for key in keys:
            for rule in self._rules.get(key, ())[:_MOST_MATCHED]:
                if rule.matches(tag):
                    yield rule


@lru_cache(maxsize=4096)
def declarations(text: str) -> tuple[Declaration, ...]:
    """Those that have to do with what is seen."""
    text = _COMMENT.sub("", text[:5000])
    if "\\" in text:
        text = _ESCAPE.sub(lambda found: chr(int(found[1], 16) % 0x110000) if found[1] else found[2], text)
    found = []
    for part in text.lower().split(";"):
        name, colon, value = part.partition(":")
        if colon and (name := name.strip()) in _WATCHED:
            value, bang, _ = value.partition("!")
            found.append((name, value.strip(), bool(bang)))
    return tuple(found)


@lru_cache(maxsize=4096)
def _values(style: str) -> Mapping[str, str]:
    said = declarations(style)
    return {name: value for name, value, _ in (*said, *(one for one in said if one[2]))}


def _rules(texts: Iterable[str]) -> Iterator[tuple[str, str]]:
    left = _MOST_CSS
    for text in texts:
        css = _AT_BLOCK.sub("", _COMMENT.sub("", text[:left]))
        left -= len(text)
        for selectors, body in _RULE.findall(css):
            if declarations(body):
                for selector in selectors.split(","):
                    yield selector.strip(), body
        if left <= 0:
            return


def _path(selector: str) -> tuple[_Compound, ...] | None:
    """None for selectors that depend on more than names, classes and ids."""
    parts, steps = _STEP.split(selector), _STEP.findall(selector)
    path: list[_Compound] = []
    for part, step in zip(parts, [*steps, ""], strict=True):
        found = _COMPOUND.fullmatch(part)
        if found is None or not part or len(parts) > 8:
            return None
        named = _NAME.findall(found["names"])
        tag = (found["tag"] or "").lower().replace(":root", "html").replace("*", "")
        ids = frozenset(name for sign, name in named if sign == "#")
        classes = frozenset(name for sign, name in named if sign == ".")
        path.append(_Compound(tag, ids, classes, ">" in step))
    return tuple(reversed(path))
