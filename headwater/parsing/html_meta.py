"""What a page's head says about it: title, author, dates, language, address, keywords."""

import json
import re
from collections.abc import Iterator
from datetime import datetime
from email.utils import parsedate_to_datetime

from headwater.metadata.origins import ORIGINS, Level, origin, rank, written
from headwater.model import MetaValue
from headwater.parsing.blocks import squeeze
from headwater.parsing.encoding import visible
from headwater.parsing.html_chrome import Chrome
from headwater.parsing.html_page import Page
from headwater.parsing.html_tree import attr, flat_text

_NAMES = {
    "description": ("description", "og:description", "dcterms.description", "dc.description", "twitter:description"),
    "author": ("author", "article:author", "dcterms.creator", "dc.creator", "citation_author"),
    "created": ("article:published_time", "dcterms.created", "dcterms.issued", "dc.date", "date", "datepublished"),
    "updated": (
        "article:modified_time", "og:updated_time", "last-modified", "dcterms.modified", "dc.date.modified",
        "datemodified", "revised", "last_updated",
    ),
    "language": ("language", "content-language", "dc.language", "dcterms.language", "og:locale"),
    "product": ("product", "product-name", "product_name"),
    "version": ("docsearch:version", "product-version", "product_version", "version", "doc-version"),
    "audience": ("audience", "dcterms.audience", "dc.audience"),
    "owner": ("owner", "page-owner", "doc-owner", "content-owner"),
    "last_reviewed_on": ("last-reviewed", "last_reviewed_on", "last-reviewed-on", "reviewed"),
    "review_by": ("review-by", "review_by", "next-review"),
}  # fmt: skip
_DATES = ("created", "updated", "last_reviewed_on", "review_by")
_SOCIAL = ("og:", "article:", "twitter:")
_ANY_VERSION = ("current", "default")
"""What site generators call the version of pages that have none."""
_KEYWORDS = ("keywords", "news_keywords", "article:tag", "dc.subject")
_LD_KEYS = {
    "created": "datePublished",
    "updated": "dateModified",
    "language": "inLanguage",
    "description": "description",
    "version": "softwareVersion",
}
_FORMATS = ("%Y/%m/%d", "%d.%m.%Y", "%B %d, %Y", "%b %d, %Y", "%d %B %Y", "%d %b %Y", "%Y%m%d", "%Y-%m")
_MOST_LD = 1_000_000


def page_meta(page: Page, chrome: Chrome) -> dict[str, MetaValue]:
    """What the head says, under the names of the schema, with where each value is from.

    Named elements go before JSON-LD, and that before what is meant for social networks. `alternates` are the page's
    other languages, `de https://...`.
    """
    named = _named(page)
    linked = _linked_data(page)
    found: dict[str, MetaValue] = {}
    origins: dict[str, str] = {}
    for key, names in _NAMES.items():
        for name, value in _candidates(key, names, named, linked):
            read = iso_date(value) if key in _DATES else value
            if read and not (key == "version" and read.lower() in _ANY_VERSION):
                found[key], origins[key] = read, name
                break
    found["title"] = _title(page, chrome, named)
    html = next(iter(page.all("html")), page.soup)
    own = attr(html, "lang") or attr(html, "xml:lang")
    if own:
        origins["language"] = origin(Level.META_TAG, "html lang")
    found["language"] = (own or str(found.get("language", ""))).replace("_", "-").split(",")[0].strip()
    found["canonical"] = _canonical(page) or named.get("og:url", [""])[0]
    found["tags"] = _tags(named)
    found["alternates"] = _alternates(page)
    if "audience" in found:
        found["audience"] = tuple(word for part in str(found["audience"]).split(",") if (word := squeeze(part)))
    known = {key: _clean(value) for key, value in found.items() if value}
    stated = written({key: where for key, where in origins.items() if key in known})
    return {**known, ORIGINS: stated} if stated else known


def _candidates(
    key: str, names: tuple[str, ...], named: dict[str, list[str]], linked: dict[str, str]
) -> list[tuple[str, str]]:
    """Origin and value of every statement, those that count most first."""
    found = [
        (origin(Level.OPEN_GRAPH if name.startswith(_SOCIAL) else Level.META_TAG, name), named[name][0])
        for name in names
        if name in named
    ]
    if linked.get(key):
        found.append((origin(Level.JSON_LD, _LD_KEYS.get(key, key)), linked[key]))
    return sorted(found, key=lambda statement: rank(statement[0]))


def iso_date(text: str) -> str:
    """The date or moment as ISO 8601; an empty string for what is neither."""
    text = squeeze(text)
    if not text or len(text) > 60:
        return ""
    moment = _date(text)
    if moment is None:
        return ""
    return moment.date().isoformat() if len(text) <= 18 and ":" not in text else moment.isoformat()


def _date(text: str) -> datetime | None:
    for reads in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            return reads(text)
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
    for layout in _FORMATS:
        try:
            return datetime.strptime(text, layout)
        except ValueError:
            continue
    return None


def _clean(value: MetaValue) -> MetaValue:
    return squeeze(visible(value)) if isinstance(value, str) else value


def _named(page: Page) -> dict[str, list[str]]:
    """Contents of meta elements by lower-case name, property, itemprop or http-equiv."""
    named: dict[str, list[str]] = {}
    for tag in page.all("meta"):
        content = attr(tag, "content").strip()
        for kind in ("name", "property", "itemprop", "http-equiv"):
            key = attr(tag, kind).strip().lower()
            if key and content:
                named.setdefault(key.replace("dc:", "dc.").replace("dcterms:", "dcterms."), []).append(content)
    for tag in page.all("time")[:50]:
        key, moment = attr(tag, "itemprop").strip().lower(), attr(tag, "datetime").strip()
        if key in ("datepublished", "datemodified") and moment:
            named.setdefault(key, []).append(moment)
    return named


def _title(page: Page, chrome: Chrome, named: dict[str, list[str]]) -> str:
    """The page's own title: `<title>`, without the site's name where the only h1 shows what that is."""
    title = next((squeeze(tag.get_text()) for tag in page.all("title") if tag.find_parent("svg") is None), "")
    tops = [text for tag in page.all("h1")[:5] if (text := flat_text(tag, chrome.skip))]
    if title and len(tops) == 1 and tops[0].lower() in title.lower():
        return tops[0]
    return title or named.get("og:title", [""])[0] or (tops[0] if tops else "")


def _canonical(page: Page) -> str:
    for link in page.all("link")[:200]:
        if "canonical" in attr(link, "rel").lower().split():
            return attr(link, "href").strip()
    return ""


def _alternates(page: Page) -> tuple[str, ...]:
    links = [link for link in page.all("link")[:500] if "alternate" in attr(link, "rel").lower().split()]
    pairs = [(attr(link, "hreflang").strip().lower(), attr(link, "href").strip()) for link in links]
    return tuple(f"{language} {address}" for language, address in pairs if language and address)[:100]


def _tags(named: dict[str, list[str]]) -> tuple[str, ...]:
    words = [
        squeeze(visible(word))
        for name in _KEYWORDS
        for content in named.get(name, ())
        for word in re.split(r"[,;]", content)
    ]
    return tuple(dict.fromkeys(word for word in words if word))


def _linked_data(page: Page) -> dict[str, str]:
    """Dates, author and language from JSON-LD."""
    found: dict[str, str] = {}
    scripts = [tag for tag in page.all("script") if "ld+json" in attr(tag, "type").lower()]
    for script in scripts[:20]:
        try:
            data = json.loads((script.string or "")[:_MOST_LD])
        except (ValueError, RecursionError):
            continue
        for thing in _things(data):
            for key, name in _LD_KEYS.items():
                if isinstance(value := thing.get(name), str):
                    found.setdefault(key, value)
            author = _author(thing.get("author"))
            if author:
                found.setdefault("author", author)
    return found


def _things(data: object) -> Iterator[dict[str, object]]:
    """The described things, those of an `@graph` included."""
    items = data if isinstance(data, list) else [data]
    for item in items[:100]:
        if isinstance(item, dict):
            yield item
            graph = item.get("@graph")
            yield from (thing for thing in (graph if isinstance(graph, list) else [])[:100] if isinstance(thing, dict))


def _author(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(name for name in map(_author, value[:10]) if name)
    if isinstance(value, dict):
        value = value.get("name")
    return value if isinstance(value, str) else ""
