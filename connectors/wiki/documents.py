"""From a page of a wiki, or a file attached to one, to a document; and the versions that both go by."""

import json
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import quote

from connectors.media import MEDIA_TYPES, suffix_of
from connectors.policy import SourcePolicy
from connectors.readers import Mapped
from connectors.websites.documents import WebRead, web_document
from connectors.wiki.model import Attachment, Page, Reader, Wiki
from connectors.wiki.restrictions import name_of
from connectors.wiki.storage_format import About, html_of, people_in
from headwater.model import MetaValue, RawDocument, digest

_MOST_MENTIONS = 50


@dataclass(frozen=True, slots=True)
class Documents:
    """Those of one source; `url` is where its wiki begins."""

    source: str
    url: str
    policy: SourcePolicy
    wiki: Wiki

    def page(self, version: str, page: Page, body: str, mapped: Mapped) -> RawDocument:
        """`body` is in storage format; the people it mentions are asked for by name."""
        ids = people_in(body)[:_MOST_MENTIONS]
        people = {id: name_of(self.wiki, Reader("user", (id,))) for id in ids}
        about = About(self.url, page.id, page.space.key, {id: name for id, name in people.items() if name})
        stated = self._stated(page)
        if page.created:
            stated["created"] = page.created
        if author := name_of(self.wiki, page.by):
            stated["author"] = author
        if page.attachments:
            stated["attachments"] = tuple(one.name for one in page.attachments)
        content = f"<article>{html_of(body, about)}</article>".encode()
        known = self.content_version(page, mapped)
        read = replace(self._read(page, mapped, stated), version=version, content=content, content_version=known)
        return web_document(self.source, read, self.policy)

    def attached(self, version: str, page: Page, found: Attachment, mapped: Mapped) -> RawDocument:
        """Its file is asked for."""
        answer = self.wiki.download(page, found)
        stated = self._stated(page)
        stated["revision"] = str(found.number)
        stated["breadcrumbs"] = (*_titles(page), page.title)
        read = replace(
            self._read(page, mapped, stated),
            id=f"{page.id}/{found.id}",
            version=version,
            uri=f"{self.url}/download/attachments/{page.id}/{quote(found.name, safe='')}",
            path=f"{page.place}/{found.name}",
            title=found.name,
            media_type=media_type_of(found),
            content=answer.body,
            content_version=self.content_version(page, mapped, found),
            updated_at=None,
        )
        return web_document(self.source, read, self.policy)

    def version(self, page: Page, mapped: Mapped, attachment: Attachment | None = None) -> str:
        """Of content (by its number), place, labels and readers, so that any of them shows in a listing."""
        readers = [sorted(mapped.access.allow), sorted(mapped.access.deny)]
        return digest(self.content_version(page, mapped, attachment), json.dumps(readers))

    def content_version(self, page: Page, mapped: Mapped, attachment: Attachment | None = None) -> str:
        """Of everything that a document carries, what is said of its readers too, but who they are."""
        about = [page.title, page.number, page.when, page.place, page.labels, page.link]
        files = [(one.id, one.name, one.media_type, one.number) for one in page.attachments]
        own = (attachment.id, attachment.name, attachment.number) if attachment else sorted({file[1] for file in files})
        return digest(json.dumps([about, own, mapped.unmapped]), self.policy.digest)

    def _read(self, page: Page, mapped: Mapped, stated: dict[str, MetaValue]) -> WebRead:
        return WebRead(
            id=page.id,
            version="",
            uri=page.link,
            path=page.place,
            media_type="text/html",
            content=b"",
            title=page.title,
            updated_at=_moment(page.when),
            stated=stated,
            readers=mapped.access,
            readers_from="its space and restrictions",
            unmapped=mapped.unmapped,
        )

    def _stated(self, page: Page) -> dict[str, MetaValue]:
        stated: dict[str, MetaValue] = {"revision": str(page.number), "breadcrumbs": _titles(page)}
        if page.labels:
            stated["tags"] = tuple(dict.fromkeys((*self.policy.tags, *page.labels)))
        return stated


def media_type_of(attachment: Attachment) -> str:
    """ "" for files that are no documents."""
    return MEDIA_TYPES.get(suffix_of(attachment.name), "")


def _titles(page: Page) -> tuple[str, ...]:
    return (page.space.key, *(above.title for above in page.ancestors))


def _moment(stated: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(stated) if stated else None
    except ValueError:
        return None
    return found if found and found.tzinfo else None
