"""Where the points of a generation are: in its own folder, or, once it was compacted, in an edition below it.

A small file names the edition. Replacing that file is the whole switch; whatever it does not name is left over.
"""

import ctypes
import json
import os
import re
import shutil
from contextlib import suppress
from pathlib import Path

from headwater.errors import StateError

POINTER = "edition.json"
_EDITION = re.compile(r"edition-([1-9][0-9]{0,8})")
_FIRST = ("segments", "wal", "edge_config.json")
"""What a generation that was never compacted has in its folder, beside the files that are ours."""


def shard_folder(folder: Path) -> Path:
    """Where the points of the generation in `folder` are; StateError when nobody can tell."""
    name, _ = _read(folder)
    return folder / name if name else folder


def size_when_made(folder: Path) -> int:
    """Bytes that the generation took when it was made or last compacted; 0 where nobody noted it."""
    return _read(folder)[1]


def note_made(folder: Path, size: int) -> None:
    """Of a new generation."""
    (folder / POINTER).write_text(json.dumps({"edition": "", "bytes": size}), encoding="utf-8")


def next_edition(folder: Path) -> Path:
    """A folder that does not exist yet, under a name that was not used since the last switch."""
    numbers = [int(found[1]) for path in folder.iterdir() if (found := _EDITION.fullmatch(path.name))]
    return folder / f"edition-{max(numbers, default=0) + 1}"


def switch(folder: Path, edition: Path, size: int) -> None:
    """From now on, and after a power cut too, the points of the generation are in `edition`.

    It raises OSError only as long as nothing was switched.
    """
    new = folder / f"{POINTER}.new"
    with new.open("w", encoding="utf-8") as file:
        json.dump({"edition": edition.name, "bytes": size}, file)
        file.flush()
        os.fsync(file.fileno())
    new.replace(folder / POINTER)
    with suppress(OSError):  # it is switched for everybody who looks
        _sync_folder(folder)


def sweep(folder: Path) -> None:
    """Remove what a compaction left that was killed, and the edition before; nobody may have them open."""
    current = shard_folder(folder)
    for path in folder.iterdir():
        old_root = current != folder and path.name in _FIRST
        if path != current and (old_root or _EDITION.fullmatch(path.name)):
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)


def sync_disk(folder: Path) -> None:
    """Write out what is not on the disk of this folder yet, while other threads go on."""
    everything = getattr(ctypes.CDLL(None), "syncfs", None)
    if everything is None:
        os.sync()
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        everything(descriptor)
    finally:
        os.close(descriptor)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read(folder: Path) -> tuple[str, int]:
    try:
        found = json.loads((folder / POINTER).read_text(encoding="utf-8"))
        name, size = str(found["edition"]), int(found["bytes"])
    except (FileNotFoundError, NotADirectoryError):
        return "", 0
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _unreadable(folder) from error
    if name and not _EDITION.fullmatch(name):
        raise _unreadable(folder)
    return name, size


def _unreadable(folder: Path) -> StateError:
    return StateError(f"{folder / POINTER} cannot be read", advice="Run `headwater rebuild`.")
