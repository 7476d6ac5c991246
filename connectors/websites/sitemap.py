"""Sitemaps (https://www.sitemaps.org/protocol.html): XML files, indexes of them, packed ones, and plain lists."""

import io
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from lxml import etree

from headwater.errors import FetchError

MOST_BYTES = 64 * 2**20
"""The protocol allows 50 MB, unpacked."""
MOST_FILES = 1_000
DEEPEST = 3
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class Entry:
    """A page, or where `index` is set a further sitemap; `lastmod` is as written."""

    address: str
    lastmod: str = ""
    index: bool = False


class NotASitemapError(FetchError):
    """What answered is a page, as many servers send one for any address."""


def read_sitemap(body: bytes) -> Iterator[Entry]:
    """Addresses as they stand in the file; FetchError when it is broken, NotASitemapError when it is none."""
    content = _unpacked(body).lstrip(b"\xef\xbb\xbf \t\r\n")
    if content[:4].lower() == b"http":
        return _listed(content)
    if not content.startswith(b"<") or content[:15].lower().startswith((b"<!doctype html", b"<html")):
        raise NotASitemapError("it is no sitemap")
    if b"<!ENTITY" in content:
        raise FetchError("it declares entities, which sitemaps have no use for")
    return _elements(content)


def _listed(content: bytes) -> Iterator[Entry]:
    for line in content.decode("utf-8", "replace").splitlines():
        if line.strip():
            yield Entry(line.strip())


def _elements(content: bytes) -> Iterator[Entry]:
    # Entities are not expanded and nothing is loaded: the file is a stranger's.
    events = etree.iterparse(
        io.BytesIO(content), events=("end",), resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        for _, element in events:
            name = _local(element)
            if name not in ("url", "sitemap"):
                continue
            texts = {_local(child): (child.text or "").strip() for child in element}
            element.clear()
            while element.getprevious() is not None:
                del element.getparent()[0]
            if texts.get("loc"):
                yield Entry(texts["loc"], texts.get("lastmod", ""), index=name == "sitemap")
    except etree.XMLSyntaxError as error:
        raise FetchError(f"it is broken XML: {str(error)[:200]}") from error
    root = events.root
    if root is None or _local(root) not in ("urlset", "sitemapindex"):
        raise NotASitemapError("it is no sitemap")


def _local(element: etree._Element) -> str:
    return element.tag.rpartition("}")[2].lower() if isinstance(element.tag, str) else ""


def _unpacked(body: bytes) -> bytes:
    if not body.startswith(_GZIP):
        return body
    unpacking = zlib.decompressobj(31)
    try:
        content = unpacking.decompress(body, MOST_BYTES)
    except zlib.error as error:
        raise FetchError("it cannot be unpacked") from error
    if unpacking.unconsumed_tail:
        raise FetchError(f"it is larger than {MOST_BYTES // 2**20} MB unpacked")
    if not unpacking.eof:
        raise FetchError("it ends half-way")
    return content


@dataclass(frozen=True, slots=True)
class Listed:
    """What the sitemaps say, by key of address: the pages, and when they were edited."""

    pages: Mapping[str, Entry] = field(default_factory=dict)
    edited: Mapping[str, datetime] = field(default_factory=dict)


def edits(pages: Mapping[str, Entry]) -> dict[str, datetime]:
    """When each page was edited, where that can be told.

    A day that more than half of the pages share is the day of a build, not of an edit.
    """
    moments = {page: moment for page, entry in pages.items() if (moment := moment_of(entry.lastmod))}
    days = Counter(moment.date() for moment in moments.values())
    builds = {day for day, count in days.items() if count * 2 > len(moments)}
    return {page: moment for page, moment in moments.items() if moment.date() not in builds}


def moment_of(lastmod: str) -> datetime | None:
    """A W3C date or moment; None for anything else and for what is yet to come."""
    try:
        moment = datetime.fromisoformat(lastmod)
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware if aware <= datetime.now(UTC) else None
