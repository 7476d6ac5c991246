"""HTTP against a real server that misbehaves in every way that servers do."""

import gzip
import pickle
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from urllib.parse import urlsplit

import pytest

from connectors.http.answer import conditional, retry_after
from connectors.http.client import Http, HttpSettings, close_all, http
from connectors.http.reach import OutOfReachError, Reach, is_private, shown
from headwater.errors import CredentialError, FetchError, GoneError, TransientSourceError
from headwater.settings import Secret
from tests.connectors.services.local import Asked, LocalServer, Reply, once, serving

TOKEN = "s3cr3t-token"


def pages(asked: Asked) -> Reply:
    match asked.path:
        case "/page":
            if asked.headers.get("if-none-match") == '"v1"':
                return Reply(304, headers={"ETag": '"v1"'})
            return Reply(200, b"<p>Text</p>", {"ETag": '"v1"', "Link": '</page?p=2>; rel="next", </page>; rel="prev"'})
        case "/packed":
            return Reply(200, gzip.compress(b"word " * 1_000), {"Content-Encoding": "gzip"})
        case "/bomb":
            return Reply(200, gzip.compress(bytes(5_000_000)), {"Content-Encoding": "gzip"})
        case "/json":
            return Reply(200, b'{"a": 1}')
        case "/loop":
            return Reply(302, headers={"Location": "/loop"})
        case "/moved":
            return Reply(301, headers={"Location": "page"})
        case _:
            return Reply(404, b"nothing here")


@pytest.fixture
def server() -> Iterator[LocalServer]:
    with serving(pages) as made:
        yield made
    close_all()


@pytest.fixture
def settings(server: LocalServer) -> HttpSettings:
    reach = Reach(frozenset({"127.0.0.1", "localhost"}), private=True)
    headers = (("authorization", Secret(f"Bearer {TOKEN}", "token")),)
    return HttpSettings(
        reach=reach, origin=server.url, headers=headers, setting="token", rate=1000, burst=1000, seconds=1,
        most_bytes=1_000_000, patience=2,
    )  # fmt: skip


@pytest.fixture
def client(settings: HttpSettings) -> Http:
    return http(settings)


def test_answers_and_conditional_requests(client: Http, server: LocalServer) -> None:
    first = client.get(f"{server.url}/page", {"a": 1})
    assert (first.status, first.body) == (200, b"<p>Text</p>")
    assert first.next_page == f"{server.url}/page?p=2"
    assert server.asked[-1].query == {"a": "1"}
    again = client.get(f"{server.url}/page", headers=conditional(first.validators))
    assert (again.status, again.body) == (304, b"")
    assert client.get(f"{server.url}/packed").body == b"word " * 1_000
    assert client.get(f"{server.url}/json").json() == {"a": 1}
    moved = client.get(f"{server.url}/moved")
    assert (moved.url, moved.permanent) == (f"{server.url}/page", True)
    server.faults.append(once(302, Location="/moved"))
    assert not client.get(f"{server.url}/anywhere").permanent


def test_equal_settings_share_a_client(settings: HttpSettings) -> None:
    assert http(settings) is http(replace(settings))


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, CredentialError),
        (403, CredentialError),
        (404, GoneError),
        (410, GoneError),
        (400, FetchError),
        (418, FetchError),
    ],
)
def test_statuses_that_stay(client: Http, server: LocalServer, status: int, error: type[Exception]) -> None:
    server.faults.append(once(status))
    with pytest.raises(error) as raised:
        client.get(f"{server.url}/page?key={TOKEN}")
    assert len(server.asked) == 1
    assert TOKEN not in f"{raised.value}{raised.value.__cause__!r}"
    if error is CredentialError:
        assert "token" in raised.value.advice  # type: ignore[attr-defined]  # a HeadwaterError, as `error` says


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_statuses_that_pass(client: Http, server: LocalServer, status: int) -> None:
    server.faults += [once(status), once(status)]
    assert client.get(f"{server.url}/page").body == b"<p>Text</p>"
    assert len(server.asked) == 3


def test_retry_after_is_waited_for_and_too_long_a_wait_is_not(client: Http, server: LocalServer) -> None:
    server.faults.append(once(429, Retry_After="1"))
    began = time.monotonic()
    assert client.get(f"{server.url}/page").status == 200
    assert time.monotonic() - began >= 0.9
    server.faults.append(once(503, Retry_After="300"))
    began = time.monotonic()
    for _ in range(3):
        with pytest.raises(TransientSourceError, match="again in"):
            client.get(f"{server.url}/page")
    assert time.monotonic() - began < 1
    assert len(server.asked) == 3  # the host is left alone


def test_a_spent_rate_limit_is_no_refusal(client: Http, server: LocalServer) -> None:
    reset = str(int(time.time()) + 1)
    server.faults.append(once(403, X_RateLimit_Remaining="0", X_RateLimit_Reset=reset))
    assert client.get(f"{server.url}/page").status == 200


def test_faults_of_the_connection_pass(client: Http, server: LocalServer) -> None:
    server.faults.append(lambda _: Reply(200, b"half of it", cut=True))
    server.faults.append(lambda _: Reply(200, b"not gzip", {"Content-Encoding": "gzip"}))
    server.faults.append(lambda _: Reply(200, b"far too slow", slow=1.5))
    assert client.get(f"{server.url}/page").body == b"<p>Text</p>"
    assert len(server.asked) == 4


def test_trouble_without_end_ends(client: Http, server: LocalServer) -> None:
    server.faults += [once(500) for _ in range(5)]
    with pytest.raises(TransientSourceError):
        client.get(f"{server.url}/page")
    assert len(server.asked) == 5
    with pytest.raises(FetchError, match="without end"):
        client.get(f"{server.url}/loop")


def test_a_dead_server(client: Http, settings: HttpSettings) -> None:
    with pytest.raises(TransientSourceError, match="cannot be reached"):
        client.get("http://127.0.0.1:9/")


def test_bodies_are_bounded_even_unpacked(client: Http, server: LocalServer) -> None:
    with pytest.raises(FetchError, match="larger than"):
        client.get(f"{server.url}/bomb")


def test_json_that_is_none(client: Http, server: LocalServer) -> None:
    with pytest.raises(TransientSourceError, match="JSON"):
        client.get(f"{server.url}/page").json()


def test_credentials_stay_with_their_server(client: Http, server: LocalServer) -> None:
    client.get(f"{server.url}/page")
    assert server.asked[-1].headers["authorization"] == f"Bearer {TOKEN}"
    port = urlsplit(server.url).port
    server.faults.append(once(302, Location=f"http://localhost:{port}/page"))
    client.get(f"{server.url}/page")
    assert "authorization" not in server.asked[-1].headers


def test_nobody_is_led_away(client: Http, server: LocalServer, settings: HttpSettings) -> None:
    for target in ("http://example.com/", "file:///etc/passwd", "//elsewhere.example/", "gopher://127.0.0.1/"):
        server.faults.append(once(302, Location=target))
        with pytest.raises(OutOfReachError):
            client.get(f"{server.url}/page")
    with pytest.raises(OutOfReachError, match="password"):
        client.get(server.url.replace("//", "//user:word@"))
    public = http(replace(settings, reach=Reach(frozenset({"127.0.0.1", "localhost"}))))
    for url in (server.url, server.url.replace("127.0.0.1", "localhost")):
        with pytest.raises(OutOfReachError, match="inner network"):
            public.get(f"{url}/page")
    assert len(server.asked) == 4


@pytest.mark.parametrize(
    ("address", "private"),
    [
        ("127.0.0.1", True), ("10.1.2.3", True), ("169.254.169.254", True), ("192.168.0.1", True), ("0.0.0.0", True),
        ("100.64.0.1", True), ("224.0.0.1", True), ("255.255.255.255", True), ("::1", True), ("fe80::1%eth0", True),
        ("fd00::1", True), ("::ffff:10.0.0.1", True), ("2002:0a00:0001::", True), ("::", True), ("64:ff9b:1::1", True),
        ("93.184.215.14", False), ("2606:2800:21f:cb07::1", False), ("::ffff:93.184.215.14", False),
    ],
)  # fmt: skip
def test_inner_networks(address: str, private: bool) -> None:
    assert is_private(address) is private


def test_patterns_of_hosts() -> None:
    reach = Reach(frozenset({"docs.example.com", "*.example.org"}))
    assert [reach.admits(host) for host in ("docs.example.com", "a.b.example.org")] == [True, True]
    refused = ("example.com", "example.org", "xexample.org", "docs.example.com.evil.net", "")
    assert not any(reach.admits(host) for host in refused)
    reach.check("https://DOCS.example.com./x")


def test_addresses_as_shown_hold_no_secrets() -> None:
    assert shown(f"https://user:{TOKEN}@example.com:8080/a?key={TOKEN}#{TOKEN}") == "https://example.com:8080/a"


def test_how_long_a_server_wants_to_be_left_alone() -> None:
    soon = datetime.now(UTC) + timedelta(seconds=90)
    assert retry_after({"retry-after": "7"}) == 7
    assert 85 < (retry_after({"retry-after": format_datetime(soon)}) or 0) <= 90
    assert retry_after({"retry-after": "soon"}) is None
    assert retry_after({}) is None
    assert retry_after({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "30"}) == 30
    assert retry_after({"x-ratelimit-remaining": "5", "x-ratelimit-reset": "30"}) is None


def test_settings_hold_no_secret_in_sight_and_can_be_pickled(settings: HttpSettings) -> None:
    assert TOKEN not in repr(settings)
    assert pickle.loads(pickle.dumps(settings)) == settings


def test_a_service_that_is_out_of_order_is_left_for_the_next_run(client: Http, server: LocalServer) -> None:
    server.faults += [once(500)] * 20
    with pytest.raises(TransientSourceError, match="answered with status 500") as raised:
        client.get(f"{server.url}/page")
    assert "The next run tries again" in raised.value.advice
