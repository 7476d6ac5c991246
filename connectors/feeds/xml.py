"""RSS and Atom by feedparser, which also sanitises what entries carry; nothing is loaded from elsewhere."""

import io
import re
import time
from datetime import UTC, datetime
from typing import Any

import feedparser

from connectors.feeds.entries import MOST_ENTRIES, Entry, Feed, entry_id, unique
from connectors.http.answer import Answer
from connectors.websites.addresses import address
from headwater.errors import FetchError, TransientSourceError

_CLOSED = re.compile(rb"</(?:\w+:)?(?:rss|feed|rdf)\s*>\s*(?:<!--.*?-->\s*)*\Z", re.I | re.S)
_NESTED_ENTITY = re.compile(rb"<!ENTITY[^>]*(?:&(?!#)|%|\bSYSTEM\b|\bPUBLIC\b)", re.I)
_COMPLETE = re.compile(rb"<(?:\w+:)?complete\b[^<>]*>")
_ENTRY = re.compile(rb"<(?:\w+:)?(?:item|entry)\b")
_HISTORY = b"http://purl.org/syndication/history/1.0"


def read_xml_feed(answer: Answer) -> Feed:
    """RSS 0.9 to 2.0 and Atom (RFC 4287), with paging and archives (RFC 5005).

    FetchError for what is no feed, TransientSourceError for one that ends half-way.
    """
    body = answer.body
    if _NESTED_ENTITY.search(body):
        raise FetchError("it declares entities that lead elsewhere or into one another")
    headers = {"content-type": answer.headers.get("content-type", "application/xml"), "content-location": answer.url}
    found = feedparser.parse(io.BytesIO(body), response_headers=headers)
    if not found.get("version"):
        raise FetchError("it is no feed")
    if found.get("bozo") and not _CLOSED.search(body.rstrip(b"\0")):
        raise TransientSourceError("it ends half-way")
    links = {link.get("rel"): link.get("href", "") for link in reversed(found.feed.get("links", []))}
    head = _ENTRY.split(body, maxsplit=1)[0]
    return Feed(
        tuple(_entry(entry, found.feed, answer.url) for entry in found.entries[:MOST_ENTRIES]),
        address(links.get("prev-archive") or links.get("next") or "", answer.url),
        complete=_HISTORY in head and bool(_COMPLETE.search(head)),
    )


def _entry(entry: Any, feed: Any, url: str) -> Entry:
    title = " ".join(_plain(str(entry.get("title", ""))).split())
    link = address(str(entry.get("link", "")), url)
    # An empty reference is made one to the feed itself.
    link = "" if link == address(url) else link
    content, plain = _content(entry)
    published = entry.get("published_parsed")
    stated = str(entry.get("id", ""))
    return Entry(
        id=entry_id(stated, link, title, str(entry.get("published", "")), url),
        title=title,
        content=content,
        link=link,
        plain=plain,
        published=_moment(published),
        updated=_moment(entry.get("updated_parsed")) if "updated_parsed" in entry else None,
        tags=unique(str(tag.get("label") or tag.get("term") or "") for tag in entry.get("tags", [])),
        language=str(feed.get("language", "")),
    )


def _content(entry: Any) -> tuple[str, bool]:
    """The fullest text of the entry, HTML before plain, and whether it is plain."""
    parts = [part for part in entry.get("content", []) if part.get("value")]
    if not parts and entry.get("summary"):
        parts = [entry.get("summary_detail") or {"value": entry["summary"], "type": "text/html"}]
    ranked = sorted(parts, key=lambda part: (part.get("type") != "text/plain", len(part["value"])))
    return (str(ranked[-1]["value"]), ranked[-1].get("type") == "text/plain") if ranked else ("", False)


def _plain(title: str) -> str:
    return re.sub(r"<[^<>]{1,200}>", "", title) if "<" in title else title


def _moment(parsed: time.struct_time | None) -> datetime | None:
    try:
        return datetime(*parsed[:6], tzinfo=UTC) if parsed else None
    except ValueError:
        return None
