"""Findings: narrowed, acknowledged, snoozed and opened again, by who may do that."""

from datetime import timedelta

import pytest

from headwater.clock import utc_now
from tests.dashboard.conftest import Served, Visitor
from tests.dashboard.shelves import IMAGE, SCRIPT
from tests.dashboard.test_frame import token_of


@pytest.fixture(autouse=True)
def nothing_aside(served: Served) -> None:
    """Whatever the test before this one said of findings."""
    ledger = served.node.opened.ledger
    ledger.end_acknowledgements([one.id for one in ledger.acknowledgements()], utc_now(), "a test begins")


def known(served: Served) -> list[tuple[str, str, str]]:
    return [(one.document, one.state, one.reason) for one in served.node.opened.ledger.acknowledgements()]


def test_the_pages_are_in_order(administrator: Visitor) -> None:
    page = administrator.open("/findings")
    assert page.get_by_role("row").nth(1).inner_text().split()[0] == "handbook"
    administrator.check()


@pytest.mark.slow
def test_they_are_narrowed(administrator: Visitor) -> None:
    page = administrator.open("/findings")
    page.locator("select[name=kind]").select_option("overdue_review")
    page.get_by_label("Owner").select_option("docs-team")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**kind=overdue_review**")
    rows = page.get_by_role("table").get_by_role("rowheader")
    assert {text.split("\n")[0] for text in rows.all_inner_texts()} == {f"How to reset device {n}" for n in (0, 4, 8)}
    page.get_by_label("Source").select_option("handbook")
    page.get_by_role("button", name="Show").click()
    assert page.get_by_text("No finding is like that.").is_visible()
    administrator.check()


def test_acknowledged_with_a_reason_that_attacks_and_opened_again(administrator: Visitor) -> None:
    reason = f"{SCRIPT} {IMAGE}"
    page = administrator.open("/findings?kind=overdue_review")
    page.get_by_label("Choose overdue review of How to reset device 0").check()
    page.get_by_label("Choose overdue review of How to reset device 4").check()
    page.get_by_label("Why").fill(reason)
    page.get_by_role("button", name="Put chosen aside").click()
    assert page.get_by_role("status").inner_text() == "2 findings acknowledged."
    assert "kind=overdue_review" in page.url
    assert page.get_by_label("Choose overdue review of How to reset device 0").count() == 0
    assert known(administrator.served) == [
        ("devices/reset-0.md", "acknowledged", reason), ("devices/reset-4.md", "acknowledged", reason),
    ]  # fmt: skip

    page.get_by_role("link", name="Acknowledged 2").click()
    assert reason in page.get_by_role("row").filter(has_text="device 0").inner_text()
    assert page.title() == "Findings · Headwater"
    assert page.locator("main img, main script").count() == 0
    page.get_by_label("Choose overdue review of How to reset device 0").check()
    page.get_by_role("button", name="Open chosen again").click()
    assert page.get_by_role("status").inner_text() == "1 finding open again."
    assert [document for document, _, _ in known(administrator.served)] == ["devices/reset-4.md"]
    deeds = [what for _, what, _ in administrator.served.deeds()[:3]]
    assert deeds == ["reopen", "acknowledge", "acknowledge"]
    assert administrator.complaints == []


@pytest.mark.slow
def test_snoozed_where_its_document_is_shown(administrator: Visitor) -> None:
    page = administrator.open("/document?source=help-center&id=devices/reset-8.md")
    page.get_by_text("Put aside: overdue review").click()
    page.get_by_label("Why").first.fill("Ann does it")
    page.get_by_label("How long").select_option("7d")
    page.get_by_role("button", name="Put aside").click()
    assert "1 finding snoozed until" in page.get_by_role("status").inner_text()
    assert "snoozed" in page.get_by_role("region", name="Findings").inner_text()
    (one,) = administrator.served.node.opened.ledger.acknowledgements()
    assert one.until is not None
    assert timedelta(days=6.9) < one.until - utc_now() < timedelta(days=7.1)
    administrator.check()
    page.get_by_role("button", name="Open again").click()
    assert known(administrator.served) == []
    assert page.get_by_text("Put aside: overdue review").count() == 1


def test_everything_that_is_narrowed_to_at_once(served: Served) -> None:
    with served.client(served.key("read", "administer")) as client:
        token = token_of(client.get("/dashboard/findings").text)
        chosen = {"csrf": token, "all": "1", "kind": "overdue_review", "owner": "docs-team"}
        answer = client.post("/dashboard/findings/aside", data={**chosen, "reason": "Ann does them", "until": "7d"})
        assert answer.status_code == 303
        assert {document for document, state, _ in known(served) if state == "snoozed"} == {
            f"devices/reset-{number}.md" for number in (0, 4, 8)
        }
        answer = client.post("/dashboard/findings/reopen", data={**chosen, "show": "acknowledged"})
        assert answer.status_code == 422
        assert "0 findings are like that" in answer.text
        assert client.post("/dashboard/findings/reopen", data={**chosen, "show": "snoozed"}).status_code == 303
    assert known(served) == []


def test_who_may_only_look_changes_nothing(served: Served) -> None:
    with served.client(served.key("read", "search")) as client:
        text = client.get("/dashboard/findings").text
        assert "checkbox" not in text
        data = {"csrf": token_of(text), "id": "0" * 12, "reason": "x"}
        assert client.post("/dashboard/findings/aside", data=data).status_code == 403
        assert client.post("/dashboard/findings/reopen", data=data).status_code == 403
    assert known(served) == []
    assert served.deeds()[0][1:] == ("refused", "administer: /dashboard/findings/reopen")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({}, "Nothing was chosen"),
        ({"id": "0" * 12, "reason": "x"}, "There is no finding"),
        ({"id": "REAL"}, "A reason is missing"),
        ({"id": "REAL", "reason": "x", "until": "soon"}, "neither a length of time nor a day"),
        ({"id": "REAL", "reason": "x", "day": "2020-01-01"}, "a moment to come"),
        ({"id": "REAL", "reason": "x" * 3_000}, "2,000 characters"),
        ({"id": ["1"] * 501, "reason": "x"}, "Nothing"),
    ],
)
def test_what_cannot_be_is_said(served: Served, data: dict[str, object], said: str) -> None:
    with served.client(served.key("read", "administer")) as client:
        text = client.get("/dashboard/findings").text
        real = text.partition('name="id" value="')[2][:12]
        sent = {"csrf": token_of(text), **data}
        if sent.get("id") == "REAL":
            sent["id"] = real
        if isinstance(sent.get("id"), list):
            sent["id"] = [f"{number:012x}" for number in range(501)]
            said = "At most 500"
        answer = client.post("/dashboard/findings/aside", data=sent)
    assert answer.status_code == 422
    assert said in answer.text
    assert known(served) == []


def test_without_the_token_of_the_session_nothing_happens(served: Served) -> None:
    with served.client(served.key("read", "administer")) as client:
        for path in ("findings/aside", "findings/reopen", "document/reindex", "document/block", "document/unblock"):
            answer = client.post(f"/dashboard/{path}", data={"id": "0" * 12, "reason": "x", "source": "help-center"})
            assert answer.status_code == 403, path
