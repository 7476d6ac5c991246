"""Full disks, read-only folders, limits: a named error, nothing lost, and no process killed by a signal."""

import os
import resource
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from headwater.errors import BusyError, FatalError, IndexMismatchError, SkippableError, StateError
from headwater.index import edge_errors
from headwater.index.base import INTEGER_FIELDS, KEYWORD_FIELDS
from headwater.index.edge import EdgeStore
from headwater.index.query import Between
from headwater.index.store import open_store

ALL = Between(field="to", gt=0)


def in_small_file_system(folder: Path, *steps: str) -> subprocess.CompletedProcess[str]:
    """Run the steps of disk_trouble.py, one process each, in a file system of 320 MB that only they see."""
    script = Path(__file__).with_name("disk_trouble.py")
    commands = [f"mount -t tmpfs -o size=320m tmpfs {shlex.quote(str(folder))}"]
    commands += [shlex.join([sys.executable, str(script), step, str(folder)]) for step in steps]
    return subprocess.run(["unshare", "-rm", "sh", "-c", " && ".join(commands)], capture_output=True, text=True)


def can_mount() -> bool:
    try:
        probe = subprocess.run(["unshare", "-rm", "mount", "-t", "tmpfs", "tmpfs", "/mnt"], capture_output=True)
    except FileNotFoundError:
        return False
    return probe.returncode == 0


needs_mount = pytest.mark.skipif(not can_mount(), reason="this system lets us mount no file system to fill")


@needs_mount
def test_a_full_disk_is_refused_before_it_kills(tmp_path: Path) -> None:
    done = in_small_file_system(tmp_path, "full", "refilled")
    assert done.returncode == 0, done.stderr


@needs_mount
def test_a_read_only_folder_is_named(tmp_path: Path) -> None:
    done = in_small_file_system(tmp_path, "full", "read_only")
    assert done.returncode == 0, done.stderr


def test_a_state_folder_that_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "index").write_text("")
    with pytest.raises(StateError, match=str(tmp_path)) as raised:
        open_store(tmp_path, command="x")
    assert "HEADWATER_HOME" in raised.value.advice


def test_a_write_that_fails_half_way_is_made_good(state: Path, make_point) -> None:
    """A limit on file sizes stands for any write that fails in the engine: the first vectors need a file of 32 MB."""
    store = EdgeStore(state / "index")
    index = store.open("live", dimensions=8)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4 * 2**20, hard))
    try:
        with pytest.raises(StateError, match=str(state)):
            index.upsert([make_point(n) for n in range(20)])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    index.upsert([make_point(n) for n in range(30)])
    assert index.count(ALL) == 30
    index.flush()
    store.close()
    store = EdgeStore(state / "index")
    assert store.open("live", dimensions=8).count(ALL) == 30
    store.close()


def test_a_crash_while_a_generation_is_made_leaves_none(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = EdgeStore(state / "index")

    def crash(shard: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("headwater.index.edge.add_payload_indexes", crash)
        with pytest.raises(KeyboardInterrupt):
            store.open("live", dimensions=8)
    assert store.generations() == []
    index = store.open("live", dimensions=8)
    assert store.generations() == ["live"]
    assert index.count(ALL) == 0
    store.close()


def test_every_filter_field_has_its_payload_index(state: Path) -> None:
    store = EdgeStore(state / "index")
    store.open("live", dimensions=8)
    schema = store._open["live"][0]._shard.info().payload_schema
    kinds = {name: str(info.data_type).rpartition(".")[2] for name, info in schema.items()}
    assert kinds == dict.fromkeys(KEYWORD_FIELDS, "Keyword") | dict.fromkeys(INTEGER_FIELDS, "Integer")
    store.close()


def test_a_folder_that_another_program_made_is_not_guessed_at(state: Path) -> None:
    store = EdgeStore(state / "index")
    folder = state / "index" / "live"
    folder.mkdir()
    (folder / "edge_config.json").write_text("{}")
    with pytest.raises(StateError, match="live"):
        store.open("live", dimensions=8)
    store.drop("live")
    store.open("live", dimensions=8)
    with pytest.raises(IndexMismatchError, match="8 dimensions"):
        store.open("live", dimensions=9)
    store.close()


@pytest.mark.parametrize(
    ("raised", "expected", "words"),
    [
        (Exception("Can't init WAL: Kind(WouldBlock)"), BusyError, "in use"),
        (Exception("IO Error: No space left on device (os error 28)"), StateError, "full"),
        (Exception("Permission denied (os error 13)"), StateError, "cannot write"),
        (Exception("something else\nwith details"), FatalError, "something else$"),
        (type("PanicException", (BaseException,), {})("boom"), FatalError, "boom"),
        (TypeError("failed to extract enum\n- variant"), SkippableError, "enum$"),
        (KeyError("ours"), KeyError, "ours"),
        (KeyboardInterrupt("stop"), KeyboardInterrupt, "stop"),
    ],
)
def test_what_the_engine_raises_is_translated(raised: BaseException, expected: type, words: str) -> None:
    with pytest.raises(expected, match=words), edge_errors.translated(Path("/state")):
        raise raised


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become someone who may not write")
def test_a_folder_of_someone_else_is_named(tmp_path: Path) -> None:
    script = f"""
import os
from pathlib import Path
from headwater.errors import StateError
from headwater.index.store import open_store
import headwater.index.shared  # while the interpreter's own files can still be read
os.setuid(65534)
try:
    open_store(Path({str(tmp_path)!r}), wait=1)
except StateError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "Permission denied" in done.stdout
    assert str(tmp_path) in done.stdout
