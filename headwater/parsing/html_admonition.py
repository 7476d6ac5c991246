"""Notes, tips and warnings as the common generators of documentation write them."""

import re
from dataclasses import dataclass
from functools import lru_cache

from bs4 import Tag

from headwater.parsing.blocks import squeeze
from headwater.parsing.html_tree import HEADINGS, attr, child_tags, first_tag, first_text, is_text

WORDS = {
    "note": "Note", "tip": "Tip", "hint": "Hint", "important": "Important", "warning": "Warning",
    "caution": "Caution", "danger": "Danger", "attention": "Attention", "error": "Error", "info": "Info",
    "seealso": "See also", "success": "Success", "question": "Question", "example": "Example", "bug": "Bug",
    "abstract": "Abstract", "summary": "Summary", "failure": "Failure", "warn": "Warning", "primary": "Note",
    "notice": "Notice", "deprecated": "Deprecated", "todo": "Todo", "remember": "Remember", "details": "Details",
}  # fmt: skip
_TAGS = frozenset(("div", "aside", "section", "p", "blockquote", "table", "details", "dl"))
_TOP = frozenset(("h1", "h2"))
_PLAIN = frozenset(("note", "tip", "hint", "important", "warning", "caution", "danger", "attention"))
_FRAMEWORK = re.compile(
    r"(?:^|\s)(?:[a-z]+-)?(?:admonition|admonitionblock|admon|alert|callout|custom-block|starlight-aside|notice|"
    r"message|hint|infobox|aside)(?=[\s_-]|$)",
    re.I,
)
_TITLE = re.compile(r"title|heading|header|label(?:$|\s)|caption", re.I)
_ALERT = re.compile(r"^\s*\[!([A-Za-z]+)\][+-]?[ \t]*")
_LABEL_END = " :.!\u2014-"


@dataclass(frozen=True, slots=True)
class Admonition:
    """`label` is its word; `title` the element that shows it, `heading` the text of a title that says more."""

    label: str
    title: Tag | None = None
    heading: str = ""


def admonition(tag: Tag) -> Admonition | None:
    """What kind of admonition the element is; None for any other element."""
    if tag.name not in _TAGS:
        return None
    if tag.name == "blockquote":
        quoted = _quoted(tag)
        if quoted is not None:
            return quoted
    names = attr(tag, "class")
    kind = _kind(names) if names else None
    if kind is None and attr(tag, "role") == "note":
        kind = ""
    if kind is None or (tag.name not in ("details",) and first_tag(tag, _TOP) is not None):
        return None
    title = _title(tag)
    shown = squeeze(title.get_text(" ")) if title is not None else ""
    return _labelled(kind, title, shown)


def _labelled(kind: str, title: Tag | None, shown: str) -> Admonition:
    word = shown.strip(_LABEL_END)
    if not word:
        return Admonition(WORDS.get(kind, "Note"), title)
    if not kind or word.lower().replace(" ", "") in WORDS:
        return Admonition(word[:1].upper() + word[1:], title)
    return Admonition(WORDS.get(kind, "Note"), title, shown)


@lru_cache(maxsize=4096)
def _kind(names: str) -> str | None:
    """The word in a class list, an empty one where only a framework's name says admonition, None otherwise."""
    each = names.lower().split()
    framework = _FRAMEWORK.search(names[:500]) is not None
    for name in each:
        if name in _PLAIN:
            return name
    if not framework:
        return None
    for name in each:
        for part in re.split(r"[-_]+", name):
            if part in WORDS and name != "admonition":
                return part
    # Bare words such as `message` or `aside` are names of layout as well.
    return "" if any(name.startswith("admonition") or name == "callout" for name in each) else None


def _title(tag: Tag) -> Tag | None:
    """The element that shows the title: the first one inside, or inside its wrappers."""
    node = tag
    for _ in range(6):
        first = next((child for child in child_tags(node) if first_text(child)), None)
        if first is None or _text_before(node, first):
            return None
        if first.name in HEADINGS or first.name in ("summary", "dt") or _TITLE.search(attr(first, "class")):
            return first
        if first.name in ("strong", "b") and first_text(first).strip(_LABEL_END + "\n").lower() in WORDS:
            return first
        node = first
    return None


def _text_before(node: Tag, child: Tag) -> bool:
    for sibling in node.contents:
        if sibling is child:
            return False
        if is_text(sibling) and str(sibling).strip():
            return True
    return False


def _quoted(quote: Tag) -> Admonition | None:
    """`> [!WARNING]` as Markdown renderers leave it, or a quotation that begins with a bold "Note"."""
    found = _ALERT.match(first_text(quote))
    if found and found.group(1).lower() in WORDS:
        _cut(quote, _ALERT)
        return Admonition(WORDS[found.group(1).lower()])
    title = _title(quote)
    if title is not None and title.name in ("strong", "b"):
        return Admonition(title.get_text().strip(_LABEL_END + "\n").capitalize(), title)
    return None


def _cut(tag: Tag, marker: re.Pattern[str]) -> None:
    """Take the marker out of the first text inside `tag`."""
    for node in list(tag.descendants):
        if is_text(node) and marker.match(str(node)):
            node.replace_with(marker.sub("", str(node), count=1))
            return
