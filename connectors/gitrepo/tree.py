"""Every file of one commit, by path."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from connectors.gitrepo.command import Git

LINK, SUBMODULE = "120000", "160000"


@dataclass(frozen=True, slots=True)
class Entry:
    """`path` may hold lone surrogates for bytes that are no UTF-8; `size` is in bytes."""

    path: str
    mode: str
    blob: str
    size: int


def tree(git: Git, commit: str) -> Mapping[str, Entry]:
    """In git's own order; names that could not stand in a folder (`..`, `.git`) are left out."""
    listing = git.output("ls-tree", "-r", "-l", "-z", "--full-tree", commit)
    return {entry.path: entry for entry in _entries(listing.decode("utf-8", "surrogateescape"))}


def _entries(listing: str) -> Iterator[Entry]:
    for line in listing.split("\0"):
        about, _, path = line.partition("\t")
        if not path or any(part in ("", ".", "..") or part.lower() == ".git" for part in path.split("/")):
            continue
        mode, _, blob, size = about.split()
        yield Entry(path, mode, blob, int(size) if size.isdigit() else 0)
