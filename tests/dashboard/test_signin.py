"""Signing in and out: what a session is, how it ends, and that nothing else opens a page."""

import json
import re
import threading
from collections.abc import Callable, Iterator

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.dashboard.fields import within
from app.dashboard.session import COOKIE, IDLE_SECONDS, LONGEST_SECONDS, MOST_SESSIONS, Sessions
from app.http.limits import Buckets
from headwater.clock import utc_now
from headwater.keys.keys import revoke
from headwater.ledger.keys import Key
from tests.dashboard.conftest import EVIL, Served, Visitor
from tests.dashboard.test_frame import token_of

KEY = Key(id="a", name="a", hash="", scopes=frozenset({"read"}), made_at=utc_now())


@pytest.fixture
def patient(served: Served) -> Iterator[Served]:
    """However often others were refused before."""
    served.node.refused = Buckets(60)
    yield served
    served.node.refused = Buckets(60)


def cookie_of(answer: httpx.Response) -> str:
    return answer.headers.get("set-cookie", "")


def signed_in(client: httpx.Client, path: str = "/dashboard/") -> bool:
    return client.get(path).status_code == 200


def test_a_person_signs_in_sees_a_page_and_signs_out(visitor: Visitor) -> None:
    key = visitor.served.key("read")
    page = visitor.page
    page.goto(f"{visitor.served.url}/dashboard/runs?only=trouble")
    assert page.title().startswith("Sign in")
    visitor.check()
    page.get_by_label("Key").fill(f" {key} ")
    page.keyboard.press("Enter")
    page.wait_for_url("**/dashboard/runs?only=trouble")
    (cookie,) = page.context.cookies()
    assert (cookie["name"], cookie["httpOnly"], cookie["sameSite"]) == (COOKIE, True, "Strict")
    assert cookie["secure"] is False  # this is http://127.0.0.1
    assert page.evaluate("() => document.cookie") == ""
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/dashboard/sign-in")
    assert page.context.cookies() == []
    page.go_back()
    page.reload()
    assert page.title().startswith("Sign in")
    assert visitor.complaints == []


def test_a_wrong_key_is_refused_on_the_same_page(visitor: Visitor, patient: Served) -> None:
    page = visitor.page
    page.goto(f"{visitor.served.url}/dashboard/sign-in?next=/dashboard/inbox")
    page.get_by_label("Key").fill("hwk_000000000000_" + "a" * 43)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("alert").wait_for()
    assert page.get_by_label("Key").input_value() == ""
    visitor.complaints.clear()  # a browser complains of every 401
    visitor.check()
    assert patient.deeds()[0] == ("dashboard", "sign-in refused", "127.0.0.1")


def test_a_link_elsewhere_leads_in_although_the_cookie_does_not_come_along(reader: Visitor) -> None:
    page = reader.page
    # Another site: not the same host.
    page.route(
        "http://elsewhere.test/", lambda route: route.fulfill(body=_link(reader.served), content_type="text/html")
    )
    page.goto("http://elsewhere.test/")
    page.get_by_role("link").click()
    page.wait_for_url("**/dashboard/inbox?live=off")
    assert page.get_by_role("heading", name="Inbox").is_visible()


def _link(served: Served) -> str:
    return f"<a href='{served.url}/dashboard/inbox?live=off'>the inbox</a>"


@pytest.mark.parametrize("scopes", [("search",), ("ingest",), ("administer",)])
def test_a_key_that_may_not_read_opens_nothing(patient: Served, scopes: tuple[str, ...]) -> None:
    with patient.client() as client:
        answer = client.post("/dashboard/sign-in", data={"key": patient.key(*scopes)})
        assert answer.status_code == 403
        assert "needs the scope read" in answer.text
        assert not cookie_of(answer)
        assert not signed_in(client)


@pytest.mark.parametrize("text", ["", "hwk_", "x" * 10_000, EVIL, "hwk_000000000000_" + "é" * 43, "\x00"])
def test_what_is_no_key_opens_nothing_and_is_not_repeated(patient: Served, text: str) -> None:
    with patient.client() as client:
        answer = client.post("/dashboard/sign-in", data={"key": text})
        assert answer.status_code == 401
        assert not cookie_of(answer)
        assert EVIL not in answer.text
        assert "x" * 100 not in answer.text


def test_guesses_are_limited_and_a_good_key_is_refused_meanwhile(patient: Served) -> None:
    patient.node.refused = Buckets(2)
    with patient.client() as client:
        for _ in range(2):
            assert client.post("/dashboard/sign-in", data={"key": "wrong"}).status_code == 401
        answer = client.post("/dashboard/sign-in", data={"key": patient.key("read")})
        assert answer.status_code == 429
        assert int(answer.headers["retry-after"]) > 0
        assert not cookie_of(answer)


def test_the_key_is_in_no_cookie_no_page_and_no_log(patient: Served, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    key = patient.key("read", "administer")
    secret = key.split("_", 2)[2]
    with patient.client() as client:
        answers = [client.post("/dashboard/sign-in", data={"key": key})]
        answers += [client.get(path) for path in ("/dashboard/", "/dashboard/inbox", "/dashboard/sign-in")]
        wrong = [client.post("/dashboard/sign-in", data={"key": key + "a"})]
    said = json.dumps([[dict(one.headers), one.text] for one in [*answers, *wrong]])
    assert secret not in said
    assert secret not in caplog.text
    assert not any(secret in "".join(deed) for deed in patient.deeds())
    assert (patient.keys[key].id, "dashboard sign-in", "127.0.0.1") in patient.deeds()


def test_a_session_that_somebody_else_chose_is_not_taken(served: Served) -> None:
    chosen = "a" * 43
    with served.client() as client:
        client.cookies.set(COOKIE, chosen, path="/dashboard")
        answer = client.post("/dashboard/sign-in", data={"key": served.key("read")})
        assert chosen not in cookie_of(answer)
    with served.client() as other:
        other.cookies.set(COOKIE, chosen, path="/dashboard")
        assert not signed_in(other)


def test_signing_in_again_ends_the_session_before(served: Served) -> None:
    with served.client(served.key("read")) as client, served.client() as other:
        other.cookies.set(COOKIE, client.cookies[COOKIE], path="/dashboard")
        assert signed_in(other)
        client.post("/dashboard/sign-in", data={"key": served.key("read")})
        assert signed_in(client)
        assert not signed_in(other)


def test_a_revoked_key_ends_its_sessions_at_the_next_request(served: Served) -> None:
    key = served.key("read")
    with served.client(key) as client:
        assert signed_in(client)
        revoke(served.node.opened.ledger, served.keys[key].id)
        for path in ("/dashboard/", "/dashboard/inbox/counts", "/dashboard/running"):
            assert client.get(path).status_code == 303
        assert client.get("/dashboard/running", headers={"hx-request": "true"}).status_code == 401


def test_who_is_signed_in_already_goes_on(served: Served) -> None:
    with served.client(served.key("read")) as client:
        answer = client.get("/dashboard/sign-in?next=/dashboard/runs")
        assert (answer.status_code, answer.headers["location"]) == (303, "/dashboard/runs")


def test_signing_out_ends_the_session_itself(served: Served) -> None:
    with served.client(served.key("read")) as client:
        token, cookie = token_of(client.get("/dashboard/").text), client.cookies[COOKIE]
        assert client.post("/dashboard/sign-out", data={"csrf": token}).status_code == 303
        client.cookies.set(COOKIE, cookie, path="/dashboard")
        assert not signed_in(client)


# forged requests ------------------------------------------------------------------------------------------

FORGED: list[tuple[str, Callable[[str], dict[str, str]], dict[str, str]]] = [
    ("no token", lambda token: {}, {}),
    ("an empty token", lambda token: {"csrf": ""}, {}),
    ("another token", lambda token: {"csrf": token[::-1]}, {}),
    ("no ASCII", lambda token: {"csrf": "é"}, {}),
    ("another origin", lambda token: {"csrf": token}, {"origin": "https://elsewhere.test"}),
    ("a null origin", lambda token: {"csrf": token}, {"origin": "null"}),
    ("no origin", lambda token: {"csrf": token}, {"origin": "http://["}),
    ("an empty origin", lambda token: {"csrf": token}, {"origin": "http://", "host": ""}),
    ("another port", lambda token: {"csrf": token}, {"origin": "http://127.0.0.1:1"}),
    ("another site", lambda token: {"csrf": token}, {"sec-fetch-site": "cross-site"}),
    ("a sister site", lambda token: {"csrf": token}, {"sec-fetch-site": "same-site"}),
    ("typed in", lambda token: {"csrf": token}, {"sec-fetch-site": "none"}),
]


@pytest.mark.parametrize(("fields", "headers"), [one[1:] for one in FORGED], ids=[one[0] for one in FORGED])
def test_forged_requests_change_nothing(
    served: Served, fields: Callable[[str], dict[str, str]], headers: dict[str, str]
) -> None:
    key = served.key("read", "administer")
    with served.client(key) as client:
        token = token_of(client.get("/dashboard/").text)
        before = len(served.inbox.rows("release-notes"))
        data = {"source": "release-notes", **fields(token)}
        answer = client.post("/dashboard/sources/run", data=data, headers=headers)
    assert answer.status_code == 403
    assert len(served.inbox.rows("release-notes")) == before
    assert (served.keys[key].id, "refused", "forged? /dashboard/sources/run") in served.deeds()


def test_the_token_of_another_session_does_not_count(served: Served) -> None:
    with served.client(served.key("read", "administer")) as one, served.client(served.key("read")) as other:
        token = token_of(other.get("/dashboard/").text)
        assert one.post("/dashboard/sources/run", data={"source": "help-center", "csrf": token}).status_code == 403


def test_neither_origin_nor_site_is_no_browser_of_ours(served: Served) -> None:
    with served.client(served.key("read", "administer")) as client:
        token = token_of(client.get("/dashboard/").text)
        del client.headers["origin"]
        answer = client.post("/dashboard/sources/run", data={"source": "help-center", "csrf": token})
    assert answer.status_code == 403


def test_nobody_is_signed_in_by_a_form_elsewhere(served: Served) -> None:
    with served.client() as client:
        answer = client.post(
            "/dashboard/sign-in", data={"key": served.key("read")}, headers={"sec-fetch-site": "cross-site"}
        )
    assert answer.status_code == 403
    assert not cookie_of(answer)


@pytest.mark.parametrize(
    ("origin", "host", "secure"),
    [
        ("https://headwater.example.com", "headwater.example.com", True),
        ("https://localhost:8700", "localhost:8700", True),
        ("http://localhost:8700", "localhost:8700", False),
        ("http://[::1]:8700", "[::1]:8700", False),
        ("http://headwater.example.com", "headwater.example.com", None),
        ("http://10.1.2.3:8700", "10.1.2.3:8700", None),
    ],
)
def test_the_cookie_goes_over_https_or_stays_on_this_machine(
    served: Served, origin: str, host: str, secure: bool | None
) -> None:
    with served.client() as client:
        answer = client.post(
            "/dashboard/sign-in", data={"key": served.key("read")}, headers={"origin": origin, "host": host}
        )
    if secure is None:
        assert answer.status_code == 403
        assert not cookie_of(answer)
        return
    assert answer.status_code == 303
    assert ("; Secure" in cookie_of(answer)) is secure
    assert re.search(r"; HttpOnly; .*; Path=/dashboard; SameSite=strict", cookie_of(answer), re.IGNORECASE)


def test_who_comes_over_plain_http_is_told_before_a_key_is_typed(served: Served) -> None:
    def warned(**headers: str) -> bool:
        with served.client() as client:
            answer = client.get(
                "/dashboard/sign-in", headers={name.replace("_", "-"): value for name, value in headers.items()}
            )
        assert answer.status_code == 200
        return "plain http" in answer.text

    assert warned(host="headwater.example.com")
    assert warned(host="[::nonsense")
    assert not warned(host="headwater.example.com", sec_fetch_site="none")
    assert not warned(host="localhost:8700")
    assert not warned(host="127.0.0.1:8700")


# where people are sent ------------------------------------------------------------------------------------

ELSEWHERE = [
    "https://elsewhere.test/",
    "//elsewhere.test/dashboard",
    "/dashboard//elsewhere.test",
    "///elsewhere.test",
    "/\\elsewhere.test",
    "/dashboard/../v1/status",
    "/dashboard/%2e%2e/v1/status",
    "/dashboardx",
    "javascript:alert(1)",
    "/dashboard/\r\nset-cookie: a=b",
    "/dashboard/\t",
    "http:/dashboard/",
    "",
    "dashboard/",
]


@pytest.mark.parametrize("asked", ELSEWHERE)
def test_nobody_is_sent_elsewhere(served: Served, asked: str) -> None:
    with served.client() as client:
        answer = client.post("/dashboard/sign-in", data={"key": served.key("read"), "next": asked})
        assert (answer.status_code, answer.headers["location"]) == (303, "/dashboard/")
        client.cookies.clear()
        form = client.get("/dashboard/sign-in", params={"next": asked})
        assert form.text.count('name="next" value="/dashboard/"') == 1


@pytest.mark.parametrize(
    "asked", ["/dashboard/", "/dashboard/runs?only=trouble&source=a%2Fb", "/dashboard/inbox?live=off&x=%23"]
)
def test_people_come_back_to_what_they_asked_for(served: Served, asked: str) -> None:
    with served.client() as client:
        sent = client.get(asked)
        form = client.get(sent.headers["location"])
        back = form.text.partition('name="next" value="')[2].partition('"')[0].replace("&amp;", "&")
        assert back == asked
        answer = client.post("/dashboard/sign-in", data={"key": served.key("read"), "next": back})
    assert answer.headers["location"] == asked


@given(st.text(alphabet=st.sampled_from("/\\.:?#@%25e2a dashboardhttp\t\n"), max_size=40))
def test_addresses_stay_below_the_dashboard(text: str) -> None:
    for asked in (text, f"/dashboard{text}", f"/dashboard/{text}"):
        found = httpx.URL("http://here.test").join(within(asked, "/dashboard"))
        assert (found.scheme, found.host) == ("http", "here.test")
        assert found.path == "/dashboard" or found.path.startswith("/dashboard/")


# sessions in themselves -----------------------------------------------------------------------------------


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_sessions_end_when_nobody_uses_them_and_after_a_day() -> None:
    clock = Clock()
    sessions = Sessions(clock)
    idle, used, polled = (sessions.begin(KEY) for _ in range(3))
    for _ in range(int(LONGEST_SECONDS // 3600)):
        clock.now += 3600
        assert sessions.find(used) is not None
        sessions.find(polled, used=False)
    assert sessions.find(idle) is None
    assert sessions.find(polled) is None
    assert IDLE_SECONDS < LONGEST_SECONDS
    clock.now += 1
    assert sessions.find(used) is None


def test_the_session_unused_longest_makes_room() -> None:
    clock = Clock()
    sessions = Sessions(clock)
    first, second = sessions.begin(KEY), sessions.begin(KEY)
    for _ in range(MOST_SESSIONS - 2):
        clock.now += 1
        sessions.begin(KEY)
    assert sessions.find(first) is not None
    sessions.begin(KEY)
    assert sessions.find(second) is None
    assert sessions.find(first) is not None


def test_tokens_are_nowhere_in_memory_and_differ() -> None:
    sessions = Sessions()
    tokens = [sessions.begin(KEY) for _ in range(20)]
    assert len(set(tokens)) == 20
    found = [sessions.find(token) for token in tokens]
    assert len({one.csrf for one in found if one}) == 20
    assert not any(
        token in repr(one) or (one and token in (one.id, one.csrf)) for token, one in zip(tokens, found, strict=True)
    )
    assert found[0] is not None
    assert found[0].csrf not in repr(found[0])


def test_sessions_may_begin_and_end_at_once() -> None:
    sessions, faults = Sessions(), list[Exception]()

    def use() -> None:
        try:
            for _ in range(300):
                found = sessions.find(sessions.begin(KEY))
                assert found is not None
                sessions.end(found)
        except Exception as fault:
            faults.append(fault)

    threads = [threading.Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
