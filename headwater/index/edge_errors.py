"""What qdrant-edge raises, in our words."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from headwater.errors import BusyError, FatalError, HeadwaterError, IndexUnavailableError, SkippableError, StateError

RESERVE = 64 * 2**20
"""Bytes that must be free before the engine may write.

It writes to memory-mapped sparse files: on a full disk the kernel kills the process (SIGBUS) before any error could be
raised, on opening a shard too. One call of ours was never seen to add more than 12 MiB.
"""
RESERVE_TO_CREATE = 192 * 2**20
"""A new generation takes less than 1 MiB, but 132 MiB where mapping a hole fills it (tmpfs)."""

_FULL = ("no space left", "os error 28", "disk quota", "os error 122", "file too large", "os error 27", "outofspace")
_REFUSED = ("read-only file system", "os error 30", "permission denied", "os error 13", "operation not permitted")


def require_space(path: Path, reserve: int = RESERVE) -> None:
    """StateError unless the disk below `path` has `reserve` bytes left."""
    try:
        stat = os.statvfs(path)
    except OSError as error:
        raise StateError(f"cannot use {path}: {error.strerror}", advice="Check that the folder exists.") from error
    free = stat.f_bavail * stat.f_frsize
    if free < reserve:
        raise _full(path, f"{free // 2**20} MB free, at least {reserve // 2**20} MB needed")


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Around every call of the engine."""
    try:
        yield
    except HeadwaterError:
        raise
    except (TypeError, ValueError) as error:
        raise SkippableError(f"the index cannot hold this: {_first_line(error)}") from error
    except BaseException as error:  # the engine raises bare Exception, and PanicException below BaseException
        if type(error) is Exception or type(error).__name__ == "PanicException":
            raise _translate(path, str(error)) from error
        raise


def _translate(path: Path, message: str) -> HeadwaterError:
    lowered = message.lower()
    if any(sign in lowered for sign in _FULL):
        return _full(path, _first_line(message))
    if any(sign in lowered for sign in _REFUSED):
        return StateError(
            f"cannot write the index in {path}: {_first_line(message)}",
            advice="Make the folder writable for this user, or set HEADWATER_HOME to another one.",
        )
    if "wouldblock" in lowered:
        return BusyError(f"the index in {path} is in use by another process", advice="Stop that process, or wait.")
    if "not initialized" in lowered:
        return IndexUnavailableError(f"the index in {path} was closed")
    return FatalError(f"the index in {path} failed: {_first_line(message)}", advice="Run `headwater doctor`.")


def _full(path: Path, detail: str) -> StateError:
    return StateError(
        f"the disk of {path} is full: {detail}",
        advice="Free some space and run the same command again; what was published stays published.",
    )


def _first_line(error: object) -> str:
    return str(error).partition("\n")[0][:300]
