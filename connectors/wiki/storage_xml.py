"""The storage format as a tree: XML, but for the characters that it names as HTML does."""

import re
from collections.abc import Iterator
from html.entities import html5

from lxml import etree

from headwater.errors import FetchError

AC = "http://www.atlassian.com/schema/confluence/4/ac/"
RI = "http://www.atlassian.com/schema/confluence/4/ri/"
AT = "http://www.atlassian.com/schema/confluence/4/at/"
_PREFIXES = {AC: "ac", RI: "ri", AT: "at"}
DEEPEST = 150
_LITERAL, _END = "<![CDATA[", "]]>"
_ENTITY = re.compile(r"&([A-Za-z][A-Za-z0-9]{1,31});")
_BARE = re.compile(r"&(?!#\d+;|#x[0-9A-Fa-f]+;|(?:amp|lt|gt|quot|apos);)")
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_OWN = frozenset(("amp", "lt", "gt", "quot", "apos"))


def tree_of(storage: str) -> etree._Element:
    prepared = "".join(_prepared(storage))
    source = f'<page xmlns:ac="{AC}" xmlns:ri="{RI}" xmlns:at="{AT}">{prepared}</page>'.encode()
    try:
        root = etree.fromstring(source, _parser(recover=False))
    except etree.XMLSyntaxError:
        # Old pages hold what editors of their time let pass, such as names without a namespace.
        root = etree.fromstring(source, _parser(recover=True))
        if root is None or root.tag != "page" or not _is_whole(prepared, root):
            raise FetchError("the page's body is not in the storage format") from None
    if any(depth > DEEPEST for depth in _depths(root)):
        raise FetchError("the page's body is nested too deeply")
    return root


def _is_whole(prepared: str, root: etree._Element) -> bool:
    """Whether recovery left out no more than the little that was wrong."""
    expected = len(re.sub(r"<[^<>]*>|\s", "", prepared))
    return len("".join("".join(root.itertext()).split())) >= 0.9 * expected


def _prepared(storage: str) -> Iterator[str]:
    """Well-formed where its only fault is to name the characters of HTML by their names, as it may."""
    for text, literal in parts(storage):
        yield _NO_XML.sub("", text) if literal else _markup(text)


def parts(storage: str) -> Iterator[tuple[str, bool]]:
    """The text in pieces, and of each whether it is to be taken literally."""
    at = 0
    while (start := storage.find(_LITERAL, at)) >= 0 and (end := storage.find(_END, start)) >= 0:
        yield storage[at:start], False
        at = end + len(_END)
        yield storage[start:at], True
    yield storage[at:], False


def _markup(text: str) -> str:
    if re.search(r"<!(?:DOCTYPE|ENTITY)", text, re.I):
        raise FetchError("the page's body declares a document type or entities, which no page does")
    named = _ENTITY.sub(lambda found: found[0] if found[1] in _OWN else html5.get(f"{found[1]};", found[0]), text)
    return _NO_XML.sub("", _BARE.sub("&amp;", named))


def _parser(*, recover: bool) -> etree.XMLParser:
    return etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=recover,
        remove_comments=True, remove_pis=True,
    )  # fmt: skip


def _depths(root: etree._Element) -> Iterator[int]:
    depth = 0
    for event, _ in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        yield depth


def name_of(element: etree._Element) -> tuple[str, str]:
    """Namespace (ac, ri, at, none, or another) and local name, as declared or only written."""
    namespace, local = _split(str(element.tag))
    if namespace:
        return _PREFIXES.get(namespace, "other"), local
    prefix, _, local = local.rpartition(":")
    return prefix, local


def _split(name: str) -> tuple[str, str]:
    namespace, brace, local = name.removeprefix("{").partition("}")
    return (namespace, local) if brace else ("", name)


def attribute_of(element: etree._Element, name: str) -> str | None:
    for key, value in element.attrib.items():
        if _split(str(key))[1].rpartition(":")[2] == name:
            return str(value)
    return None


def child_of(element: etree._Element, name: str) -> etree._Element | None:
    return next((one for one in element if isinstance(one.tag, str) and name_of(one) == ("ac", name)), None)


def parameter_of(macro: etree._Element, name: str) -> str:
    for one in macro:
        is_one = isinstance(one.tag, str) and name_of(one) == ("ac", "parameter")
        if is_one and (attribute_of(one, "name") or "") == name:
            return " ".join("".join(one.itertext()).split())
    return ""


def body_of(macro: etree._Element) -> str:
    found = child_of(macro, "plain-text-body")
    return "".join(found.itertext()) if found is not None else ""


def words(text: str) -> frozenset[str]:
    """The words of a text that names many."""
    return frozenset(text.split())
