"""A state folder that fills up or may not be written: a clear error, nothing lost, and then it goes on."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.atomicity.arena import Arena, Totals

MEGABYTES = 640
"""A new index wants 192 MB free, and takes 133 MB of them where files have no holes when mapped."""


def mount(*arguments: str) -> None:
    done = subprocess.run(["mount", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"a file system of a size of its own needs mount: {done.stderr.strip()}")


@pytest.fixture(scope="module")
def small(make_arena: Callable[..., Arena]) -> Iterator[Arena]:
    """An arena whose state folder is a small disk of its own."""
    arena = make_arena(seed=3)
    arena.restart()
    home = arena.base / "home"
    home.mkdir()
    mount("-t", "tmpfs", "-o", f"size={MEGABYTES}m", "headwater-tests", str(home))
    try:
        arena.trial()
        yield arena
    finally:
        subprocess.run(["umount", "--lazy", str(home)], check=True)


def free(arena: Arena) -> None:
    (arena.base / "home" / "filler").unlink()


@pytest.mark.parametrize("boundary", ["after ledger.write_intent", "after index.flush"])
def test_a_disk_that_fills_up_in_a_run(small: Arena, boundary: str) -> None:
    small.totals = Totals()
    last = small.trial(at=boundary, action="fill", verified=False)
    free(small)
    assert last[0] == "done"
    assert last[2] == boundary
    assert last[1]["exit"] == 1
    assert "full" in last[1]["error"] or "free" in last[1]["error"]
    small.settle()
    small.verify((small.position - 1) % len(small.states), small.position)


def ingest(arena: Arena, home: Path) -> subprocess.CompletedProcess[str]:
    """The command, as a person would run it in an empty folder."""
    line = ("ingest", str(arena.base / "docs"), "--access", "public", "--direct")
    command = [sys.executable, "-P", "-c", "from app.cli import main; main()", *line]
    elsewhere = arena.base / "elsewhere"
    elsewhere.mkdir(exist_ok=True)
    environment = {**os.environ, "HEADWATER_HOME": str(home)}
    return subprocess.run(command, cwd=elsewhere, env=environment, capture_output=True, text=True, check=False)


def test_the_command_says_that_the_disk_is_full(small: Arena) -> None:
    home = small.base / "home"
    (home / "filler").write_bytes(bytes(shutil.disk_usage(home).free - 40 * 2**20))
    try:
        done = ingest(small, home / "other")
    finally:
        free(small)
    assert done.returncode == 1, done.stderr
    assert "is full" in done.stderr
    assert "Traceback" not in done.stderr
    again = ingest(small, home / "other")
    assert again.returncode == 0, again.stderr


def test_the_command_says_that_the_folder_is_read_only(small: Arena) -> None:
    home = small.base / "home"
    mount("-o", "remount,ro", str(home))
    try:
        done = ingest(small, home)
    finally:
        mount("-o", "remount,rw", str(home))
    assert done.returncode == 1, done.stderr
    assert "HEADWATER_HOME" in done.stderr
    assert "Traceback" not in done.stderr
    small.verify(small.position, small.position)


@pytest.fixture
def own(make_arena: Callable[..., Arena]) -> Arena:
    if os.geteuid() != 0:
        pytest.skip("only root can be somebody else for a while")
    return make_arena(seed=4)


def test_a_folder_that_becomes_read_only_in_a_run(own: Arena) -> None:
    """For a user without rights of its own; what was open stays open, so the run may also get to its end."""
    for path in [own.base, *own.base.rglob("*")]:
        os.chown(path, 65534, 65534, follow_symlinks=False)
    last = own.trial(at="after index.upsert", action="lock", user=65534, verified=False)
    home = own.base / "home"
    for path in [home, *home.rglob("*")]:
        path.chmod(0o700)
    assert last[0] == "done"
    assert last[1]["exit"] == 0 or "HEADWATER_HOME" in last[1]["error"], last
    own.settle()
    own.verify((own.position - 1) % len(own.states), own.position)
