"""Small questions about a BeautifulSoup tree, answered without recursion: pages may nest hundreds deep."""

import itertools
import re
from collections.abc import Callable, Iterator
from urllib.parse import urljoin

from bs4 import Tag
from bs4.element import NavigableString, PageElement

from headwater.parsing.blocks import squeeze

Skip = Callable[[Tag], bool]


def words(text: str) -> frozenset[str]:
    """The words of `text`, for asking whether something is one of them."""
    return frozenset(text.split())


BLOCKS = words(
    "address article aside blockquote body caption center dd details dialog dir div dl dt fieldset figcaption figure "
    "footer form frameset h1 h2 h3 h4 h5 h6 header hgroup hr html legend li listing main menu nav noframes ol p pre "
    "search section summary table tbody td tfoot th thead tr ul xmp"
)
HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
PREFORMATTED = frozenset(("pre", "listing", "xmp", "plaintext"))

_NEAR = 100
_LONGEST_TARGET = 2_000
_NO_TARGET = re.compile(r"\s*(?:javascript|data|vbscript|blob):", re.I)
_LINK = frozenset(("a",))
_INTEGER = re.compile(r"[-+\u2212]?\d+")
_NOTE_MARK = re.compile(r"\d{1,3}|[a-z]|[*\u2020\u2021]{1,3}", re.I)
_SIGN_ONLY = re.compile(r"[\s¶#§🔗⚓↩↑^\ufe0e\ufe0f\u200b]*")
_HEADERLINK = re.compile(
    r"(?:^|[\s_-])(?:headerlink|hash-?link|anchor-?js-link|anchorjs\S*|header-anchor|copy-?link)\b"
)


def inside(tag: Tag) -> Iterator[PageElement]:
    """Everything inside `tag` in document order; cheap to stop early, which `Tag.descendants` is not."""
    stack = [iter(tag.contents)]
    while stack:
        node = next(stack[-1], None)
        if node is None:
            stack.pop()
            continue
        yield node
        if isinstance(node, Tag):
            stack.append(iter(node.contents))


def first_text(tag: Tag) -> str:
    """The first piece of text near the beginning of `tag` that is not only whitespace, shown or not."""
    for node in itertools.islice(inside(tag), _NEAR):
        if is_text(node) and (text := str(node)).strip():
            return text
    return ""


def first_tag(tag: Tag, names: frozenset[str]) -> Tag | None:
    """The first element inside `tag` with one of these names."""
    for node in inside(tag):
        if isinstance(node, Tag) and node.name in names:
            return node
    return None


def attr(tag: Tag, name: str) -> str:
    """The attribute's value, or an empty string."""
    return tag.attrs.get(name, "")  # type: ignore[return-value]  # trees are built so that classes are one string too


def is_text(node: PageElement) -> bool:
    """True for text that is shown: comments, doctypes, CDATA and the like are subclasses."""
    return type(node) is NavigableString


def child_tags(tag: Tag) -> list[Tag]:
    """Elements directly inside `tag`."""
    return [child for child in tag.contents if isinstance(child, Tag)]


def ancestors(tag: Tag, names: frozenset[str], most: int = 512) -> Iterator[Tag]:
    """Enclosing elements with one of these names, nearest first."""
    for parent in tag.parents:
        most -= 1
        if most < 0:
            return
        if parent.name in names:
            yield parent


def is_permalink(tag: Tag) -> bool:
    """Whether a link is only the sign beside a heading that people copy the heading's address from."""
    if tag.name != "a":
        return False
    if _HEADERLINK.search(attr(tag, "class")):
        return True
    return attr(tag, "href").startswith("#") and len(text := tag.get_text()) < 4 and bool(_SIGN_ONLY.fullmatch(text))


def is_power(tag: Tag) -> bool:
    """Whether a raised number is an exponent, which means something else when it is written on the line."""
    before = tag.previous_sibling
    if tag.name != "sup" or before is None or not is_text(before) or not str(before)[-1:].isalnum():
        return False
    return (
        len(text := tag.get_text().strip()) < 6
        and _INTEGER.fullmatch(text) is not None
        and first_tag(tag, _LINK) is None
    )


def note_mark(tag: Tag) -> str:
    """`[1]` for a raised link to a note, which would run into the word before it; empty for anything else."""
    if first_tag(tag, _LINK) is None:
        return ""
    text = tag.get_text().strip().strip("[]")
    return f"[{text}]" if _NOTE_MARK.fullmatch(text) else ""


def raw_text(tag: Tag, skip: Skip, *, spaced: bool, links: list[Tag] | None = None) -> str:
    """All shown text inside `tag`; `spaced` puts spaces around blocks and for line breaks, which stay otherwise.

    Links that are met are added to `links`.
    """
    pieces: list[str] = []
    stack: list[Iterator[PageElement] | None] = [iter(tag.contents)]
    while stack:
        top = stack[-1]
        node = next(top, None) if top is not None else None
        if node is None:
            stack.pop()
            if top is None:
                pieces.append(" ")
        elif isinstance(node, Tag):
            if node.name == "br":
                pieces.append(" " if spaced else "\n")
            elif node.name == "img":
                pieces.append(image_text(node) if spaced else "")
            elif node.name == "sup" and is_power(node):
                pieces.append(f"^{node.get_text().strip()}")
            elif node.name == "sup" and (mark := note_mark(node)):
                pieces.append(mark)
            elif not skip(node):
                if spaced and node.name in BLOCKS:
                    pieces.append(" ")
                    stack.append(None)
                elif links is not None and node.name == "a":
                    links.append(node)
                stack.append(iter(node.contents))
        elif is_text(node):
            pieces.append(str(node))
    return "".join(pieces)


def flat_text(tag: Tag, skip: Skip, links: list[Tag] | None = None) -> str:
    """Shown text inside `tag` on one line."""
    return squeeze(raw_text(tag, skip, spaced=True, links=links))


def link_target(tag: Tag, base: str) -> str:
    """Where a link leads: absolute when `base` is an address, else as written; empty when nowhere."""
    href = attr(tag, "href").strip()
    if not href or href == "#" or len(href) > _LONGEST_TARGET or _NO_TARGET.match(href):
        return ""
    if not base:
        return href
    try:
        return urljoin(base, href)
    except ValueError:
        return href


def image_text(tag: Tag) -> str:
    """What stands for a picture: its alternative text, unless that is only a file name."""
    alt = attr(tag, "alt").strip()
    return "" if re.fullmatch(r"\S+\.(?:png|jpe?g|gif|svg|webp)", alt, re.I) else alt


def inner_anchor(tag: Tag) -> str:
    """The first name or id that a link can point at, of `tag` or inside it."""
    own = attr(tag, "id")
    if own:
        return own
    for node in inside(tag):
        if isinstance(node, Tag):
            name = attr(node, "id") or (attr(node, "name") if node.name == "a" else "")
            if name:
                return name
    return ""
