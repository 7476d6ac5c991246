"""Pages of Confluence, Cloud or Server and Data Center, and their attachments, with who may read them.

The APIs are named, with their documentation, in `connectors/wiki/api_cloud.py` and `connectors/wiki/api_server.py`.

A document's id is the number of its page, or PAGE/ATTACHMENT. Only current pages of current spaces are read. Readers
are those of the space, narrowed by the restrictions of the page and of everything above it (see
`connectors/wiki/restrictions.py`), narrowed by `default_access`.

Requests of a run in which nothing changed, on Server: one for each hundred pages, which also tells of their labels,
attachments and restrictions, and two for each space. On Cloud: one for each 250 pages and one for each hundred (their
restrictions), two for each space, and one for each folder above a page and one for its restriction; a page that the
search does not know yet costs three. A document that changed costs one more on Server and two on Cloud (its body, and
again whom it is restricted to), an attachment one on top for the file. Both ask once for each person or group that a
restriction or space names without its name, and for the groups of people who may read a page but not the one above it
by name.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import ClassVar
from urllib.parse import urlsplit

from connectors.about import About
from connectors.http.client import HttpSettings
from connectors.policy import SourcePolicy, policy_of
from connectors.readers import Mapped, readers_table
from connectors.websites.documents import listed_access
from connectors.websites.recent import Recent
from connectors.wiki.api_cloud import Cloud
from connectors.wiki.api_server import Server
from connectors.wiki.checked import Asker
from connectors.wiki.documents import Documents, media_type_of
from connectors.wiki.model import Attachment, Page, Space, Wiki
from connectors.wiki.options import ConfluenceOptions, http_settings
from connectors.wiki.restrictions import AccessOf, Tables, forget
from headwater.errors import CredentialError, FatalError, FetchError, GoneError, HeadwaterError, TransientSourceError
from headwater.interfaces import Scanned
from headwater.model import Checkpoint, Complete, NotModified, RawDocument, Ref, Unreadable, digest
from headwater.settings import SourceSettings

_ID = re.compile(r"(\d{1,20})(?:/((?:att)?\d{1,20}))?")

_listed: Recent["_Listed"] = Recent(32 * 2**20)


@dataclass(frozen=True, slots=True)
class _Listed:
    """What a listing has just found out of a page: nothing above it is asked for again to fetch it."""

    page: Page
    mapped: Mapped


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfluenceConnector:
    """A document's id is the number of its page, or PAGE/ATTACHMENT."""

    Options: ClassVar[type[ConfluenceOptions]] = ConfluenceOptions
    reads_permissions: ClassVar[bool] = True
    about: ClassVar[About] = About(
        reads="Pages of Confluence, Cloud or Server and Data Center, and their attachments",
        permissions="space permissions and restrictions, of pages and all above them, which `groups`, `users` and "
        "`space_readers` map to readers; unmapped ones let nobody in",
        changes="by the listing, which tells versions and readers; a body only where one of them changed",
        removals="a page that was deleted, archived or left its space",
    )

    name: str
    url: str
    settings: HttpSettings
    policy: SourcePolicy
    cloud: bool
    tables: Tables = field(default_factory=Tables)
    spaces: tuple[str, ...] = ()
    attachments: bool = False

    @classmethod
    def configured(
        cls, source: SourceSettings, options: ConfluenceOptions, groups: frozenset[str] | None
    ) -> "ConfluenceConnector":
        place, url = source.place or source.name, options.url.rstrip("/")
        host = urlsplit(url).hostname or ""
        cloud = options.deployment == "cloud" or (not options.deployment and host.endswith(".atlassian.net"))
        if cloud and host.endswith(".atlassian.net") and not urlsplit(url).path:
            url += "/wiki"
        tables = {
            name: readers_table(getattr(options, name), groups, place=place, setting=name)
            for name in ("groups", "users", "space_readers")
        }
        return cls(
            name=source.name,
            url=url,
            settings=http_settings(options, url, place, cloud=cloud),
            policy=policy_of(source, groups),
            cloud=cloud,
            tables=Tables(tables["groups"], tables["users"], tables["space_readers"]),
            spaces=tuple(dict.fromkeys(options.spaces)),
            attachments=options.attachments,
        )

    def scan(self, resume: bytes | None = None) -> Iterator[Scanned]:
        """Space by space, and after a crash from the first that was not done on.

        Each is listed as a whole before its pages' readers are worked out.
        """
        forget()
        seen: set[str] = set()
        done = list(self._done(resume))
        for space in self._spaces():
            if space.id in done:
                continue
            pages = self._pages(space)
            access = AccessOf(self._wiki, self.tables, {one.id: one.readers for one in pages if isinstance(one, Page)})
            for one in pages:
                # A page that is moved to another space meanwhile is listed in both.
                if one.id not in seen:
                    seen.add(one.id)
                    yield from (one,) if isinstance(one, Unreadable) else self._refs(one, access)
            done.append(space.id)
            yield Checkpoint(json.dumps({"mark": self._mark, "done": done}).encode())
        # The next listing starts over: nothing tells what changed since.
        yield Checkpoint(b"")
        yield Complete()

    def fetch(self, id: str, known: str | None = None) -> RawDocument | NotModified:
        named = _ID.fullmatch(id)
        if not named or (named[2] and not self.attachments):
            raise FetchError(f"{id[:200]!r} names no page" + (" or attachment" if self.attachments else ""))
        listed = _listed.take((self, id))
        page, body = self._wiki.page(named[1], listed.page if listed else None)
        self._check(page)
        mapped = listed.mapped if listed and listed.page == page else self._mapped(page)
        documents = self._documents
        if named[2]:
            found = next((one for one in self._files(page) if one.id == named[2]), None)
            if found is None:
                raise GoneError(f"page {page.id} has no attachment {named[2]} that can be read")
            version = documents.version(page, mapped, found)
            return NotModified(version) if version == known else documents.attached(version, page, found, mapped)
        version = documents.version(page, mapped)
        return NotModified(version) if version == known else documents.page(version, page, body, mapped)

    def _spaces(self) -> list[Space]:
        try:
            return self._wiki.spaces(self.spaces)
        except GoneError as error:
            advice = "Correct url of this source; on Cloud it ends in /wiki. See deployment as well."
            raise FatalError(f"the wiki cannot be listed: {error}", advice=advice) from error

    def _pages(self, space: Space) -> list[Page | Unreadable]:
        try:
            return self._wiki.pages(space)
        except GoneError as error:
            raise TransientSourceError(f"space {space.key} went while it was listed: {error}") from error

    def _refs(self, page: Page, access: AccessOf) -> Iterator[Scanned]:
        try:
            mapped = self._told(access.of(page))
        except CredentialError:
            raise
        except HeadwaterError as error:
            for id in (page.id, *(f"{page.id}/{one.id}" for one in self._files(page))):
                yield Unreadable(id, type(error).__name__, error.in_full)
            return
        readers = listed_access(self.policy, mapped.access)
        for id, attachment in ((page.id, None), *((f"{page.id}/{one.id}", one) for one in self._files(page))):
            _listed.put((self, id), _Listed(page, mapped), 1_500 + 100 * len(page.readers))
            content = self._documents.content_version(page, mapped, attachment)
            yield Ref(id, self._documents.version(page, mapped, attachment), readers, content)

    def _mapped(self, page: Page) -> Mapped:
        try:
            return self._told(AccessOf(self._wiki, self.tables).of(page))
        except (FetchError, GoneError) as error:
            raise TransientSourceError(f"who may read page {page.id} is not told: {error}") from error

    def _told(self, mapped: Mapped) -> Mapped:
        """With a sentence where `default_access` leaves nobody of those whom the wiki lets read."""
        if not mapped.access.allow or listed_access(self.policy, mapped.access).allow:
            return mapped
        shown = ", ".join(sorted(mapped.access.allow)[:5])
        said = f"the wiki opens this to {shown}, none of whom default_access names, so nobody may read it"
        return replace(mapped, unmapped=(*mapped.unmapped, said))

    def _check(self, page: Page) -> None:
        if self.spaces and page.space.key.lower() not in {key.lower() for key in self.spaces}:
            raise GoneError(f"page {page.id} is in space {page.space.key}, which this source does not read")

    def _files(self, page: Page) -> Iterator[Attachment]:
        return (one for one in page.attachments if self.attachments and media_type_of(one))

    def _done(self, resume: bytes | None) -> tuple[str, ...]:
        """Spaces that an interrupted listing had done, with the same settings."""
        try:
            found = json.loads(resume or b"null")
            return tuple(map(str, found["done"])) if found and found["mark"] == self._mark else ()
        except (ValueError, KeyError, TypeError):
            return ()

    @property
    def _mark(self) -> str:
        return digest(repr((self.url, self.spaces, self.tables, self.attachments)), self.policy.digest)

    @property
    def _documents(self) -> Documents:
        return Documents(self.name, self.url, self.policy, self._wiki)

    @property
    def _wiki(self) -> Wiki:
        asker = Asker(self.url, self.settings)
        return Cloud(asker) if self.cloud else Server(asker)
