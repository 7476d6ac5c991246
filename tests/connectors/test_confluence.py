"""Pages over a local server that speaks both of Confluence's APIs."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from connectors.http.client import close_all
from connectors.registry import build
from headwater.errors import ConfigError, CredentialError, FatalError, FetchError, GoneError, TransientSourceError
from headwater.interfaces import Connector
from headwater.model import Access, Checkpoint, Complete, Ref, Unreadable
from headwater.settings import SourceSettings
from tests.connectors.contract import Bench, ConnectorContract, ServedBench, fetched, hurried, refs
from tests.connectors.services.confluence import ANN, EMAIL, TOKEN, Confluence, failing
from tests.connectors.services.local import Asked, once, serving

GROUPS = {"confluence-users": "group:readers", "sre": "group:others"}
BOB = {"accountId": "acc-bob", "userKey": "key-bob", "username": "bob", "displayName": "Bob"}


def source(wiki: Confluence, *, access: Access | None = None, **options: Any) -> Connector:
    assert wiki.server is not None
    given: dict[str, Any] = {
        "url": wiki.server.url + ("/wiki" if wiki.cloud else ""), "deployment": "cloud" if wiki.cloud else "server",
        "token": TOKEN, "groups": GROUPS, "allow_private_addresses": True,
    }  # fmt: skip
    if wiki.cloud:
        given["email"] = EMAIL
    else:
        given["users"] = {"ann": "user:ann@example.com"}
    settings = SourceSettings(
        name="wiki",
        kind="confluence",
        default_access=access or Access(frozenset({"group:readers", "group:others", "user:ann@example.com"})),
        options={**given, **options},
    )
    return hurried(build(settings, frozenset({"readers", "others"})))


@pytest.fixture(params=["cloud", "server"])
def wiki(request: pytest.FixtureRequest) -> Iterator[Confluence]:
    yield from running(Confluence(cloud=request.param == "cloud"))


@pytest.fixture
def cloud() -> Iterator[Confluence]:
    yield from running(Confluence())


@pytest.fixture
def server() -> Iterator[Confluence]:
    yield from running(Confluence(cloud=False))


def running(made: Confluence) -> Iterator[Confluence]:
    made.readers["DOCS"] = [("group", "g-1" if made.cloud else "confluence-users")]
    with serving(made.answer) as local:
        made.server = local
        yield made
    close_all()


def listed(connector: Connector) -> dict[str, Ref]:
    return {item.id: item for item in connector.scan() if isinstance(item, Ref)}


def asked(wiki: Confluence, part: str = "") -> list[str]:
    assert wiki.server is not None
    return [one.path for one in wiki.server.asked if part in one.path]


class ConfluenceBench(ServedBench):
    secret = TOKEN

    def __init__(self, wiki: Confluence) -> None:
        self._wiki, self.server = wiki, wiki.server
        self._numbers: dict[str, int] = {}

    @property
    def connector(self) -> Connector:
        return source(self._wiki, access=Access(frozenset({"group:readers"})))

    def put(self, name: str, text: str, readers: str | None = None) -> str:
        number = self._numbers.setdefault(name, 100 + len(self._numbers))
        before = self._wiki.pages.get(number, {})
        if before.get("body") != f"<p>{text}</p>":
            self._wiki.put(number, f"<p>{text}</p>")
        if readers is not None and readers.startswith("user:"):
            self._wiki.restrict(number, users=(ANN,))
        elif readers is not None:
            self._wiki.restrict(number, groups=(readers,))
        return str(number)

    def remove(self, id: str) -> None:
        del self._wiki.pages[int(id)]

    def is_later_part(self, asked: Asked) -> bool:
        return asked.path.endswith(("/pages", "/content")) and bool({"cursor", "start"} & set(asked.query))


class TestConfluenceCloudContract(ConnectorContract):
    kind = "confluence"

    @pytest.fixture
    def bench(self, cloud: Confluence) -> Bench:
        return ConfluenceBench(cloud)


class TestConfluenceServerContract(ConnectorContract):
    kind = "confluence"

    @pytest.fixture
    def bench(self, server: Confluence) -> Bench:
        return ConfluenceBench(server)


def test_what_a_page_says(wiki: Confluence) -> None:
    wiki.put(1, "<p>Top</p>", title="Operations")
    wiki.put(2, "<p>Restart&nbsp;it.</p>", title="Restart", parent=1, labels=["runbook", "billing"])
    wiki.put(2, "<p>Restart&nbsp;it.</p>")
    raw = fetched(source(wiki), "2")
    assert (raw.title, raw.media_type) == ("Restart", "text/html")
    assert "Restart\xa0it." in raw.content.decode()
    assert raw.meta["tags"] == ("billing", "runbook")
    assert raw.meta["breadcrumbs"] == ("DOCS", "Operations")
    assert (raw.meta["author"], raw.meta["revision"]) == ("Ann", "2")
    assert raw.uri.endswith("/spaces/DOCS/pages/2")
    assert raw.updated_at is not None
    assert raw.updated_at.isoformat().startswith("2026-01-02T00:00:00")


def test_rules_by_path_see_the_place_of_a_page(wiki: Confluence) -> None:
    wiki.put(1, "<p>Top</p>", title="Billing/Invoices")
    wiki.put(2, "<p>Text</p>", title="Refunds", parent=1)
    assert wiki.server is not None
    settings = SourceSettings(
        name="wiki", kind="confluence", default_access=Access(frozenset({"group:readers"})),
        paths=("DOCS/{product}/*",),
        options={
            "url": wiki.server.url + ("/wiki" if wiki.cloud else ""), "email": EMAIL if wiki.cloud else "",
            "deployment": "cloud" if wiki.cloud else "server", "token": TOKEN, "groups": GROUPS,
            "allow_private_addresses": True,
        },
    )  # fmt: skip
    assert fetched(build(settings, frozenset({"readers", "others"})), "2").meta["product"] == "Billing Invoices"


def test_only_current_pages_of_current_spaces_are_read(wiki: Confluence) -> None:
    wiki.spaces["OLD"] = 901
    wiki.statuses["OLD"] = "archived"
    wiki.put(1, "<p>Text</p>")
    wiki.put(2, "<p>Text</p>", status="archived")
    wiki.put(3, "<p>Text</p>", status="trashed")
    wiki.put(4, "<p>Text</p>", status="draft")
    wiki.put(5, "<p>Text</p>", space="OLD")
    assert refs(source(wiki)).keys() == {"1"}
    for id in ("2", "3", "4", "5"):
        with pytest.raises(GoneError):
            source(wiki).fetch(id)


def test_spaces_by_key(wiki: Confluence) -> None:
    wiki.spaces["OPS"] = 901
    wiki.readers["OPS"] = wiki.readers["DOCS"]
    wiki.put(1, "<p>Text</p>")
    wiki.put(2, "<p>Text</p>", space="OPS")
    assert refs(source(wiki)).keys() == {"1", "2"}
    assert refs(source(wiki, spaces=["OPS"])).keys() == {"2"}
    with pytest.raises(GoneError):
        source(wiki, spaces=["OPS"]).fetch("1")
    with pytest.raises(FatalError, match="NONE"):
        list(source(wiki, spaces=["DOCS", "NONE"]).scan())


def test_labels_title_place_and_readers_change_the_version(wiki: Confluence) -> None:
    wiki.put(1, "<p>Top</p>", title="Top")
    wiki.put(2, "<p>Text</p>", parent=1, labels=["b"])
    seen = {refs(source(wiki))["2"]}
    for change in ({"labels": ["a"]}, {"title": "Other"}, {"parent": None}, {"attachments": {"att1": FILE}}):
        wiki.pages[2].update(change)
        seen.add(refs(source(wiki))["2"])
        assert refs(source(wiki))["2"] == fetched(source(wiki), "2").version
    wiki.pages[2]["parent"] = 1
    seen.add(refs(source(wiki))["2"])
    wiki.restrict(1, groups=("sre",))
    seen.add(refs(source(wiki))["2"])
    assert len(seen) == 7


FILE = {"name": "plan.txt", "version": 1, "content": b"The plan"}


def test_attachments_are_named_and_read_on_request(wiki: Confluence) -> None:
    id = "att7" if wiki.cloud else "7"
    wiki.put(1, "<p>Text</p>", attachments={id: FILE, id + "8": {**FILE, "name": "photo.png"}})
    assert refs(source(wiki)).keys() == {"1"}
    assert fetched(source(wiki), "1").meta["attachments"] == ("photo.png", "plan.txt")
    with pytest.raises(FetchError):
        source(wiki).fetch(f"1/{id}")
    wiki.restrict(1, groups=("sre",))
    found = refs(source(wiki, attachments=True))
    assert found.keys() == {"1", f"1/{id}"}
    raw = fetched(source(wiki, attachments=True), f"1/{id}")
    assert (raw.title, raw.content, raw.media_type) == ("plan.txt", b"The plan", "text/plain")
    assert raw.version == found[f"1/{id}"]
    assert raw.access == Access()  # the space's readers and the page's are not known to have anyone in common
    wiki.pages[1]["attachments"][id] = {**FILE, "version": 2, "content": b"Another plan"}
    assert refs(source(wiki, attachments=True))[f"1/{id}"] != raw.version
    del wiki.pages[1]["attachments"][id]
    assert refs(source(wiki, attachments=True)).keys() == {"1"}
    with pytest.raises(GoneError):
        source(wiki, attachments=True).fetch(f"1/{id}")


def test_many_attachments_labels_and_readers_are_all_seen(wiki: Confluence) -> None:
    wiki.nested = 2
    files = {f"{'att' if wiki.cloud else ''}{n}": {**FILE, "name": f"{n}.txt"} for n in range(10, 15)}
    wiki.groups |= {f"team-{n}": f"g-team-{n}" for n in range(7)}
    wiki.put(1, "<p>Text</p>", attachments=files, labels=["a", "b", "c"])
    wiki.restrict(1, groups=(*(f"team-{n}" for n in range(7)), "confluence-users"))
    raw = fetched(source(wiki), "1")
    assert raw.meta["attachments"] == tuple(f"{n}.txt" for n in range(10, 15))
    assert raw.meta["tags"] == ("a", "b", "c")
    assert raw.access.allow == {"group:readers"}
    assert refs(source(wiki))["1"] == raw.version


def test_a_run_without_changes_asks_by_pages_of_results(wiki: Confluence) -> None:
    wiki.page = 100
    for number in range(1, 31):
        wiki.put(number, "<p>Text</p>", parent=1 if number > 1 else None)
    wiki.restrict(1, groups=("confluence-users",))
    connector = source(wiki, spaces=["DOCS"])
    refs(connector)
    # Cloud: space, pages, search, permissions, roles, a group's name. Server: space, pages, permissions, anonymous.
    assert len(asked(wiki)) == (6 if wiki.cloud else 4)
    assert wiki.server is not None
    wiki.server.asked.clear()
    fetched(connector, "5")
    # Its body, on Cloud whom it is restricted to, and who wrote it.
    assert len(asked(wiki)) == (3 if wiki.cloud else 1)


def test_what_the_search_does_not_know_yet_is_asked_for(cloud: Confluence) -> None:
    cloud.put(1, "<p>Text</p>")
    cloud.put(2, "<p>Text</p>", parent=1, labels=["new"])
    cloud.restrict(1, groups=("sre",))
    whole = refs(source(cloud))
    cloud.unsearched = {1, 2}
    assert refs(source(cloud)) == whole
    assert cloud.server is not None
    cloud.server.faults += failing("content/search", 403)
    assert refs(source(cloud)) == whole


def test_a_page_below_a_folder(cloud: Confluence) -> None:
    cloud.folders[70] = {"id": "70", "title": "Runbooks", "parentId": None, "parentType": None}
    cloud.put(1, "<p>Text</p>", parent=70)
    assert fetched(source(cloud), "1").meta["breadcrumbs"] == ("DOCS", "Runbooks")
    cloud.restrict(70, groups=("unheard-of",))
    assert listed(source(cloud))["1"].access == Access()


def test_an_interrupted_listing_goes_on_with_the_next_space(wiki: Confluence) -> None:
    wiki.spaces["OPS"] = 901
    wiki.readers["OPS"] = wiki.readers["DOCS"]
    wiki.put(1, "<p>Text</p>")
    wiki.put(2, "<p>Text</p>", space="OPS")
    connector = source(wiki)
    whole = list(connector.scan())
    marks = [item.token for item in whole if isinstance(item, Checkpoint)]
    assert whole.index(Checkpoint(marks[0])) == 1
    rest = list(connector.scan(marks[0]))
    assert [item.id for item in rest if isinstance(item, Ref)] == ["2"]
    assert isinstance(rest[-1], Complete)
    for token in (marks[-1], b"nonsense", b"[1]"):
        assert list(connector.scan(token)) == whole
    assert len(list(source(wiki, attachments=True).scan(marks[0]))) == len(whole)


def test_mentions_are_names(wiki: Confluence) -> None:
    mention = 'ri:account-id="acc-ann"' if wiki.cloud else 'ri:userkey="key-ann"'
    wiki.put(1, f"<p>Ask <ac:link><ri:user {mention} /></ac:link>.</p>")
    assert b"@Ann" in fetched(source(wiki), "1").content


def test_a_page_that_vanishes_between_listing_and_fetch(wiki: Confluence) -> None:
    wiki.put(1, "<p>Text</p>")
    connector = source(wiki)
    version = refs(connector)["1"]
    del wiki.pages[1]
    with pytest.raises(GoneError):
        connector.fetch("1", version)


def test_a_page_that_is_restricted_after_the_listing_is_seen_by_the_next_look(wiki: Confluence) -> None:
    wiki.put(1, "<p>Text</p>")
    connector = source(wiki)
    before = fetched(connector, "1")
    refs(connector)
    wiki.restrict(1, groups=("unheard-of",))
    after = fetched(connector, "1")
    assert before.access.allow
    assert not after.access.allow
    assert after.version != before.version


def test_trouble(wiki: Confluence) -> None:
    wiki.put(1, "<p>Text</p>")
    server = wiki.server
    assert server is not None
    with pytest.raises(CredentialError) as refused:
        list(source(wiki, token="wrong").scan())
    assert "token" in refused.value.advice
    assert "wrong" not in str(refused.value)
    server.faults += [once(429, Retry_After="0"), once(503)]
    assert refs(source(wiki)).keys() == {"1"}
    for body in (b"<html>", b"[]", b'{"results": null}', b'{"results": [{"id": 1}]}', b'{"results": ["x"]}'):
        server.faults += [once(200, body)]
        with pytest.raises(TransientSourceError):
            list(source(wiki).scan())
    server.faults += [once(200, json.dumps({"results": [], "_links": {"next": "https://evil.example/x"}}).encode())]
    with pytest.raises(TransientSourceError):
        list(source(wiki).scan())


def test_a_listing_that_goes_in_circles_is_no_complete_one(wiki: Confluence) -> None:
    assert wiki.server is not None
    again = b'{"results": [], "_links": {"next": "/x?cursor=c3&start=3"}}'
    wiki.server.faults += [once(200, again), once(200, again)]
    with pytest.raises(TransientSourceError):
        list(source(wiki).scan())


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"groups": {"sre": "group:reader"}}, "did you mean"),
        ({"users": {"ann": "ann@example.com"}}, "not a principal"),
        ({"url": "example.atlassian.net"}, "url"),
        ({"deployment": "datacenter"}, "deployment"),
        ({"space": "DOCS"}, "space"),
    ],
)
def test_wrong_settings_are_named(cloud: Confluence, options: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        source(cloud, **options)


def test_the_address_says_which_api_it_is() -> None:
    settings = SourceSettings(
        name="wiki", kind="confluence", default_access=Access(), options={"url": "https://x.atlassian.net/"}
    )
    made = build(settings, None)
    assert getattr(made, "cloud", None) is True
    assert getattr(made, "url", "") == "https://x.atlassian.net/wiki"


def test_failing_questions_about_one_page_are_its_own(wiki: Confluence) -> None:
    wiki.nested = 1
    wiki.put(1, "<p>Text</p>")
    wiki.put(2, "<p>Text</p>")
    wiki.restrict(2, groups=("sre", "confluence-users"))
    assert wiki.server is not None
    wiki.server.faults += failing("content/2/restriction", 403)
    items = list(source(wiki).scan())
    assert [item.id for item in items if isinstance(item, Ref)] == ["1"]
    (unreadable,) = [item for item in items if isinstance(item, Unreadable)]
    assert (unreadable.id, unreadable.error) == ("2", "TransientSourceError")
    assert isinstance(items[-1], Complete)
    with pytest.raises(TransientSourceError):
        source(wiki).fetch("2")
