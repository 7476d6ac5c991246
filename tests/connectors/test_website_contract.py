from collections.abc import Iterator
from typing import ClassVar

import pytest

from connectors.http.client import close_all
from connectors.registry import build
from headwater.interfaces import Connector
from headwater.model import Access
from headwater.settings import SourceSettings
from tests.connectors.contract import Bench, ConnectorContract, ServedBench
from tests.connectors.services.local import Asked, serving
from tests.connectors.services.website import WebPage, Website, html

TOKEN = "s3cr3t-token"


class WebsiteBench(ServedBench):
    secret = TOKEN

    def __init__(self, site: Website) -> None:
        self.site, self.server = site, site.server
        source = SourceSettings(
            name="docs",
            kind="website",
            default_access=Access(frozenset({"group:readers"})),
            options={
                "url": f"{site.url}/",
                "crawl": "never" if site.sitemap else "auto",
                "allow_private_addresses": True,
                "headers": {"Authorization": f"Bearer {TOKEN}"},
                "requests_per_second": 1_000,
            },
        )
        self._connector = build(source, frozenset({"readers", "others"}))

    @property
    def connector(self) -> Connector:
        return self._connector

    def put(self, name: str, text: str, readers: str | None = None) -> str:
        self.site.pages[f"/{name}"] = WebPage(html(text))
        return f"{self.site.url}/{name}"

    def remove(self, id: str) -> None:
        del self.site.pages[id.removeprefix(self.site.url)]

    def is_later_part(self, asked: Asked) -> bool:
        """Of a listing by sitemaps, the one further sitemap; of one along links, every page but the first."""
        return asked.path == "/further.xml" or (not self.site.sitemap and asked.path == "/page-5")

    def cut_listing(self) -> None:
        self.site.further = True
        super().cut_listing()


class TestWebsiteContract(ConnectorContract):
    kind = "website"
    states_readers = False
    sitemap: ClassVar[bool] = True

    @pytest.fixture
    def bench(self) -> Iterator[Bench]:
        site = Website(sitemap=self.sitemap, needs=f"Bearer {TOKEN}")
        with serving(site.answer) as server:
            site.server = server
            yield WebsiteBench(site)
        close_all()


class TestWebsiteAlongLinks(TestWebsiteContract):
    sitemap = False
