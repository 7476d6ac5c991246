"""When each file of a commit got the content it has, and from whom: one pass over the log, remembered by commit."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from connectors.gitrepo.command import Git

FILE = "headwater-history.json"
SECONDS = 600.0
_FORMAT = "%x01%ct%x02%an"
_PIECE = 256 * 1024


@dataclass(frozen=True, slots=True)
class Change:
    """`time` is the commit's, in seconds since 1970; `renamed_from` the path that had this content just before."""

    time: int
    author: str
    renamed_from: str = ""

    @property
    def moment(self) -> datetime | None:
        """None for a time that no calendar holds: whoever makes a commit can write any."""
        try:
            return datetime.fromtimestamp(self.time, UTC)
        except (OverflowError, OSError, ValueError):
            return None


def history(git: Git, commit: str, blobs: Mapping[str, str]) -> Mapping[str, Change]:
    """The change of every path in `blobs` (path to blob id, all those of `commit`) that the log tells.

    A change counts where its outcome is what the file holds: what a merge threw away of a branch has no part in it.
    """
    if git.folder is None:
        return {}
    file = git.folder / FILE
    known = _remembered(file, commit)
    if known is not None:
        return known
    found = _told(git, commit, dict(blobs))
    _remember(file, commit, found)
    return found


def _told(git: Git, commit: str, wanted: dict[str, str]) -> dict[str, Change]:
    found: dict[str, Change] = {}
    arguments = ("log", "-z", "--raw", "--no-abbrev", "--no-renames", "--diff-merges=combined", f"--format={_FORMAT}")
    with git.running((*arguments, commit, "--"), seconds=SECONDS) as stream:
        for time, author, files in _commits(stream):
            left = {old: path for path, old, new in files if old and not new.strip("0")}
            for path, old, new in files:
                if wanted.get(path) == new:
                    del wanted[path]
                    source = left.get(new, "") if not old.strip("0") else ""
                    found[path] = Change(time, author, source)
            if not wanted:
                break
    return found


def _commits(stream: IO[bytes]) -> Iterator[tuple[int, str, list[tuple[str, str, str]]]]:
    """Time, author and (path, blob before, blob after) of each commit, the newest first.

    Of a merge, the files that are as in none of its parents, with no blob before.
    """
    time, author, files = 0, "", list[tuple[str, str, str]]()
    raw = ""
    for token in _tokens(stream):
        if raw:
            # A path as it stands: its name may begin as other lines do.
            ids = raw.split(" ")
            files.append((token, ids[2] if raw[1] != ":" else "", ids[-2]))
            raw = ""
            continue
        line = token.removeprefix("\n")
        if line.startswith("\x01"):
            if files:
                yield time, author, files
            stated, _, author = line[1:].partition("\x02")
            time, files = int(stated or 0), []
        elif line.startswith(":"):
            raw = line
    if files:
        yield time, author, files


def _tokens(stream: IO[bytes]) -> Iterator[str]:
    rest = b""
    while piece := stream.read(_PIECE):
        *whole, rest = (rest + piece).split(b"\0")
        yield from (token.decode("utf-8", "surrogateescape") for token in whole)


def _remembered(file: Path, commit: str) -> Mapping[str, Change] | None:
    try:
        data = json.loads(file.read_bytes())
        if data["commit"] != commit:
            return None
        return {path: Change(*change) for path, change in data["changes"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _remember(file: Path, commit: str, found: Mapping[str, Change]) -> None:
    changes = {path: (change.time, change.author, change.renamed_from) for path, change in found.items()}
    # Without it the next run reads the log again.
    with suppress(OSError):
        new = file.with_suffix(f".{os.getpid()}.new")
        new.write_text(json.dumps({"commit": commit, "changes": changes}))
        new.replace(file)
