"""Nothing but `dialect.py` and `postgres.py` is tied to one database: all the rest compiles for Postgres as well."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from headwater.errors import LeaseLostError
from headwater.ledger import schema
from headwater.ledger.base import Block, SourceRow
from headwater.ledger.keys import Deed, Key
from headwater.ledger.standing import Listing
from headwater.ledger.waiting import Ask, Timing, Which
from headwater.model import NOBODY

POSTGRES = postgresql.dialect()


@pytest.mark.parametrize("table", schema.metadata.sorted_tables, ids=lambda table: table.name)
def test_every_table_can_be_made_there(table):
    made = str(CreateTable(table).compile(dialect=POSTGRES))
    assert made.count(" NOT NULL") >= len(table.primary_key)
    numbered = {"events", "runs", "changes", "listings", "inbox", "deeds", "acknowledgements"}
    assert ("BIGSERIAL" in made) == (table.name in numbered)
    assert ("TIMESTAMP WITH TIME ZONE" in made) == any(isinstance(c.type, schema.Moment) for c in table.c)
    for index in table.indexes:
        assert str(CreateIndex(index).compile(dialect=POSTGRES)).startswith("CREATE INDEX")


def use_everything(ledger, me, row, event, publish):
    with ledger.lease("publish", me, seconds=10):
        done = publish(ledger, me, row("a"), row("b"), events=(event("a"),), removed=(("handbook", "z"),))
    with pytest.raises(LeaseLostError):
        ledger.commit(done)
    now = datetime.now(UTC)
    ledger.abandon(ledger.begin_publication("g2", me))
    ledger.forget_publication(2)
    ledger.touch("g1", "handbook", {"a": "2"}, now)
    ledger.set_access("g1", "handbook", "b", NOBODY)
    ledger.drop_generation("g2")
    ledger.save_source(SourceRow(name="handbook", kind="folder", adhoc=False))
    ledger.forget_source("handbook")
    ledger.block(Block("handbook", "a", "wrong", now))
    ledger.unblock("handbook", "a")
    ledger.save_run("run-1", {})
    ledger.clear_failures("g1", [("handbook", "a")])
    look = Listing(source="handbook", run="r", began_at=now, ended_at=now, complete=True, vouched=True)
    ledger.note_listing(look)
    ledger.count_served([("handbook", "a")], "2999-01-31")
    ledger.compact(now)
    use_inbox_and_keys(ledger, now)
    standing = list(ledger.standings("g1", "handbook")), ledger.standings_named("g1", [("handbook", "a")])
    assert standing
    assert list(ledger.standings_at(now, "handbook")) is not None
    assert list(ledger.changes("handbook", "a", since=now, until=now, limit=3)) == []
    assert (list(ledger.links("g1")), ledger.listings("handbook", limit=1)) == ([], [look])
    assert ledger.served("2999-01-31", "2999-01-31") == {("handbook", "a"): 1}
    asked = ledger.epoch_at(now), ledger.open_publications(), list(ledger.documents("g1", "handbook"))
    asked += ledger.versions("g1", "handbook"), ledger.document("g1", "handbook", "a"), ledger.find("g1", "a")
    asked += ledger.history("handbook", "a"), ledger.sources(), ledger.blocks(), ledger.runs(), ledger.holders()
    asked += ledger.failures("g1", "handbook"), ledger.identity(), ledger.generation()
    return asked


def use_inbox_and_keys(ledger, now):
    timing, asks = Timing(debounce=1, max_wait=2), [Ask(source="s", document=d, reason="r") for d in ("a", "b", "c")]
    for _ in range(2):
        ledger.receive("s", "", asks, now=now, timing=timing, keep=now)
    ledger.receive("s", "1", asks, now=now, timing=timing, keep=now)
    later = now + timedelta(seconds=5)
    taken = ledger.take_waiting(now=later, until=later, limit=9, which=Which(source="s"))
    assert ledger.prolong_taken(taken, later) == taken
    first, second, third = taken
    ledger.finish_taken(first)
    ledger.put_back(second, later)
    ledger.fail_taken(third, "e", now=now, due_at=now, last=True)
    ledger.replay_dead([third.id], now)
    ledger.drop_waiting([third.id])
    assert (len(ledger.waiting("waiting", "s")), ledger.inbox_depth(now).waiting) == (1, 1)
    key = Key(id="k", name="n", hash="h", scopes=frozenset({"read"}), made_at=now)
    assert ledger.add_key(key)
    ledger.note_key_used("k", now)
    ledger.note_deed(Deed(at=now, who="k", what="w"))
    assert (ledger.revoke_key("k", now), len(ledger.api_keys()), len(ledger.deeds("k"))) == (True, 1, 1)


@pytest.mark.parametrize("fresh_databases", ["sqlite"], indirect=True)
def test_every_statement_can_be_said_there(ledger, me, row, event, publish):
    said, tied = set(), set()

    def compile_there(_connection, statement, *_rest):
        if isinstance(statement, sqlite.Insert):
            tied.add(statement.table.name)
        else:
            said.add(str(statement.compile(dialect=POSTGRES)))

    sqlalchemy_event.listen(ledger._engine, "before_execute", compile_there)
    use_everything(ledger, me, row, event, publish)
    assert any("FOR UPDATE" in statement for statement in said)
    assert len(said) > 30
    assert tied == {
        "documents",
        "sources",
        "blocks",
        "runs",
        "leases",
        "standings",
        "served",
        "inbox",
        "deliveries",
        "api_keys",
    }, "upserts alone, which dialect.py builds"
