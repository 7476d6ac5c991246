"""sha256 of model files, remembered by size, mtime and inode so that a start does not read them again."""

import contextlib
import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

_MEMO_VERSION = 1


def sha256_of(path: Path) -> str:
    """sha256 (hex) of the file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def remembered_hashes(folder: Path, names: Iterable[str], memo: Path) -> dict[str, str]:
    """sha256 of each named file of `folder`, read from `memo` for files that look untouched since.

    OSError when a file cannot be read; a memo that is damaged or cannot be written only costs time.
    """
    known = _read_memo(memo)
    entries: dict[str, dict[str, str | int]] = {}
    for name in sorted(names):
        stamp = _stamp(folder / name)
        old = known.get(name, {})
        same = all(old.get(key) == value for key, value in stamp.items()) and isinstance(old.get("sha256"), str)
        entries[name] = {**stamp, "sha256": str(old["sha256"]) if same else sha256_of(folder / name)}
    if entries != known:
        with contextlib.suppress(OSError):
            write_atomically(memo, json.dumps({"version": _MEMO_VERSION, "files": entries}, indent=1))
    return {name: str(entry["sha256"]) for name, entry in entries.items()}


def write_atomically(path: Path, text: str) -> None:
    """Replace `path` in one step, so that another process never reads half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)


def _stamp(path: Path) -> dict[str, str | int]:
    stat = path.stat()
    return {"size": stat.st_size, "mtime_ns": stat.st_mtime_ns, "inode": stat.st_ino}


def _read_memo(memo: Path) -> Mapping[str, Mapping[str, object]]:
    try:
        content = json.loads(memo.read_text(encoding="utf-8"))
        files = content["files"] if content["version"] == _MEMO_VERSION else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    if not isinstance(files, dict):
        return {}
    return {name: entry for name, entry in files.items() if isinstance(entry, dict)}
