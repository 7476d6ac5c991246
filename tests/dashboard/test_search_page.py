"""The search box: answered as the holder of the key, or as others where it may impersonate, and never in an address."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headwater.clock import utc_now
from tests.dashboard.conftest import Served, Visitor
from tests.dashboard.shelves import SCRIPT, hostile
from tests.dashboard.test_frame import token_of


def test_a_person_searches(administrator: Visitor) -> None:
    served = administrator.served
    id = hostile(served)
    page = administrator.open("/search")
    page.get_by_label("Question").fill("wombats read")
    page.get_by_role("button", name="Search").click()
    first = page.get_by_role("listitem").filter(has_text="Wombats")
    assert SCRIPT in first.first.inner_text()
    assert "BM25" in first.first.inner_text()
    assert page.locator("main script, main img").count() == 0
    assert page.title() == "Search · Headwater"
    assert "wombats" not in page.url
    administrator.check()
    first.first.get_by_role("link").first.click()
    assert f"help-center/{id}".replace("help-center/", "") in page.get_by_role("main").inner_text()
    assert administrator.complaints == []


@pytest.mark.slow
def test_it_is_answered_as_a_chosen_principal(administrator: Visitor) -> None:
    page = administrator.open("/search")
    page.get_by_label("Question").fill("check the ocelot")
    page.get_by_label("As whom").fill("group:other")
    page.get_by_role("button", name="Search").click()
    assert "Answered for group:other" in page.get_by_role("main").inner_text()
    assert "ocelot 7" not in page.get_by_role("main").inner_text()
    assert administrator.served.deeds()[0][1:] == ("search as", "group:other")
    page.get_by_label("As whom").fill("group:staff")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("heading", name="passage").first.wait_for()
    assert "ocelot" in page.locator(".passages").inner_text()
    stale = page.locator(".passage .stale").first.inner_text()
    assert "review was due" in stale
    served, today = administrator.served, utc_now().date().isoformat()
    ledger = served.node.opened.ledger
    assert served.eventually(lambda: any(source == "handbook" for source, _ in ledger.served(today, "9999")))


@pytest.mark.slow
def test_filters_and_bounds(administrator: Visitor) -> None:
    page = administrator.open("/search")
    page.get_by_label("Question").fill("release")
    page.get_by_text("Narrow it").click()
    page.get_by_label("Filters").fill("kind=release_note")
    page.get_by_label("Passages at most").fill("2")
    page.get_by_role("button", name="Search").click()
    assert page.get_by_role("heading", name="2 passages").is_visible()
    assert page.locator(".passage").first.get_by_text("release-notes/").is_visible()
    page.get_by_label("Filters").fill("product=pumps")
    page.get_by_role("button", name="Search").click()
    assert page.get_by_text("no document states its product").is_visible()
    page.get_by_label("Filters").fill("nonsense")
    page.get_by_role("button", name="Search").click()
    assert "is not a filter" in page.get_by_role("alert").inner_text()
    administrator.check()


def asked(served: Served, key: str, **data: object) -> tuple[int, str]:
    with served.client(key) as client:
        token = token_of(client.get("/dashboard/search").text)
        answer = client.post("/dashboard/search", data={"csrf": token, **data})
        return answer.status_code, answer.text


def test_a_key_that_may_not_impersonate_chooses_nobody(served: Served) -> None:
    key = served.key("read", "search")
    code, text = asked(served, key, question="check the ocelot", **{"as": "group:staff"})
    assert code == 200
    assert "Check the ocelot" not in text
    assert "As <b>the public</b>" in text
    assert 'name="as"' not in text
    code, text = asked(served, served.key("read", "search", principals=("group:staff",)), question="check the ocelot")
    assert "Check the ocelot" in text


def test_a_key_that_may_not_search_is_told_so(served: Served) -> None:
    key = served.key("read", "administer")
    with served.client(key) as client:
        page = client.get("/dashboard/search")
        assert "needs" in page.text or "scope <code>search</code>" in page.text
        assert 'name="question"' not in page.text
        token = token_of(client.get("/dashboard/inbox").text)
        assert client.post("/dashboard/search", data={"csrf": token, "question": "ocelot"}).status_code == 403
        assert client.get("/dashboard/search?question=ocelot").text.count("ocelot") == 0
    assert served.deeds()[0][1:] == ("refused", "search: /dashboard/search")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"question": ""}, "A question is missing"),
        ({"question": "x" * 10_001}, "too long"),
        ({"question": "x", "limit": "0"}, "a number from 1 to 200"),
        ({"question": "x", "budget": "²"}, "a number from 1 to 1,000,000"),
        ({"question": "x", "as": "staff"}, "is not a principal"),
        ({"question": "x", "as": " ".join(f"group:g{n}" for n in range(201))}, "At most 200"),
        ({"question": "x", "filters": "\n".join(["kind=sop"] * 51)}, "At most 50 filters"),
    ],
)
def test_what_cannot_be_asked_is_said(served: Served, data: dict[str, str], said: str) -> None:
    code, text = asked(served, served.key("read", "search", may_impersonate=True), **data)
    assert (code, said in text) == (200, True), text[-2000:]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=60), st.text(max_size=40), st.text(max_size=40))
def test_whatever_is_asked_the_public_reads_nothing_of_the_staff(
    served: Served, question: str, readers: str, filters: str
) -> None:
    key = next(
        (text for text, key in served.keys.items() if key.scopes == {"read", "search"} and not key.principals), ""
    )
    data = {"question": f"ocelot {question}", "as": f"group:staff {readers}", "filters": filters}
    encodable = {name: value.encode("utf-8", "replace").decode() for name, value in data.items()}
    code, text = asked(served, key or served.key("read", "search"), **encodable)
    assert code == 200
    assert "Check the ocelot" not in text
