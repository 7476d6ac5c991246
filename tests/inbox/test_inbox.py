"""When what was announced is looked at, and when it is given up."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.errors import (
    CredentialError,
    FetchError,
    HeadwaterError,
    LeaseLostError,
    TransientSourceError,
)
from headwater.inbox.inbox import Inbox, Retry
from headwater.ledger.open import open_ledger
from headwater.ledger.waiting import DEAD, Ask, Timing

NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)


class Clock:
    """Moves when it is told to."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def inbox(tmp_path: Path, clock: Clock) -> Inbox:
    return Inbox(open_ledger(tmp_path / "ledger.sqlite"), clock=clock, chance=lambda: 0.0)


@pytest.fixture
def told(inbox: Inbox) -> Callable[..., bool]:
    def receive(*documents: str, delivery: str = "", access: bool = False) -> bool:
        asks = [Ask(source="docs", document=one, reason="told", access=access) for one in documents]
        return inbox.receive("docs", delivery, asks)

    return receive


def test_within_a_second_it_is_worked_on(inbox: Inbox, clock: Clock, told: Callable[..., bool]) -> None:
    assert told("a", delivery="1")
    clock.wait(0.3)
    (row,) = inbox.take()
    assert (row.source, row.document) == ("docs", "a")
    assert inbox.depth().working == 1
    assert inbox.done(row)
    assert inbox.rows() == []
    assert not told("a", delivery="1"), "nor is it forgotten what was done already"


def test_a_passing_fault_is_tried_again_ever_later_and_then_given_up(
    inbox: Inbox, clock: Clock, told: Callable[..., bool]
) -> None:
    told("a")
    pauses = []
    clock.wait(1)
    while rows := inbox.take():
        assert inbox.failed(rows[0], TransientSourceError("down", advice="Wait."))
        (row,) = inbox.rows()
        if row.state != DEAD:
            pauses.append((row.due_at - clock.now).total_seconds())
            clock.now = row.due_at
    assert pauses == [5, 10, 20, 40, 80, 160, 320, 640, 900, 900, 900]
    (dead,) = inbox.dead()
    assert (dead.attempts, dead.error) == (12, "TransientSourceError: down. Wait.")
    assert inbox.replay() == 1
    assert len(inbox.take()) == 1


def test_what_failed_for_too_long_is_given_up(inbox: Inbox, clock: Clock, told: Callable[..., bool]) -> None:
    told("a")
    clock.wait(1)
    for hours in (0, 25):
        clock.wait(hours * 3600)
        (row,) = inbox.take()
        inbox.failed(row, TransientSourceError("down"))
    assert len(inbox.dead()) == 1


@pytest.mark.parametrize(
    ("error", "final"),
    [
        (CredentialError("no"), True),
        (FetchError("no"), True),
        (LeaseLostError("no"), False),
        (TransientSourceError("no"), False),
    ],
)
def test_what_would_end_the_same_way_is_not_tried_again(
    inbox: Inbox, clock: Clock, told: Callable[..., bool], error: HeadwaterError, final: bool
) -> None:
    told("a")
    clock.wait(1)
    (row,) = inbox.take()
    inbox.failed(row, error)
    assert bool(inbox.dead()) is final


def test_a_busy_source_is_no_failure(inbox: Inbox, clock: Clock, told: Callable[..., bool]) -> None:
    told("a")
    for _ in range(30):
        clock.wait(2)
        (row,) = inbox.take()
        assert inbox.postponed(row, 2)
    assert inbox.take() == []
    assert inbox.rows()[0].attempts == 0


def test_long_work_keeps_its_claim(inbox: Inbox, clock: Clock, told: Callable[..., bool]) -> None:
    told("a", "b")
    clock.wait(1)
    rows = inbox.take()
    for _ in range(3):
        clock.wait(100)
        rows = inbox.prolong(rows)
        assert len(rows) == 2
        assert inbox.take() == []
    clock.wait(121)
    assert len(inbox.take()) == 2
    assert inbox.prolong(rows) == []
    assert not inbox.done(rows[0])
    assert inbox.drop([row.id for row in rows]) == 2


@given(attempts=st.integers(1, 10_000), chance=st.floats(0, 1))
def test_pauses_are_bounded(attempts: int, chance: float) -> None:
    pause = Retry().pause(attempts, chance).total_seconds()
    assert 2.5 <= pause <= 900


def test_what_a_dead_process_took_can_be_taken_at_once(tmp_path: Path) -> None:
    ledger = open_ledger(tmp_path / "ledger.db")
    before = Inbox(ledger, timing=Timing(debounce=0, max_wait=0))
    before.receive("docs", "", [Ask(source="docs", document=name, reason="told") for name in ("a", "b")])
    (taken,) = before.take(1)
    assert [row.document for row in Inbox(ledger).take()] != [taken.document]
    assert Inbox(ledger).given_back() == 2
    assert {row.document for row in Inbox(ledger).take()} == {"a", "b"}
    # Whoever went on with it all the same does no harm.
    assert not before.done(taken)
