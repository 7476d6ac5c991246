"""A listing without a single page is an error where settings are the reason, and says what to set."""

from collections.abc import Iterator
from typing import Any

import pytest

from connectors.http.client import close_all
from connectors.registry import build
from headwater.errors import FatalError
from headwater.interfaces import Connector
from headwater.model import PUBLIC, Ref
from headwater.settings import SourceSettings
from tests.connectors.bench import hurried
from tests.connectors.services.local import serving
from tests.connectors.services.website import WebPage, Website, html


@pytest.fixture
def web() -> Iterator[Website]:
    found = Website(sitemap=False)
    with serving(found.answer) as server:
        found.server = server
        yield found
    close_all()


def source(web: Website, **options: Any) -> Connector:
    given = {"url": f"{web.url}/", "allow_private_addresses": True, **options}
    return hurried(build(SourceSettings(name="docs", kind="website", options=given, default_access=PUBLIC), None))


def test_a_site_whose_pages_all_lead_elsewhere_is_no_empty_site(web: Website) -> None:
    web.pages["/"] = WebPage(html("Contents", '<meta name="robots" content="noindex">', ("/a", "/b")))
    web.redirects |= {path: (302, "https://elsewhere.example.com" + path) for path in ("/a", "/b")}
    with pytest.raises(FatalError, match="2 of its addresses are or lead to hosts that are none") as raised:
        list(source(web).scan())
    assert 'add "elsewhere.example.com" to allowed_hosts' in raised.value.advice
    web.redirects["/"] = (301, "https://elsewhere.example.com/")
    with pytest.raises(FatalError, match="the start page cannot be read") as raised:
        list(source(web).scan())
    assert 'add "elsewhere.example.com" to allowed_hosts' in raised.value.advice


def test_a_start_page_that_leads_out_of_its_folder_is_no_empty_site(web: Website) -> None:
    web.redirects["/docs/"] = (302, f"{web.url}/en/docs/")
    web.pages["/en/docs/"] = WebPage(html("Contents"))
    with pytest.raises(FatalError, match="lead to pages that this source does not read") as raised:
        list(source(web, url=f"{web.url}/docs/").scan())
    assert "path_prefix" in raised.value.advice


@pytest.mark.parametrize("crawl", ["auto", "never"])
def test_a_sitemap_of_other_hosts_alone_is_no_empty_site(web: Website, crawl: str) -> None:
    body = b"<urlset><url><loc>https://www.example.com/a</loc></url></urlset>"
    web.pages["/sitemap.xml"] = WebPage(body, "application/xml")
    web.pages["/"] = WebPage(html("Contents", '<meta name="robots" content="noindex">'))
    with pytest.raises(FatalError, match="1 of its addresses are or lead to hosts") as raised:
        list(source(web, crawl=crawl).scan())
    assert 'add "www.example.com" to allowed_hosts' in raised.value.advice
    web.pages["/a"] = WebPage(html("Text"))
    web.pages["/"] = WebPage(html("Contents", links=("/a",)))
    if crawl == "auto":
        assert {f"{web.url}/", f"{web.url}/a"} == {one.id for one in source(web).scan() if isinstance(one, Ref)}


def test_without_a_sitemap_and_without_links_nothing_can_be_found(web: Website) -> None:
    web.pages["/"] = WebPage(html("Contents"))
    with pytest.raises(FatalError, match="has no sitemap") as raised:
        list(source(web, crawl="never").scan())
    assert "crawl" in raised.value.advice
