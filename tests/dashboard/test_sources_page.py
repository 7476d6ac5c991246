"""Sources: what is said of each, and a run of one that a person asks for."""

import re

import pytest

from headwater.ledger.waiting import WHOLE
from tests.dashboard.conftest import EVIL, Served, Visitor
from tests.dashboard.test_frame import token_of


def test_each_source_says_how_it_stands(reader: Visitor) -> None:
    page = reader.open("/sources")
    rows = {name: page.get_by_role("row").filter(has_text=name) for name in ("help-center", "handbook", "mirror")}
    assert "kept" in rows["help-center"].inner_text()
    assert "*/30 * * * *" in rows["help-center"].inner_text()
    assert "6 removals withheld" in rows["handbook"].inner_text()
    assert "waits in the inbox" in rows["handbook"].inner_text()
    assert "waits in the inbox" not in rows["help-center"].inner_text()
    assert "cannot be read" in rows["mirror"].inner_text()
    link = rows["help-center"].get_by_role("link", name=re.compile("^[0-9]+ documents of help-center$"))
    assert link.get_attribute("href") == "/dashboard/documents?source=help-center"
    assert page.get_by_text("This key may look").is_visible()
    assert not page.get_by_role("button", name="Run").count()


def test_a_person_runs_a_source_and_it_is_looked_at(administrator: Visitor) -> None:
    served = administrator.served
    page = administrator.open("/sources")
    before = served.documents("release-notes")
    newest = served.folder / "releases" / "v9.md"
    newest.write_text("# Release 9\n\n## Added\n\n- A wombat\n", encoding="utf-8")
    page.get_by_role("button", name="Run release-notes now").click()
    said = page.get_by_role("status")
    assert said.inner_text().startswith("release-notes will be looked at")
    page.reload()
    assert not page.get_by_role("status").count()
    assert served.eventually(lambda: served.documents("release-notes") > before)
    assert ("run source", "release-notes") in [deed[1:] for deed in served.deeds()]
    assert served.eventually(lambda: not [row for row in served.inbox.rows("release-notes") if row.document == WHOLE])
    assert administrator.complaints == []


@pytest.mark.parametrize("name", ["", "no-such", EVIL, "x" * 5_000])
def test_only_sources_that_there_are_can_be_run(served: Served, name: str) -> None:
    with served.client(served.key("read", "administer")) as client:
        token = token_of(client.get("/dashboard/sources").text)
        answer = client.post("/dashboard/sources/run", data={"source": name, "csrf": token})
    assert answer.status_code == 422
    assert EVIL not in answer.text
    assert served.inbox.rows(name) == []


def test_running_needs_a_key_for_it(served: Served) -> None:
    key = served.key("read", "ingest", "search")
    with served.client(key) as client:
        token = token_of(client.get("/dashboard/sources").text)
        answer = client.post("/dashboard/sources/run", data={"source": "mirror", "csrf": token})
    assert answer.status_code == 403
    assert (served.keys[key].id, "refused", "administer: /dashboard/sources/run") in served.deeds()
    assert not [row for row in served.inbox.rows("mirror") if row.document == WHOLE]
