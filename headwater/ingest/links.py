"""The addresses in a document that stay within its source."""

import posixpath
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

from headwater.model import Document

MOST, LONGEST = 500, 1_000


def internal_links(document: Document) -> tuple[str, ...]:
    """Without fragments and queries, each once: ids where documents are files of one tree, else addresses.

    Those with another host, those within the page, and what no address can be made of are left out.
    """
    raw = document.raw
    found: dict[str, None] = {}
    for block in document.blocks:
        for _, target in block.links:
            resolved = _of_tree(target, raw.id) if is_of_tree(raw.id, raw.uri) else ""
            resolved = resolved or _of_site(target, raw.uri)
            if resolved and len(resolved) <= LONGEST and resolved != raw.id:
                found[resolved] = None
            if len(found) >= MOST:
                return tuple(found)
    return tuple(found)


def is_of_tree(id: str, uri: str) -> bool:
    """Whether ids are paths below one place, as its address shows."""
    return "://" not in id and unquote(urlsplit(uri).path).endswith("/" + id)


def _of_tree(target: str, id: str) -> str:
    """The id that a relative address means, "" for others."""
    parts = _split(target)
    if parts is None or parts[0] or parts[1] or not parts[2]:
        return ""
    path = unquote(parts[2])
    start = "" if path.startswith("/") else posixpath.dirname(id)
    joined = posixpath.normpath(posixpath.join(start, path.lstrip("/")))
    return "" if joined.startswith("..") or joined == "." else joined


def _of_site(target: str, uri: str) -> str:
    """The address on the same host, "" for others."""
    try:
        joined = urldefrag(urljoin(uri, target.strip())).url
        parts, own = urlsplit(joined), urlsplit(uri)
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or parts.netloc.lower() != own.netloc.lower():
        return ""
    plain = parts._replace(query="").geturl()
    return "" if plain == urldefrag(uri).url else plain


def _split(target: str) -> tuple[str, str, str] | None:
    try:
        parts = urlsplit(target.strip())
    except ValueError:
        return None
    return parts.scheme, parts.netloc, parts.path
