"""A feed of release notes: RSS, Atom or JSON Feed, each entry a document.

RSS: https://www.rssboard.org/rss-specification. Atom: RFC 4287. JSON Feed: https://www.jsonfeed.org/version/1.1/.
Pages and archives, which are followed, and feeds that call themselves complete: RFC 5005.

A feed shows its newest entries. One that is not in it any more was not taken back, so a listing is complete only where
the feed says that it always holds every entry (`fh:complete`), and all other entries stay searchable until a person
removes them. A run costs one request for each page of the feed; with `fetch_pages` one more, a conditional one, for
each entry that the feed still shows.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

from connectors.about import About
from connectors.feeds.entries import Entry, as_page
from connectors.feeds.options import FeedOptions
from connectors.feeds.reading import FeedReader
from connectors.feeds.seen import Seen, recalled, remembered
from connectors.http.answer import NOT_MODIFIED, Answer
from connectors.http.client import HttpSettings
from connectors.http.reach import shown
from connectors.policy import SourcePolicy, policy_of
from connectors.websites.addresses import path_of
from connectors.websites.documents import WebRead, listed_access, web_document
from connectors.websites.options import checked_address, http_settings
from connectors.websites.page import read_page
from connectors.websites.recent import MOST_BYTES, Recent
from connectors.websites.site import Site
from connectors.websites.versions import PageVersion
from headwater.errors import FetchError, GoneError
from headwater.interfaces import Scanned
from headwater.model import RELEASE_NOTE, Checkpoint, Complete, MetaValue, NotModified, RawDocument, Ref, digest
from headwater.settings import ContentRules, SourceSettings

_entries: Recent[Entry] = Recent(MOST_BYTES)
_shown: Recent[tuple[frozenset[str], bool]] = Recent(1_000_000, seconds=60.0)
"""The ids that a feed showed a moment ago, and whether it holds all: old entries are not looked for one by one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedConnector:
    """A document's id is that of its entry; one without an id goes by its link."""

    Options: ClassVar[type[FeedOptions]] = FeedOptions
    about: ClassVar[About] = About(
        reads="Entries of RSS, Atom and JSON feeds",
        permissions="none; default_access holds for every entry",
        changes="by the entries of the feed; one conditional request for each feed, its older pages where it changed",
        removals="nothing, unless the feed says that it always holds every entry",
    )

    name: str
    feeds: tuple[str, ...]
    settings: HttpSettings
    policy: SourcePolicy
    fetch_pages: bool = False
    max_archives: int = 100

    @classmethod
    def configured(cls, source: SourceSettings, options: FeedOptions, groups: frozenset[str] | None) -> "FeedConnector":
        feeds = tuple(checked_address(url, source.place) for url in options.url)
        if source.content == ContentRules():
            source = replace(source, content=ContentRules(default=RELEASE_NOTE))
        return cls(
            name=source.name,
            feeds=feeds,
            settings=http_settings(options, feeds, source.place),
            policy=policy_of(source, groups),
            fetch_pages=options.fetch_pages,
            max_archives=options.max_archives,
        )

    def scan(self, resume: bytes | None = None) -> Iterator[Scanned]:
        """With what `resume` holds, a feed that has not changed sends no body."""
        before, tokens = recalled(resume), dict[str, Seen]()
        access, seen, whole = listed_access(self.policy), set[str](), True
        for url in self.feeds:
            known = before.get(url, Seen())
            usable = known if known.rules == self.policy.digest else Seen()
            answer = self._reader.get(url, usable.validators)
            found = usable if answer.status == NOT_MODIFIED else self._read_whole(answer)
            tokens[url] = found
            whole = whole and found.complete
            for id, version in found.entries.items():
                if id not in seen:
                    seen.add(id)
                    yield Ref(id, version, access)
        _shown.put(self, (frozenset(seen), whole), 1 + len(seen))
        yield Checkpoint(remembered(tokens))
        if whole:
            yield Complete()

    def fetch(self, id: str, known: str | None = None) -> RawDocument | NotModified:
        entry = _entries.take((self, id)) or self._found(id)
        if self.fetch_pages and entry.link:
            return self._page(entry, known)
        version = self._version(entry)
        if known == version:
            return NotModified(version)
        return self._document(entry, version, "text/html;charset=utf-8", as_page(entry))

    def _page(self, entry: Entry, known: str | None) -> RawDocument | NotModified:
        rules, before = digest(self.policy.digest, entry.digest), PageVersion.read(known)
        current = before if before is not None and before.rules == rules[:16] else None
        site = Site(self.settings)
        if not site.robots(entry.link).allows(entry.link):
            raise FetchError(f"{shown(entry.link)} may not be read: robots.txt forbids it")
        answer = site.get(entry.link, current.conditions if current else None)
        if answer.status == NOT_MODIFIED and current is not None:
            return NotModified(str(current))
        page = read_page(answer)
        if not page.media_type:
            raise FetchError(f"{shown(entry.link)} is of a kind that is not read")
        version = PageVersion.of(answer, page.media_type, rules)
        if version.same_content(before):
            return NotModified(str(version))
        return self._document(entry, str(version), page.media_type, answer.body)

    def _document(self, entry: Entry, version: str, media_type: str, content: bytes) -> RawDocument:
        tags = tuple(dict.fromkeys((*self.policy.tags, *entry.tags)))
        created = entry.published.isoformat() if entry.published else ""
        stated: dict[str, MetaValue] = {"version": entry.version, "tags": tags, "created": created}
        stated["language"] = "" if self.policy.language else entry.language
        read = WebRead(
            id=entry.id,
            version=version,
            uri=entry.link or self.feeds[0],
            path=path_of(entry.link or self.feeds[0]),
            media_type=media_type,
            content=content,
            title=entry.title,
            updated_at=entry.updated or entry.published,
            stated={name: value for name, value in stated.items() if value},
        )
        return web_document(self.name, read, self.policy)

    def _version(self, entry: Entry) -> str:
        return digest(self.policy.digest, entry.digest)[:32]

    def _found(self, id: str) -> Entry:
        """The entry as the feed shows it now; GoneError only where the feed holds every entry there is."""
        shown_now, complete = _shown.get(self) or (frozenset({id}), True)
        if id in shown_now:
            seen, complete = set[str](), True
            for url in self.feeds:
                for feed in self._reader.walk(self._reader.get(url)):
                    complete = complete and feed.complete and not feed.next
                    seen.update(entry.id for entry in feed.entries)
                    if entry := next((entry for entry in feed.entries if entry.id == id), None):
                        return entry
            _shown.put(self, (frozenset(seen), complete), 1 + len(seen))
        if complete:
            raise GoneError(f"{id[:200]} is not in the feed, which holds every entry")
        raise FetchError(f"{id[:200]!r} is not in the feed any more; what was indexed of it stays searchable")

    def _read_whole(self, first: Answer) -> Seen:
        """Every entry of a feed and of its older pages; of two with one id the newer page's."""
        entries: dict[str, str] = {}
        complete = True
        for feed in self._reader.walk(first):
            complete = complete and feed.complete and not feed.next
            for entry in feed.entries:
                if entry.id not in entries:
                    entries[entry.id] = "" if self.fetch_pages and entry.link else self._version(entry)
                    _entries.put((self, entry.id), entry, len(entry.content) + 1_000)
        return Seen(entries, first.validators, complete, self.policy.digest)

    @property
    def _reader(self) -> FeedReader:
        return FeedReader(self.settings, self.max_archives)
