"""Articles of a Zendesk help center, with their readers.

Articles: https://developer.zendesk.com/api-reference/help_center/help-center-api/articles/, user segments:
https://developer.zendesk.com/api-reference/help_center/help-center-api/user_segments/, changes since a time:
https://developer.zendesk.com/documentation/help_center/help-center-api/understanding-incremental-article-exports/,
pages by cursor: https://developer.zendesk.com/api-reference/introduction/pagination/

A document's id is `LOCALE/ID`. Drafts are never read, and an article that becomes one is gone. Between complete
listings, one every `full_every`, a run asks only for what changed since the one before. An article without a user
segment is open to everyone whom `default_access` names; one with segments to those that `segments` maps them to.
"""

import json
import time
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar
from urllib.parse import urlsplit

from pydantic import Field

from connectors.about import About
from connectors.helpcenter.api import Article, HelpCenter, locale_of
from connectors.http.client import HttpSettings
from connectors.http.reach import Reach
from connectors.policy import SourcePolicy, policy_of
from connectors.readers import Mapped, Readers, mapped, readers_table
from connectors.websites.documents import WebRead, listed_access, web_document
from connectors.websites.recent import Recent
from headwater.errors import ConfigError, FetchError, GoneError
from headwater.interfaces import Scanned
from headwater.model import HELP, PUBLIC, Checkpoint, Complete, Gone, MetaValue, NotModified, RawDocument, Ref, digest
from headwater.settings import Secret, SourceSettings
from headwater.settings.schema import DurationText, MaybeSecret, Plain, Table, Texts

_OVERLAP_SECONDS = 60
_FIELDS = (
    "title", "body", "html_url", "section_id", "label_names", "updated_at", "edited_at", "created_at", "source_locale",
    "outdated",
)  # fmt: skip

_articles: Recent[Article] = Recent(32 * 2**20)


class ZendeskOptions(Table):
    url: Plain = Field(pattern=r"^https?://[^/@]+/?$", description='such as url = "https://example.zendesk.com"')
    email: MaybeSecret = Field(default="", description='of an agent or admin, such as email = "docs@example.com"')
    token: MaybeSecret = Field(default="", description='an API token, such as token = "${ZENDESK_TOKEN}"')
    locales: Texts = Field(default=(), description='such as ["en-us", "de"]; without it, the default locale')
    segments: dict[str, Texts] = Field(
        default={},
        description="user segments, by id, name or built-in kind, and the readers they stand for, such as "
        '{ signed_in_users = "group:customers", staff = "group:agents", "Partners" = "group:partners" }',
    )
    full_every: DurationText | None = Field(default=None, description='time between complete listings, such as "24h"')
    allow_private_addresses: bool = Field(default=False, description="for a server within a private network")


@dataclass(frozen=True, slots=True, kw_only=True)
class ZendeskConnector:
    """A document's id is `LOCALE/ID`."""

    Options: ClassVar[type[ZendeskOptions]] = ZendeskOptions
    reads_permissions: ClassVar[bool] = True
    about: ClassVar[About] = About(
        reads="Articles of a Zendesk help center",
        permissions="user segments, which `segments` maps to readers; an article of unmapped ones is read by nobody",
        changes="by the listing, which holds the articles; between complete listings one request for what changed",
        removals="an article that was deleted or became a draft",
    )

    name: str
    url: str
    settings: HttpSettings
    policy: SourcePolicy
    readers: Readers = field(default_factory=Readers)
    locales: tuple[str, ...] = ()
    full_every: float = 24 * 3600.0

    @classmethod
    def configured(
        cls, source: SourceSettings, options: ZendeskOptions, groups: frozenset[str] | None
    ) -> "ZendeskConnector":
        url, place = options.url.rstrip("/"), source.place or source.name
        user = Secret(f"{options.email}/token", f"{place} email")
        settings = HttpSettings(
            reach=Reach(frozenset({urlsplit(url).hostname or ""}), options.allow_private_addresses),
            origin=url,
            basic=(user, Secret(options.token, f"{place} token")) if options.token else None,
            setting="email and token",
        )
        every = options.full_every
        if every and every.approximate > source.max_access_age.approximate:
            raise ConfigError(
                f"{place}: full_every ({every}) is longer than max_access_age ({source.max_access_age}), "
                "and only a complete listing verifies the readers of articles that did not change",
                advice="Shorten full_every, or lengthen max_access_age.",
            )
        return cls(
            name=source.name,
            url=url,
            settings=settings,
            policy=policy_of(source, groups),
            readers=readers_table(options.segments, groups, place=place, setting="segments"),
            locales=tuple(locale.lower() for locale in options.locales),
            full_every=every.approximate.total_seconds() if every else 24 * 3600.0,
        )

    def scan(self, resume: bytes | None = None) -> Iterator[Scanned]:
        """Everything, ending in Complete, or what changed since the listing that left the token `resume`."""
        began, token, locales = time.time(), _read_token(resume, self._mark), self._locales()
        self._center.forget(locales)
        # What an earlier listing left is older than this one, which may not name it any more.
        _articles.drop(self._keeps)
        if token is not None and began - token["full"] < self.full_every:
            changes = self._center.changes(int(token["since"]) - _OVERLAP_SECONDS)
            if changes is not None:
                for article in changes:
                    if locale_of(article) in locales:
                        yield Gone(_id(article)) if article["draft"] else self._listed(article)
                yield Checkpoint(_token(self._mark, since=began, full=token["full"]))
                return
        done = _read_place(resume, self._mark)
        began = done.began or began
        for locale in locales[locales.index(done.locale) if done.locale in locales else 0 :]:
            for articles, following in self._center.articles(locale, done.next if locale == done.locale else ""):
                yield from (self._listed(article) for article in articles if not article["draft"])
                if following:
                    yield Checkpoint(_place(self._mark, _Place(began, locale, following)))
        yield Checkpoint(_token(self._mark, since=began, full=began))
        yield Complete()

    def fetch(self, id: str, known: str | None = None) -> RawDocument | NotModified:
        locale, _, number = id.partition("/")
        if not locale or not number.isdigit() or len(number) > 20:
            raise FetchError(f"{id[:200]!r} names no article")
        article = _articles.take((self, id)) or self._center.article(locale, number)
        if article["draft"] or locale_of(article) != locale:
            raise GoneError(f"{id} is a draft or has no translation into {locale}")
        version = self._version(article)
        return NotModified(version) if version == known else self._document(id, version, article)

    def _listed(self, article: Article) -> Ref:
        _articles.put((self, _id(article)), article, len(article.get("body") or "") + 1_000)
        access = listed_access(self.policy, self._mapped(article).access)
        return Ref(_id(article), self._version(article), access, self._content_version(article))

    def _document(self, id: str, version: str, article: Mapping[str, Any]) -> RawDocument:
        readers = self._mapped(article)
        stated: dict[str, MetaValue] = {"language": article["locale"]}
        if labels := tuple(str(label) for label in article.get("label_names") or ()):
            stated["tags"] = tuple(dict.fromkeys((*self.policy.tags, *labels)))
        if article.get("created_at"):
            stated["created"] = str(article["created_at"])
        original = str(article.get("source_locale") or article["locale"]).lower()
        if original != locale_of(article):
            stated["translation_of"] = f"{original}/{article['id']}"
        read = WebRead(
            id=id,
            version=version,
            uri=str(article.get("html_url") or ""),
            path=f"{self._center.place(locale_of(article), article.get('section_id') or 0)}/{article['id']}",
            media_type="text/html",
            content=f"<article>{article.get('body') or ''}</article>".encode(),
            title=str(article.get("title") or ""),
            kind=HELP,
            updated_at=_moment(article.get("edited_at") or article.get("updated_at")),
            stated=stated,
            readers=readers.access,
            readers_from="its user segments",
            unmapped=readers.unmapped,
            content_version=self._content_version(article),
        )
        return web_document(self.name, read, self.policy)

    def _mapped(self, article: Mapping[str, Any]) -> Mapped:
        ids = {article.get("user_segment_id"), *(article.get("user_segment_ids") or ())} - {None}
        if not ids:
            return Mapped(PUBLIC)
        named = []
        for id in sorted(ids):
            segment = self._center.segment(id)
            kind = str(segment.get("user_type") or "") if segment.get("built_in") else ""
            named.append((str(id), str(segment.get("name") or ""), kind))
        return mapped(self.readers, named, "user segment", "segments")

    def _keeps(self, key: Hashable) -> bool:
        return isinstance(key, tuple) and key[0] == self

    @property
    def _center(self) -> HelpCenter:
        return HelpCenter(self.url, self.settings)

    def _locales(self) -> tuple[str, ...]:
        return self.locales or (self._center.default_locale(),)

    def _version(self, article: Mapping[str, Any]) -> str:
        access = self._mapped(article).access
        return digest(self._content_version(article), repr((sorted(access.allow), sorted(access.deny))))

    def _content_version(self, article: Mapping[str, Any]) -> str:
        """Of everything that a document carries, what is said of its readers too, but who they are."""
        stated = [article.get(name) for name in _FIELDS]
        return digest(json.dumps([stated, self._mapped(article).unmapped]), self.policy.digest)

    @property
    def _mark(self) -> str:
        """Changes with settings that decide what any article comes out as, so that all of them are listed again."""
        return digest(repr((self.url, self.locales, self.readers)), self.policy.digest)


def _id(article: Mapping[str, Any]) -> str:
    return f"{locale_of(article)}/{article['id']}"


def _moment(stated: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(stated)) if stated else None
    except ValueError:
        return None
    return found if found and found.tzinfo else None


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a listing that `began` then was interrupted: `next` is the address of the next page of this locale."""

    began: float = 0.0
    locale: str = ""
    next: str = ""


def _place(mark: str, place: _Place) -> bytes:
    return json.dumps({"mark": mark, "began": place.began, "locale": place.locale, "next": place.next}).encode()


def _read_place(resume: bytes | None, mark: str) -> _Place:
    """The beginning, where there is none, or one of other settings."""
    try:
        found = json.loads(resume or b"null")
        return (
            _Place(float(found["began"]), str(found["locale"]), str(found["next"]))
            if found["mark"] == mark
            else _Place()
        )
    except (ValueError, KeyError, TypeError):
        return _Place()


def _token(mark: str, *, since: float, full: float) -> bytes:
    return json.dumps({"mark": mark, "since": since, "full": full}).encode()


def _read_token(resume: bytes | None, mark: str) -> dict[str, float] | None:
    """None where there is none, or one of other settings."""
    try:
        found = json.loads(resume or b"null")
        return found if found and found["mark"] == mark and found["since"] and found["full"] else None
    except (ValueError, KeyError, TypeError):
        return None
