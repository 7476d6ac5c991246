"""A bare copy of one branch in the state folder, brought up to date by what is new, and made again when it is broken.

Nothing is ever checked out. The mirror's configuration is what `git init` writes: it holds neither the address nor
credentials, and no hooks.
"""

import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from connectors.gitrepo.command import Git
from connectors.gitrepo.remote import Head, Remote
from connectors.gitrepo.trouble import GitFailedError
from headwater.errors import StateError, TransientSourceError
from headwater.model import digest

_REF = "refs/headwater/branch"
_NEW, _DAY = "git-new-", 24 * 3600
T = TypeVar("T")


class BrokenMirrorError(Exception):
    """Something that has to be in the mirror is not, or cannot be read. Never leaves this package."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mirror:
    """Of `branch` of `remote`, below the folder `cache`; without `history`, of its newest commit alone.

    `seconds` bounds one transfer.
    """

    remote: Remote
    branch: str
    cache: Path
    history: bool = True
    seconds: float = 600.0

    @property
    def folder(self) -> Path:
        """Another address or branch has another folder."""
        return self.cache / f"git-{digest(self.remote.address, self.branch, str(self.history))[:16]}"

    @property
    def git(self) -> Git:
        """For reading the mirror; it can reach nothing else."""
        return Git(self.folder)

    @property
    def shallow(self) -> bool:
        return (self.folder / "shallow").exists()

    def updated(self) -> Head | None:
        """What the branch is now, and in the mirror; None for a repository without commits."""
        head = self.remote.head(self.branch)
        if head is None:
            if self.folder.is_dir():
                # An answer without content looks the same, and branches are seldom all deleted.
                raise TransientSourceError(
                    f"{self.remote.address} says that it has no commits, and it had some",
                    advice="If they were deleted on purpose, give the source another name, or remove it.",
                )
            return None
        if self.folder.is_dir():
            try:
                if self._commit() != head.commit:
                    self._fetch(self.folder, head)
                return Head(head.branch, head.ref, self._commit())
            except (GitFailedError, BrokenMirrorError):
                # Whether it is the mirror or the repository that is at fault, a new mirror tells.
                pass
        return self.made_anew(head)

    def made_anew(self, head: Head) -> Head:
        """Fetched whole, beside the old one, which goes when the new one is there."""
        try:
            self.cache.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix=_NEW, dir=self.cache, ignore_cleanup_errors=True) as scratch:
                new = Path(scratch) / "mirror"
                self._init(new, head)
                self._fetch_or_raise(new, head)
                self._clear()
                if self.folder.exists():
                    raise TransientSourceError(f"{self.folder} is in use, and cannot be made anew")
                new.rename(self.folder)
            return Head(head.branch, head.ref, self._commit())
        except BrokenMirrorError as error:
            raise StateError(f"the mirror in {self.folder} cannot be read just after it was made") from error
        except OSError as error:
            raise StateError(
                f"the mirror of {self.remote.address} cannot be kept in {self.cache}: {error.strerror}",
                advice="Make room in the state folder, or make it writable.",
            ) from error

    def _clear(self) -> None:
        """Take away older mirrors, and what processes left behind that were killed while they made one."""
        for old in self.cache.glob("git-*"):
            if not old.name.startswith(_NEW) or old.stat().st_mtime < time.time() - _DAY:
                shutil.rmtree(old, ignore_errors=True)

    def _init(self, folder: Path, head: Head) -> None:
        kind = "sha256" if len(head.commit) == 64 else "sha1"
        try:
            Git(None).output("init", "--quiet", "--bare", "--template=", f"--object-format={kind}", "--", str(folder))
        except GitFailedError as error:
            raise StateError(f"no mirror can be made in {self.cache}: {error.reason}") from error

    def _fetch_or_raise(self, folder: Path, head: Head) -> None:
        try:
            self._fetch(folder, head)
        except GitFailedError as error:
            raise self.remote.said(error) from error

    def _fetch(self, folder: Path, head: Head) -> None:
        depth = ("--update-shallow",) if self.history else ("--depth=1",)
        self.remote.git(folder).output(
            "fetch",
            "--quiet",
            "--no-tags",
            "--no-write-fetch-head",
            "--no-recurse-submodules",
            "--refmap=",
            *depth,
            "--",
            self.remote.address,
            f"+{head.ref}:{_REF}",
            seconds=self.seconds,
        )

    def _commit(self) -> str:
        try:
            return self.git.output("rev-parse", "--verify", "--quiet", f"{_REF}^{{commit}}").decode().strip()
        except GitFailedError as error:
            raise BrokenMirrorError from error

    def repaired(self, read: Callable[[Head | None], T]) -> T:
        """`read` of the updated mirror; once more of one made anew, when what it needs is broken."""
        head = self.updated()
        try:
            return read(head)
        except (BrokenMirrorError, GitFailedError):
            assert head is not None
        try:
            return read(self.made_anew(head))
        except (BrokenMirrorError, GitFailedError) as error:
            said = error.reason if isinstance(error, GitFailedError) else "an object is missing"
            raise StateError(f"what {self.remote.address} sent cannot be read: {said}") from error
