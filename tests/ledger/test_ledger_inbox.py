"""What was announced: on every database in `conftest.database`, and against a model."""

import threading
import time
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, multiple, rule, run_state_machine_as_test

from headwater.ledger.waiting import DEAD, WHOLE, Ask, Timing, Which

TIMING = Timing(debounce=2, max_wait=10)
ODD = "caf\udce9/\0\ud800x.md"


@pytest.fixture
def at(noon):
    return lambda seconds: noon + timedelta(seconds=seconds)


@pytest.fixture
def receive(ledger, at):
    def run(second, *documents, delivery="", endpoint="docs", source="docs", keep=-1e6, **how):
        asks = [Ask(source=source, document=one, reason=f"at {second}", **how) for one in documents]
        return ledger.receive(endpoint, delivery, asks, now=at(second), timing=TIMING, keep=at(keep))

    return run


@pytest.fixture
def take(ledger, at):
    def run(second, limit=100, seconds=30, **how):
        return ledger.take_waiting(now=at(second), until=at(second + seconds), limit=limit, which=Which(**how))

    return run


def names(rows):
    return [row.document for row in rows]


def test_notices_of_a_document_are_one_row(ledger, receive, at):
    for second in range(5):
        assert receive(second, "a", "b", ODD, delivery=str(second))
    rows = ledger.waiting()
    assert set(names(rows)) == {"a", "b", ODD}
    (row,) = [row for row in rows if row.document == ODD]
    assert (row.notices, row.generation, row.reason, row.delivery) == (5, 5, "at 4", "4")
    assert (row.first_at, row.last_at, row.due_at) == (at(0), at(4), at(6))


def test_a_burst_is_due_after_a_pause_and_at_the_latest_in_time(receive, take):
    for second in range(30):
        receive(second, "busy")
        if second < 10:
            assert take(second) == []
    assert names(take(29)) == ["busy"]
    receive(100, "calm")
    assert take(101.9, source="docs", access=True) == []
    assert names(take(101.9)) == ["busy"], "nobody finished it in time"
    assert names(take(102)) == ["calm"]


def test_access_goes_first_and_does_not_wait(receive, take):
    receive(0, "a", "b")
    receive(5, "c", access=True)
    receive(5, "b", access=True)
    receive(5.1, "b")
    assert names(take(5.1, limit=1)) == ["b"]
    assert names(take(5.1, access=True)) == ["c"]
    assert names(take(5.1)) == ["a"]


def test_a_worker_may_leave_sources_and_whole_sources_to_others(receive, take):
    receive(0, WHOLE, "a", access=True)
    receive(0, "b", source="wiki", access=True)
    assert [row.document for row in take(1, without=frozenset({"docs"}))] == ["b"]
    assert take(1, without=frozenset({"docs", "wiki"})) == []
    assert [row.document for row in take(1, source="docs", documents=True)] == ["a"]
    assert [row.document for row in take(1, source="docs")] == [WHOLE]


def test_a_delivery_is_taken_once_at_each_address(ledger, receive, at):
    assert receive(0, "a", delivery="1")
    assert not receive(1, "a", "b", delivery="1")
    assert receive(1, "b", delivery="1", endpoint="wiki")
    for _ in range(2):
        assert receive(1, "b"), "without an id, nobody can tell"
    assert {row.document: row.notices for row in ledger.waiting()} == {"a": 1, "b": 3}
    assert receive(9, "c", delivery="2", keep=0.5), "what came before is forgotten"
    assert receive(9, "c", delivery="1")
    assert not receive(9, "c", delivery="1", endpoint="wiki")


def test_a_notice_during_the_work_makes_it_due_again(ledger, receive, take, at):
    receive(0, "a")
    (row,) = take(5)
    receive(6, "a")
    assert take(9) == [], "somebody is at it"
    assert ledger.finish_taken(row)
    assert not ledger.finish_taken(row)
    (again,) = ledger.waiting()
    assert (again.notices, again.first_at, again.due_at, again.token) == (1, at(6), at(8), None)
    (row,) = take(9)
    assert ledger.finish_taken(row)
    assert ledger.waiting() == []


def test_a_claim_ends_and_then_the_first_worker_can_do_no_harm(ledger, receive, take, at):
    receive(0, "a")
    (first,) = take(5, seconds=30)
    assert take(34.9) == []
    (second,) = take(35)
    assert not ledger.finish_taken(first)
    assert not ledger.put_back(first, at(0))
    assert not ledger.fail_taken(first, "late", now=at(36), due_at=at(36), last=True)
    assert ledger.prolong_taken([first, second], at(90)) == [replace(second, taken_until=at(90))]
    assert take(80) == []
    assert ledger.finish_taken(second)


def test_failures_pause_and_end_in_a_list_for_a_person(ledger, receive, take, at):
    receive(0, "a", "b")
    a, b = take(5)
    assert ledger.fail_taken(a, "down", now=at(6), due_at=at(60), last=False)
    assert ledger.put_back(b, at(7))
    receive(10, "a")
    receive(10, "b")
    assert names(take(59)) == ["b"], "a notice does not shorten the pause"
    (a,) = take(60)
    assert (a.attempts, a.failed_at, a.error) == (1, at(6), "down")
    assert ledger.fail_taken(a, "gone wrong", now=at(61), due_at=at(70), last=True)
    (dead,) = ledger.waiting(DEAD)
    assert (dead.attempts, dead.failed_at, dead.error, dead.token) == (2, at(6), "gone wrong", None)
    assert ledger.inbox_depth(at(61)).dead == 1
    assert take(1000, source="a") == []
    assert ledger.replay_dead([dead.id, 999], at(1000)) == 1
    assert ledger.replay_dead(None, at(1000)) == 0
    (again,) = [row for row in take(1000) if row.document == "a"]
    assert (again.attempts, again.error) == (0, "")


def test_what_was_told_during_the_last_attempt_gets_one_more(ledger, receive, take, at):
    receive(0, "a")
    (row,) = take(5)
    receive(6, "a")
    assert ledger.fail_taken(row, "down", now=at(7), due_at=at(50), last=True)
    assert ledger.waiting(DEAD) == []
    assert take(49) == []
    (row,) = take(50)
    assert ledger.fail_taken(row, "down", now=at(51), due_at=at(99), last=True)
    assert len(ledger.waiting(DEAD)) == 1
    receive(200, "a")
    (row,) = take(202)
    assert (row.attempts, row.state) == (0, "waiting")


def test_an_access_change_does_not_wait_for_the_pause(ledger, receive, take, at):
    receive(0, "a")
    (row,) = take(5)
    ledger.fail_taken(row, "down", now=at(6), due_at=at(900), last=False)
    receive(10, "a", access=True)
    assert names(take(10)) == ["a"]


def test_depth_and_drop(ledger, receive, take, at):
    assert ledger.inbox_depth(at(0)).oldest is None
    receive(0, "a", "b", "c")
    receive(1, "d", source="wiki")
    (row, *_) = take(5, limit=1)
    depth = ledger.inbox_depth(at(6))
    assert (depth.waiting, depth.working, depth.dead, depth.oldest) == (3, 1, 0, at(0))
    assert ledger.inbox_depth(at(6), "wiki").oldest == at(1)
    assert ledger.inbox_depth(at(36)).working == 0
    assert ledger.drop_waiting([row.id, 999]) == 1
    assert not ledger.finish_taken(row)
    receive(7, "a")
    assert row.id not in [one.id for one in ledger.waiting()], "a number never means another row"
    assert len(ledger.waiting(source="docs", limit=2)) == 2


def test_a_flood_is_bounded(ledger, receive):
    began = time.monotonic()
    for number in range(2_000):
        receive(number / 200, f"{number % 50}", delivery=str(number))
    assert len(ledger.waiting()) == 50
    assert time.monotonic() - began < 30


def test_workers_share_out_what_there_is(database, receive, at):
    receive(0, *map(str, range(60)))
    done: list[str] = []

    def work():
        ledger = database.open()
        while rows := ledger.take_waiting(now=at(5), until=at(500), limit=7):
            for row in rows:
                assert ledger.finish_taken(row)
                done.append(row.document)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == sorted(map(str, range(60)))


def test_what_was_answered_outlives_its_process(ledger, database, children, take, noon):
    child = children.start("receive", url=database.url, documents=["a", "b", ""], moment=noon.isoformat())
    answered = [child.hears()[0] for _ in range(20)]
    child.kill()
    rows = ledger.waiting()
    assert set(names(rows)) == {"a", "b", ""}
    assert {row.notices for row in rows} == {int(rows[0].delivery)}, "all that a delivery asks for, or nothing"
    assert int(rows[0].delivery) >= int(answered[-1])
    for delivery in answered:
        assert not ledger.receive("docs", delivery, [], now=noon, timing=TIMING, keep=noon - timedelta(days=1))
    assert len(take(5)) == 3


def test_a_dead_worker_is_replaced(ledger, database, children, receive, take, at):
    receive(0, "a")
    child = children.start("take_and_hang", url=database.url, moment=at(5).isoformat(), until=at(35).isoformat())
    assert child.hears() == ["a"]
    child.kill()
    assert take(34) == []
    (row,) = take(35)
    assert ledger.finish_taken(row)


# a model --------------------------------------------------------------------------------------------------

SOURCES, DOCUMENTS = st.sampled_from(["docs", "wiki"]), st.sampled_from(["", "a", "b"])


@dataclass(eq=False)
class Claim:
    row: object
    until: float
    covers: frozenset


@dataclass
class Model:
    now: float = 0
    number: int = 0
    seen: set = field(default_factory=set)
    pending: dict = field(default_factory=dict)  # (source, document) -> notices that nobody finished
    holder: dict = field(default_factory=dict)  # (source, document) -> the claim that counts
    dead: set = field(default_factory=set)


class Announcements(RuleBasedStateMachine):
    """Nothing that was received is lost, and nothing is worked on twice at once."""

    claims = Bundle("claims")

    def __init__(self):
        super().__init__()
        self.ledger, self.start = self.open_ledger()
        self.model = Model()

    def at(self, seconds):
        return self.start + timedelta(seconds=seconds)

    @rule(delivery=st.integers(0, 6), keys=st.sets(st.tuples(SOURCES, DOCUMENTS)), access=st.booleans(),
          late=st.sampled_from([0, 0, 3, 30]))  # fmt: skip
    def receive(self, delivery, keys, access, late):
        model = self.model
        asks = [Ask(source=s, document=d, reason="r", access=access) for s, d in sorted(keys)]
        new = self.ledger.receive("docs", str(delivery or ""), asks, now=self.at(model.now - late), timing=TIMING,
                                  keep=self.at(-1e6))  # fmt: skip
        assert new is (delivery == 0 or delivery not in model.seen)
        model.seen.add(delivery)
        for key in keys if new else ():
            model.number += 1
            model.pending.setdefault(key, set()).add(model.number)
            model.dead.discard(key)

    @rule(seconds=st.sampled_from([0.5, 2, 5, 20, 100]))
    def wait(self, seconds):
        self.model.now += seconds

    @rule(
        target=claims,
        limit=st.integers(1, 4),
        source=st.none() | SOURCES,
        without=st.frozensets(SOURCES, max_size=1),
        access=st.booleans(),
        documents=st.booleans(),
    )
    def take(self, limit, source, without, access, documents):
        model = self.model
        taken = []
        which = Which(source=source, without=without, access=access, documents=documents)
        for row in self.ledger.take_waiting(
            now=self.at(model.now), until=self.at(model.now + 30), limit=limit, which=which
        ):
            key = row.source, row.document
            before = model.holder.get(key)
            assert before is None or before.until <= model.now, "two at once"
            assert key not in model.dead
            assert row.access or not access
            assert source in (None, row.source)
            assert row.source not in without
            assert row.document != WHOLE or not documents
            claim = Claim(row, model.now + 30, frozenset(model.pending[key]))
            model.holder[key] = claim
            taken.append(claim)
        return multiple(*taken)

    def ours(self, claim):
        return self.model.holder.get(self.key(claim)) is claim

    def key(self, claim):
        return claim.row.source, claim.row.document

    @rule(claim=claims)
    def finish(self, claim):
        ours = self.ours(claim)
        assert self.ledger.finish_taken(claim.row) is ours
        if ours:
            key = self.key(claim)
            del self.model.holder[key]
            self.model.pending[key] -= claim.covers
            if not self.model.pending[key]:
                del self.model.pending[key]

    @rule(claim=claims, last=st.booleans())
    def fail(self, claim, last):
        ours, key = self.ours(claim), self.key(claim)
        now = self.model.now
        done = self.ledger.fail_taken(claim.row, "e", now=self.at(now), due_at=self.at(now + 10), last=last)
        assert done is ours
        if ours:
            del self.model.holder[key]
            if last and self.model.pending[key] == claim.covers:
                self.model.dead.add(key)

    @rule(claim=claims, seconds=st.sampled_from([0, 15]))
    def put_back(self, claim, seconds):
        ours = self.ours(claim)
        assert self.ledger.put_back(claim.row, self.at(self.model.now + seconds)) is ours
        if ours:
            del self.model.holder[self.key(claim)]

    @rule(claim=claims)
    def prolong(self, claim):
        until = self.model.now + 60
        assert bool(self.ledger.prolong_taken([claim.row], self.at(until))) is self.ours(claim)
        claim.until = until

    @rule()
    def replay(self):
        assert self.ledger.replay_dead(None, self.at(self.model.now)) == len(self.model.dead)
        self.model.dead.clear()

    @invariant()
    def every_pending_notice_has_a_row(self):
        rows = {(row.source, row.document): row for row in self.ledger.waiting()}
        assert rows.keys() == self.model.pending.keys()
        assert {key for key, row in rows.items() if row.state == DEAD} == self.model.dead
        for key, row in rows.items():
            if not row.attempts and not row.token and key not in self.model.dead:
                longest = max(row.first_at, self.at(self.model.now)) + timedelta(seconds=15)
                assert row.due_at <= longest, "it would wait for too long"

    def teardown(self):
        """Whatever came, in whatever order: in the end everything was looked at after it was told."""
        self.model.now += 1_000
        self.model.holder.clear()
        self.replay()
        for claim in (taken := self.take_all()):
            self.finish(claim)
        assert len(taken) <= 6
        assert not self.model.pending
        assert self.ledger.waiting() == []
        self.ledger.close()

    def take_all(self):
        rows = self.ledger.take_waiting(now=self.at(self.model.now), until=self.at(self.model.now + 9), limit=99)
        claims = [
            Claim(row, self.model.now + 9, frozenset(self.model.pending[row.source, row.document])) for row in rows
        ]
        self.model.holder.update({self.key(claim): claim for claim in claims})
        return claims


@pytest.mark.parametrize("examples", [40, pytest.param(600, marks=[pytest.mark.slow, pytest.mark.timeout(900)])])
def test_any_sequence_of_notices_and_workers(fresh_databases, noon, examples):
    machine = type("Machine", (Announcements,), {"open_ledger": staticmethod(lambda: (fresh_databases().open(), noon))})
    run_state_machine_as_test(machine, settings=settings(max_examples=examples, stateful_step_count=30))
