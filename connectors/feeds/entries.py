"""Entries of RSS, Atom and JSON feeds, in one form."""

import html
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from connectors.websites.addresses import address
from headwater.errors import FetchError
from headwater.model import digest

MOST_ENTRIES = 10_000
_URI = re.compile(r"[a-z][a-z0-9+.-]{1,30}:\S+", re.I)
_VERSION = re.compile(
    r"(?<![\w.-])v?(\d{1,6}(?:\.\d{1,6}){1,3}(?:[-.]?(?:alpha|beta|rc|a|b|pre|preview|dev)[-.]?\d*)?)(?![\w-]|\.\d)",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Entry:
    """`content` is HTML, or plain text where `plain`; `link` is "" where the entry has none that can be asked."""

    id: str
    title: str
    content: str
    link: str = ""
    plain: bool = False
    published: datetime | None = None
    updated: datetime | None = None
    tags: tuple[str, ...] = ()
    language: str = ""

    @property
    def version(self) -> str:
        """The version that the title names, "" unless it is one."""
        found = set(_VERSION.findall(self.title))
        return found.pop() if len(found) == 1 else ""

    @property
    def digest(self) -> str:
        """Changes with anything that reaches a document."""
        return digest(repr((self.title, self.content, self.link, self.plain, self.published, self.updated, self.tags,
                            self.language)))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Feed:
    """One document of a feed; `next` is the page or archive with older entries, `complete` that it holds them all."""

    entries: tuple[Entry, ...]
    next: str = ""
    complete: bool = False


def entry_id(stated: str, link: str, title: str, published: str, feed: str) -> str:
    """Ids that are addresses or other URIs are kept; "17" is unique in its own feed only."""
    name = " ".join((stated or link or digest(title, published)[:24]).split())[:1_000]
    return name if _URI.fullmatch(name) else f"{feed}#{name}"


def read_json_feed(body: bytes, url: str) -> Feed:
    """https://www.jsonfeed.org/version/1.1/; FetchError for what is none."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise FetchError("it is broken JSON") from error
    if not isinstance(found, dict) or "jsonfeed.org" not in str(found.get("version")):
        raise FetchError("it is no JSON feed")
    items = found.get("items")
    entries = (
        [_of_item(item, found, url) for item in items if isinstance(item, dict)] if isinstance(items, list) else []
    )
    return Feed(tuple(entries[:MOST_ENTRIES]), address(_text(found.get("next_url")), url))


def _of_item(item: Mapping[str, Any], feed: Mapping[str, Any], url: str) -> Entry:
    title, published = _text(item.get("title")), _text(item.get("date_published"))
    link = address(_text(item.get("url")) or _text(item.get("external_url")), url)
    markup = _text(item.get("content_html"))
    return Entry(
        id=entry_id(_text(item.get("id")), link, title, published, url),
        title=" ".join(title.split()),
        content=markup or _text(item.get("content_text")) or _text(item.get("summary")),
        link=link,
        plain=not markup,
        published=_moment(published),
        updated=_moment(_text(item.get("date_modified"))),
        tags=_texts(item.get("tags")),
        language=_text(item.get("language")) or _text(feed.get("language")),
    )


def _text(value: object) -> str:
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _texts(value: object) -> tuple[str, ...]:
    return unique(_text(word) for word in value) if isinstance(value, list) else ()


def unique(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word for text in words if (word := " ".join(text.split())[:200])))


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def as_page(entry: Entry) -> bytes:
    """The entry as a page of HTML; one without a text says at least its title."""
    content = entry.content if entry.content.strip() else entry.title
    if entry.plain or not entry.content.strip():
        content = "".join(f"<p>{html.escape(part)}</p>" for part in re.split(r"\n\s*\n", content) if part.strip())
    return f'<!doctype html><html><head><meta charset="utf-8"></head><body>{content}</body></html>'.encode(
        "utf-8", "replace"
    )
