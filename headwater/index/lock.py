"""The lock file that says which process owns an embedded index."""

import contextlib
import fcntl
import json
import os
import sys
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from headwater.errors import BusyError, StateError

LOCK_NAME = "owner.lock"


@dataclass(frozen=True, slots=True)
class Owner:
    """What the file says: enough to name the process to a person, and to reach it; `since` is ISO 8601, UTC."""

    pid: int
    since: str
    command: str
    socket: str = ""

    def __str__(self) -> str:
        return f"process {self.pid} ({self.command}), since {self.since}"


class OwnerLock:
    """Held by `flock`, which ends with the process however it dies; what a dead owner left in the file is stale."""

    def __init__(self, descriptor: int, owner: Owner, stale: Owner | None) -> None:
        self._descriptor = descriptor
        self.owner = owner
        self.stale = stale
        """The owner before, when it did not leave in good order."""

    @classmethod
    def acquire(cls, folder: Path, command: str = "") -> "OwnerLock":
        """BusyError naming the owner when another process has it; StateError when the folder is no good."""
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(folder / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise folder_error(folder, error) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(descriptor)
            if not isinstance(error, BlockingIOError):
                raise folder_error(folder, error) from error
            raise busy(read_owner(folder)) from error
        since = datetime.now(UTC).isoformat(timespec="seconds")
        lock = cls(descriptor, Owner(os.getpid(), since, command or " ".join(sys.argv)), read_owner(folder))
        try:
            lock._write()
        except OSError as error:
            os.close(descriptor)
            raise folder_error(folder, error) from error
        return lock

    def announce(self, socket: str) -> None:
        """Record where the owner answers."""
        self.owner = replace(self.owner, socket=socket)
        self._write()

    def release(self) -> None:
        """Once: the second time, the descriptor may be somebody else's."""
        if self._descriptor < 0:
            return
        # Best effort: the lock itself ends with the descriptor, and a full disk must not keep it.
        with contextlib.suppress(OSError):
            os.ftruncate(self._descriptor, 0)
        os.close(self._descriptor)
        self._descriptor = -1

    def _write(self) -> None:
        data = json.dumps(asdict(self.owner)).encode()
        os.pwrite(self._descriptor, data, 0)
        os.ftruncate(self._descriptor, len(data))


def read_owner(folder: Path) -> Owner | None:
    """What the file says now; None when it says nothing, as between taking the lock and writing the name."""
    try:
        return Owner(**json.loads((folder / LOCK_NAME).read_text()))
    except (OSError, ValueError, TypeError):
        return None


def busy(owner: Owner | None) -> BusyError:
    """The named error for an index that another process holds."""
    who = str(owner) if owner else "another process"
    return BusyError(f"the index is in use by {who}", advice="Wait until it has finished, or stop it, and try again.")


def folder_error(folder: Path, error: OSError) -> StateError:
    """What to do about a folder that cannot be used."""
    return StateError(
        f"cannot use {folder}: {error.strerror or error}",
        advice="Make the folder writable, free some space on its disk, or set HEADWATER_HOME to another one.",
    )
