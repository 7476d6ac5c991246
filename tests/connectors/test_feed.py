"""Feeds in their formats, cut short, in pages, and showing only what is new."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from connectors import feed as feed_connector
from connectors.feed import FeedConnector
from connectors.feeds.entries import Entry, as_page, read_json_feed
from connectors.http.client import close_all
from connectors.registry import build
from connectors.websites import site as asked_robots
from headwater.errors import FatalError, FetchError, GoneError, TransientSourceError
from headwater.model import Access, Checkpoint, Complete, NotModified, Ref
from headwater.settings import ContentRules, SourceSettings
from tests.connectors.contract import fetched
from tests.connectors.services.feed import FeedSite, Note
from tests.connectors.services.local import Reply, serving

Made = Callable[..., FeedConnector]


@pytest.fixture
def site() -> Iterator[FeedSite]:
    found = FeedSite()
    with serving(found.answer) as server:
        found.server = server
        yield found
    close_all()


@pytest.fixture
def made(site: FeedSite) -> Made:
    def make(**changes: Any) -> FeedConnector:
        shared = {name: changes.pop(name) for name in ("content", "tags") if name in changes}
        options = {"url": f"{site.url}/feed", "allow_private_addresses": True, "requests_per_second": 1_000, **changes}
        public = Access(frozenset({"public"}))
        source = SourceSettings(name="notes", kind="feed", default_access=public, options=options, **shared)
        built = build(source, None)
        assert isinstance(built, FeedConnector)
        return built

    return make


def refs(connector: FeedConnector, resume: bytes | None = None) -> dict[str, str]:
    return {item.id: item.version for item in connector.scan(resume) if isinstance(item, Ref)}


@pytest.mark.parametrize("form", ["atom", "rss", "json"])
def test_an_entry_becomes_a_release_note(site: FeedSite, made: Made, form: str) -> None:
    site.form = form
    site.notes["urn:x:7"] = Note("Engine v2.3.1 & more", "<ul><li>Faster &amp; better</li></ul>", link=f"{site.url}/7")
    connector = made(tags=("engine",))
    assert list(refs(connector)) == ["urn:x:7"]
    raw = fetched(connector, "urn:x:7")
    assert (raw.title, raw.kind, raw.uri) == ("Engine v2.3.1 & more", "release_note", f"{site.url}/7")
    assert (raw.meta["version"], raw.meta["tags"]) == ("2.3.1", ("engine",))
    assert b"<li>Faster &amp; better</li>" in raw.content
    assert raw.updated_at is not None
    assert raw.updated_at.isoformat() == "2024-05-01T10:00:00+00:00"
    assert made(content=ContentRules(rules=(("**", "help"),))).policy.kind_of("7") == "help"


@pytest.mark.parametrize("form", ["atom", "rss", "json"])
def test_older_pages_are_read_and_an_entry_that_left_is_not_gone(site: FeedSite, made: Made, form: str) -> None:
    site.form, site.size = form, 3
    site.notes = {f"urn:x:{n}": Note(f"1.{n}", f"Text {n}") for n in range(8)}
    connector = made()
    assert len(refs(connector)) == 8
    assert len(site.asked) == 3
    for id in list(site.notes):
        fetched(connector, id)
    assert len(site.asked) == 3, "entries come with the listing"
    assert len(refs(made(max_archives=1))) == 6
    del site.notes["urn:x:7"]
    items = list(connector.scan())
    assert not any(isinstance(item, Complete) for item in items)
    asked = len(site.asked)
    for id in ("urn:x:7", "urn:x:70", "urn:x:700"):
        with pytest.raises(FetchError, match="stays searchable"):
            connector.fetch(id)
    assert len(site.asked) == asked, "what a listing did not show a moment ago is not looked for again"
    feed_connector._shown.clear()
    site.complete = form == "atom"
    site.size = 100
    if form == "atom":
        with pytest.raises(GoneError):
            connector.fetch("urn:x:7")


def test_a_feed_that_has_not_changed_sends_no_body(site: FeedSite, made: Made) -> None:
    site.notes = {f"urn:x:{n}": Note(f"1.{n}", f"Text {n}") for n in range(3)}
    connector = made()
    first = list(connector.scan())
    token = next(item.token for item in first if isinstance(item, Checkpoint))
    assert refs(connector, token) == refs(connector)
    assert [bool(asked.headers.get("if-none-match")) for asked in site.asked] == [False, True, False]
    assert refs(made(tags=("new",)), token).keys() == refs(connector).keys()
    assert refs(made(tags=("new",)), token) != refs(connector, token)
    assert refs(connector, b"[nonsense") == refs(connector, b'{"a": {"entries": 1}}') == refs(connector)
    site.notes["urn:x:0"] = Note("1.0", "Other")
    assert refs(connector, token)["urn:x:0"] != refs(connector, None)["urn:x:1"]
    assert isinstance(connector.fetch("urn:x:1", refs(connector)["urn:x:1"]), NotModified)


def test_the_page_behind_an_entry(site: FeedSite, made: Made) -> None:
    site.notes = {"urn:x:1": Note("1.1", "Short", link=f"{site.url}/1"), "urn:x:2": Note("1.0", "Only here")}
    site.pages["/1"] = Reply(200, b"<p>The whole story</p>", {"Content-Type": "text/html", "ETag": '"1"'})
    connector = made(fetch_pages=True)
    raw = fetched(connector, "urn:x:1")
    assert b"The whole story" in raw.content
    assert (raw.title, raw.meta["version"]) == ("1.1", "1.1")
    assert connector.fetch("urn:x:1", raw.version) == NotModified(raw.version)
    assert b"Only here" in fetched(connector, "urn:x:2").content
    site.notes["urn:x:1"] = Note("1.1", "Shorter", link=f"{site.url}/1")
    assert fetched(connector, "urn:x:1").version != raw.version
    site.pages["/robots.txt"] = Reply(200, b"User-agent: *\nDisallow: /1")
    asked_robots._robots.clear()
    with pytest.raises(FetchError, match=r"robots\.txt"):
        connector.fetch("urn:x:1")
    site.notes["urn:x:1"] = Note("1.1", "Short", link="http://elsewhere.example/1")
    with pytest.raises(FetchError, match="none of the hosts"):
        connector.fetch("urn:x:1")


CHANNEL = b'<rss version="2.0"><channel><title>&a;</title></channel></rss>'
BOMB = b'<!DOCTYPE r [<!ENTITY b "aaaa"><!ENTITY a "&b;&b;">]>' + CHANNEL
LEAK = b'<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + CHANNEL


@pytest.mark.parametrize("body", [BOMB, LEAK, b"<html><body>Log in</body></html>", b"{}", b"{", b"", b"\xff\xfe\x00"])
def test_what_is_no_feed_stops_the_source(site: FeedSite, made: Made, body: bytes) -> None:
    site.pages["/feed"] = Reply(200, body, {"Content-Type": "text/xml"})
    with pytest.raises(FatalError, match="as a feed"):
        list(made().scan())


def test_a_feed_cut_short_is_tried_again_and_a_sloppy_one_is_read(site: FeedSite, made: Made) -> None:
    body, media_type = site.rss({"urn:x:1": Note("1.0", "Text"), "urn:x:2": Note("1.1", "More")}, "")
    site.pages["/feed"] = Reply(200, body[:-90], {"Content-Type": media_type})
    with pytest.raises(TransientSourceError, match="half-way"):
        list(made().scan())
    site.pages["/feed"] = Reply(
        200, body.replace(b"<title>Notes", b"<title>Notes & News"), {"Content-Type": media_type}
    )
    assert list(refs(made())) == ["urn:x:1", "urn:x:2"]
    site.pages["/feed"] = Reply(404)
    with pytest.raises(FatalError, match="404"):
        list(made().scan())


def test_scripts_do_not_come_through(site: FeedSite, made: Made) -> None:
    site.notes = {"urn:x:1": Note("One", '<p onclick="x()">Text</p><script>alert(1)</script>')}
    content = fetched(made(), "urn:x:1").content
    assert b"Text" in content
    assert b"script" not in content
    assert b"onclick" not in content


def test_ids_that_are_no_addresses_are_unique_to_their_feed(site: FeedSite, made: Made) -> None:
    site.form = "json"
    site.notes = {"17": Note("One", "Text")}
    assert list(refs(made())) == [f"{site.url}/feed#17"]


def test_two_feeds_are_one_source(site: FeedSite, made: Made) -> None:
    site.notes = {"urn:x:1": Note("1.0", "Text")}
    body, media_type = site.atom({"urn:x:1": Note("1.0", "Text"), "urn:x:2": Note("2.0", "Text")}, "")
    site.pages["/other"] = Reply(200, body, {"Content-Type": media_type})
    assert list(refs(made(url=[f"{site.url}/feed", f"{site.url}/other"]))) == ["urn:x:1", "urn:x:2"]


@pytest.mark.parametrize(
    ("title", "version"),
    [
        ("Version 2.3", "2.3"), ("v10.0.1-rc.1 is out", "10.0.1-rc.1"), ("Python 3.13.0b2", "3.13.0b2"),
        ("From 1.2 to 1.3", ""), ("May 2024", ""), ("Released 1.2.3.4.5", ""), ("Hotfix for 2.1.", "2.1"), ("", ""),
    ],
)  # fmt: skip
def test_the_version_in_a_title(title: str, version: str) -> None:
    assert Entry("a", title, "").version == version


def test_plain_text_and_entries_without_one() -> None:
    assert b"<p>a &lt; b</p><p>c</p>" in as_page(Entry("a", "Title", "a < b\n\nc", plain=True))
    assert b"<p>Title &amp; more</p>" in as_page(Entry("a", "Title & more", " "))


def test_json_items_of_every_shape_are_read() -> None:
    body = b'{"version": "https://jsonfeed.org/version/1", "items": [{"id": 5, "title": null, "tags": "x"}, 7, {}]}'
    assert [entry.id[:9] for entry in read_json_feed(body, "http://a.com/f").entries] == ["http://a.", "http://a."]
