"""One file out of the parts of a backup, and back: a compressed tar whose last member is the manifest.

It gets its name when it is whole and on disk. A copy that was cut off lacks the manifest, and is refused.
"""

import gzip
import hashlib
import io
import os
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from headwater.backup.manifest import BLOCK, MANIFEST, PARTS, Manifest, damaged, read_manifest
from headwater.errors import ConfigError, StateError

_WHOLE = "whole"
_FAST = 1
"""Level of compression: half a minute for a gigabyte, where the usual one takes three."""
_BROKEN = (tarfile.TarError, zlib.error, EOFError)


def pack(folder: Path, manifest: Manifest, target: Path) -> int:
    """Write the parts in `folder` to `target`; its bytes. StateError when it cannot be written, and no file then.

    Both have to be on one disk: the file is made in `folder`, and moved when it is whole.
    """
    unfinished = folder / _WHOLE
    try:
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            with tarfile.open(fileobj=file, mode="w:gz", compresslevel=_FAST) as archive:
                for name in PARTS:
                    _add(archive, folder / name)
                data = manifest.encoded()
                entry = tarfile.TarInfo(MANIFEST)
                entry.size, entry.mode = len(data), 0o600
                archive.addfile(entry, io.BytesIO(data))
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            raise already_there(target)
        unfinished.rename(target)
        _sync_folder(target.parent)
        return target.stat().st_size
    except OSError as error:
        raise unwritable(target, error) from error


def _add(archive: tarfile.TarFile, path: Path) -> None:
    entry = tarfile.TarInfo(path.name)
    entry.size, entry.mode = path.stat().st_size, 0o600
    with path.open("rb") as file:
        archive.addfile(entry, file)


def unpack(source: Path, folder: Path, *, schema: int) -> Manifest:
    """Write the parts into `folder`, each checked against its hash; StateError for anything else than a whole backup.

    `schema` is that of the ledgers this release writes.
    """
    found: dict[str, tuple[int, str]] = {}
    manifest: bytes | None = None
    with _reading(source) as (whole, archive):
        for entry in archive:
            stream = archive.extractfile(entry) if entry.isreg() else None
            if stream is None or entry.name in found or entry.name not in (*PARTS, MANIFEST):
                raise damaged(str(source), f"it holds {entry.name!r}")
            if entry.name == MANIFEST:
                manifest = stream.read(entry.size)
            else:
                found[entry.name] = _write(stream, folder / entry.name)
        while whole.read(BLOCK):
            pass  # to the checksum at its end, which covers the manifest too
    known = read_manifest(manifest, str(source), schema=schema)
    for name, part in known.parts.items():
        if found.get(name) != (part.bytes, part.sha256):
            raise damaged(str(source), f"{name} is not what was written")
    return known


@contextmanager
def _reading(source: Path) -> Iterator[tuple[gzip.GzipFile, tarfile.TarFile]]:
    try:
        with gzip.open(source) as whole:
            try:
                with tarfile.open(fileobj=whole, mode="r:") as archive:
                    yield whole, archive
            except (*_BROKEN, OSError) as error:
                if isinstance(error, OSError) and error.errno is not None:
                    raise
                raise damaged(str(source), "it cannot be read to its end") from error
    except OSError as error:
        raise StateError(
            f"{source} cannot be restored: {error.strerror}", advice="Check the name, its permissions and the disk."
        ) from error


def _write(stream: IO[bytes], path: Path) -> tuple[int, str]:
    digest, size = hashlib.sha256(), 0
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        while block := stream.read(BLOCK):
            digest.update(block)
            size += len(block)
            file.write(block)
        file.flush()
        os.fsync(file.fileno())
    return size, digest.hexdigest()


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def already_there(target: Path) -> ConfigError:
    return ConfigError(f"{target} is there already", advice="Name another file, or a folder, which gets one by date.")


def unwritable(target: Path, error: OSError) -> StateError:
    return StateError(
        f"{target} cannot be written: {error.strerror or error}",
        advice="Free some space on its disk, or name a file in a folder that this user may write.",
    )
