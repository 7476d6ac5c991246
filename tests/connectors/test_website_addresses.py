import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.globs import Selection
from connectors.http.reach import Reach
from connectors.websites.addresses import Scope, address, folder_of, key, path_of
from connectors.websites.robots import read_robots


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("HTTPS://Docs.Example.COM:443/a#part", "https://docs.example.com/a"),
        ("http://example.com:80", "http://example.com/"),
        ("http://example.com:8080/a", "http://example.com:8080/a"),
        ("http://example.com/a/../b/./c", "http://example.com/b/c"),
        ("http://example.com/../../b/", "http://example.com/b/"),
        ("http://example.com/%7euser/%c3%bc?q=%2f", "http://example.com/~user/%C3%BC?q=%2F"),
        ("http://example.com/ü b", "http://example.com/%C3%BC%20b"),
        ("http://example.com/a?utm_source=x&page=2&gclid=1", "http://example.com/a?page=2"),
        ("http://example.com/a?utm_source=x", "http://example.com/a"),
        ("http://example.com/a;jsessionid=12AB?b", "http://example.com/a?b"),
        ("http://[::1]:81/a", "http://[::1]:81/a"),
        ("mailto:ann@example.com", ""),
        ("javascript:void(0)", ""),
        ("http://user:word@example.com/", ""),
        ("http://example.com:port/", ""),
        ("http://[broken/", ""),
        ("http://example.com/" + "a" * 3_000, ""),
        ("", ""),
    ],
)
def test_one_form_of_an_address(written: str, found: str) -> None:
    assert address(written) == found


@given(st.text(max_size=60))
def test_the_form_is_final(text: str) -> None:
    found = address(f"http://example.com/{text}")
    assert address(found) == found
    assert found == "" or found.isascii()
    address(text)
    address(text, "http://example.com/a")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("http://example.com/a", "https://example.com/a/"),
        ("http://example.com/a/index.html", "http://example.com/a"),
        ("http://example.com/", "http://example.com/index.php"),
        ("http://example.com/a?x=1&y=2", "http://example.com/a?y=2&x=1"),
    ],
)
def test_addresses_of_one_page_have_one_key(one: str, other: str) -> None:
    assert key(one) == key(other)


def test_other_pages_have_other_keys() -> None:
    pages = ["http://a.com/x", "http://a.com/X", "http://a.com/x?p=1", "http://b.com/x", "http://a.com:81/x"]
    assert len({key(page) for page in pages}) == len(pages)


def test_scope() -> None:
    scope = Scope(Reach(frozenset({"a.com"})), ("/docs/",), Selection(exclude=("drafts/",)))
    assert scope.holds("http://a.com/docs")
    assert scope.holds("http://a.com/docs/x")
    assert not scope.holds("http://a.com/docsearch")
    assert not scope.holds("http://b.com/docs/x")
    assert scope.excluded("http://a.com/docs/drafts/x")
    assert not scope.excluded("http://a.com/docs/x")
    assert [folder_of(f"http://a.com{path}") for path in ("", "/docs", "/docs/", "/docs/a.html", "/a.html")] == [
        "/", "/docs/", "/docs/", "/docs/", "/",
    ]  # fmt: skip
    assert path_of("http://a.com/") == "index.html"


def test_robots_longest_match_wildcards_and_groups() -> None:
    robots = read_robots(
        b"\xef\xbb\xbfUser-agent: *\nDisallow: /\n\n"
        b"User-Agent: other\nuser-agent: HeadWater # us\nDisallow: /private/\nAllow: /private/open\n"
        b"Disallow: /*?print=\nDisallow: /*.bak$\nCrawl-delay: 2.5\nnonsense\nDisallow:\n"
        b"Sitemap: https://a.com/one.xml\nSitemap: https://a.com/two.xml\n"
    )
    allowed = {
        "/": True, "/private/": False, "/private/open/1": True, "/a?print=1": False, "/a?b&print=1": True,
        "/x.bak": False, "/x.bak/y": True, "/robots.txt": True,
    }  # fmt: skip
    assert {path: robots.allows(f"https://a.com{path}") for path in allowed} == allowed
    assert robots.delay == 2.5
    assert robots.sitemaps == ("https://a.com/one.xml", "https://a.com/two.xml")


def test_robots_of_everyone_and_of_nobody() -> None:
    assert not read_robots(b"User-agent: *\nDisallow: /a").allows("https://a.com/abc")
    assert read_robots(b"User-agent: others\nDisallow: /").allows("https://a.com/")
    assert read_robots(b"\xff\xfe\x00garbage").allows("https://a.com/")
    assert read_robots(b"User-agent: *\nCrawl-delay: 86400").delay == 60


@given(st.binary(max_size=200), st.text(alphabet="*$/ab?", max_size=12))
def test_robots_never_raises(body: bytes, pattern: str) -> None:
    read_robots(body).allows("https://a.com/")
    read_robots(f"User-agent: *\nDisallow: {pattern}".encode()).allows("https://a.com/a/b?ab")
