"""A website that moves, breaks, hides and misleads, as websites do."""

import gzip
import pickle
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from connectors.http.client import close_all
from connectors.registry import build
from connectors.website import WebsiteConnector
from connectors.websites import kept, site
from headwater.errors import (
    ConfigError,
    CredentialError,
    FatalError,
    FetchError,
    GoneError,
    TransientSourceError,
)
from headwater.model import Access, Checkpoint, Complete, NotModified, RawDocument, Ref, Unreadable
from headwater.settings import ContentRules, SourceSettings
from tests.connectors.contract import fetched
from tests.connectors.services.local import Asked, Reply, once, serving
from tests.connectors.services.website import WebPage, Website, html

NOINDEX = '<meta name="robots" content="noindex">'


@pytest.fixture
def web() -> Iterator[Website]:
    found = Website()
    with serving(found.answer) as server:
        found.server = server
        yield found
    close_all()


Made = Callable[..., WebsiteConnector]


@pytest.fixture
def made(web: Website) -> Made:
    def make(**changes: Any) -> WebsiteConnector:
        shared = ("include", "exclude", "content", "default_access")
        own: dict[str, Any] = {name: changes.pop(name) for name in shared if name in changes}
        options = {"url": f"{web.url}/", "allow_private_addresses": True, "requests_per_second": 1_000, **changes}
        values: dict[str, Any] = {"default_access": Access(frozenset({"public"})), **own}
        built = build(SourceSettings(name="docs", kind="website", options=options, place="[docs]", **values), None)
        assert isinstance(built, WebsiteConnector)
        return built

    return make


def listed(connector: WebsiteConnector, resume: bytes | None = None) -> dict[str, str]:
    items = list(connector.scan(resume))
    assert isinstance(items[-1], Complete), items
    assert not [item for item in items if isinstance(item, Unreadable)]
    return {item.id: item.version for item in items if isinstance(item, Ref)}


def paths(connector: WebsiteConnector) -> set[str]:
    return {id.split("/", 3)[3] for id in listed(connector)}


def forget() -> None:
    """As in another process."""
    kept.bodies.clear()
    site._robots.clear()


# what a run costs ----------------------------------------------------------------------------------------------


def test_an_unchanged_page_of_a_sitemap_costs_one_request_and_no_body(web: Website, made: Made) -> None:
    web.pages = {f"/p{n}": WebPage(html(f"Text {n}")) for n in range(5)}
    connector = made()
    versions = {id: connector.fetch(id).version for id in listed(connector)}
    web.asked.clear()
    for id in listed(connector):
        assert connector.fetch(id, versions[id]) == NotModified(versions[id])
    assert [asked.path for asked in web.asked] == ["/sitemap.xml", *(f"/p{n}" for n in range(5))]
    assert all("if-none-match" in asked.headers for asked in web.asked[1:])


def test_an_unchanged_crawl_costs_one_conditional_request_a_page(web: Website, made: Made) -> None:
    web.sitemap = False
    web.pages = {f"/p{n}": WebPage(html(f"Text {n}")) for n in range(5)}
    connector = made()
    first = list(connector.scan())
    token = next(item.token for item in reversed(first) if isinstance(item, Checkpoint))
    assert len([asked for asked in web.asked if asked.path.startswith("/p")]) == 5
    for item in first:
        if isinstance(item, Ref):
            raw = connector.fetch(item.id)
            assert isinstance(raw, RawDocument)
            assert raw.version == item.version
    assert len([asked for asked in web.asked if asked.path.startswith("/p")]) == 5, "bodies are not read twice"
    web.asked.clear()
    forget()
    assert listed(connector, token) == {item.id: item.version for item in first if isinstance(item, Ref)}
    pages = [asked for asked in web.asked if asked.path.startswith("/p")]
    assert len(pages) == 5
    assert all("if-none-match" in asked.headers for asked in pages)
    web.pages["/p3"] = WebPage(html("Other", links=("/p9",)))
    web.pages["/p9"] = WebPage(html("New"), in_sitemap=False)
    assert listed(connector, token) == listed(connector)
    assert listed(connector, b"nonsense") == listed(connector)


def test_trusted_lastmod_costs_the_listing_alone(web: Website, made: Made) -> None:
    web.pages = {
        "/a": WebPage(html("A"), lastmod="2024-03-01T10:00:00Z"),
        "/b": WebPage(html("B"), lastmod="2024-04-02"),
        "/c": WebPage(html("C"), lastmod="2999-01-01"),
    }
    connector = made(trust_lastmod=True)
    before = listed(connector)
    assert [bool(version) for version in before.values()] == [True, True, False], (
        "a day that is not over proves nothing"
    )
    versions = {id: connector.fetch(id).version for id in before}
    assert {id: version for id, version in versions.items() if before[id]} == {k: v for k, v in before.items() if v}
    web.asked.clear()
    assert listed(connector) == before
    assert [asked.path for asked in web.asked] == ["/sitemap.xml"]
    a, b, _ = before
    assert connector.fetch(a, versions[a]) == NotModified(versions[a])
    web.pages["/a"] = WebPage(html("AA"), lastmod="2024-03-02T10:00:00Z")
    after = listed(connector)
    assert after[a] != before[a]
    assert after[b] == before[b]


def test_without_validators_the_same_body_is_no_change(web: Website, made: Made) -> None:
    web.pages["/a"] = WebPage(html("A"), etag=False)
    connector, id = made(), f"{web.url}/a"
    version = connector.fetch(id).version
    assert connector.fetch(id, version) == NotModified(version)
    assert isinstance(made(default_access=Access(frozenset({"group:a"}))).fetch(id, version), RawDocument)


# what is listed ------------------------------------------------------------------------------------------------


def test_sitemap_index_packed_and_from_robots(web: Website, made: Made) -> None:
    web.pages = {"/a": WebPage(html("A")), "/b": WebPage(html("B"))}
    packed = gzip.compress(web.listing())
    index = f"<sitemapindex><sitemap><loc>{web.url}/maps/1.xml.gz</loc></sitemap></sitemapindex>".encode()
    web.robots = f"User-agent: *\nDisallow: /b\nSitemap: {web.url}/maps/index.xml".encode()
    web.pages["/maps/index.xml"] = WebPage(index, "text/xml", in_sitemap=False)
    web.pages["/maps/1.xml.gz"] = WebPage(packed, "application/gzip", in_sitemap=False)
    web.sitemap = False
    connector = made()
    assert paths(connector) == {"a"}
    assert connector.left_out() == {"robots.txt": 1}
    with pytest.raises(FetchError, match=r"robots\.txt forbids"):
        connector.fetch(f"{web.url}/b")
    forget()
    web.pages["/maps/1.xml.gz"] = WebPage(packed[:40], "application/gzip", in_sitemap=False)
    items = list(connector.scan())
    assert [type(item) for item in items] == [Unreadable], "a sitemap that failed leaves the listing open"
    assert not [item for item in web.asked if item.path == "/b"]
    with pytest.raises(GoneError):
        made(respect_robots=False).fetch(f"{web.url}/c")


def test_plain_lists_and_addresses_of_others_in_sitemaps(web: Website, made: Made) -> None:
    urls = f"{web.url}/a\n\n{web.url}/a/\nhttp://elsewhere.example/\nnonsense\n"
    web.pages = {"/a": WebPage(html("A")), "/list.txt": WebPage(urls.encode(), "text/plain", in_sitemap=False)}
    assert paths(made(sitemap=[f"{web.url}/list.txt"])) == {"a"}


@pytest.mark.parametrize(
    "body",
    [
        b"<urlset><url><loc>",
        b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><urlset><url><loc>&b;</loc></url></urlset>',
        b"<html><body>Sorry</body></html>",
        b"\x1f\x8b" + bytes(30),
    ],
)
def test_a_sitemap_that_cannot_be_read_completes_nothing(web: Website, made: Made, body: bytes) -> None:
    web.pages = {"/a": WebPage(html("A")), "/map.xml": WebPage(body, "application/xml", in_sitemap=False)}
    items = list(made(sitemap=[f"{web.url}/map.xml", f"{web.url}/sitemap.xml"]).scan())
    assert [item.id for item in items if isinstance(item, Ref)] == [f"{web.url}/a"]
    assert not any(isinstance(item, Complete) for item in items)


def test_a_page_in_place_of_a_guessed_sitemap_is_no_sitemap(web: Website, made: Made) -> None:
    web.sitemap = False
    web.pages = {"/a": WebPage(html("A")), "/sitemap.xml": WebPage(html("Not found"), in_sitemap=False)}
    assert paths(made()) == {"a"}


def test_addresses_of_one_page_are_one_document(web: Website, made: Made) -> None:
    web.sitemap = False
    web.redirects = {"/guide": (301, "/guide/"), "/old": (301, "/guide/?utm_source=x"), "/older": (302, "/guide/")}
    canonical = f'<link rel="canonical" href="{web.url}/guide/#top">'
    links = ("/guide", "/guide/", "/guide/#part", "/guide/?utm_medium=mail", "/old", "/older", "/print")
    web.pages = {
        "/": WebPage(html("Contents", NOINDEX, links)),
        "/guide/": WebPage(html("Guide", canonical)),
        "/print": WebPage(html("Guide, for print", canonical)),
    }
    connector = made()
    assert paths(connector) == {"guide/"}
    assert fetched(connector, f"{web.url}/guide/").uri == f"{web.url}/guide/"
    for other in ("/print", "/old"):
        with pytest.raises(GoneError, match="says that its address"):
            connector.fetch(f"{web.url}{other}")
    assert fetched(connector, f"{web.url}/guide").uri == f"{web.url}/guide/"


def test_a_canonical_address_is_believed_only_where_it_leads_to_a_page(web: Website, made: Made) -> None:
    web.sitemap = False
    for name, target in (("a", "/missing"), ("b", "/"), ("c", "https://elsewhere.example/"), ("d", "/e"), ("e", "/d")):
        web.pages[f"/{name}"] = WebPage(html(f"Page {name}", f'<link rel="canonical" href="{target}">'))
    connector = made()
    assert paths(connector) == {"a", "b", "c", "d"}
    for id in listed(connector):
        assert isinstance(connector.fetch(id), RawDocument)


def test_the_crawl_stays_within_its_bounds(web: Website, made: Made) -> None:
    web.sitemap = False
    web.pages = {
        "/docs/": WebPage(html("Docs", links=("a", "b", "/blog/x", "drafts/x", "a?sort=1", "logo.png", "hidden"))),
        "/docs/a": WebPage(html("A", links=("/docs/deep",))),
        "/docs/b": WebPage(html("B")),
        "/docs/deep": WebPage(html("Deep", links=("/docs/deeper",))),
        "/docs/deeper": WebPage(html("Deeper")),
        "/docs/hidden": WebPage(html("Hidden", NOINDEX, links=("/docs/behind",))),
        "/docs/behind": WebPage(html("Behind")),
        "/blog/x": WebPage(html("Blog")),
    }
    connector = made(url=f"{web.url}/docs/", max_depth=2, exclude=("drafts/",), content=ContentRules(default="sop"))
    assert paths(connector) == {"docs/", "docs/a", "docs/b", "docs/deep", "docs/behind"}
    assert connector.left_out() == {"pattern": 1, "query": 1, ".png": 1, "noindex": 1, "depth": 1}
    assert not {"/docs/drafts/x", "/blog/x", "/docs/logo.png"} & {asked.path for asked in web.asked}
    assert fetched(connector, f"{web.url}/docs/a").kind == "sop"
    items = list(made(url=f"{web.url}/docs/", max_pages=2).scan())
    assert len([item for item in items if isinstance(item, Ref)]) == 2
    assert "max_pages = 2" in next(item.reason for item in items if isinstance(item, Unreadable))
    assert not any(isinstance(item, Complete) for item in items)
    assert paths(made(url=f"{web.url}/docs/", include=("docs/d*",))) == {"docs/deep", "docs/deeper"}
    for id in (f"{web.url}/blog/x", f"{web.url}/docs/drafts/x"):
        with pytest.raises(GoneError, match="not among"):
            connector.fetch(id)


def test_a_page_that_answers_5xx_leaves_the_listing_open(web: Website, made: Made) -> None:
    web.sitemap = False
    web.pages = {f"/p{n}": WebPage(html(f"{n}")) for n in range(3)}

    def broken(asked: Asked) -> Reply | None:
        return Reply(500) if asked.path == "/p1" else None

    assert web.server is not None
    web.server.faults = [broken] * 9
    items = list(made().scan())
    assert {item.id for item in items if isinstance(item, Ref)} == {f"{web.url}/p0", f"{web.url}/p2"}
    assert [item.id for item in items if isinstance(item, Unreadable)] == [f"{web.url}/p1"]
    assert not any(isinstance(item, Complete) for item in items)


def test_without_its_start_page_or_robots_nothing_is_listed(web: Website, made: Made) -> None:
    web.sitemap = False
    web.redirects["/"] = (404, "/")
    with pytest.raises(FatalError, match="start page"):
        list(made().scan())
    assert web.server is not None
    forget()
    web.server.faults = [once(503, Retry_After="600")]
    with pytest.raises(TransientSourceError):
        list(made(requests_per_second=999).scan())


# what is a document --------------------------------------------------------------------------------------------


def test_what_leads_elsewhere_is_not_indexed_under_its_name(web: Website, made: Made) -> None:
    login = html('<form><input name="word" type="password"></form>')
    web.pages = {
        "/docs/": WebPage(html("Front")),
        "/docs/account": WebPage(login),
        "/docs/signin": WebPage(html("Continue")),
        "/docs/404.html": WebPage(html("Lost?")),
        "/docs/stub": WebPage(html("", '<meta http-equiv="refresh" content="0; url=new">')),
        "/docs/new": WebPage(html("New")),
        "/docs/out": WebPage(html("Fine", NOINDEX)),
        "/docs/header": WebPage(html("Fine"), headers={"X-Robots-Tag": "other: noarchive, headwater: noindex"}),
        "/docs/others": WebPage(html("Fine"), headers={"X-Robots-Tag": "other: noindex"}),
        "/docs/soft": WebPage(html("Not found", '<meta name="prerender-status-code" content="404">')),
        "/docs/image": WebPage(b"\x89PNG", "image/png"),
        "/docs/only": WebPage(html("Kept under its listed name"), in_sitemap=False),
    }
    web.redirects = {
        "/docs/1": (301, "/docs/"), "/docs/2": (302, "/docs/"), "/docs/3": (302, "/docs/account?next=/docs/3"),
        "/docs/4": (301, "/docs/signin"), "/docs/5": (301, "/docs/404.html"), "/docs/6": (301, "/blog/"),
        "/docs/7": (301, "/docs/new"), "/docs/8": (301, "/docs/only"), "/docs/9": (301, "http://elsewhere.example/"),
    }  # fmt: skip
    web.pages["/blog/"] = WebPage(html("Blog"), in_sitemap=False)
    connector = made(url=f"{web.url}/docs/")
    listed(connector)
    gone = ("1", "5", "6", "7", "stub", "out", "header", "soft", "image", "missing")
    for name in gone:
        with pytest.raises(GoneError):
            connector.fetch(f"{web.url}/docs/{name}")
    for name in ("2", "3", "4", "9"):
        with pytest.raises(FetchError):
            connector.fetch(f"{web.url}/docs/{name}")
    kept = connector.fetch(f"{web.url}/docs/8")
    assert isinstance(kept, RawDocument)
    assert (kept.id, kept.uri) == (f"{web.url}/docs/8", f"{web.url}/docs/only")
    assert isinstance(connector.fetch(f"{web.url}/docs/others"), RawDocument)


def test_a_page_that_leads_elsewhere_by_now_is_not_confirmed_by_the_other(web: Website, made: Made) -> None:
    web.pages = {"/a": WebPage(html("A")), "/b": WebPage(html("A"))}
    connector, id = made(), f"{web.url}/a"
    version = connector.fetch(id).version
    web.redirects["/a"] = (301, "/b")
    with pytest.raises(GoneError):
        connector.fetch(id, version)


def test_what_a_document_carries(web: Website, made: Made) -> None:
    body = "<p>Größe</p>".encode("latin-1")
    web.pages = {
        "/a": WebPage(body, "text/html; charset=ISO-8859-1", lastmod="2024-03-01"),
        "/b": WebPage(b"# Title", "text/plain", lastmod="2024-05-01T08:00:00+02:00"),
        "/c.md": WebPage(b"# Title", "text/plain", lastmod="2024-06-01"),
        "/d": WebPage(b"%PDF-1.7", "application/pdf"),
    }
    connector = made(content=ContentRules(rules=(("*.md", "release_note"),)))
    found = {id.rpartition("/")[2]: fetched(connector, id) for id in listed(connector)}
    assert {name: raw.media_type for name, raw in found.items()} == {
        "a": "text/html;charset=iso-8859-1", "b": "text/plain", "c.md": "text/markdown", "d": "application/pdf",
    }  # fmt: skip
    b, c = found["b"], found["c.md"]
    assert b.updated_at is not None
    assert b.updated_at.isoformat() == "2024-05-01T08:00:00+02:00"
    assert (b.kind, c.kind, b.title) == ("help", "release_note", "")
    assert b.meta["modified"] == "2023-11-14T22:13:20+00:00"


def test_days_of_a_build_are_not_days_of_edits(web: Website, made: Made) -> None:
    web.pages = {f"/p{n}": WebPage(html(f"{n}"), lastmod=f"2024-03-01T10:00:0{n}Z") for n in range(5)}
    web.pages["/old"] = WebPage(html("Old"), lastmod="2023-01-01")
    connector = made()
    found = {id.rpartition("/")[2]: fetched(connector, id) for id in listed(connector)}
    dated = [name for name, raw in found.items() if raw.updated_at]
    assert dated == ["old"]


# trouble and secrets -------------------------------------------------------------------------------------------


def test_refused_credentials_are_the_sources_trouble_and_one_refused_page_is_not(web: Website, made: Made) -> None:
    web.pages = {"/": WebPage(html("Front")), "/a": WebPage(html("A"))}
    assert web.server is not None
    connector, id = made(), f"{web.url}/a"
    web.server.faults = [lambda asked: Reply(403) if asked.path == "/a" else None]
    with pytest.raises(FetchError, match="403"):
        connector.fetch(id)
    web.needs = "Bearer right"
    with pytest.raises(CredentialError) as raised:
        made(headers={"Authorization": "Bearer wr0ng"}).fetch(id)
    assert "headers" in raised.value.advice
    assert "wr0ng" not in f"{raised.value}{raised.value.advice}"
    right = made(headers={"Authorization": "Bearer right"})
    assert isinstance(right.fetch(id), RawDocument)
    assert "right" not in repr(pickle.loads(pickle.dumps(right)))


def test_a_refused_page_is_not_gone_where_there_is_no_start_page(web: Website, made: Made) -> None:
    web.pages = {"/a": WebPage(html("A"))}
    assert web.server is not None
    connector = made()
    web.server.faults = [lambda asked: Reply(403) if asked.path == "/a" else None]
    with pytest.raises(FetchError, match="/a refused our credentials"):
        connector.fetch(f"{web.url}/a")


def test_secrets_come_from_the_environment(web: Website, made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    web.pages["/a"] = WebPage(html("A"))
    web.needs = "Basic YW5uOnMzY3IzdA=="
    monkeypatch.setenv("SITE_PASSWORD", "s3cr3t")
    assert paths(made(user="ann", password="${SITE_PASSWORD}", crawl="never")) == {"a"}


def test_statuses_of_a_page(web: Website, made: Made) -> None:
    web.pages["/a"] = WebPage(html("A" * 2_000_000))
    connector, id = made(max_mb=1), f"{web.url}/a"
    with pytest.raises(FetchError, match="larger than 1 MB"):
        connector.fetch(id)
    assert web.server is not None
    for status in (404, 410):
        web.server.faults = [lambda asked, status=status: Reply(status) if asked.path == "/a" else None]  # type: ignore[misc]  # a default as a closure
        with pytest.raises(GoneError):
            connector.fetch(id)
    web.server.faults = [lambda asked: Reply(503) if asked.path == "/a" else None] * 9
    with pytest.raises(TransientSourceError):
        connector.fetch(id)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"url": "docs.example.com"}, "no address"),
        ({"url": "https://ann:word@example.com/"}, "user name or a password"),
        ({"url": ["https://a.com/", "https://b.com/"], "user": "ann"}, "for one host"),
        ({"crawl": "sometimes"}, "crawl"),
        ({"ulr": "x"}, "did you mean url"),
    ],
)
def test_settings_that_cannot_be(made: Made, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message) as raised:
        made(**changes)
    assert "word" not in f"{raised.value}".replace("password", "")


def test_other_hosts_and_inner_networks_need_to_be_named(web: Website, made: Made) -> None:
    web.pages["/a"] = WebPage(html("A"))
    with pytest.raises(FetchError, match="inner network"):
        made(allow_private_addresses=False).fetch(f"{web.url}/a")
    with pytest.raises(GoneError, match="not among"):
        made().fetch("http://169.254.169.254/latest")
