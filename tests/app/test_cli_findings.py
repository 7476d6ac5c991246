"""`headwater findings`: what is listed, put aside, and taken up again."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from app.freshness_drawing import SHOWN_FINDINGS
from app.pages.freshness import freshness_page
from flows.findings import find
from headwater.clock import utc_now
from headwater.errors import ConfigError
from headwater.freshness.values import Finding, Report
from headwater.ledger.base import SourceRow
from headwater.ledger.open import open_ledger
from tests.app.conftest import Headwater, Ran
from tests.app.test_cli_freshness import Drawn, drawn  # noqa: F401 - a fixture
from tests.app.test_commands_doc import check, shape_with, shapes  # noqa: F401 - a fixture
from tests.freshness.made import HOSTILE_TITLES, made, put_aside
from tests.freshness.shelf import Shelf

Call = Callable[..., Ran]
SCRIPT = "<script>document.title='taken'</script>"


@dataclass(frozen=True, slots=True)
class Room:
    """A project whose ledger knows a document with an overdue review and a dead link."""

    call: Call
    shelf: Shelf

    def state(self, review_by: str) -> None:
        now = utc_now()
        self.shelf.put(
            "old.md", searchable=now, updated_at=now, links=["nowhere.md"], meta={"review_by": review_by}, title="Old"
        )
        self.shelf.looked(now)


@pytest.fixture
def room(headwater: Headwater, project: Path) -> Iterator[Room]:
    home = project / "home"
    ledger = open_ledger(home / "ledger.db")
    ledger.save_source(SourceRow(name="docs", kind="folder", adhoc=False, last_complete=utc_now()))
    made = Room(lambda *words: headwater(*words, cwd=project, home=home), Shelf(ledger))
    made.state("2024-01-31")
    yield made
    ledger.close()


@pytest.fixture
def call(room: Room) -> Call:
    return room.call


def kinds(found: Any) -> tuple[list[str], list[str]]:
    return [one["finding"] for one in found["open"]], [one["finding"] for one in found["aside"]]


def test_put_aside_listed_and_taken_up_again(
    room: Room,
    shapes: list[dict[str, Any]],  # noqa: F811 - the fixture
) -> None:
    call = room.call
    before = call("findings", "--json").json
    assert kinds(before) == (["overdue_review", "dead_link"], [])
    review, link = (one["id"] for one in before["open"])
    assert review[:8] in call("findings").out

    known = call("findings", "acknowledge", review[:6], "--reason", "Ann  knows\n[red]", "--json").json
    assert (known["id"], known["acknowledgement"]["reason"], known["acknowledgement"]["until"]) == (
        review, "Ann knows [red]", None,
    )  # fmt: skip
    later = call("findings", "snooze", link, "--until", "7d", "--reason", "next week")
    assert "dead link of docs/old.md is snoozed until 20" in later.out
    found = call("findings", "--json").json
    assert kinds(found) == ([], ["overdue_review", "dead_link"])
    check(found, shape_with(shapes, "open", "aside"))
    said = call("findings").out
    assert "acknowledged" in said
    assert "Ann knows [red]" in said

    report = call("freshness")
    assert "2 findings are put aside (1 acknowledged, 1 snoozed)" in report.out
    assert "next week" not in report.out
    assert "next week" in call("freshness", "--all").out
    assert call("freshness", "--fail-on", "notice").code == 0
    assert kinds({"open": [], **call("freshness", "--json").json})[1] == ["overdue_review", "dead_link"]

    again = call("findings", "reopen", review, "--json").json
    check(again, shape_with(shapes, "reopened"))
    assert again == {"reopened": 1}
    assert "was not put aside" in call("findings", "reopen", review).out
    assert call("freshness", "--fail-on", "warning").code == 3
    assert [deed.what for deed in room.shelf.ledger.deeds(limit=3)] == ["reopen", "snooze", "acknowledge"]


def test_what_ends_takes_what_was_said_of_it_along(room: Room) -> None:
    (review, _) = (one["id"] for one in room.call("findings", "--json").json["open"])
    room.call("findings", "acknowledge", review, "--reason", "known")
    room.state("2999-01-31")
    assert kinds(room.call("findings", "--json").json) == (["dead_link"], [])
    room.state("2024-01-31")
    assert kinds(room.call("findings", "--json").json) == (["overdue_review", "dead_link"], [])


REFUSED = [
    (("acknowledge", "abc", "--reason", "x"), "there is no finding 'abc' now"),
    (("acknowledge", "000000000000", "--reason", "x"), "there is no finding"),
    (("acknowledge", "ID"), "a reason is missing"),
    (("acknowledge", "ID", "--reason", "x" * 2001), "a reason may have 2,000 characters"),
    (("snooze", "ID", "--until", "soon", "--reason", "x"), "neither a length of time nor a day"),
    (("snooze", "ID", "--until", "2020-01-31", "--reason", "x"), "a moment to come, within a year"),
    (("snooze", "ID", "--until", "3 years", "--reason", "x"), "a moment to come, within a year"),
    (("snooze", "ID", "--reason", "x"), "--until"),
]


def test_what_cannot_be_is_refused(call: Call) -> None:
    id = call("findings", "--json").json["open"][0]["id"]
    for words, said in REFUSED:
        ran = call("findings", *(id if word == "ID" else word for word in words))
        assert ran.code == 2, words
        assert said in ran.said, words
    assert kinds(call("findings", "--json").json)[1] == []


def test_an_id_has_to_be_of_one_finding() -> None:
    report = made()
    many = tuple(replace(report.findings[0], document=f"{number}.md") for number in range(1_500))
    report = replace(report, findings=many)
    ids = sorted({one.id for one in report.findings})
    assert len(ids) == len({one.key for one in report.findings})
    found = find(report, f" {ids[0][:9].upper()} ")
    assert isinstance(found, Finding)
    assert found.id == ids[0]
    twins = [one[:4] for one, other in pairwise(ids) if one[:4] == other[:4]]
    with pytest.raises(ConfigError, match="may be any of 2 findings"):
        find(report, twins[0])


def hostile() -> Report:
    """Reasons, names and titles that attack whoever shows them."""
    report = made(40, 40, hostile=True)
    reasons = [f"{title} {SCRIPT} [red]x[/red]" for title in HOSTILE_TITLES]
    pairs = [
        put_aside(one, days=None if number % 2 else 9, reason=reasons[number % len(reasons)])
        for number, one in enumerate(report.findings)
    ]
    return replace(report, findings=(), aside=tuple(pairs))


def test_the_page_lists_them_and_escapes_what_was_said() -> None:
    report = hostile()
    text = freshness_page(report)
    assert f"{len(report.aside)} findings put aside" in text
    assert SCRIPT not in text
    assert text.count("<script>") == 1, "its own"
    assert "[red]x[/red]" in text
    assert "put aside" not in freshness_page(made())


def test_the_terminal_lists_the_worst_of_them_in_80_columns(drawn: Drawn) -> None:  # noqa: F811 - the fixture
    text = drawn(hostile())
    assert [line for line in text.splitlines() if len(line) > 80] == []
    assert "Put aside:" in text
    assert text.count("acknowledged") + text.count("snoozed until") == SHOWN_FINDINGS
    assert f"and {40 - SHOWN_FINDINGS} more: headwater findings" in text
