"""How documents stand and stood, on every database in `conftest.database`."""

from dataclasses import replace
from datetime import timedelta

import pytest

from headwater.clock import told_by
from headwater.ledger.base import DocumentRow
from headwater.ledger.migrations import FIRST_GENERATION
from headwater.ledger.standing import ACCESS, CONTENT, INITIAL, NEW, REPROCESSED, Change, Listing

ODD = "caf\udce9/\0\ud800x.md"


@pytest.fixture
def at(noon):
    return lambda hours: noon + timedelta(hours=hours)


@pytest.fixture
def made(row, at):
    """A row published at an hour, for a reason."""

    def make(id, hour, what, changed=None, after=None, links=None, **values) -> DocumentRow:
        moment = [None if one is None else at(one) for one in (changed, after)]
        change = Change(what, *moment, at(hour), links)
        return row(id, published_at=at(hour), change=change, **values)

    return make


def standing(ledger, id="a"):
    (found,) = ledger.standings_named(ledger.generation(), [("handbook", id)])
    return found


def test_only_a_change_at_the_source_moves_the_lag(ledger, me, made, publish, at):
    publish(ledger, me, made("a", 0, INITIAL, meta={"owner": "sre"}))
    assert standing(ledger).changed_at is standing(ledger).changed_after is None
    publish(ledger, me, made("a", 5, CONTENT, changed=3, after=1, meta={"owner": "sre", "pages": 3}))
    now = standing(ledger)
    assert (now.changed_at, now.changed_after, now.detected_at, now.searchable_at) == (at(3), at(1), at(5), at(5))
    assert now.facts == {"owner": "sre"}
    for hour, what in ((6, REPROCESSED), (7, ACCESS)):
        publish(ledger, me, made("a", hour, what, meta={"owner": "docs", "review_by": "2027-01-01"}))
    again = standing(ledger)
    assert replace(again, facts={}, published_at=now.published_at) == replace(now, facts={})
    assert (again.facts, again.published_at) == ({"owner": "docs", "review_by": "2027-01-01"}, at(7))


def test_a_rebuild_takes_over_what_is_known(ledger, me, made, publish, at):
    publish(ledger, me, made("a", 2, NEW, changed=1, after=0))
    publish(ledger, me, made("a", 9, REPROCESSED), generation="g2", switch_to="g2")
    assert (standing(ledger).changed_at, standing(ledger).searchable_at) == (at(1), at(2))
    assert [line.what for line in ledger.changes()] == ["rebuilt", "new"]
    ledger.drop_generation(FIRST_GENERATION)
    assert len(list(ledger.standings("g2"))) == 1


def test_history_shows_how_it_stood(ledger, me, made, publish, at):
    publish(ledger, me, made("a", 0, INITIAL, title="One"), made(ODD, 0, INITIAL, title=ODD))
    publish(ledger, me, made("a", 5, CONTENT, changed=4, after=3, title="Two"))
    publish(ledger, me, made("a", 6, REPROCESSED, title="Two, again"))
    with told_by(lambda: at(7)):
        publish(ledger, me, made("b", 7, NEW, after=6), removed=(("handbook", "a"), ("handbook", "never there")))
    seen = {hour: {s.document: s for s in ledger.standings_at(at(hour))} for hour in (-1, 0, 5, 6, 7)}
    assert {hour: sorted(found) for hour, found in seen.items()} == {
        -1: [], 0: ["a", ODD], 5: ["a", ODD], 6: ["a", ODD], 7: sorted(["b", ODD])
    }  # fmt: skip
    assert [seen[hour]["a"].title for hour in (0, 5, 6)] == ["One", "Two", "Two, again"]
    late = seen[6]["a"]
    assert (late.changed_at, late.searchable_at, late.kind, late.published_at) == (at(4), at(5), "sop", at(6))
    assert seen[7][ODD].title == ODD
    assert [c.what for c in ledger.changes(document="a")] == ["removed", "reprocessed", "content", "initial"]
    assert [c.document for c in ledger.changes(since=at(5), until=at(6))] == ["a"]
    assert len(list(ledger.changes(limit=2))) == 2


def test_compaction_keeps_how_it_stood_then_and_later(ledger, me, made, publish, at):
    for hour in range(6):
        publish(ledger, me, made("a", hour, CONTENT, changed=hour, title=str(hour)))
        publish(ledger, me, made("b", hour, REPROCESSED if hour else NEW, title=str(hour)))
    with told_by(lambda: at(2)):
        publish(ledger, me, made("c", 1, NEW), removed=())
        publish(ledger, me, removed=(("handbook", "c"),))
    later = {hour: list(ledger.standings_at(at(hour))) for hour in (3, 4, 9)}
    assert ledger.compact(at(3)) == 3 + 2 + 2
    assert {hour: list(ledger.standings_at(at(hour))) for hour in later} == later
    assert ledger.compact(at(3)) == 0


def test_of_old_outcomes_the_last_of_each_document_stays(ledger, event, at):
    ledger.record(event(name, at=at(hour), reason=str(hour)) for hour in range(4) for name in ("a", "b"))
    ledger.record([event("a", at=at(9))])
    assert ledger.compact(at(2)) == 3 + 3
    assert [(e.document, e.reason) for e in ledger.history()] == [("a", ""), ("b", "3"), ("a", "3")]


def test_a_link_too_long_to_be_a_document_stops_no_publication(ledger, me, made, publish):
    long = "data:image/png;base64," + "".join(chr(0x4E00 + n * n % 20_000) for n in range(9000))
    publish(ledger, me, made("a", 0, NEW, links=("b.md", long)))
    assert list(ledger.links("g1")) == [("handbook", "a", "b.md")]


def test_links_are_those_of_the_last_publication_that_told_them(ledger, me, made, publish):
    publish(ledger, me, made("a", 0, NEW, links=("b.md", "c.md", "b.md")), made(ODD, 0, NEW, links=(ODD,)))
    publish(ledger, me, made("a", 1, ACCESS))
    assert set(ledger.links("g1")) == {("handbook", "a", "b.md"), ("handbook", "a", "c.md"), ("handbook", ODD, ODD)}
    assert set(ledger.links("g1", unresolved=True)) == {("handbook", "a", "b.md"), ("handbook", "a", "c.md")}
    publish(ledger, me, made("c.md", 1, NEW))
    assert list(ledger.links("g1", unresolved=True)) == [("handbook", "a", "b.md")]
    publish(ledger, me, made("a", 2, CONTENT, links=()), removed=(("handbook", ODD),))
    assert list(ledger.links("g1")) == []


def test_looks_and_served_passages_are_counted(ledger, at):
    looks = [
        Listing(source=s, run=f"r{n}", began_at=at(n), ended_at=at(n + 1), complete=n % 2 == 0, vouched=True, error=e)
        for n, (s, e) in enumerate([("a", ""), ("a", "down"), ("b", ""), ("a", "")])
    ]
    for look in looks:
        ledger.note_listing(look)
    assert ledger.listings() == looks[::-1]
    assert ledger.listings("a", since=at(0), until=at(1)) == [looks[1]]
    assert ledger.listings("a", limit=1) == [looks[3]]
    for day in ("2026-01-01", "2026-01-02", "2026-01-02"):
        ledger.count_served([("a", "x"), ("a", ODD), ("a", "x")], day)
    assert ledger.served("2026-01-02", "2026-01-03") == {("a", "x"): 2, ("a", ODD): 2}
    assert ledger.served("2026-01-01", "2026-01-01") == {("a", "x"): 1, ("a", ODD): 1}
