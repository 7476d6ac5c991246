"""What only a server can do to a ledger: cut a connection, restart, be locked by others, have a clock of its own."""

import datetime as real
import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace

import psycopg
import pytest
from sqlalchemy import insert

from headwater.errors import BusyError, ConfigError, CredentialError, LedgerUnavailableError, StateError
from headwater.ledger import dialect, leases, migrations, postgres, publications, schema
from headwater.ledger.base import Commit, Intent, Ledger
from headwater.ledger.open import open_ledger
from tests.support.postgres import running_postgres

pytestmark = [
    pytest.mark.parametrize("fresh_databases", ["postgres"], indirect=True),
    pytest.mark.usefixtures("fresh_databases"),
]


def begun(ledger: Ledger, me, *rows) -> Commit:
    number, epoch = ledger.begin_publication("g1", me), ledger.next_epoch()
    ledger.write_intent(Intent(publication=number, generation="g1", epoch=epoch, new_ids=("n",), old_ids=()))
    return Commit(publication=number, epoch=epoch, rows=rows)


def test_a_cut_in_the_middle_of_a_commit_is_named_and_loses_nothing(
    database, postgres, ledger, me, row, publish, monkeypatch
):
    publish(ledger, me, row("a"))
    commit, whole = begun(ledger, me, row("b"), row("c")), publications.commit

    def cut(*args):
        whole(*args)
        assert postgres.cut("state = 'idle in transaction'") == 1

    monkeypatch.setattr(publications, "commit", cut)
    with pytest.raises(LedgerUnavailableError, match=r"127\.0\.0\.1") as caught:
        ledger.commit(commit)
    assert "committed" in caught.value.advice
    assert "s3cret" not in f"{caught.value} {caught.value.advice}"
    assert not ledger.committed(commit.publication)
    assert [r.id for r in ledger.documents("g1")] == ["a"]
    monkeypatch.undo()
    ledger.commit(commit)
    assert ledger.committed(commit.publication)
    assert [r.id for r in ledger.documents("g1")] == ["a", "b", "c"]


def test_idle_connections_that_were_cut_are_noticed_before_they_are_used(postgres, ledger):
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: ledger.next_epoch(), range(8)))
    assert postgres.cut() > 0
    assert ledger.next_epoch() == 9


@pytest.mark.parametrize("kill", [False, True])
def test_a_restart_is_waited_for(fresh_databases, me, row, publish, kill):
    with running_postgres() as server:
        ledger = open_ledger(server.new_database(), busy_seconds=20)
        publish(ledger, me, row("a"))
        server.stop(kill=kill)
        again = threading.Timer(0.7, server.start)
        again.start()
        assert ledger.epoch() == 1
        again.join()
        publish(ledger, me, row("b"))
        assert [r.id for r in ledger.documents("g1")] == ["a", "b"]
        ledger.close()


def test_a_server_that_never_answered_is_not_waited_for(fresh_databases):
    started = time.monotonic()
    with pytest.raises(LedgerUnavailableError, match=r"127\.0\.0\.1:1/"):
        open_ledger("postgresql://me:s3cret@127.0.0.1:1/headwater")
    assert time.monotonic() - started < 5


def test_a_writer_that_stops_within_a_transaction_is_cut_off(database):
    stopped, other = database.open(busy_seconds=1.5), database.open(busy_seconds=20)

    def stop() -> None:
        with stopped._write() as connection:
            publications.next_epoch(connection)
            assert other.next_epoch() == 1, "what was not committed is gone"
            publications.next_epoch(connection)

    with pytest.raises(LedgerUnavailableError):
        stop()
    assert stopped.next_epoch() == 2


def test_a_lock_that_stays_is_named(database, ledger):
    impatient = database.open(busy_seconds=0.4)
    with psycopg.connect(database.url) as blocker:
        blocker.execute("LOCK TABLE head IN EXCLUSIVE MODE")
        with pytest.raises(BusyError, match="written by another process"):
            impatient.next_epoch()
        assert impatient.epoch() == 0, "reading goes on"
    assert impatient.next_epoch() == 1


def test_a_deadlock_with_somebody_else_is_an_error_that_may_pass(database, ledger, me):
    """Among ours there is none: they take one lock."""
    with psycopg.connect(database.url) as other:
        other.execute("LOCK TABLE leases IN EXCLUSIVE MODE")

        def deadlock() -> None:
            with ledger._write() as connection:
                publications.next_epoch(connection)
                started.set()
                leases.take(connection, "handbook", me, "token", 10)

        started = threading.Event()
        with ThreadPoolExecutor(1) as pool:
            ours = pool.submit(deadlock)
            started.wait(10)
            time.sleep(0.2)
            try:
                other.execute("UPDATE head SET attempted = attempted + 100")
            except psycopg.errors.DeadlockDetected:
                other.rollback()
                ours.result(20)
            else:
                other.rollback()
                with pytest.raises(BusyError):
                    ours.result(20)
    assert ledger.next_epoch() in (1, 2)


def test_eight_threads_share_it(ledger, me, row, publish):
    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(lambda _: (ledger.begin_publication("g1", me), ledger.next_epoch()), range(80)))
    assert [sorted(column) for column in zip(*numbers, strict=True)] == [list(range(1, 81))] * 2


def test_several_ledgers_share_a_database(database, me, row, publish):
    with psycopg.connect(database.url, autocommit=True) as connection:
        for name in "ab":
            connection.execute(f"CREATE SCHEMA {name}")
    first, second = (open_ledger(f"{database.url}?options=-csearch_path%3D{name}", busy_seconds=5) for name in "ab")
    publish(first, me, row("x"))
    assert (first.epoch(), second.epoch()) == (1, 0)
    with first._write() as connection:
        publications.next_epoch(connection)
        assert second.next_epoch() == 1, "one waits for no writer of the other"
    first.close()
    second.close()


@contextmanager
def clock_ahead(monkeypatch, seconds: float) -> Iterator[None]:
    """This host's clock, as Python asks it."""

    class Ahead(real.datetime):
        @classmethod
        def now(cls, tz=None):
            return real.datetime.now(tz) + real.timedelta(seconds=seconds)

    with monkeypatch.context() as patch:
        for module in ("headwater.clock", "headwater.ledger.dialect"):
            patch.setattr(f"{module}.datetime", Ahead)
        yield


@pytest.mark.parametrize("seconds", [-3600, 3600])
def test_a_host_whose_clock_is_wrong_neither_loses_nor_takes_a_lease(database, ledger, me, monkeypatch, seconds):
    far, other = replace(me, host="elsewhere"), database.open()
    with clock_ahead(monkeypatch, seconds), ledger.lease("publish", far, seconds=1.0):
        monkeypatch.undo()
        assert [name for name, _ in other.holders()] == ["publish"]
    lease = ledger.lease("publish", far, seconds=30)
    with lease, clock_ahead(monkeypatch, seconds):
        assert [name for name, _ in other.holders()] == ["publish"]
        with pytest.raises(BusyError), other.lease("publish", me, seconds=5):
            pytest.fail("held twice")


def test_epochs_go_by_the_clock_of_the_database(database, ledger, me, row, publish, monkeypatch):
    before = ledger.now()
    with clock_ahead(monkeypatch, 3600):
        publish(ledger, me, row("a"))
        assert abs((ledger.now() - before).total_seconds()) < 60
    assert ledger.epoch_at(before) == 0
    assert ledger.epoch_at(ledger.now()) == 1


def test_names_are_sorted_by_code_points_whatever_the_language(postgres, me, row, publish):
    ids = ["B", "a", "Z", "ä", "_", "a b", "a-b", "\U0001f600"]
    ledger = open_ledger(postgres.new_database(locale="C.UTF-8"))
    publish(ledger, me, *map(row, ids))
    assert [r.id for r in ledger.documents("g1")] == sorted(ids)
    ledger.close()


def test_a_database_that_cannot_hold_every_text_is_refused(postgres):
    postgres.execute("CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'")
    with pytest.raises(ConfigError, match="encoding LATIN1"):
        open_ledger(f"postgresql://postgres@127.0.0.1:{postgres.port}/latin")


def test_a_database_or_user_that_is_not_there_is_named(postgres):
    there = f"127.0.0.1:{postgres.port}"
    for url in (f"postgresql://postgres:s3cret@{there}/none", f"postgresql://nobody:s3cret@{there}/postgres"):
        with pytest.raises((LedgerUnavailableError, CredentialError)) as caught:
            open_ledger(url)
        assert "s3cret" not in f"{caught.value} {caught.value.advice}"


def test_an_id_too_long_to_index_is_named(ledger, me, row):
    long = "".join(chr(random.Random(n).randint(33, 0x2FFF)) for n in range(4000))
    with pytest.raises(StateError, match="cannot index a name this long"):
        ledger.commit(begun(ledger, me, row(long)))
    assert list(ledger.documents("g1")) == []


@pytest.mark.parametrize("number", [m.number for m in migrations.MIGRATIONS[:-1]])
def test_an_older_schema_is_brought_up_to_date(database, number):
    url = postgres.parsed(database.url)
    engine = dialect.for_writing(postgres.postgres_engine(url, 10))
    with engine.begin() as connection:
        schema.metadata.create_all(connection, tables=list(first_tables()))
        values = {"id": 1, "identity": "i", "generation": "g1", "epoch": 3, "attempted": 4, "publication": 5}
        connection.execute(insert(schema.head).values(**values))
        for migration in migrations.MIGRATIONS[:number]:
            migration.steps(connection)
            migrations._note(connection, migration)
    engine.dispose()
    ledger = database.open()
    assert (ledger.identity(), ledger.epoch(), ledger.next_epoch()) == ("i", 3, 5)
    assert shape(database.url) == shape_of_new(database.url)


def first_tables():
    names = ("schema_versions", "head", "epochs", "publications", "documents", "events", "failures")
    return [schema.metadata.tables[name] for name in (*names, "sources", "blocks", "runs", "leases")]


def shape(url):
    with psycopg.connect(url) as connection:
        columns = "table_name, column_name, data_type, is_nullable, collation_name FROM information_schema.columns"
        found = connection.execute(f"SELECT {columns} WHERE table_schema = 'public' ORDER BY 1, 2").fetchall()
        named = "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1"
        indexes = connection.execute(named).fetchall()
    return found, indexes


def shape_of_new(url):
    """Of a ledger made anew in the same database."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
    open_ledger(url).close()
    return shape(url)


@pytest.mark.slow
def test_a_hundred_thousand_documents_are_looked_at_within_seconds(ledger, me, row, publish):
    rows = [row(f"chapter-{n // 100:04d}/some-page-{n:06d}.html") for n in range(100_000)]
    for start in range(0, len(rows), 10_000):
        publish(ledger, me, *rows[start : start + 10_000])
    for call, seconds in ((lambda: ledger.versions("g1", "handbook"), 3), (lambda: list(ledger.standings("g1")), 8)):
        started = time.monotonic()
        assert len(call()) == 100_000
        taken = time.monotonic() - started
        print(f"{taken:.2f} s")
        assert taken < seconds
