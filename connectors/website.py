"""A website, by its sitemaps or along its links, within the hosts and folders that its source names.

Sitemaps: https://www.sitemaps.org/protocol.html. robots.txt: RFC 9309. Conditional requests: RFC 9110, section 13.
Canonical addresses: RFC 6596. `noindex`: https://developers.google.com/search/docs/crawling-indexing/robots-meta-tag

With a sitemap, a run asks for the sitemaps and once, conditionally, for each page; along links (where there is no
sitemap, or with `crawl = "always"`), once for each page, conditionally as far as `resume` says what was seen before.
A page goes when it answers 404 or 410, forbids to be indexed, or leads for good to somewhere else; a page that answers
5xx makes the listing an incomplete one. `updated_at` is the `lastmod` of the sitemap, except on days that more than
half of the pages share, as those are days of a build; what a server calls Last-Modified is a time of its file and only
`meta["modified"]`. A website knows no readers: `default_access` holds for every page.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from connectors.about import About
from connectors.globs import Selection
from connectors.http.answer import Answer
from connectors.http.client import HttpSettings
from connectors.http.reach import shown
from connectors.policy import SourcePolicy, policy_of
from connectors.websites.addresses import Scope, address, key, path_of
from connectors.websites.crawl import Bounds, Crawl
from connectors.websites.documents import WebRead, listed_access, web_document
from connectors.websites.emptiness import misled, without_sitemap
from connectors.websites.kept import keep, take
from connectors.websites.listing import SitemapWalk, more_than_wanted, pages
from connectors.websites.memory import recalled, remembered
from connectors.websites.options import WebsiteOptions, http_settings, prefixes, start_pages
from connectors.websites.reading import Look, Reader
from connectors.websites.recent import Recent
from connectors.websites.site import Site
from connectors.websites.sitemap import Entry, Listed
from connectors.websites.versions import PageVersion
from headwater.errors import FetchError, GoneError
from headwater.interfaces import Scanned
from headwater.model import Checkpoint, Complete, NotModified, RawDocument, Ref
from headwater.settings import SourceSettings

CHECKPOINT_PAGES = 500
_left_out: Recent[Counter[str]] = Recent(1_000)
_listings: Recent[Listed] = Recent(1_000_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebsiteConnector:
    """A document's id is the address of its page."""

    Options: ClassVar[type[WebsiteOptions]] = WebsiteOptions
    about: ClassVar[About] = About(
        reads="Pages of a website, by its sitemaps or along its links",
        permissions="none; default_access holds for every page",
        changes="by one conditional request for each page (ETag, Last-Modified), or by lastmod where it is trusted",
        removals="a page that answers 404 or 410, forbids to be indexed, or leads elsewhere for good",
    )

    name: str
    starts: tuple[str, ...]
    settings: HttpSettings
    scope: Scope
    policy: SourcePolicy
    bounds: Bounds
    sitemaps: tuple[str, ...] = ()
    crawl: str = "auto"
    respect_robots: bool = True
    trust_lastmod: bool = False

    @classmethod
    def configured(
        cls, source: SourceSettings, options: WebsiteOptions, groups: frozenset[str] | None
    ) -> "WebsiteConnector":
        starts = start_pages(options, source.place)
        settings = http_settings(options, starts, source.place)
        return cls(
            name=source.name,
            starts=starts,
            settings=settings,
            scope=Scope(settings.reach, prefixes(options, starts), Selection(source.include, source.exclude)),
            policy=policy_of(source, groups),
            bounds=Bounds(options.max_pages, options.max_depth, options.follow_queries),
            sitemaps=options.sitemap,
            crawl=options.crawl,
            respect_robots=options.respect_robots,
            trust_lastmod=options.trust_lastmod,
        )

    def scan(self, resume: bytes | None = None) -> Iterator[Scanned]:
        """Pages of a sitemap come without a version, so that fetching them is the one request each of them costs."""
        walk, listed = self._listed_anew()
        yield from walk.failures
        whole, found = not walk.failures, False
        if self.crawl == "never" and whole and not walk.found:
            raise without_sitemap(self.starts[0])
        if self.crawl == "always" or (self.crawl == "auto" and not listed.pages and whole):
            crawl = Crawl(self._reader, self.bounds, partial(keep, self), recalled(resume))
            items = self._along_links(crawl, tuple(entry.address for _, entry in pages(listed)))
            seen: Crawl | SitemapWalk = crawl
        else:
            seen, items = walk, self._of_sitemaps(listed, walk.left_out)
        for item in items:
            found = found or not isinstance(item, Checkpoint)
            yield item
        _left_out.put(self, seen.left_out)
        if seen.cut:
            yield more_than_wanted(self.starts[0], self.bounds.pages)
        elif whole and (not isinstance(seen, Crawl) or seen.whole):
            left_out = walk.left_out if seen is walk else walk.left_out + seen.left_out
            if not found and (error := misled(self.starts[0], left_out, seen.hint or walk.hint)):
                raise error
            yield Complete()

    def left_out(self) -> Mapping[str, int]:
        """How many addresses the last listing of this process left out, by suffix or reason."""
        return _left_out.get(self) or {}

    def fetch(self, id: str, known: str | None = None) -> RawDocument | NotModified:
        self._check(id)
        entry = self._listed().pages.get(key(id), Entry(id))
        trusted, before = self._trusted(entry), PageVersion.read(known)
        if trusted is not None and trusted == before:
            return NotModified(str(trusted))
        reader = self._reader
        kept = take(self, id)
        answer = kept[0] if kept else reader.ask(id, before)
        if answer is None:
            return NotModified(str(trusted or before))
        look = kept[1] if kept else reader.look(answer)
        if problem := reader.problem(id, look):
            raise problem
        home = reader.home(look)
        if key(home) != key(id) and self._is_listed(home):
            raise GoneError(f"{shown(id)} says that its address is {shown(home)}")
        version = trusted or look.version
        if trusted is None and look.version.same_content(before):
            return NotModified(str(version))
        return self._document(id, str(version), answer, look)

    def _document(self, id: str, version: str, answer: Answer, look: Look) -> RawDocument:
        read = WebRead(
            id=id,
            version=version,
            uri=look.final,
            path=path_of(id),
            media_type=look.page.media_type,
            content=answer.body,
            updated_at=self._listed().edited.get(key(id)),
            modified=answer.modified,
        )
        return web_document(self.name, read, self.policy)

    @property
    def _reader(self) -> Reader:
        return Reader(Site(self.settings, self.respect_robots), self.scope, self.starts, self.policy.digest)

    def _listed_anew(self) -> tuple[SitemapWalk, Listed]:
        walk = SitemapWalk(self._reader.site, self.scope, self.bounds.pages)
        listed = walk.walk(self.sitemaps, self.starts)
        _listings.put(self, listed, 1 + len(listed.pages))
        return walk, listed

    def _listed(self) -> Listed:
        return _listings.get(self) or self._listed_anew()[1]

    def _of_sitemaps(self, listed: Listed, left_out: Counter[str]) -> Iterator[Scanned]:
        access = listed_access(self.policy)
        for _, entry in pages(listed):
            if not self._reader.site.robots(entry.address).allows(entry.address):
                left_out["robots.txt"] += 1
            else:
                yield Ref(entry.address, str(self._trusted(entry) or ""), access)

    def _along_links(self, crawl: Crawl, also: tuple[str, ...]) -> Iterator[Scanned]:
        access, marked = listed_access(self.policy), 0
        for item in crawl.walk(also):
            yield Ref(item.id, item.version, access) if isinstance(item, Ref) else item
            if len(crawl.looks) - marked >= CHECKPOINT_PAGES:
                marked = len(crawl.looks)
                yield Checkpoint(remembered(crawl.looks))
        yield Checkpoint(remembered(crawl.looks))

    def _trusted(self, entry: Entry) -> PageVersion | None:
        return PageVersion.stated(entry.lastmod, self.policy.digest) if self.trust_lastmod else None

    def _is_listed(self, home: str) -> bool:
        listed = self._listed()
        if key(home) in listed.pages:
            return True
        return (self.crawl == "always" or not listed.pages) and self._reader.stands(home)

    def _check(self, id: str) -> None:
        if not id or address(id) != id:
            raise FetchError(f"{id[:200]!r} is not the address of a page")
        if not self.scope.holds(id) or not self.scope.takes(id):
            raise GoneError(f"{shown(id)} is not among the pages that this source lists")
