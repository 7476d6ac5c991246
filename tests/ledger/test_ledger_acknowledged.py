"""Findings that were put aside, on every database in `conftest.database`."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from headwater.ledger.acknowledged import ACKNOWLEDGED, REPLACED, SNOOZED, Acknowledgement

ODD = "caf\udce9/\0\ud800x.md"
DAY = timedelta(days=1)


@pytest.fixture
def one(noon):
    return Acknowledgement(
        kind="failing", source="handbook", document=ODD, severity=2, title=ODD, reason="known \0 since May",
        who="abcdef012345", name="ops", at=noon,
    )  # fmt: skip


def test_what_was_put_aside_is_kept_as_given(ledger, one, noon):
    assert ledger.acknowledgements() == []
    first = ledger.acknowledge(one)
    snoozed = replace(one, source="other", until=noon + 7 * DAY)
    second = ledger.acknowledge(snoozed)
    assert ledger.acknowledgements() == [replace(one, id=first), replace(snoozed, id=second)]
    assert [found.state for found in ledger.acknowledgements()] == [ACKNOWLEDGED, SNOOZED]


def test_of_one_finding_the_newest_holds(ledger, one, noon):
    first, second = ledger.acknowledge(one), ledger.acknowledge(replace(one, at=noon + DAY, reason="still"))
    assert [found.id for found in ledger.acknowledgements()] == [second]
    other = ledger.acknowledge(replace(one, kind="lag_breach"))
    newest, oldest = ledger.past_acknowledgements(one.key)
    assert (newest.id, newest.ended_at) == (second, None)
    assert (oldest.id, oldest.ended_at, oldest.ending) == (first, noon + DAY, REPLACED)
    assert [found.id for found in ledger.past_acknowledgements(limit=2)] == [other, second]


def test_it_ends_once(ledger, one, noon):
    ids = [ledger.acknowledge(replace(one, source=f"s{number}")) for number in range(3)]
    assert ledger.end_acknowledgements([], noon, "never") == 0
    assert ledger.end_acknowledgements(ids[:2], noon + DAY, "the finding is over") == 2
    assert ledger.end_acknowledgements(ids, noon + 2 * DAY, "reopened") == 1
    endings = {found.id: (found.ended_at, found.ending) for found in ledger.past_acknowledgements()}
    assert endings == {
        ids[0]: (noon + DAY, "the finding is over"),
        ids[1]: (noon + DAY, "the finding is over"),
        ids[2]: (noon + 2 * DAY, "reopened"),
    }
    assert ledger.acknowledgements() == []


def test_what_held_at_a_moment_is_known_later(ledger, one, noon):
    first = ledger.acknowledge(one)
    ledger.end_acknowledgements([first], noon + DAY, "reopened")
    second = ledger.acknowledge(replace(one, at=noon + 3 * DAY))
    held = {days: [found.id for found in ledger.acknowledgements(noon + days * DAY)] for days in (-1, 0, 1, 2, 3, 9)}
    assert held == {-1: [], 0: [first], 1: [], 2: [], 3: [second], 9: [second]}


def test_those_that_ended_are_forgotten_in_time(ledger, one, noon):
    first = ledger.acknowledge(one)
    ledger.end_acknowledgements([first], noon + DAY, "reopened")
    second = ledger.acknowledge(replace(one, at=noon + 2 * DAY))
    assert ledger.compact(noon) == 0
    assert ledger.compact(noon + 400 * DAY) == 1
    assert [found.id for found in ledger.past_acknowledgements()] == [second]


def test_people_at_the_same_moment_take_turns(ledger, one, noon):
    with ThreadPoolExecutor(4) as threads:
        ids = list(threads.map(lambda n: ledger.acknowledge(replace(one, reason=str(n), at=noon)), range(12)))
    assert len(set(ids)) == 12
    assert [found.id for found in ledger.acknowledgements()] == [max(ids)]
