"""The overview says what the report says, what is running, and what needs a person."""

from headwater.keys.keys import make
from tests.dashboard.conftest import Visitor


def test_the_sentence_is_that_of_the_report_as_of_when_it_was_made(administrator: Visitor) -> None:
    page = administrator.open("/")
    heading = page.get_by_role("heading", level=1).inner_text()
    assert "within their promise" in heading
    assert page.get_by_text("As of 20").locator("time").get_attribute("datetime")


def test_what_needs_a_person_is_there_and_leads_on(administrator: Visitor) -> None:
    page = administrator.open("/")
    needs = page.get_by_role("region", name="What needs a person")
    for said in ("critical finding", "mirror cannot be read", "removals of handbook withheld", "failed for good"):
        assert needs.get_by_text(said).first.is_visible(), said
    needs.get_by_role("link", name="failed for good").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Inbox"
    assert administrator.complaints == []


def test_who_is_at_a_source_is_shown_without_loading_the_page_again(administrator: Visitor) -> None:
    opened = administrator.served.node.opened
    page = administrator.open("/")
    running = page.get_by_role("region", name="What is running")
    assert not running.get_by_text("release-notes").count()
    with opened.ledger.lease("source:release-notes", opened.holder, seconds=60):
        running.get_by_text("release-notes").wait_for()
        assert f"process {opened.holder.pid}" in running.inner_text()
        assert running.locator("li").filter(has_text="release-notes").count() == 1
    running.get_by_text("Nobody is at any source.").wait_for()
    assert administrator.complaints == []


def test_updates_can_be_paused(administrator: Visitor) -> None:
    page = administrator.open("/")
    page.get_by_role("link", name="Pause updates").click()
    page.get_by_role("link", name="Resume updates").wait_for()
    assert page.locator("[hx-trigger]").count() == 0
    page.get_by_role("link", name="Resume updates").click()
    page.get_by_role("link", name="Pause updates").wait_for()
    assert page.locator("[hx-trigger]").count() == 1


def test_what_has_the_focus_keeps_it_when_its_part_is_replaced(administrator: Visitor) -> None:
    page = administrator.open("/")
    link = page.get_by_role("link", name="Pause updates")
    link.focus()
    with page.expect_response("**/dashboard/running"):
        pass
    with page.expect_response("**/dashboard/running"):
        pass
    assert page.evaluate("() => document.activeElement.textContent") == "Pause updates"


def test_a_page_that_updates_itself_goes_to_the_sign_in_when_the_key_is_revoked(visitor: Visitor) -> None:
    ledger = visitor.served.node.opened.ledger
    key, text = make(ledger, "soon gone", ("read",))
    visitor.sign_in(text)
    page = visitor.open("/")
    assert ledger.revoke_key(key.id, key.made_at)
    page.wait_for_url("**/dashboard/sign-in?next=*")
    assert page.get_by_label("Key").is_visible()
