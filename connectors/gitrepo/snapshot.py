"""One commit of a mirror, held by this process for as long as its documents are read."""

import atexit
import math
import os
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property

from connectors.gitrepo import codeowners
from connectors.gitrepo.blobs import Blobs
from connectors.gitrepo.history import Change, history
from connectors.gitrepo.mirror import BrokenMirrorError, Mirror
from connectors.gitrepo.remote import Head
from connectors.gitrepo.tree import Entry, tree
from connectors.gitrepo.trouble import GitFailedError
from connectors.walk import as_text
from headwater.errors import RetriableError, TransientSourceError

_MOST_HELD = 4


class Snapshot:
    """Entries are by path as text; the rest is read when it is asked for."""

    def __init__(self, mirror: Mirror, head: Head | None) -> None:
        self.mirror, self.head = mirror, head
        self.taken = self.asked = time.monotonic()
        """When it was the newest, and when a newer one could not be had."""
        self.shallow = mirror.history and head is not None and mirror.shallow
        self.blobs = Blobs(mirror.git)
        self._texts: dict[str, bytes] = {}
        self.entries: dict[str, Entry] = {}
        self.twice: list[str] = []
        """Paths that have another file's name, as text."""
        for entry in tree(mirror.git, head.commit).values() if head else ():
            name = entry.path if entry.path.isascii() else as_text(entry.path)
            if name in self.entries:
                self.twice.append(name)
            self.entries.setdefault(name, entry)

    @property
    def ref(self) -> str:
        """What addresses of files name: the branch, or the commit where there is none."""
        return self.head.branch or self.head.commit if self.head else ""

    def small(self, entry: Entry) -> bytes:
        """The content of a file of rules, kept for the next document that it concerns."""
        if entry.blob not in self._texts:
            self._texts[entry.blob] = self.blobs.read(entry.blob)
        return self._texts[entry.blob]

    @cached_property
    def owners(self) -> codeowners.CodeOwners:
        entry = next((self.entries[place] for place in codeowners.PLACES if place in self.entries), None)
        # The forges leave out a larger one too.
        if entry is None or entry.size > 3 * 2**20:
            return codeowners.CodeOwners()
        return codeowners.parsed(self.small(entry).decode("utf-8", "replace"))

    @cached_property
    def changes(self) -> Mapping[str, Change]:
        """By path as git has it; {} where the history is not known from its beginning."""
        if self.head is None or self.shallow or not self.mirror.history:
            return {}
        return history(self.mirror.git, self.head.commit, {entry.path: entry.blob for entry in self.entries.values()})


class _Held:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_mirror: dict[Mirror, Snapshot] = {}
        self._process = os.getpid()

    def get(self, mirror: Mirror) -> Snapshot | None:
        with self._lock:
            if self._process != os.getpid():
                # What another process reads through is not ours to close.
                self._by_mirror, self._process = {}, os.getpid()
            return self._by_mirror.get(mirror)

    def put(self, snapshot: Snapshot) -> None:
        with self._lock:
            before = self._by_mirror.pop(snapshot.mirror, None)
            self._by_mirror[snapshot.mirror] = snapshot
            old = [self._by_mirror.pop(next(iter(self._by_mirror)))] if len(self._by_mirror) > _MOST_HELD else []
        for left in (*([before] if before else []), *old):
            left.blobs.close()

    def drop(self, mirror: Mirror) -> None:
        with self._lock:
            before = self._by_mirror.pop(mirror, None)
        if before is not None:
            before.blobs.close()

    def close(self) -> None:
        for mirror in list(self._by_mirror) if self._process == os.getpid() else ():
            self.drop(mirror)


_held = _Held()
close_all = atexit.register(_held.close)
"""End every process that reads a mirror; a later read starts one again."""


def newest(mirror: Mirror) -> Snapshot:
    """What the repository holds now."""
    began = time.monotonic()
    found = mirror.repaired(lambda head: Snapshot(mirror, head))
    # What was pushed while it was being read may not be in it.
    found.taken = began
    before = _held.get(mirror)
    if before is not None and before.head == found.head:
        before.taken = found.taken
        return before
    _held.put(found)
    return found


def held(mirror: Mirror, fresh: float, *, or_older: bool = True) -> Snapshot:
    """What was taken in the last `fresh` seconds; or, with `or_older`, the newest there is while nothing can be had."""
    before = _held.get(mirror)
    since = (max(before.taken, before.asked) if or_older else before.taken) if before is not None else -math.inf
    if before is not None and time.monotonic() - since < fresh:
        return before
    try:
        return newest(mirror)
    except RetriableError:
        if before is None or not or_older:
            raise
        before.asked = time.monotonic()
        return before


@contextmanager
def reading(snapshot: Snapshot) -> Iterator[None]:
    """A mirror that turns out to be broken is made anew, and what was read of it is to be read again."""
    try:
        yield
    except (BrokenMirrorError, GitFailedError) as error:
        _held.drop(snapshot.mirror)
        if snapshot.head is not None:
            snapshot.mirror.made_anew(snapshot.head)
        raise TransientSourceError(
            f"the mirror of {snapshot.mirror.remote.address} was broken, and has been made anew", advice="Run again."
        ) from error
