"""A small website over real HTTP: pages with validators, sitemaps, robots.txt, redirects."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from hashlib import sha256

from tests.connectors.services.local import Asked, LocalServer, Reply

EDITED = 1_700_000_000.0


@dataclass(frozen=True, slots=True)
class WebPage:
    body: bytes
    media_type: str = "text/html; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)
    lastmod: str = ""
    in_sitemap: bool = True
    etag: bool = True


def html(text: str, head: str = "", links: tuple[str, ...] = ()) -> bytes:
    anchors = "".join(f'<a href="{link}">{link}</a> ' for link in links)
    return f"<!doctype html><html><head>{head}</head><body><p>{text}</p>{anchors}</body></html>".encode()


@dataclass(slots=True)
class Website:
    """`pages` and `redirects` by path; `sitemap` whether there is one; the front page links to every page listed."""

    sitemap: bool = True
    pages: dict[str, WebPage] = field(default_factory=dict)
    further: bool = False
    """Whether the sitemap is an index of itself and of one more, `/further.xml`."""
    redirects: dict[str, tuple[int, str]] = field(default_factory=dict)
    robots: bytes | None = None
    needs: str = ""
    """Value of the Authorization header without which every page answers 401."""
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
        if asked.path == "/robots.txt":
            return Reply(404) if self.robots is None else Reply(200, self.robots, {"Content-Type": "text/plain"})
        if self.needs and asked.headers.get("authorization") != self.needs:
            return Reply(401)
        if asked.path in self.redirects:
            status, target = self.redirects[asked.path]
            return Reply(status, headers={"Location": target})
        if asked.path == "/sitemap.xml" and self.sitemap:
            body = self.index() if self.further and "part" not in asked.query else self.listing()
            return Reply(200, body, {"Content-Type": "application/xml"})
        page = self.pages.get(asked.path)
        if page is None and asked.path == "/" and not self.sitemap:
            links = tuple(path for path, page in self.pages.items() if page.in_sitemap)
            page = WebPage(html("Contents", '<meta name="robots" content="noindex">', links))
        return Reply(404, b"not here") if page is None else self._page(asked, page)

    def index(self) -> bytes:
        parts = "".join(
            f"<sitemap><loc>{self.url}{path}</loc></sitemap>" for path in ("/sitemap.xml?part=1", "/further.xml")
        )
        return f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{parts}</sitemapindex>'.encode()

    def listing(self) -> bytes:
        urls = "".join(
            f"<url><loc>{self.url}{path}</loc>{f'<lastmod>{page.lastmod}</lastmod>' if page.lastmod else ''}</url>"
            for path, page in self.pages.items()
            if page.in_sitemap
        )
        return f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{urls}</urlset>'.encode()

    def _page(self, asked: Asked, page: WebPage) -> Reply:
        tag = f'"{sha256(page.body).hexdigest()[:16]}"'
        headers = {"Content-Type": page.media_type, **page.headers}
        if page.etag:
            headers |= {"ETag": tag, "Last-Modified": formatdate(EDITED, usegmt=True)}
            if asked.headers.get("if-none-match") == tag:
                return Reply(304, headers=headers)
        return Reply(200, page.body, headers)
