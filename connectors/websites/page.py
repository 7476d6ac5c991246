"""What a page says about itself to those who follow links: address, robots, where it leads."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree, html

from connectors.http.answer import Answer
from connectors.media import MEDIA_TYPES, suffix_of
from connectors.websites.addresses import address, path_of
from connectors.websites.robots import AGENT

READABLE = frozenset((*MEDIA_TYPES.values(), "application/xhtml+xml"))
_HTML = frozenset(("text/html", "application/xhtml+xml"))
_VAGUE = frozenset(("", "text/plain", "application/octet-stream", "binary/octet-stream"))
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]{1,40})", re.I)
_REFRESH = re.compile(r"\s*([\d.]+)\s*[;,]\s*(?:url\s*=\s*)?[\"']?([^\"'\s]+)", re.I)
_MOST_LINKS = 5_000


@dataclass(frozen=True, slots=True)
class Page:
    """`media_type` is "" for what no parser reads; addresses are absolute, `leads_to` is where it sends everybody.

    `doubtful`: what answered is of no stated kind, or JSON, as services in trouble answer for any page.
    """

    media_type: str
    canonical: str = ""
    leads_to: str = ""
    noindex: bool = False
    missing: bool = False
    asks_password: bool = False
    doubtful: bool = False
    links: tuple[str, ...] = ()


def read_page(answer: Answer, *, links: bool = True) -> Page:
    """Never raises: what cannot be understood says nothing. Its links cost the most, and are read only if asked for."""
    media_type = media_type_of(answer)
    noindex, nofollow = _directives(_for_us(answer.headers.get("x-robots-tag", "")))
    canonical = _header_canonical(answer)
    if media_type.partition(";")[0] not in _HTML:
        stated = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
        doubtful = not media_type and (not stated or stated.endswith("json"))
        return Page(media_type, canonical, noindex=noindex, doubtful=doubtful)
    tree = _tree(answer.body, media_type)
    if tree is None:
        return Page(media_type, canonical, noindex=noindex)
    base = next((found for tag in tree.iter("base") if (found := address(tag.get("href") or "", answer.url))), "")
    named = _named(tree)
    for name in ("robots", AGENT):
        no_index, no_follow = _directives(named.get(name, ""))
        noindex, nofollow = noindex or no_index, nofollow or no_follow
    return Page(
        media_type,
        canonical or _canonical(tree, base or answer.url),
        _leads_to(named, base or answer.url),
        noindex=noindex,
        missing=named.get("prerender-status-code", "").strip() in ("404", "410"),
        asks_password=any((tag.get("type") or "").lower() == "password" for tag in tree.iter("input")),
        links=() if nofollow or not links else tuple(dict.fromkeys(_links(tree, base or answer.url))),
    )


def media_type_of(answer: Answer) -> str:
    """By the header with its charset, by the name where the header is vague; "" for what no parser reads."""
    header = answer.headers.get("content-type", "")
    stated = header.partition(";")[0].strip().lower()
    by_name = MEDIA_TYPES.get(suffix_of(path_of(answer.url).rpartition("/")[2]), "")
    found = (by_name or stated) if stated in _VAGUE else stated
    if found not in READABLE:
        return ""
    charset = _CHARSET.search(header)
    return (
        f"{found};charset={charset[1].lower()}" if charset and found.startswith(("text/", "application/xh")) else found
    )


def _tree(body: bytes, media_type: str) -> html.HtmlElement | None:
    charset = _CHARSET.search(media_type)
    try:
        parser = html.HTMLParser(encoding=charset[1] if charset else None, no_network=True)
    except LookupError:
        parser = html.HTMLParser(no_network=True)
    try:
        return html.document_fromstring(body, parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return None


def _named(tree: html.HtmlElement) -> dict[str, str]:
    named: dict[str, str] = {}
    for tag in tree.iter("meta"):
        for kind in ("name", "http-equiv"):
            name = (tag.get(kind) or "").strip().lower()
            if name:
                named[name] = (
                    f"{named[name]}, {tag.get('content') or ''}" if name in named else tag.get("content") or ""
                )
    return named


def _for_us(header: str) -> str:
    """The directives of X-Robots-Tag without those that are for another crawler."""
    kept, ours = [], True
    for part in header.split(","):
        agent, colon, rest = part.partition(":")
        if colon and "unavailable" not in agent.lower():
            ours = agent.strip().lower() == AGENT
            part = rest
        if ours:
            kept.append(part)
    return ",".join(kept)


def _directives(text: str) -> tuple[bool, bool]:
    words = {word.strip().lower() for word in text.split(",")}
    return bool(words & {"noindex", "none"}), bool(words & {"nofollow", "none"})


def _header_canonical(answer: Answer) -> str:
    for part in answer.headers.get("link", "").split(","):
        target, _, parameters = part.partition(";")
        if re.search(r"rel\s*=\s*\"?canonical\b", parameters, re.I):
            return address(target.strip().strip("<>"), answer.url)
    return ""


def _canonical(tree: html.HtmlElement, base: str) -> str:
    for tag in tree.iter("link"):
        if "canonical" in (tag.get("rel") or "").lower().split():
            return address(tag.get("href") or "", base)
    return ""


def _leads_to(named: dict[str, str], base: str) -> str:
    """The target of a refresh without delay: such a page is a redirect that a static site can make."""
    found = _REFRESH.match(named.get("refresh", ""))
    return address(found[2], base) if found and found[1].replace(".", "").strip("0") == "" else ""


def _links(tree: html.HtmlElement, base: str) -> Iterator[str]:
    count = 0
    for tag in tree.iter("a", "area"):
        target = tag.get("href")
        if not target or "nofollow" in (tag.get("rel") or "").lower().split():
            continue
        count += 1
        if count > _MOST_LINKS:
            return
        if found := address(target, base):
            yield found
