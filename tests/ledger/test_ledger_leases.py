"""Leases between threads and processes: one holder at a time, the dead replaced at once, the stalled fenced off."""

import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import psutil
import pytest
from sqlalchemy import text

from headwater.errors import BusyError, LeaseLostError
from headwater.ledger import holder as holders
from headwater.ledger.base import Commit, Intent
from headwater.ledger.holder import gone, this_process
from headwater.ledger.open import open_ledger


def hears(child, expected, seconds=30.0):
    heard = child.hears(seconds)
    assert heard == expected, heard


def begin_intent(ledger, holder):
    number, epoch = ledger.begin_publication("g1", holder), ledger.next_epoch()
    ledger.write_intent(Intent(publication=number, generation="g1", epoch=epoch, new_ids=("n",), old_ids=()))
    return number, epoch


def test_a_lease_is_held_alone_and_given_back(database, ledger, me):
    other = database.open()
    with ledger.lease("handbook", me, seconds=10), ledger.lease("publish", me, seconds=10):
        assert other.holders() == [("handbook", me), ("publish", me)]
        with pytest.raises(BusyError), other.lease("handbook", me, seconds=10):
            pytest.fail("held twice")
    assert other.holders() == []
    with other.lease("handbook", me, seconds=10):
        pass


def test_the_busy_error_names_the_holder(ledger, me):
    mine = replace(me, command="headwater ingest", since=datetime(2026, 3, 1, 9, 30, tzinfo=UTC))
    held, again = ledger.lease("handbook", mine, seconds=10), ledger.lease("handbook", me, seconds=10)
    with held, pytest.raises(BusyError) as caught, again:
        pytest.fail("held twice")
    told = str(caught.value)
    assert "handbook" in told
    assert f"process {os.getpid()} (headwater ingest) since 2026-03-01 09:30:00 UTC" in told
    assert caught.value.advice


def test_an_error_inside_gives_the_lease_back_and_stays_the_error(ledger, me):
    with pytest.raises(KeyError, match="mine"), ledger.lease("handbook", me, seconds=10):
        raise KeyError("mine")
    assert ledger.holders() == []


def test_a_lease_is_renewed_for_as_long_as_it_is_held(database, ledger, me):
    other = database.open()
    with ledger.lease("handbook", me, seconds=0.6):
        deadline = time.monotonic() + 2
        while time.monotonic() < deadline:
            assert other.holders() == [("handbook", me)]
            time.sleep(0.05)


def test_waiting_ends_as_soon_as_the_lease_is_free(ledger, me):
    inside = threading.Event()

    def first():
        with ledger.lease("handbook", me, seconds=10):
            inside.set()
            time.sleep(0.5)

    thread = threading.Thread(target=first)
    thread.start()
    inside.wait(10)
    started = time.monotonic()
    with ledger.lease("handbook", me, seconds=10, wait=20):
        assert time.monotonic() - started < 5
    thread.join()


def test_waiting_ends_after_its_time(ledger, me):
    held, again = ledger.lease("handbook", me, seconds=10), ledger.lease("handbook", me, seconds=10, wait=0.4)
    started = time.monotonic()
    with held, pytest.raises(BusyError), again:
        pytest.fail("held twice")
    assert 0.4 <= time.monotonic() - started < 5


def test_processes_take_turns(database, children, tmp_path):
    workers = [
        children.start("take_turns", url=database.url, lease="publish", rounds=15, witness=str(tmp_path / "inside"))
        for _ in range(3)
    ]
    for worker in workers:
        hears(worker, 15, 60)


def test_processes_never_get_the_same_number(database, children):
    rounds = 100
    workers = [children.start("number", url=database.url, rounds=rounds) for _ in range(3)]
    taken = [pair for worker in workers for pair in worker.hears(60)]
    publications, epochs = zip(*taken, strict=True)
    assert sorted(publications) == sorted(epochs) == list(range(1, 3 * rounds + 1))


def test_a_killed_holder_is_replaced_at_once(database, ledger, me, children):
    child = children.start("hold", url=database.url, lease="handbook", seconds=3600)
    hears(child, "held")
    with pytest.raises(BusyError, match=rf"process {child.pid} \(hold\)"), ledger.lease("handbook", me, seconds=10):
        pytest.fail("held twice")
    (_, theirs), *_ = ledger.holders()
    assert theirs.pid == child.pid
    assert ledger.alive(theirs)
    child.kill()
    assert not ledger.alive(theirs)
    assert ledger.holders() == []
    started = time.monotonic()
    with ledger.lease("handbook", me, seconds=10):
        assert time.monotonic() - started < 1


def test_a_holder_that_is_killed_while_others_wait_is_replaced(database, children):
    first = children.start("hold", url=database.url, lease="handbook", seconds=3600)
    hears(first, "held")
    second = children.start("hold", url=database.url, lease="handbook", seconds=3600, wait=60)
    first.kill()
    hears(second, "held", 10)
    second.kill()


def test_a_reused_pid_is_not_taken_for_the_holder(ledger, me):
    alive = this_process("somebody else")
    before = replace(alive, started=alive.started - 60)
    assert gone(before)
    assert not gone(alive)
    assert not gone(replace(alive, started=alive.started + 0.5)), "the kernel's boot time moves by a moment"
    lease = ledger.lease("handbook", before, seconds=3600)
    lease.__enter__()
    assert ledger.holders() == []
    assert not ledger.alive(before)
    with ledger.lease("handbook", me, seconds=10):
        assert ledger.holders() == [("handbook", me)]
    with pytest.raises(LeaseLostError):
        lease.__exit__(None, None, None)


def test_a_zombie_is_gone():
    child = subprocess.Popen(["sleep", "60"])
    theirs = replace(this_process("sleep"), pid=child.pid, started=psutil.Process(child.pid).create_time())
    assert not gone(theirs)
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # dead, and not collected
    assert gone(theirs)
    child.wait()


def test_a_holder_elsewhere_lives_as_long_as_a_lease_of_it(ledger, me):
    far = replace(me, host="elsewhere", pid=2**22 + 1)
    assert not gone(far)
    assert not ledger.alive(far)
    with ledger.lease("handbook", far, seconds=10):
        assert ledger.alive(far)
        with pytest.raises(BusyError, match="on elsewhere"), ledger.lease("handbook", me, seconds=10):
            pytest.fail("held twice")
    assert not ledger.alive(far)


def test_processes_of_another_container_are_not_judged_by_their_pid(monkeypatch, me):
    monkeypatch.setattr(holders, "_INITIAL_PID_NAMESPACE", "pid:[1]")
    inside = this_process("in a container")
    assert inside.host.startswith(f"{me.host}/pid:[")
    assert gone(replace(me, pid=2**22 + 1)) is False
    assert gone(replace(inside, pid=2**22 + 1)) is True


def stalled(database, children, tmp_path):
    """A child that was stopped while it published, for longer than its lease lasts."""
    go = tmp_path / "go"
    child = children.start("stall", url=database.url, lease="publish", seconds=0.5, go=str(go))
    publication = child.hears()
    assert isinstance(publication, int), publication
    impatient = database.open(busy_seconds=0.5)
    while True:
        child.signal(signal.SIGSTOP)
        try:
            impatient.next_epoch()
            break
        except BusyError:  # it was just renewing its lease; stopped there, it would keep everyone from writing
            child.signal(signal.SIGCONT)
            time.sleep(0.01)
    go.touch()
    return child, publication


def test_a_stalled_holder_is_replaced_when_its_lease_runs_out(database, ledger, me, children, tmp_path):
    child, publication = stalled(database, children, tmp_path)
    with ledger.lease("publish", me, seconds=10, wait=20):
        assert ledger.abandon(publication)
        child.signal(signal.SIGCONT)
        kind, message, advice = child.hears()
        assert (kind, bool(message), bool(advice)) == ("LeaseLostError", True, True)
    assert (ledger.epoch(), ledger.versions("g1", "s")) == (0, {})


def test_a_stalled_holder_cannot_commit_even_before_it_is_undone(database, ledger, me, children, tmp_path):
    child, publication = stalled(database, children, tmp_path)
    with ledger.lease("publish", me, seconds=10, wait=20):
        child.signal(signal.SIGCONT)
        assert child.hears()[0] == "LeaseLostError"
        assert ledger.epoch() == 0
        assert [(p.number, p.state) for p in ledger.open_publications()] == [(publication, "intent")]


def test_a_stalled_holder_that_nobody_replaced_goes_on(database, children, tmp_path):
    child, _ = stalled(database, children, tmp_path)
    time.sleep(1)
    child.signal(signal.SIGCONT)
    hears(child, "committed")


def test_leaving_a_lost_lease_says_so_and_leaves_the_new_one_alone(database, ledger, me):
    far, other = replace(me, host="elsewhere"), database.open()
    lease = ledger.lease("publish", replace(me, started=1.0), seconds=10)
    lease.__enter__()
    with other.lease("publish", far, seconds=10):
        with pytest.raises(LeaseLostError, match="publish"):
            lease.__exit__(None, None, None)
        assert other.holders() == [("publish", far)]


def test_a_lost_lease_stops_only_what_its_holder_does(ledger, me):
    dead, other = replace(me, started=1.0), replace(me, command="another run")
    mine, theirs = begin_intent(ledger, dead), begin_intent(ledger, other)
    lease = ledger.lease("publish", dead, seconds=10)
    lease.__enter__()
    with ledger.lease("publish", other, seconds=10):
        with pytest.raises(LeaseLostError):
            ledger.commit(Commit(publication=mine[0], epoch=mine[1]))
        ledger.commit(Commit(publication=theirs[0], epoch=theirs[1]))
    with pytest.raises(LeaseLostError):
        lease.__exit__(None, None, None)
    late = ledger.begin_publication("g1", dead)
    assert late > theirs[0], "once it is out of the lost lease, the holder may start again"


def test_this_process_can_be_recognised():
    holder = this_process("headwater ingest")
    assert (holder.pid, holder.command) == (os.getpid(), "headwater ingest")
    assert abs(holder.since - datetime.now(UTC)) < timedelta(minutes=1)
    assert not gone(holder)
    assert gone(replace(holder, pid=2**22 + 1))


def test_opening_it_again_leaves_the_locks_of_this_process_alone(tmp_path):
    """Locks of a file belong to a process, and closing any handle of it takes them all away: another process then takes
    itself for the last one, and deletes the log that the ledger of this one still writes to."""
    path = tmp_path / "ledger.db"
    first = open_ledger(path)
    with first._engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM head")).scalar() == 1
        open_ledger(path)
        code = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('SELECT * FROM head'); c.close()"
        subprocess.run([sys.executable, "-c", code, path], check=True)
        assert path.with_name("ledger.db-wal").exists()
    first.close()
