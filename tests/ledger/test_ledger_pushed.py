"""What is pushed is kept as it was given, in one transaction with the wish to have it looked at."""

from dataclasses import replace
from datetime import timedelta

import pytest

from headwater.ledger.keys import Deed
from headwater.ledger.pushed import Pushed, is_late, version_of
from headwater.ledger.waiting import Ask, Timing

AT_ONCE = Timing(debounce=0, max_wait=0)
ODD = "caf\udce9/\0-日本.md"


@pytest.fixture
def pushed(noon):
    made = Pushed(
        source="wiki", document="a/b.md", media_type="text/markdown", title="A", uri="https://example.com/a",
        updated_at=noon, sequence=7, allow=frozenset({"group:a"}), deny=frozenset({"user:x@example.com"}),
        meta={"tags": ("x", "y"), "product": "Ledger"}, content=b"# A\n\0\xff", by="k1", pushed_at=noon,
    )  # fmt: skip
    return replace(made, version=version_of(made))


def ask(pushed, *, access=False):
    return Ask(source=pushed.source, document=pushed.document, reason="pushed", access=access)


def nothing(before):
    pass


def test_it_is_kept_as_given_and_waits_to_be_looked_at(database, ledger, pushed, noon):
    odd = replace(pushed, document=ODD, allow=None, title=ODD, sequence=None, updated_at=None, meta={})
    deed = Deed(at=noon, who="k1", what="put", target="wiki/a/b.md")
    ledger.push(pushed, check=nothing, ask=ask(pushed, access=True), timing=AT_ONCE, deed=deed)
    ledger.push(odd, check=nothing, ask=ask(odd), timing=AT_ONCE)
    other = database.open()
    assert other.pushed_document("wiki", "a/b.md") == pushed
    assert other.pushed_document("wiki", ODD) == odd
    assert other.pushed("wiki", "a/b.md") == replace(pushed, content=b"")
    assert other.pushed_versions("wiki") == {"a/b.md": pushed.version, ODD: odd.version}
    assert other.pushed_versions("other") == {}
    assert other.pushed_names() == [("wiki", "a/b.md"), ("wiki", ODD)]
    assert other.deeds() == [deed]
    assert {(row.document, row.access) for row in other.waiting()} == {("a/b.md", True), (ODD, False)}
    found = other.waiting_of("wiki", ODD)
    assert (found.document, found.due_at) == (ODD, noon)
    assert other.waiting_of("wiki", "c") is None


def test_what_the_check_raises_leaves_everything_as_it_was(ledger, pushed):
    ledger.push(pushed, check=nothing, ask=ask(pushed), timing=AT_ONCE)
    before = ledger.waiting()
    told = []

    def refuse(found):
        told.append(found)
        raise KeyError("no")

    with pytest.raises(KeyError):
        ledger.push(replace(pushed, content=b"other", version="v2"), check=refuse, ask=ask(pushed), timing=AT_ONCE)
    assert told == [replace(pushed, content=b"")]
    assert ledger.pushed_document("wiki", "a/b.md") == pushed
    assert ledger.waiting() == before


def test_the_same_again_says_in_which_order_it_came_and_is_there_since_it_first_was(ledger, pushed, noon):
    ledger.push(pushed, check=nothing, ask=ask(pushed), timing=AT_ONCE)
    again = replace(pushed, by="k2", sequence=9, pushed_at=noon + timedelta(hours=1))
    ledger.push(again, check=nothing, ask=ask(pushed), timing=AT_ONCE)
    assert ledger.pushed_document("wiki", "a/b.md") == replace(again, pushed_at=pushed.pushed_at)


def test_what_is_taken_back_leaves_a_trace_for_a_while(ledger, pushed, noon):
    later = replace(pushed, document="later")
    for one in (pushed, later):
        ledger.push(one, check=nothing, ask=ask(one), timing=AT_ONCE)
    gone = Pushed(source="wiki", document="a/b.md", sequence=8, pushed_at=noon, removed_at=noon)
    for _ in range(2):
        ledger.push(gone, check=nothing, ask=ask(gone), timing=AT_ONCE)
    assert ledger.pushed_document("wiki", "a/b.md") is None
    assert ledger.pushed("wiki", "a/b.md") == gone
    assert ledger.pushed_versions("wiki").keys() == {"later"}
    assert ledger.taken_back("wiki", ["a/b.md", "later", "never"]) == {"a/b.md"}
    assert ledger.taken_back("wiki", []) == set()
    ledger.compact(noon)
    assert ledger.pushed("wiki", "a/b.md") == gone
    ledger.compact(noon + timedelta(seconds=1))
    assert ledger.pushed("wiki", "a/b.md") is None
    assert ledger.pushed("wiki", "later") is not None
    ledger.push(pushed, check=nothing, ask=ask(pushed), timing=AT_ONCE)
    ledger.forget_pushed("wiki")
    assert ledger.pushed_names() == []


def test_a_version_changes_with_all_that_is_said(pushed, noon):
    changes = [
        {"content": b"x"}, {"title": "B"}, {"uri": ""}, {"media_type": "text/plain"}, {"updated_at": None},
        {"allow": None}, {"allow": frozenset()}, {"deny": frozenset()}, {"meta": {}},
    ]  # fmt: skip
    versions = {version_of(pushed), *(version_of(replace(pushed, **change)) for change in changes)}
    assert len(versions) == len(changes) + 1
    same = replace(pushed, sequence=9, by="k9", pushed_at=noon + timedelta(days=1))
    assert version_of(same) == version_of(pushed)


@pytest.mark.parametrize(
    ("new", "late"),
    [
        ({"sequence": 6}, True), ({"sequence": 7}, False), ({"sequence": 8}, False),
        ({"sequence": None, "updated_at": None}, False), ({"sequence": 8, "hours": -1}, False),
        ({"sequence": None, "hours": -1}, True), ({"sequence": None, "hours": 1}, False),
    ],
)  # fmt: skip
def test_what_was_overtaken_is_late(pushed, noon, new, late):
    hours = new.pop("hours", 0)
    assert is_late(replace(pushed, **{"updated_at": noon + timedelta(hours=hours), **new}), pushed) is late
