"""State folders that older releases wrote, with the same documents: opened, answered from, brought up to date.

`states/schema_N.tar.xz` was made by the code of that time: three documents, one of them edited, one blocked.
"""

import re
import sqlite3
import tarfile
from pathlib import Path

import pytest

from headwater.errors import IndexMismatchError
from headwater.ledger.open import open_ledger
from tests.backup.conftest import Room
from tests.support.project import everything
from tests.support.state import run_all

STATES = sorted(Path(__file__).with_name("states").glob("*.tar.xz"))


@pytest.fixture(params=STATES, ids=lambda path: path.name.partition(".")[0])
def older(request: pytest.FixtureRequest, room: Room) -> Room:
    with tarfile.open(request.param) as archive:
        archive.extractall(room.project.folder, filter="data")
    room.project.write("a.md", "# Article a\n\nInvoice number 1, version two.\n")
    room.project.write("b.md", "# Article b\n\nInvoice number 2.\n")
    room.project.write("private.md", "# Private\n\nInvoice number 3.\n")
    return room


def texts(room: Room) -> set[str]:
    with room.project.open() as workshop:
        return {passage.document for passage in everything(workshop, "invoice", "group:sre")}


def shape(path: Path) -> dict[str, str]:
    connection = sqlite3.connect(path)
    found = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    connection.close()
    return {name: re.sub(r"\s+", " ", sql) for name, sql in found}


def test_it_answers_as_it_is(older: Room) -> None:
    assert texts(older) == {"a.md", "b.md"}


def test_a_run_brings_it_up_to_date_and_lets_the_blocked_one_out(older: Room) -> None:
    report = older.project.ingest()
    assert not report.sources[0].error
    assert report.sources[0].failed == 0
    assert texts(older) == {"a.md", "b.md"}
    again = older.project.ingest()
    assert (again.sources[0].indexed, again.sources[0].unchanged) == (0, 2)


def test_its_ledger_has_the_schema_of_today(older: Room, tmp_path: Path) -> None:
    open_ledger(tmp_path / "new.db").close()
    open_ledger(older.home / "ledger.db").close()
    assert shape(older.home / "ledger.db") == shape(tmp_path / "new.db")


def test_it_can_be_backed_up_and_restored(older: Room) -> None:
    before = texts(older)
    older.restore(older.back_up().file)
    with older.open_restored() as workshop:
        assert {passage.document for passage in everything(workshop, "invoice", "group:sre")} == before
        assert [block.document for block in workshop.ledger.blocks()] == ["private.md"]
        run_all(workshop)
        assert workshop.ledger.document("g1", "docs", "private.md") is None


def test_a_side_of_it_that_is_missing_is_noticed(older: Room) -> None:
    for path in older.home.glob("ledger.db*"):
        path.unlink()
    with pytest.raises(IndexMismatchError, match="another ledger"):
        older.project.ingest()
