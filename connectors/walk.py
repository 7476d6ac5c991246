"""Walk a folder: every file that is a document, with the rules in force where it lies.

Hidden names are left alone. A link is followed only where it leads, inside the folder, to something that is not
listed at its own place (a hidden folder, as git-sync and mounted config maps have them); every such target is listed
once, under the first link to it, so loops end.
"""

import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from connectors.folder_defaults import FILE, Rules, rules_in
from connectors.globs import Selection
from connectors.media import MEDIA_TYPES, suffix_of
from connectors.policy import SourcePolicy
from headwater.model import Unreadable

_UNDECODABLE = re.compile("[\udc80-\udcff]")
_ESCAPED = re.compile("%([89A-F][0-9A-F])")


@dataclass(frozen=True, slots=True)
class Found:
    """A file to read: `path` is the operating system's, `id` always valid Unicode."""

    id: str
    path: str
    stat: os.stat_result
    rules: Rules


@dataclass(frozen=True, slots=True)
class ClosedFolder(Unreadable):
    """A folder that could not be listed: what is below it is neither present nor absent."""


@dataclass(frozen=True, slots=True)
class _Folder:
    path: str
    id: str
    rules: Rules
    linked: bool


@dataclass(slots=True)
class Walk:
    """One pass over `root` (a real path, without links), in a fixed order: a folder's files, then its folders.

    `left_out` counts, while the walk goes on, what is not listed: by suffix, or "link", or "pattern".
    """

    root: str
    rules: Rules
    policy: SourcePolicy
    selection: Selection = field(default_factory=Selection)
    left_out: Counter[str] = field(default_factory=Counter)
    _visited: set[tuple[int, int]] = field(default_factory=set)

    def __iter__(self) -> Iterator[Found | Unreadable]:
        waiting = [_Folder(self.root, "", self.rules, False)]
        while waiting:
            folder = waiting.pop()
            below: list[_Folder] = []
            try:
                with os.scandir(folder.path) as listing:
                    entries = sorted(listing, key=lambda entry: entry.name)
            except (FileNotFoundError, NotADirectoryError):
                continue
            except OSError as error:
                yield ClosedFolder(folder.id or ".", type(error).__name__, _closed(folder.id, error))
                continue
            rules = folder.rules
            if any(entry.name == FILE for entry in entries):
                rules = rules_in(folder.path, rules, path=folder.id.rstrip("/"), root=self.root, policy=self.policy)
            yield from self._files(_Folder(folder.path, folder.id, rules, folder.linked), entries, below)
            waiting.extend(reversed(below))

    def _files(
        self, folder: _Folder, entries: list[os.DirEntry[str]], below: list[_Folder]
    ) -> Iterator[Found | Unreadable]:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            id = folder.id + (entry.name if entry.name.isascii() else as_text(entry.name))
            try:
                linked = folder.linked or entry.is_symlink()
                if entry.is_symlink() and not leads_to_unlisted(entry.path, self.root):
                    self.left_out["link"] += 1
                elif entry.is_dir():
                    self._folder(entry, _Folder(entry.path, id + "/", folder.rules, linked), below)
                elif self._wanted(entry, id) and not (linked and self._seen(entry)):
                    yield self._file(entry, id, folder.rules)
            except FileNotFoundError:
                continue
            except OSError as error:
                yield Unreadable(id, type(error).__name__, f"{id} cannot be looked at: {error.strerror}")

    def _folder(self, entry: os.DirEntry[str], folder: _Folder, below: list[_Folder]) -> None:
        if not self.selection.enters(folder.id.rstrip("/")):
            self.left_out["pattern"] += 1
        elif not (folder.linked and self._seen(entry)):
            below.append(folder)

    def _wanted(self, entry: os.DirEntry[str], id: str) -> bool:
        suffix = suffix_of(entry.name)
        if suffix not in MEDIA_TYPES or not entry.is_file():
            self.left_out[as_text(suffix) or "no suffix"] += 1
            return False
        if not self.selection.takes(id):
            self.left_out["pattern"] += 1
            return False
        return True

    def _file(self, entry: os.DirEntry[str], id: str, rules: Rules) -> Found | Unreadable:
        if not id.isascii() or "%" in id:
            real = os.path.relpath(entry.path, self.root)
            if as_path(self.root, id) != entry.path:
                return Unreadable(
                    f"{id} (as named)", "FetchError", f"{real!a} and another file have the same name as text"
                )
        if not os.access(entry.path, os.R_OK, effective_ids=_EFFECTIVE):
            return Unreadable(id, "PermissionError", f"{id} may not be read by this user; change its permissions")
        return Found(id, entry.path, entry.stat(), rules)

    def _seen(self, entry: os.DirEntry[str]) -> bool:
        """Whether this file or folder was listed below a link before; every one of them is listed once."""
        status = entry.stat()
        key = (status.st_dev, status.st_ino)
        if key in self._visited:
            return True
        self._visited.add(key)
        return False


_EFFECTIVE = os.access in os.supports_effective_ids


def _closed(id: str, error: OSError) -> str:
    return (
        f"the folder {id or '.'} cannot be listed ({error.strerror}): nothing below it was looked at, and no removal "
        "is concluded from this listing; change its permissions, or exclude it"
    )


def leads_to_unlisted(path: str, root: str) -> bool:
    """Whether a link stays inside `root` and leads to something that has no place of its own in the listing."""
    real = os.path.realpath(path)
    if not real.startswith(root.rstrip("/") + "/"):
        return False
    return any(part.startswith(".") for part in real[len(root.rstrip("/")) + 1 :].split("/"))


def as_text(name: str) -> str:
    """A path as valid Unicode: bytes that are no UTF-8 become %E9, as in a URL."""
    return _UNDECODABLE.sub(lambda match: f"%{ord(match[0]) - 0xDC00:02X}", name)


def as_path(root: str, id: str) -> str:
    """The path that `as_text` made `id` of: as it stands where that exists, else with its bytes put back."""
    path = f"{root.rstrip('/')}/{id}"
    if "%" not in id or os.path.lexists(path):
        return path
    raw = _ESCAPED.sub(lambda match: chr(0xDC00 + int(match[1], 16)), id)
    other = f"{root.rstrip('/')}/{raw}"
    return other if os.path.lexists(other) else path
