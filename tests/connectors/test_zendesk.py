"""Articles over a local server that speaks Zendesk's API."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.helpcenter import api
from connectors.http.client import close_all
from connectors.registry import build
from connectors.websites.recent import Recent
from headwater.errors import ConfigError, CredentialError, GoneError, TransientSourceError
from headwater.interfaces import Connector
from headwater.model import PUBLIC, Access, Checkpoint, Complete, Gone, Ref
from headwater.settings import SourceSettings
from tests.connectors.contract import Bench, ConnectorContract, ServedBench, fetched, hurried, refs
from tests.connectors.services.local import Asked, once, serving
from tests.connectors.services.zendesk import EMAIL, TOKEN, Zendesk
from tests.support.state import open_workshop, run_all

MAPPED = {
    "user:ann@example.com": "user:ann@example.com",
    "signed_in_users": "group:readers",
    "Partners": "group:others",
}


def source(zendesk: Zendesk, *, access: Access | None = None, **options: Any) -> Connector:
    assert zendesk.server is not None
    given = {
        "url": zendesk.server.url, "email": EMAIL, "token": TOKEN, "segments": MAPPED, "allow_private_addresses": True,
    }  # fmt: skip
    settings = SourceSettings(
        name="help",
        kind="zendesk",
        default_access=access or Access(frozenset({"group:readers"})),
        options={**given, **options},
    )
    return hurried(build(settings, frozenset({"readers", "others"})))


@pytest.fixture
def zendesk() -> Iterator[Zendesk]:
    made = Zendesk()
    with serving(made.answer) as server:
        made.server = server
        yield made
    close_all()


class ZendeskBench(ServedBench):
    secret = TOKEN

    def __init__(self, zendesk: Zendesk) -> None:
        self._zendesk, self.server = zendesk, zendesk.server
        self._numbers: dict[str, int] = {}

    @property
    def connector(self) -> Connector:
        return source(self._zendesk)

    def put(self, name: str, text: str, readers: str | None = None) -> str:
        number = self._numbers.setdefault(name, 100 + len(self._numbers))
        segment = None if readers is None else self._zendesk.segment(readers, "custom")
        self._zendesk.put(number, f"<p>{text}</p>", user_segment_id=segment)
        return f"en-us/{number}"

    def remove(self, id: str) -> None:
        locale, _, number = id.partition("/")
        del self._zendesk.articles[locale, int(number)]

    def is_later_part(self, asked: Asked) -> bool:
        return "page[after]" in asked.query


class TestZendeskContract(ConnectorContract):
    kind = "zendesk"

    @pytest.fixture
    def bench(self, zendesk: Zendesk) -> Bench:
        return ZendeskBench(zendesk)


def test_what_an_article_says(zendesk: Zendesk) -> None:
    zendesk.put(5, "<h2>Pay</h2><p>By card.</p>", "de", label_names=["payment"], title="Zahlen")
    raw = fetched(source(zendesk, locales=["de"]), "de/5")
    assert (raw.title, raw.kind, raw.media_type) == ("Zahlen", "help", "text/html")
    assert (raw.meta["language"], raw.meta["tags"], raw.meta["translation_of"]) == ("de", ("payment",), "en-us/5")
    assert raw.updated_at is not None
    assert raw.uri.endswith("/hc/de/articles/5")


@pytest.mark.parametrize(
    ("segments", "readers"),
    [
        ([], {"public"}),
        (["Partners"], {"group:others"}),
        (["Partners", "Strangers"], {"group:others"}),
        (["Partners", "Signed-in users"], {"group:others", "group:readers"}),
        (["Strangers"], set()),
        (["staff"], set()),
    ],
)
def test_segments_are_readers(zendesk: Zendesk, segments: list[str], readers: set[str]) -> None:
    zendesk.segment("Signed-in users", "signed_in_users", built_in=True)
    zendesk.segment("staff", "signed_in_users")  # named and typed like a built-in one, and is none
    ids = [zendesk.segment(name, "custom") for name in segments]
    zendesk.put(1, "Text", user_segment_id=ids[0] if ids else None, user_segment_ids=ids)
    raw = fetched(source(zendesk, access=PUBLIC), "en-us/1")
    assert raw.access == Access(frozenset(readers))
    (listed,) = [item for item in source(zendesk, access=PUBLIC).scan() if isinstance(item, Ref)]
    assert listed.access == raw.access
    assert bool(raw.meta.get("access_findings")) == ("Strangers" in segments or segments == ["staff"])


def test_a_renamed_segment_changes_the_version(zendesk: Zendesk) -> None:
    id = zendesk.segment("Partners", "custom")
    zendesk.put(1, "Text", user_segment_id=id)
    before = refs(source(zendesk))
    zendesk.segments[id]["name"] = "Former partners"
    assert refs(source(zendesk)) != before


def test_drafts_are_never_read_and_go(zendesk: Zendesk) -> None:
    zendesk.put(1, "Text")
    zendesk.put(2, "Text", draft=True)
    assert refs(source(zendesk)).keys() == {"en-us/1"}
    with pytest.raises(GoneError):
        source(zendesk).fetch("en-us/2")


def scanned(connector: Connector, token: bytes | None = None) -> tuple[list[object], bytes]:
    items = list(connector.scan(token))
    mark = [item.token for item in items if isinstance(item, Checkpoint)][-1]
    return [item for item in items if not isinstance(item, Checkpoint)], mark


def test_between_listings_only_changes_are_asked_for(zendesk: Zendesk, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1_000.0]
    monkeypatch.setattr("connectors.zendesk.time.time", lambda: clock[0])
    zendesk.now = 500
    for number in range(7):
        zendesk.put(number, "Text")
    connector = source(zendesk)
    items, token = scanned(connector)
    assert len(items) == 8
    assert isinstance(items[-1], Complete)
    clock[0], zendesk.now = 5_000.0, 5_000
    zendesk.put(3, "Other text")
    zendesk.put(4, "Text", draft=True)
    zendesk.put(5, "Text", "de")
    assert zendesk.server is not None
    zendesk.server.asked.clear()
    items, token = scanned(connector, token)
    assert {getattr(item, "id", "") for item in items} == {"en-us/3", "en-us/4"}
    assert Gone("en-us/4") in items
    assert len(zendesk.server.asked) == 2  # the default locale, and the changes
    items, _ = scanned(source(zendesk, access=PUBLIC), token)
    assert isinstance(items[-1], Complete)  # other settings, everything anew
    clock[0] = 5_000.0 + 90_000
    assert isinstance(scanned(connector, token)[0][-1], Complete)
    assert isinstance(scanned(connector, b"nonsense")[0][-1], Complete)


def test_too_many_changes_at_once_are_listed_as_a_whole(zendesk: Zendesk, monkeypatch: pytest.MonkeyPatch) -> None:
    zendesk.now = 4_000_000_000
    zendesk.put(1, "Text")
    zendesk.put(2, "Text")
    connector = source(zendesk)
    token = scanned(connector)[1]
    monkeypatch.setattr(api, "_CHANGES_PAGE", 2)
    zendesk.now = 0
    assert isinstance(scanned(connector, token)[0][-1], Complete)


def test_listed_articles_are_not_asked_for_again(zendesk: Zendesk) -> None:
    zendesk.put(1, "Text")
    connector = source(zendesk, locales=["en-us"])
    refs(connector)
    assert zendesk.server is not None
    zendesk.server.asked.clear()
    assert b"Text" in fetched(connector, "en-us/1").content
    assert [asked.path for asked in zendesk.server.asked if "articles" in asked.path] == []


def test_trouble(zendesk: Zendesk) -> None:
    zendesk.put(1, "Text")
    with pytest.raises(CredentialError) as refused:
        list(source(zendesk, token="wrong").scan())
    assert "token" in refused.value.advice
    assert "wrong" not in str(refused.value)
    assert zendesk.server is not None
    zendesk.server.faults += [once(429, Retry_After="0"), once(503)]
    assert refs(source(zendesk)).keys() == {"en-us/1"}
    for body in ({"articles": [{"id": "1"}]}, [], {"articles": None}):
        zendesk.server.faults += [once(200, json.dumps(body).encode())]
        with pytest.raises(TransientSourceError):
            list(source(zendesk, locales=["en-us"]).scan())


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"segments": {"Partners": "group:reader"}}, "did you mean"),
        ({"segments": {"Partners": "everyone"}}, "not a principal"),
        ({"url": "example.zendesk.com"}, "url"),
        ({"subdomain": "example"}, "subdomain"),
    ],
)
def test_wrong_settings_are_named(zendesk: Zendesk, options: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        source(zendesk, **options)


def test_an_interrupted_listing_goes_on_with_the_next_page(zendesk: Zendesk) -> None:
    for number in range(7):
        zendesk.put(number, "Text")
    zendesk.put(8, "Text", "de")
    connector = source(zendesk, locales=["en-us", "de"])
    listing = connector.scan()
    first = [next(listing) for _ in range(4)]
    assert isinstance(first[-1], Checkpoint)
    rest = [item for item in connector.scan(first[-1].token) if not isinstance(item, Checkpoint)]
    assert [getattr(item, "id", "") for item in rest] == ["en-us/3", "en-us/4", "en-us/5", "en-us/6", "de/8", ""]
    assert isinstance(rest[-1], Complete)


def test_readers_alone_change_without_a_body_being_read(
    zendesk: Zendesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert zendesk.server is not None
    partners = zendesk.segment("Partners", "custom")
    zendesk.put(1, "<p>The lantern is lit.</p>")
    (tmp_path / "headwater.toml").write_text(
        '[groups]\nothers = "Others"\n\n[[source]]\nname = "help"\nkind = "zendesk"\ndefault_access = ["public"]\n'
        f'url = "{zendesk.server.url}"\nemail = "{EMAIL}"\ntoken = "{TOKEN}"\nfull_every = "1s"\n'
        'locales = ["en-us"]\nallow_private_addresses = true\nsegments = { Partners = "group:others" }\n'
    )

    def run() -> list[str]:
        """One run; the articles that were asked for one by one."""
        zendesk.server.asked.clear()  # type: ignore[union-attr]  # asserted above
        with open_workshop(tmp_path / "headwater.toml", tmp_path / "home") as workshop:
            (report,) = run_all(workshop).sources
            assert (report.indexed, report.failed) == (1, 0)
        paths = [asked.path for asked in zendesk.server.asked]  # type: ignore[union-attr]
        return [path for path in paths if path.endswith("/articles/1.json")]

    def readers() -> set[str]:
        with open_workshop(tmp_path / "headwater.toml", tmp_path / "home") as workshop:
            (row,) = workshop.ledger.documents(workshop.generation)
            return set(row.access.allow)

    run()
    assert readers() == {"public"}
    zendesk.put(1, "<p>The lantern is lit.</p>", user_segment_id=partners)
    # What a listing keeps in memory would be no request either.
    monkeypatch.setattr(Recent, "put", lambda *_: None)
    time.sleep(1.1)
    assert run() == []
    assert readers() == {"group:others"}
    zendesk.put(1, "<p>The lantern is out.</p>", user_segment_id=partners)
    time.sleep(1.1)
    run()
    assert readers() == {"group:others"}
