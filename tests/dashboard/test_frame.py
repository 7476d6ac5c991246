"""Every page within the frame: in any colours and at any size, for who may see it, and for nobody else."""

from html import escape
from html.parser import HTMLParser

import pytest
from fastapi.routing import APIRoute
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.routing import Mount

from app.dashboard.application import POLICY, ROUTERS, dashboard
from app.dashboard.frame import TABS
from headwater.keys.keys import make
from tests.dashboard.conftest import EVIL, Served, Visitor

PAGES = ("/", "/sources", "/runs", "/inbox")
OPEN = {"/sign-in"}
ROUTES = [
    (method, route.path)
    for router in ROUTERS
    for route in router.routes
    if isinstance(route, APIRoute)
    for method in route.methods
]


@pytest.mark.parametrize("path", PAGES)
def test_pages_are_in_order(administrator: Visitor, path: str) -> None:
    administrator.open(path)
    administrator.check()


@pytest.mark.parametrize("path", PAGES)
def test_who_may_only_look_gets_no_form_that_changes_anything(served: Served, path: str) -> None:
    with served.client(served.key("read")) as client:
        page = client.get(f"/dashboard{path}")
        posts = [action for method, action in forms_of(page.text) if method == "post" and action]
    assert page.status_code == 200
    assert posts == ["/dashboard/sign-out"]


def test_every_route_but_the_sign_in_is_for_sessions_only(served: Served) -> None:
    assert {"/", "/sources/run", "/inbox/replay", "/inbox/drop", "/sign-out"} <= {path for _, path in ROUTES}
    with served.client() as client:
        for method, path in ROUTES:
            if path in OPEN:
                continue
            answer = client.request(method, f"/dashboard{path}")
            assert answer.status_code == (303 if method == "GET" else 401), (method, path)
            assert "key 0" not in answer.text
            if method == "GET":
                assert answer.headers["location"].startswith("/dashboard/sign-in?next=%2Fdashboard")


def test_every_change_is_refused_without_the_token_and_to_keys_that_only_read(served: Served) -> None:
    changes = [path for method, path in ROUTES if method == "POST" and path not in OPEN]
    with served.client(served.key("read")) as client:
        token = token_of(client.get("/dashboard/").text)
        for path in changes:
            assert client.post(f"/dashboard{path}").status_code == 403, path
            if path != "/sign-out":
                assert client.post(f"/dashboard{path}", data={"csrf": token}).status_code in (403, 422), path


def test_the_menu_leads_to_pages(served: Served) -> None:
    with served.client(served.key("read")) as client:
        for tab in TABS:
            assert client.get(f"/dashboard{tab.path}").status_code == 200, tab


def test_headers_of_pages_and_of_what_they_load(served: Served) -> None:
    with served.client(served.key("read")) as client:
        page = client.get("/dashboard/")
        assert page.headers["content-security-policy"] == POLICY
        assert page.headers.get_list("cache-control", split_commas=True) == ["no-store"]
        assert page.headers["x-content-type-options"] == "nosniff"
        assert page.headers["referrer-policy"] == "same-origin"
        for loaded in loaded_by(page.text):
            asset = client.get(loaded)
            assert asset.status_code == 200, loaded
            assert "immutable" in asset.headers["cache-control"], loaded
            again = client.get(loaded, headers={"if-none-match": asset.headers["etag"]})
            assert again.status_code == 304
        assert "no-cache" in client.get("/dashboard/static/dashboard.css").headers["cache-control"]


@pytest.mark.parametrize("path", ["/dashboard/static/../frame.py", "/dashboard/static/%2e%2e/frame.py"])
def test_only_static_files_are_served(served: Served, path: str) -> None:
    with served.client() as client:
        assert client.get(path).status_code in (303, 404)


@pytest.mark.parametrize("path", ["/nothing", "/inbox/nothing", "/static/nothing.css", f"/{EVIL}"])
def test_what_is_not_there_is_said_in_the_same_design(served: Served, path: str) -> None:
    with served.client(served.key("read")) as client, served.client() as nobody:
        answer, to_nobody = client.get(f"/dashboard{path}"), nobody.get(f"/dashboard{path}")
    assert answer.status_code == to_nobody.status_code == 404
    assert "There is nothing here" in answer.text
    assert "Sign out" in answer.text
    assert "Sign out" not in to_nobody.text
    assert "<script>alert" not in answer.text


def test_error_pages_are_in_order(visitor: Visitor) -> None:
    visitor.page.goto(f"{visitor.served.url}/dashboard/nothing")
    visitor.complaints.clear()  # a browser complains of every 404
    visitor.check()


def test_a_fault_is_a_page_without_its_details(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(limit: int = 0) -> None:
        raise ZeroDivisionError("the password is swordfish")

    with served.client(served.key("read")) as client:
        monkeypatch.setattr(served.node.opened.ledger, "runs", broken)
        answer = client.get("/dashboard/runs")
    assert answer.status_code == 500
    assert "A fault in Headwater" in answer.text
    assert "swordfish" not in answer.text


@pytest.mark.parametrize("query", ["only=nonsense", "page=0", "page=x"])
def test_what_is_not_understood_is_said(served: Served, query: str) -> None:
    with served.client(served.key("read")) as client:
        answer = client.get(f"/dashboard/runs?{query}")
    assert answer.status_code == 422
    assert "not in a form that is understood" in answer.text


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"key=" + b"a" * 300_000, "application/x-www-form-urlencoded"),
        (b"&".join([b"a=b"] * 3_000), "application/x-www-form-urlencoded"),
        (b"\xff\xfe", "application/x-www-form-urlencoded"),
        (b"no pairs", "application/x-www-form-urlencoded"),
        (b"key=%ff", "application/x-www-form-urlencoded"),
        (b'{"key": "a"}', "application/json"),
        (b"--a\r\n", "multipart/form-data; boundary=a"),
    ],
)
def test_what_is_no_form_is_refused(served: Served, body: bytes, kind: str) -> None:
    with served.client(served.key("read", "administer")) as client:
        for path in ("/sign-in", "/sources/run", "/inbox/drop"):
            answer = client.post(f"/dashboard{path}", content=body, headers={"content-type": kind})
            assert answer.status_code == 422, path


@pytest.mark.parametrize("path", PAGES)
def test_nothing_that_others_wrote_becomes_markup(served: Served, path: str) -> None:
    with served.client(served.key("read", "administer")) as client:
        text = client.get(f"/dashboard{path}").text
    assert EVIL not in text
    assert scripts_of(text) == ["/dashboard/static/htmx-2.0.11.min.js"]


def test_texts_that_others_wrote_are_shown_as_they_are(administrator: Visitor) -> None:
    page = administrator.open("/inbox")
    assert page.get_by_role("rowheader").filter(has_text=EVIL).count() >= 1
    assert administrator.complaints == []


@pytest.mark.parametrize("name", [EVIL, '" onmouseover="alert(1)', "{{ session.csrf }}", "</title><script>", "&lt;b>"])
def test_names_of_keys_are_no_markup(served: Served, name: str) -> None:
    _, text = make(served.node.opened.ledger, name, ("read",))
    with served.client(text) as client:
        page = client.get("/dashboard/").text
    assert escape(name, quote=False) in page.replace("&#34;", '"').replace("&#39;", "'")
    assert scripts_of(page) == ["/dashboard/static/htmx-2.0.11.min.js"]
    assert handlers_in(page) == []


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(alphabet=st.sampled_from("<>&\"'`={}%/ ascript!-\x00\x1b\ud800é"), max_size=60))
def test_no_text_of_a_run_becomes_markup(served: Served, text: str) -> None:
    ledger = served.node.opened.ledger
    storable = text.encode("utf-8", "replace").decode()
    problem = dict.fromkeys(("source", "document", "outcome", "reason", "advice"), f"<{storable}>")
    sources = [{"source": f"<{storable}>", "indexed": 1, "error": f"<{storable}>"}]
    named = {"command": f"<{storable}>", "notes": [f"<{storable}>"], "flow_run": f"<{storable}>"}
    with served.client(served.key("read")) as client:
        tags = tags_of(client.get("/dashboard/runs").text)
        ledger.save_run("drawn", {"seconds": 1, "sources": sources, "problems": [problem], **named})
        page = client.get("/dashboard/runs").text
        ledger.save_run("drawn", {"seconds": 1, "sources": [{"source": "a"}]})
    assert set(tags_of(page)) <= {
        *tags,
        "a",
        "details",
        "summary",
        "small",
        "ul",
        "li",
        "span",
        "b",
        "ol",
        "p",
        "h2",
        "div",
    }
    assert scripts_of(page) == ["/dashboard/static/htmx-2.0.11.min.js"]
    assert handlers_in(page) == []


def test_the_dashboard_is_no_part_of_the_documented_api(served: Served) -> None:
    with served.client() as client:
        documented = client.get("/openapi.json").json()["paths"]
    assert not [path for path in documented if "dashboard" in path or path == "/"]
    assert "/v1/search" in documented


@pytest.mark.parametrize("path", ["/", "/dashboard"])
def test_short_addresses_lead_to_it(served: Served, path: str) -> None:
    with served.client() as client:
        assert client.get(path).headers["location"] == "/dashboard/"


def test_static_files_are_a_part_of_it(served: Served) -> None:
    mounts = [route for route in dashboard(served.node).routes if isinstance(route, Mount)]
    assert [mount.path for mount in mounts] == ["/static"]


def token_of(page: str) -> str:
    """The one that belongs to the session that this page was shown to."""
    return page.partition('name="csrf" value="')[2].partition('"')[0]


class _Tags(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def forms_of(text: str) -> list[tuple[str, str]]:
    """(method, where to)"""
    found = [attributes for tag, attributes in _Tags(text).found if tag == "form"]
    return [(one.get("method") or "get", one.get("action") or "") for one in found]


def loaded_by(text: str) -> list[str]:
    found = _Tags(text).found
    urls = [one.get("src") for tag, one in found if tag in ("script", "img")]
    urls += [one.get("href") for tag, one in found if tag == "link"]
    return [url for url in urls if url]


def tags_of(text: str) -> list[str]:
    return [tag for tag, _ in _Tags(text).found]


def handlers_in(text: str) -> list[str]:
    """Attributes that would be run, and addresses that would."""
    return [
        f"{name}={value}"
        for _, attributes in _Tags(text).found
        for name, value in attributes.items()
        if name.startswith("on") or name == "style" or (value or "").strip().lower().startswith("javascript:")
    ]


def scripts_of(text: str) -> list[str]:
    """Their addresses without their versions; "inline" for one that has none."""
    scripts = [one.get("src") or "inline" for tag, one in _Tags(text).found if tag == "script"]
    return [src.partition("?")[0] for src in scripts]
