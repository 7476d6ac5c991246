"""What is left of a ledger when its writer is killed, the disk fills up, or the file is not what it should be."""

import os
import random
import shutil
import sqlite3
import subprocess
import tempfile
import time
from collections import Counter
from pathlib import Path

import pytest

from headwater.errors import BusyError, ConfigError, HeadwaterError, StateError
from headwater.ledger.open import open_ledger

DOCUMENTS = 20


def assert_whole(ledger):
    """Rows, events and E all say the same commit, and its number was never handed out again; returns E."""
    epoch = ledger.epoch()
    rows = {row.id: row for row in ledger.documents("g1")}
    expected = {*map(str, range(DOCUMENTS)), f"only-{epoch}"} if epoch else set()
    assert rows.keys() == expected
    assert {row.version for row in rows.values()} <= {str(epoch)}
    counted = Counter(event.epoch for event in ledger.history(limit=1_000_000))
    assert set(counted.values()) <= {DOCUMENTS + 1}
    assert max(counted, default=0) == epoch
    unfinished = ledger.open_publications()
    assert all(p.state in ("staging", "intent") for p in unfinished)
    assert all(p.intent is None or p.intent.epoch > epoch for p in unfinished)
    assert all(not ledger.alive(p.holder) for p in unfinished)
    assert ledger.next_epoch() > max([epoch, *(p.intent.epoch for p in unfinished if p.intent)])
    for publication in unfinished:
        assert ledger.abandon(publication.number)
        ledger.forget_publication(publication.number)
    return epoch


@pytest.mark.parametrize("kills", [25, pytest.param(400, marks=[pytest.mark.slow, pytest.mark.timeout(900)])])
def test_a_kill_leaves_the_whole_commit_or_nothing(database, children, kills):
    reader, before, cut = database.open(), 0, 0
    for _ in range(kills):
        child = children.start("commit_for_ever", url=database.url, documents=DOCUMENTS)
        taken = [child.hears() for _ in range(random.randint(1, 3))]
        time.sleep(random.uniform(0, 2 * min(taken)))
        child.kill()
        fresh = database.open()
        cut += len(fresh.open_publications())
        epoch = assert_whole(fresh)
        assert epoch > before
        assert reader.epoch() == epoch
        before = epoch
        fresh.close()
    assert cut > kills / 4, "they were interrupted in the middle"


def assert_full(ledger, child):
    kind, message, advice = child.hears(60)
    assert kind == "StateError", (kind, message)
    assert "ledger.sqlite" in message
    assert "space" in advice
    assert assert_whole_while_full(ledger) > 0


def assert_whole_while_full(ledger):
    epoch = ledger.epoch()
    assert {row.version for row in ledger.documents("g1")} == {str(epoch)}
    assert max(event.epoch for event in ledger.history(limit=1)) == epoch
    return epoch


@pytest.mark.parametrize("fresh_databases", ["sqlite"], indirect=True)
def test_a_file_that_may_not_grow_loses_nothing(database, children, tmp_path):
    ledger = database.open()
    child = children.start("commit_until_full", url=database.url, documents=DOCUMENTS, file_size=600_000)
    assert_full(ledger, child)
    assert_whole(ledger)  # and with room again, all goes on
    assert ledger.epoch() < ledger.next_epoch()


@pytest.fixture
def small_disk(tmp_path):
    """A file system of one megabyte."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = shutil.which("mount")
    mounted = mount and subprocess.run([mount, "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], capture_output=True)
    if not mounted or mounted.returncode:
        pytest.skip("only root can mount a small file system to fill up")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def test_a_full_disk_loses_nothing(small_disk, children):
    path = small_disk / "ledger.sqlite"
    ledger = open_ledger(path)
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(200_000))
    assert_full(ledger, children.start("commit_until_full", url=str(path), documents=DOCUMENTS))
    ballast.unlink()
    assert_whole(ledger)
    ledger.close()


@pytest.fixture
def elsewhere():
    """A folder that other users can reach, unlike those of pytest."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


@pytest.mark.parametrize(("folder_mode", "file_mode"), [(0o555, 0o444), (0o777, 0o444), (0o555, 0o666), (0o555, None)])
def test_a_read_only_ledger_is_refused(elsewhere, children, folder_mode, file_mode):
    path = elsewhere / "ledger.sqlite"
    if file_mode is not None:
        open_ledger(path).close()
        path.chmod(file_mode)
    elsewhere.chmod(folder_mode)
    kind, message, advice = children.start("open_as_nobody", url=str(path)).hears()
    assert (kind, str(path) in message) == ("StateError", True), message
    assert "HEADWATER_HOME" in advice


def test_a_ledger_that_its_user_may_write_is_not(elsewhere, children):
    path = elsewhere / "state" / "ledger.sqlite"
    elsewhere.chmod(0o777)
    assert children.start("open_as_nobody", url=str(path)).hears() == "written"
    assert oct(path.stat().st_mode & 0o777) == "0o600"


def test_a_parent_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StateError, match=r"file/ledger\.sqlite"):
        open_ledger(tmp_path / "file" / "ledger.sqlite")
    with pytest.raises(StateError, match="cannot be opened"):
        open_ledger(tmp_path)


def test_a_file_that_is_no_ledger_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "ledger.sqlite"
    path.write_bytes(b"This is a letter to the editor. " * 500)
    with pytest.raises(StateError, match=r"ledger\.sqlite is damaged") as caught:
        open_ledger(path)
    assert "backup" in caught.value.advice
    assert path.read_bytes().startswith(b"This is a letter")


def damage(path, keep_size, where):
    content = bytearray(path.read_bytes())
    if keep_size:
        content[where:] = os.urandom(len(content) - where)
    else:
        del content[where:]
    path.write_bytes(content)


@pytest.mark.parametrize("keep_size", [True, False])
@pytest.mark.parametrize("where", [200, 4096, 20_000, 40_000])
def test_a_damaged_ledger_says_so(tmp_path, me, row, publish, keep_size, where):
    path = tmp_path / "ledger.sqlite"
    ledger = open_ledger(path)
    publish(ledger, me, *(row(f"{n:04d}") for n in range(500)))
    ledger.close()
    damage(path, keep_size, where)
    with pytest.raises(StateError, match=r"ledger\.sqlite"):
        read_everything(path)


def read_everything(path):
    ledger = open_ledger(path)
    try:
        list(ledger.documents("g1"))
        ledger.history(limit=1_000_000)
    finally:
        ledger.close()


def test_a_writer_that_never_ends_is_busy(tmp_path, me):
    path = tmp_path / "ledger.sqlite"
    ledger = open_ledger(path, busy_seconds=0.3)
    blocker = sqlite3.connect(path, isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    started = time.monotonic()
    with pytest.raises(BusyError, match=r"ledger\.sqlite"):
        ledger.next_epoch()
    assert 0.2 < time.monotonic() - started < 5
    assert ledger.epoch() == 0, "reading goes on"
    blocker.execute("ROLLBACK")
    assert ledger.next_epoch() == 1
    blocker.close()
    ledger.close()


def test_many_processes_may_create_it_at_once(tmp_path, children):
    for attempt in range(5):
        url = str(tmp_path / str(attempt) / "ledger.sqlite")
        workers = [children.start("number", url=url, rounds=3) for _ in range(4)]
        taken = [pair for worker in workers for pair in worker.hears(60)]
        assert sorted(epoch for _, epoch in taken) == list(range(1, 13))


def test_the_file_is_made_to_survive_power_cuts(tmp_path):
    path = tmp_path / "a" / "b" / "ledger.sqlite"
    ledger = open_ledger(str(path))
    ledger.next_epoch()
    look = sqlite3.connect(path)
    assert look.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    look.close()
    with ledger._engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
    ledger.close()


@pytest.mark.parametrize(
    "url", ["mysql://me:secret@db/headwater", "postgresql://me:secret@db", "sqlite://", "sqlite:///", "redis://x"]
)
def test_other_databases_are_named_without_their_passwords(url):
    with pytest.raises(ConfigError) as caught:
        open_ledger(url)
    assert "secret" not in str(caught.value) + caught.value.advice
    assert issubclass(ConfigError, HeadwaterError)
