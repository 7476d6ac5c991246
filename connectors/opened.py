"""Open one file below a root for reading, and nothing else."""

import errno
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from connectors.globs import Selection
from connectors.media import MEDIA_TYPES, suffix_of
from connectors.walk import Found, as_path, leads_to_unlisted
from headwater.errors import FatalError, FetchError, GoneError, HeadwaterError, TransientSourceError
from headwater.model import NotModified, digest

_ATTEMPTS = 3
MAX_BYTES = 200 * 1024 * 1024
SETTLED_NS = 2_000_000_000
"""Clocks of file systems are coarse: two writes within this time may leave the same times behind."""
_PASSING = frozenset(
    (errno.EIO, errno.ESTALE, errno.ETIMEDOUT, errno.EAGAIN, errno.EBUSY, errno.EINTR, errno.EHOSTDOWN)
)
_ABSENT = frozenset((errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG))


@dataclass(frozen=True, slots=True)
class Reading:
    """`modified` is the file's own time, in seconds since 1970."""

    version: str
    content: bytes
    modified: float


def locate(root: str, id: str, selection: Selection) -> str:
    """The path of a document that a listing of `root` would contain; GoneError when it would not.

    FetchError for an id that leaves the root, by name or by a link.
    """
    parts = id.split("/")
    if "\0" in id or any(part in ("", ".", "..") for part in parts):
        raise FetchError(f"{id[:200]!r} is not the path of a document below its source's folder")
    if (
        any(part.startswith(".") for part in parts)
        or suffix_of(parts[-1]) not in MEDIA_TYPES
        or not selection.takes(id)
    ):
        raise GoneError(f"{id} is not among the documents that this source lists")
    path = as_path(root, id)
    steps = path[len(root.rstrip("/")) + 1 :].split("/")
    with _translated(root, id):
        for n in range(1, len(steps) + 1):
            _check_link(f"{root.rstrip('/')}/{'/'.join(steps[:n])}", root, id)
    return path


def _check_link(step: str, root: str, id: str) -> None:
    if not Path(step).is_symlink() or leads_to_unlisted(step, root):
        return
    if not os.path.realpath(step).startswith(root.rstrip("/") + "/"):
        raise FetchError(f"{id} is a link out of its source's folder, and is not followed")
    raise GoneError(f"{id} is a link to what is listed under its own name, if it exists")


@contextmanager
def opened(root: str, path: str, id: str) -> Iterator[int]:
    """A descriptor of the regular file at `path`, checked to lie inside `root` once it is open."""
    with _translated(root, id):
        descriptor = os.open(os.path.realpath(path), os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        with _translated(root, id):
            _check(descriptor, root, path, id)
            yield descriptor
    finally:
        os.close(descriptor)


def _check(descriptor: int, root: str, path: str, id: str) -> None:
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        raise GoneError(f"{id} is not a file")
    real = os.path.realpath(path)
    now = Path(real).lstat()
    if not real.startswith(root.rstrip("/") + "/") or (now.st_dev, now.st_ino) != (status.st_dev, status.st_ino):
        raise TransientSourceError(f"{id} was replaced while it was being opened")
    if status.st_size > MAX_BYTES:
        raise FetchError(
            f"{id} has {status.st_size / 1e6:.0f} MB, and files over {MAX_BYTES / 1e6:.0f} MB are not read",
            advice="Split it, or exclude it.",
        )


def version(status: os.stat_result, rules: str, content: str = "") -> str:
    """Opaque: the file's status, the rules in force, and a content hash where its times are young."""
    times = f"{status.st_size:x}-{status.st_mtime_ns:x}-{status.st_ctime_ns:x}-{status.st_ino:x}-{rules[:20]}"
    return f"{times}-{content[:24]}" if content else times


def is_young(status: os.stat_result) -> bool:
    """Whether a rewrite of the same size could leave the same times behind; times to come stay young."""
    return max(status.st_mtime_ns, status.st_ctime_ns) > time.time_ns() - SETTLED_NS


def listed_version(root: str, found: Found) -> str:
    """The version of a file in a listing."""
    if not is_young(found.stat):
        return version(found.stat, found.rules.digest)
    try:
        with opened(root, found.path, found.id) as descriptor:
            content = digest(_all(descriptor))
    except HeadwaterError:
        # It changed or vanished meanwhile, or is too large: fetching it will say what is the matter.
        content = "unread"
    return version(found.stat, found.rules.digest, content)


def read(root: str, path: str, id: str, *, rules: str, known: str | None) -> Reading | NotModified:
    """One consistent state of a file; NotModified, with the version it has by now, when its content is the known one.

    A young file grows out of the version it was first read under, which carries a hash of its content.
    """
    for _ in range(_ATTEMPTS):
        with opened(root, path, id) as descriptor:
            status = os.fstat(descriptor)
            if not is_young(status) and version(status, rules) == known:
                return NotModified(known)
            content = _all(descriptor)
            after = os.fstat(descriptor)
        if version(status, "") == version(after, "") and len(content) == status.st_size:
            hashed = version(status, rules, digest(content))
            now = hashed if is_young(status) else version(status, rules)
            return NotModified(now) if known in (now, hashed) else Reading(now, content, status.st_mtime)
    raise TransientSourceError(f"{id} is being written to")


def _all(descriptor: int) -> bytes:
    with os.fdopen(os.dup(descriptor), "rb") as stream:
        return stream.read(MAX_BYTES + 1)


@contextmanager
def _translated(root: str, id: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _error(error, root, id) from error


def _error(error: OSError, root: str, id: str) -> HeadwaterError:
    if error.errno in _ABSENT:
        if not Path(root).is_dir():
            return FatalError(f"the folder {root} is not there", advice="Mount it, or correct the source's path.")
        return GoneError(f"{id} does not exist any more")
    if error.errno in _PASSING:
        return TransientSourceError(f"{id} could not be read just now: {error.strerror}")
    return FetchError(f"{id} could not be read: {error.strerror}", advice="Check the file's permissions.")
