"""Which rules hold in the folders of a folder that lies elsewhere: as it was listed, or asked for one by one."""

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Hashable
from typing import Protocol

from connectors.file_document import linked
from connectors.folder_defaults import FILE, Rules, applied, source_rules, unreadable
from connectors.frontmatter import LIMIT
from connectors.policy import SourcePolicy
from connectors.remote_folder_http import HttpStore
from connectors.remote_folder_stores import Store, Stored
from headwater.errors import GoneError, SkippableError

_MOST_KEPT = 4


class Folder(Protocol):
    """What of a source its rules depend on."""

    @property
    def policy(self) -> SourcePolicy: ...

    def wants(self, path: str) -> bool:
        """Whether the file is one of its documents."""
        ...


class _Rules(ABC):
    """The rules in force in each folder; `find` says where a folder's own file of rules is."""

    def __init__(self, connector: Folder, store: Store) -> None:
        self.connector, self.store = connector, store
        self._by_folder: dict[str, Rules] = {}

    def rules_of(self, id: str) -> Rules:
        """With the document that this one translates."""
        return linked(id, self._of_folder(id.rpartition("/")[0]), self.connector.policy, self.exists)

    @abstractmethod
    def exists(self, id: str) -> bool: ...

    @abstractmethod
    def find(self, folder: str) -> Stored | None: ...

    def _of_folder(self, folder: str) -> Rules:
        if folder not in self._by_folder:
            policy = self.connector.policy
            above = self._of_folder(folder.rpartition("/")[0]) if folder else source_rules(policy)
            self._by_folder[folder] = self._changed(above, folder, f"{folder}/{FILE}" if folder else FILE)
        return self._by_folder[folder]

    def _changed(self, above: Rules, folder: str, file: str) -> Rules:
        try:
            stored = self.find(folder)
            if stored is None:
                return above
            _, data = self.store.read(stored.path, LIMIT)
        except GoneError:
            return above
        except SkippableError as error:
            return unreadable(above, file, str(error))
        return applied(data, above, file, self.connector.policy)


class Listing(_Rules):
    """Everything below the root as it was listed once."""

    def __init__(self, connector: Folder, store: Store) -> None:
        super().__init__(connector, store)
        self.taken = time.monotonic()
        self.entries = list(store.entries())
        self._by_path = {entry.path: entry for entry in self.entries if isinstance(entry, Stored)}

    def exists(self, id: str) -> bool:
        return id in self._by_path and self.connector.wants(id)

    def find(self, folder: str) -> Stored | None:
        found = self._by_path.get(f"{folder}/{FILE}" if folder else FILE)
        return found or (self.store.rules(folder, FILE) if self._unlisted else None)

    @property
    def _unlisted(self) -> bool:
        """Web servers leave hidden files out of their listings."""
        return isinstance(self.store, HttpStore)


class Asked(_Rules):
    """One document's folders, without a listing."""

    def exists(self, id: str) -> bool:
        try:
            return self.connector.wants(id) and self.store.stat(id) is not None
        except GoneError:
            return False

    def find(self, folder: str) -> Stored | None:
        return self.store.rules(folder, FILE)


_listings: dict[Hashable, Listing] = {}
_lock = threading.Lock()


def keep(connector: Hashable, listing: Listing) -> None:
    with _lock:
        _listings.pop(connector, None)
        _listings[connector] = listing
        while len(_listings) > _MOST_KEPT:
            del _listings[next(iter(_listings))]


def kept(connector: Hashable, fresh: float) -> Listing | None:
    with _lock:
        found = _listings.get(connector)
    return found if found is not None and time.monotonic() - found.taken < fresh else None
