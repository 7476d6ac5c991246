"""Versions of the schema: old ledgers are brought up to date whole or not at all, newer ones refused."""

import re
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from headwater.errors import StateError
from headwater.ledger import dialect, migrations
from headwater.ledger.migrations import MIGRATIONS, Migration, upgrade
from headwater.ledger.open import open_ledger

FIRST_SCHEMA = Path(__file__).with_name("schema_1.sql")


def shape(path):
    """Every table and index as SQLite itself describes it, in any layout of the text."""
    connection = sqlite3.connect(path)
    found = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    connection.close()
    return {name: re.sub(r"\s+", " ", sql) for name, sql in found}


@pytest.fixture
def old(tmp_path):
    """A ledger as the first release made it, with something in it."""
    path = tmp_path / "old.sqlite"
    connection = sqlite3.connect(path)
    connection.executescript(FIRST_SCHEMA.read_text())
    connection.commit()
    connection.close()
    return path


def transaction(path):
    return dialect.for_writing(dialect.sqlite_engine(path, 5)).begin()


def test_the_schema_changes_only_by_a_migration(old, tmp_path):
    open_ledger(tmp_path / "new.sqlite").close()
    open_ledger(old).close()
    assert shape(old) == shape(tmp_path / "new.sqlite"), "a change of schema.py needs a Migration that does the same"


def test_an_old_ledger_keeps_what_is_in_it(old):
    ledger = open_ledger(old)
    assert (ledger.identity(), ledger.epoch(), ledger.generation()) == ("0123456789abcdef", 3, "g1")
    (row,) = ledger.documents("g1")
    assert (row.source, row.id, row.access.allow, row.meta) == ("handbook", "a.md", {"public"}, {"tags": ("x",)})
    assert row.verified_at.isoformat() == "2026-01-15T12:00:00.500000+00:00"
    assert ledger.history()[0].outcome == "indexed"
    assert ledger.next_epoch() == 5
    ledger.close()


def add_column(connection):
    connection.execute(text("ALTER TABLE sources ADD COLUMN colour TEXT NOT NULL DEFAULT 'blue'"))


def add_table(connection):
    connection.execute(text("CREATE TABLE moods (source TEXT, mood TEXT)"))
    connection.execute(text("INSERT INTO moods SELECT name, colour FROM sources"))


LATER = (*MIGRATIONS, Migration(98, "0.8.0", add_column), Migration(99, "0.9.0", add_table))


def test_steps_run_in_order_and_once(old):
    for _ in range(2):
        with transaction(old) as connection:
            upgrade(connection, "here", LATER)
            assert migrations.current(connection) == 99
            assert connection.execute(text("SELECT * FROM moods")).all() == [("handbook", "blue")]
            numbers = connection.execute(text("SELECT number FROM schema_versions ORDER BY 1")).scalars().all()
            assert numbers == sorted({migration.number for migration in LATER})
            assert connection.execute(text("SELECT epoch FROM head")).scalar() == 3


def test_a_step_that_fails_takes_the_others_back(old):
    before = shape(old)

    def fail(connection):
        connection.execute(text("DELETE FROM sources"))
        connection.execute(text("SELECT nonsense"))

    with pytest.raises(OperationalError, match="nonsense"), transaction(old) as connection:
        upgrade(connection, "here", (*LATER, Migration(100, "1.0.0", fail)))
    assert shape(old) == before
    ledger = open_ledger(old)
    assert [source.name for source in ledger.sources()] == ["handbook"]
    ledger.close()


def test_a_new_ledger_starts_at_the_newest(tmp_path):
    with transaction(tmp_path / "new.sqlite") as connection:
        upgrade(connection, "here", LATER[:-2])
        assert migrations.current(connection) == LATER[-3].number


def test_a_newer_ledger_is_refused_and_left_alone(old):
    open_ledger(old).close()
    with transaction(old) as connection:
        upgrade(connection, "here", LATER)
    before = old.read_bytes()
    with pytest.raises(StateError, match=r"old\.sqlite was written by a newer release") as caught:
        open_ledger(old)
    assert "0.9.0" in caught.value.advice
    assert old.read_bytes() == before


def test_a_running_process_stops_writing_when_a_newer_release_upgrades(old):
    ledger = open_ledger(old)
    before = ledger.next_epoch()
    with transaction(old) as connection:
        upgrade(connection, "here", LATER)
    with pytest.raises(StateError, match="newer release") as caught:
        ledger.next_epoch()
    assert "0.9.0" in caught.value.advice
    assert before == 5
    ledger.close()
