"""The inbox: what waits, what failed for good, and what a person does about it, with a script and without."""

from datetime import timedelta

import httpx
import pytest
from playwright.sync_api import Browser

from headwater.clock import utc_now
from headwater.errors import HeadwaterError
from headwater.inbox.inbox import Inbox
from headwater.ledger.waiting import Ask, Timing, Which
from tests.dashboard.conftest import Served, Visitor
from tests.dashboard.test_frame import token_of

SOURCE = "release-notes"


def dead_row(served: Served, document: str) -> int:
    """One more that failed for good; its number."""
    # Due in an hour, so that the node does not take it first.
    ledger, hours = served.inbox.ledger, Timing(debounce=3600, max_wait=3600)
    Inbox(ledger, timing=hours).receive(SOURCE, "", [Ask(source=SOURCE, document=document, reason="told twice")])
    later = Inbox(ledger, clock=lambda: utc_now() + timedelta(hours=2))
    (row,) = [row for row in later.take(50, which=Which(source=SOURCE)) if row.document == document]
    later.failed(row, HeadwaterError("it could not be read", advice="Look at it."))
    return row.id


def dead(served: Served) -> set[int]:
    return {row.id for row in served.inbox.dead()}


def posted(served: Served, client: httpx.Client, what: str, **data: object) -> httpx.Response:
    token = token_of(client.get("/dashboard/inbox").text)
    return client.post(f"/dashboard/inbox/{what}", data={"csrf": token, **data})


def test_what_failed_says_why(reader: Visitor) -> None:
    page = reader.open("/inbox")
    row = page.get_by_role("table", name="Failed for good").get_by_role("row").filter(has_text="devices/reset-3.md")
    assert "it answered 410" in row.inner_text()
    assert "Look at the source." in row.inner_text()
    assert not page.get_by_role("checkbox").count()
    waiting = page.get_by_role("table", name="Waiting")
    assert "all of handbook" in waiting.inner_text()
    assert "readers" in waiting.inner_text()


def test_a_person_tries_one_again(administrator: Visitor) -> None:
    served = administrator.served
    kept, tried = dead_row(served, "kept.md"), dead_row(served, "v1.0.md")
    page = administrator.open("/inbox")
    page.get_by_label("Choose v1.0.md").check()
    page.get_by_role("button", name="Try chosen again").click()
    assert page.get_by_role("status").inner_text() == "1 announcement will be looked at again."
    assert served.eventually(lambda: tried not in dead(served))
    assert kept in dead(served)
    assert (f"{tried}") in [target for _, what, target in served.deeds() if what == "inbox replay"]
    assert administrator.complaints == []


def test_a_person_forgets_one_after_being_asked(administrator: Visitor) -> None:
    served = administrator.served
    gone, kept = dead_row(served, "gone.md"), dead_row(served, "stays.md")
    page = administrator.open("/inbox")
    page.get_by_label("Choose gone.md").check()
    page.get_by_role("button", name="Forget chosen").click()
    assert page.get_by_role("heading", name="Forget 1 announcement?").is_visible()
    administrator.check()
    assert gone in dead(served)
    page.get_by_role("button", name="Forget").click()
    assert page.get_by_role("status").inner_text() == "1 announcement forgotten."
    assert gone not in dead(served)
    assert kept in dead(served)
    assert f"{gone}" in [target for _, what, target in served.deeds() if what == "inbox drop"]


def test_what_waits_cannot_be_forgotten_here(served: Served) -> None:
    waiting = next(row.id for row in served.inbox.rows() if row.document == "devices/reset-5.md")
    with served.client(served.key("read", "administer")) as client:
        answer = posted(served, client, "drop", id=waiting, sure="1")
    assert answer.status_code == 303
    assert waiting in {row.id for row in served.inbox.rows()}


@pytest.mark.parametrize("id", ["x", "-1", "1.5", "9" * 30, "²", ""])
def test_what_is_no_number_is_refused(served: Served, id: str) -> None:
    with served.client(served.key("read", "administer")) as client:
        for what in ("replay", "drop"):
            assert posted(served, client, what, id=id).status_code == 422


def test_nothing_chosen_is_said(served: Served) -> None:
    with served.client(served.key("read", "administer")) as client:
        answer = posted(served, client, "replay")
    assert answer.status_code == 422
    assert "Nothing was chosen" in answer.text


def test_the_counts_follow_without_loading_the_page_again(administrator: Visitor) -> None:
    served = administrator.served
    page = administrator.open("/inbox")
    shown = page.locator("#counts dd.value").nth(2)
    before = int(shown.inner_text())
    dead_row(served, "one-more.md")
    page.locator("#counts").get_by_text(f"{before + 1}", exact=True).wait_for()
    page.get_by_role("link", name="The lists below have changed").click()
    page.get_by_role("cell").get_by_label("Choose one-more.md").wait_for()
    assert administrator.complaints == []


def test_everything_works_without_a_script(served: Served, browser: Browser) -> None:
    gone = dead_row(served, "without-script.md")
    context = browser.new_context(java_script_enabled=False)
    try:
        page = context.new_page()
        page.goto(f"{served.url}/dashboard/inbox")
        page.get_by_label("Key").fill(served.key("read", "administer"))
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/dashboard/inbox")
        page.get_by_role("link", name="Pause updates").click()
        page.get_by_label("Choose without-script.md").check()
        page.get_by_role("button", name="Forget chosen").click()
        page.get_by_role("button", name="Forget").click()
        assert page.get_by_role("status").inner_text() == "1 announcement forgotten."
    finally:
        context.close()
    assert gone not in dead(served)
