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
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar
from urllib.parse import urlsplit

from connectors.about import About
from connectors.helpcenter.api import Article, HelpCenter, locale_of
from connectors.helpcenter.articles import fields_of, id_of, web_read
from connectors.helpcenter.options import ZendeskOptions
from connectors.helpcenter.progress import Place, changes_token, changes_token_of, place_of, place_token
from connectors.http.client import HttpSettings
from connectors.http.reach import Reach
from connectors.policy import SourcePolicy, policy_of
from connectors.readers import Mapped, Readers, mapped, readers_table
from connectors.websites.documents import listed_access, web_document
from connectors.websites.recent import Recent
from headwater.errors import ConfigError, FetchError, GoneError
from headwater.interfaces import Scanned
from headwater.model import PUBLIC, Checkpoint, Complete, Gone, NotModified, RawDocument, Ref, digest
from headwater.settings import Secret, SourceSettings

_OVERLAP_SECONDS = 60
_articles: Recent[Article] = Recent(32 * 2**20)


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
        began, token, locales = time.time(), changes_token_of(resume, self._mark), self._locales()
        self._center.forget(locales)
        # What an earlier listing left is older than this one, which may not name it any more.
        _articles.drop(self._keeps)
        if token is not None and began - token["full"] < self.full_every:
            changes = self._center.changes(int(token["since"]) - _OVERLAP_SECONDS)
            if changes is not None:
                for article in changes:
                    if locale_of(article) in locales:
                        yield Gone(id_of(article)) if article["draft"] else self._listed(article)
                yield Checkpoint(changes_token(self._mark, since=began, full=token["full"]))
                return
        done = place_of(resume, self._mark)
        began = done.began or began
        for locale in locales[locales.index(done.locale) if done.locale in locales else 0 :]:
            for articles, following in self._center.articles(locale, done.next if locale == done.locale else ""):
                yield from (self._listed(article) for article in articles if not article["draft"])
                if following:
                    yield Checkpoint(place_token(self._mark, Place(began, locale, following)))
        yield Checkpoint(changes_token(self._mark, since=began, full=began))
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
        _articles.put((self, id_of(article)), article, len(article.get("body") or "") + 1_000)
        access = listed_access(self.policy, self._mapped(article).access)
        return Ref(id_of(article), self._version(article), access, self._content_version(article))

    def _document(self, id: str, version: str, article: Article) -> RawDocument:
        place = self._center.place(locale_of(article), article.get("section_id") or 0)
        read = web_read(article, place, self._mapped(article), self.policy)
        found = replace(read, id=id, version=version, content_version=self._content_version(article))
        return web_document(self.name, found, self.policy)

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
        return digest(json.dumps([fields_of(article), self._mapped(article).unmapped]), self.policy.digest)

    @property
    def _mark(self) -> str:
        """Changes with settings that decide what any article comes out as, so that all of them are listed again."""
        return digest(repr((self.url, self.locales, self.readers)), self.policy.digest)
