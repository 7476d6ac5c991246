"""A feed over real HTTP, as Atom, RSS or JSON, with pages of older entries and validators."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from html import escape

from tests.connectors.services.local import Asked, LocalServer, Reply

ATOM = "http://www.w3.org/2005/Atom"
HISTORY = "http://purl.org/syndication/history/1.0"


@dataclass(frozen=True, slots=True)
class Note:
    title: str
    text: str
    updated: str = "2024-05-01T10:00:00Z"
    link: str = ""


@dataclass(slots=True)
class FeedSite:
    """`notes` by id, newest first; `size` of them to a page, the rest behind its link to older ones."""

    form: str = "atom"
    complete: bool = False
    size: int = 100
    notes: dict[str, Note] = field(default_factory=dict)
    pages: dict[str, Reply] = field(default_factory=dict)
    server: LocalServer | None = None

    @property
    def url(self) -> str:
        assert self.server is not None
        return self.server.url

    @property
    def asked(self) -> list[Asked]:
        assert self.server is not None
        return self.server.asked

    def answer(self, asked: Asked) -> Reply:
        if asked.path in self.pages:
            return self.pages[asked.path]
        if asked.path != "/feed":
            return Reply(404)
        page = int(asked.query.get("page", "1"))
        notes = list(self.notes.items())[(page - 1) * self.size : page * self.size]
        older = f"{self.url}/feed?page={page + 1}" if page * self.size < len(self.notes) else ""
        body, media_type = getattr(self, self.form)(dict(notes), older)
        tag = f'"{sha256(body).hexdigest()[:16]}"'
        if asked.headers.get("if-none-match") == tag:
            return Reply(304, headers={"ETag": tag})
        return Reply(200, body, {"Content-Type": media_type, "ETag": tag})

    def atom(self, notes: Mapping[str, Note], older: str) -> tuple[bytes, str]:
        head = '<fh:complete xmlns:fh="http://purl.org/syndication/history/1.0"/>' if self.complete else ""
        head += f'<link rel="prev-archive" href="{older}"/>' if older else ""
        entries = "".join(
            f"<entry><id>{id}</id><title>{escape(note.title)}</title><updated>{note.updated}</updated>"
            f'<link href="{note.link}"/><content type="html">{escape(note.text)}</content></entry>'
            for id, note in notes.items()
        )
        return f'<feed xmlns="{ATOM}"><title>Notes</title>{head}{entries}</feed>'.encode(), "application/atom+xml"

    def rss(self, notes: Mapping[str, Note], older: str) -> tuple[bytes, str]:
        head = f'<atom:link xmlns:atom="{ATOM}" rel="next" href="{older}"/>' if older else ""
        items = "".join(
            f"<item><guid>{id}</guid><title>{escape(note.title)}</title><link>{note.link}</link>"
            f"<pubDate>Wed, 01 May 2024 10:00:00 GMT</pubDate><description>{escape(note.text)}</description></item>"
            for id, note in notes.items()
        )
        return f'<rss version="2.0"><channel><title>Notes</title>{head}{items}</channel></rss>'.encode(), "text/xml"

    def json(self, notes: Mapping[str, Note], older: str) -> tuple[bytes, str]:
        items = [
            {"id": id, "title": note.title, "url": note.link, "content_html": note.text, "date_modified": note.updated}
            for id, note in notes.items()
        ]
        feed = {"version": "https://jsonfeed.org/version/1.1", "items": items} | ({"next_url": older} if older else {})
        return json.dumps(feed).encode(), "application/feed+json"
