"""Live documents a page at a time, on every database in `conftest.database`."""

import pytest

from headwater.ledger.catalogue import Wanted
from headwater.ledger.standing import NEW, Change

ODD = "caf\udce9/\0\ud800x.md"
EVERYTHING = Wanted()


@pytest.fixture
def filled(ledger, me, row, publish):
    rows = [row(f"{number:02}.md", title=f"Reset Device {number}") for number in range(7)]
    rows += [row("50%_x.md", source="help", title="Ärger"), row(ODD, source="help", title="odd")]
    publish(ledger, me, *rows)
    return ledger


def pages(ledger, wanted, limit):
    """Forwards to the end, each page checked against the way back."""
    found, place = [], None
    while page := ledger.names("g1", wanted, limit=limit, after=place):
        if found:
            assert ledger.names("g1", wanted, limit=limit, before=page[0]) == found[-limit:]
        found, place = [*found, *page], page[-1]
    return found


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_pages_go_through_everything_once(filled, limit):
    found = pages(filled, EVERYTHING, limit)
    assert found[:7] == [("handbook", f"{number:02}.md") for number in range(7)]
    assert set(found[7:]) == {("help", "50%_x.md"), ("help", ODD)}
    assert filled.count_names("g1", EVERYTHING) == len(found) == 9
    assert filled.names("g2", EVERYTHING, limit=5) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("device 3", ["03.md"]), ("DEVICE 3", ["03.md"]), ("06.MD", ["06.md"]), ("50%_", ["50%_x.md"]),
        ("Ärg", ["50%_x.md"]), ("%", ["50%_x.md"]), ("_", ["50%_x.md"]), ("\\", []), ("'", []), ("\0", [ODD]),
        ("caf\udce9", [ODD]),        ("reset", 7),
    ],
)  # fmt: skip
def test_text_is_looked_for_as_it_is(filled, text, found):
    wanted = Wanted(text=text)
    names = [id for _, id in filled.names("g1", wanted, limit=100)]
    assert (names if isinstance(found, list) else len(names)) == found
    assert filled.count_names("g1", wanted) == len(names)


def test_of_one_source(filled):
    assert len(pages(filled, Wanted(source="help"), 1)) == 2
    assert filled.names("g1", Wanted(source="help", text="device"), limit=9) == []


def test_links_both_ways(ledger, me, row, publish, noon):
    change = Change(NEW, noon, None, noon, ("b.md", "https://example.com", "a.md"))
    publish(ledger, me, row("a.md", change=change), row("b.md"), row("a.md", source="other", change=change))
    assert ledger.links_of("g1", ("handbook", "a.md")) == ["a.md", "b.md", "https://example.com"]
    assert ledger.links_of("g1", ("handbook", "b.md")) == []
    assert ledger.linked_from("g1", ("handbook", "b.md")) == [("handbook", "a.md")]
    assert ledger.linked_from("g1", ("handbook", "a.md")) == []
