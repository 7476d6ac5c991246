"""Documents: looked for by words, source, state and owner, and gone through a page at a time."""

import re

import pytest

from app.http.node import Node
from flows.documents import NOBODY, STATES, Choice, Page, documents_page
from flows.freshness import freshness_of
from headwater.clock import utc_now
from headwater.freshness.values import Report
from headwater.ledger.base import Block
from tests.dashboard.conftest import Served, Visitor
from tests.dashboard.shelves import SCRIPT, hostile


@pytest.fixture(scope="module")
def report(served: Served) -> Report:
    """With a blocked document, and one that attacks whoever shows it."""
    hostile(served)
    ledger = served.node.opened.ledger
    ledger.block(Block("help-center", f"blocked{SCRIPT}.md", f"wrong {SCRIPT}", utc_now()))
    return freshness_of(served.node.opened)


def names(page: Page) -> list[tuple[str, str]]:
    return [(row.standing.source, row.standing.document) for row in page.rows]


def through(node: Node, report: Report, size: int, **choice: str) -> list[tuple[str, str]]:
    """Every page forwards, each checked against the way back to it."""
    page = documents_page(node.opened, Choice(**choice), lambda: report, size=size)
    found, before = names(page), page
    assert page.earlier is None
    while page.later is not None:
        page = documents_page(node.opened, Choice(**choice, after=page.later), lambda: report, size=size)
        back = documents_page(node.opened, Choice(**choice, before=page.earlier), lambda: report, size=size)
        assert names(back) == names(before)
        assert (back.earlier is None) == (before.earlier is None)
        found, before = [*found, *names(page)], page
    assert page.total == len(found)
    return found


@pytest.mark.parametrize("size", [pytest.param(1, marks=pytest.mark.slow), 7, 1000])
def test_every_document_comes_once_whatever_the_size_of_a_page(served: Served, report: Report, size: int) -> None:
    found = through(served.node, report, size)
    live = {(one.source, one.document) for one in report.documents if one.outcome != "tombstoned"}
    assert len(found) == len(set(found))
    assert live <= set(found)
    assert ("help-center", f"blocked{SCRIPT}.md") in found
    assert ("release-notes", "broken.html") in found
    assert [source for source, _ in found] == sorted(source for source, _ in found)


@pytest.mark.parametrize(
    ("choice", "some"),
    [
        ({"state": "overdue"}, "procedure-7.md"),
        ({"state": "overdue", "owner": "docs-team"}, "devices/reset-4.md"),
        ({"owner": NOBODY, "source": "handbook"}, "procedure-7.md"),
        ({"state": "failing"}, "broken.html"),
        ({"state": "failing", "text": "BROKEN"}, "broken.html"),
        ({"state": "blocked"}, f"blocked{SCRIPT}.md"),
        ({"state": "blocked", "text": "script"}, f"blocked{SCRIPT}.md"),
        ({"text": "reset DEVICE 1"}, "devices/reset-11.md"),
        ({"text": "broken", "source": "release-notes"}, "broken.html"),
    ],
)
def test_what_is_looked_for_is_found_in_pages_of_any_size(
    served: Served, report: Report, choice: dict[str, str], some: str
) -> None:
    found = through(served.node, report, 1000, **choice)
    assert some in [document for _, document in found]
    assert through(served.node, report, 2, **choice) == found
    assert len(found) < len(report.documents)


def test_states_of_the_list_are_those_of_the_report(served: Served, report: Report) -> None:
    by_state = {state: set(through(served.node, report, 1000, state=state)) for state in STATES}
    everything = documents_page(served.node.opened, Choice(), lambda: report, size=1000)
    for row in everything.rows:
        name = (row.standing.source, row.standing.document)
        assert [state for state in STATES if name in by_state[state]] == list(row.states), name


def test_the_page_is_in_order(administrator: Visitor, report: Report) -> None:
    page = administrator.open("/documents")
    assert SCRIPT in page.get_by_role("table").inner_text()
    assert page.locator("main script").count() == 0
    assert page.title() == "Documents · Headwater"
    administrator.check()


@pytest.mark.slow
def test_a_person_looks_for_documents(reader: Visitor) -> None:
    page = reader.open("/documents")
    page.get_by_label("Title or id").fill("device 4")
    page.get_by_label("State").select_option("overdue")
    page.get_by_role("button", name="Show").click()
    assert page.locator("main [role=status]").inner_text() == "1 document"
    page.get_by_role("link", name="How to reset device 4").click()
    assert page.get_by_role("heading", level=1).inner_text() == "How to reset device 4"
    page.go_back()
    page.get_by_role("link", name="Clear").click()
    assert page.get_by_label("Title or id").input_value() == ""
    assert reader.complaints == []


def test_addresses_may_say_anything(served: Served) -> None:
    odd = (
        "state=none",
        "after=&after_source=",
        "after=%00%ff",
        "before=x",
        "source=nowhere",
        f"text={'x' * 1999}",
        "owner=x",
    )
    with served.client(served.key("read")) as client:
        for query in odd:
            answer = client.get(f"/dashboard/documents?{query}")
            assert answer.status_code == 200, (query, answer.text)
        assert client.get(f"/dashboard/documents?text={'x' * 2001}").status_code == 422
        some = client.get("/dashboard/documents?source=handbook").text
    assert len(re.findall("<tr role", some)) - 1 == served.documents("handbook")
