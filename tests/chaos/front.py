"""The wiki behind the API of a service that teams have, read by the connector that they would use."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from connectors.http.pace import bucket
from headwater.interfaces import Connector, Scanned
from headwater.model import Access, Gone, NotModified, RawDocument, Ref, Unreadable
from tests.chaos.reading import SOURCE, Said
from tests.chaos.troubles import named, troubled
from tests.chaos.wiki import ANCHOR, IDS, Wiki
from tests.connectors.services.local import Asked, Reply

NAMES = (ANCHOR, *IDS)
FIRST = 100
"""Number of the first document at the service."""
_SHOWN = {"other": "beside documents", "search": "listing"}
A_DAY = 1_000
"""More than a day by the wiki's clock, as fronts read it."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What a request is for: a `document`, the `readers` of one or of all, a `listing` or `search`, or an `other`."""

    what: str
    id: str = ""


class Front(ABC):
    """Answers in the place of the shared local service; `said` is what went out whole."""

    def __init__(self, wiki: Wiki) -> None:
        self.wiki = wiki
        self.said = Said()
        self.failure: Exception | None = None
        """Of this front itself, which no client may take for a fault of the service."""
        self._asked: dict[object, int] = {}
        self._untold: set[str] = set()
        self._lock = threading.Lock()

    def begin(self, said: Said) -> None:
        """Another run, some time later."""
        self.said = said
        self._asked.clear()
        self._untold.clear()
        bucket.cache_clear()
        if self.wiki.whole_is_due:
            self.wiki.clock += A_DAY

    def answer(self, asked: Asked) -> Reply:
        with self._lock:
            try:
                return self._answer(self.kind_of(asked), asked)
            except Exception as error:
                self.failure = error
                raise

    def note_readers(self, name: str, access: Access) -> None:
        if name not in self._untold:
            self.said.readers[name] = access

    def _answer(self, kind: Kind, asked: Asked) -> Reply:
        status = self._trouble(kind, asked)
        if status is None:
            return self.served(kind, asked)
        if status in (404, 410) and kind.what == "document":
            self.said.gone.add(kind.id)
        if kind.what == "readers":
            # Those of a page are those of its space as well: it is not told who may read it.
            self._untold |= {kind.id} if kind.id else set(NAMES)
            for name in self._untold & self.said.readers.keys():
                del self.said.readers[name]
        return troubled(status)

    def _trouble(self, kind: Kind, asked: Asked) -> int | None:
        faults, wiki = self.wiki.faults, self.wiki
        if kind.what == "document":
            return wiki.trouble_with(kind.id)
        # Repeated requests are one: a service in trouble stays so for a while.
        page = (asked.path, *(asked.query.get(name) for name in ("cursor", "start", "page[after]")))
        number = self._asked.setdefault(page, len(self._asked))
        untold = kind.what == "readers" and faults.unreadable and (not kind.id or kind.id in faults.unreadable)
        beside = kind.what == "other" and faults.beside
        if not untold and not beside and faults.breaks_at != number:
            return None
        wiki.injected[f"{_SHOWN.get(kind.what, kind.what)}: {named(faults.status)}"] += 1
        return faults.status

    @abstractmethod
    def kind_of(self, asked: Asked) -> Kind: ...

    @abstractmethod
    def served(self, kind: Kind, asked: Asked) -> Reply:
        """What the service answers where nothing is wrong but what it lists, noted in `said`."""

    @abstractmethod
    def connector(self, url: str, *, deltas: bool) -> Connector: ...

    @abstractmethod
    def id_of(self, name: str) -> str:
        """What the connector calls this document."""

    @abstractmethod
    def forget(self) -> None:
        """Drop what the connector keeps in memory from a listing."""


def number_of(name: str) -> int:
    return FIRST + NAMES.index(name)


def name_of(number: Any) -> str:
    found = int(number) - FIRST
    return NAMES[found] if 0 <= found < len(NAMES) else ""


@dataclass(frozen=True)
class Fronted:
    """The connector of a front, whose documents go by the wiki's names.

    `remembers`: what a listing left in memory is still there when documents are fetched.
    """

    inner: Connector
    front: Front = field(repr=False, compare=False)
    remembers: bool = True
    said: Said = field(default_factory=Said, repr=False, compare=False)
    name: str = SOURCE

    def __post_init__(self) -> None:
        self.front.begin(self.said)

    @property
    def reads_permissions(self) -> bool:
        return bool(getattr(self.inner, "reads_permissions", False))

    @property
    def absence_is_final(self) -> bool:
        return bool(getattr(self.inner, "absence_is_final", False))

    def scan(self, resume: bytes | None = None) -> Iterator[Scanned]:
        for item in self.inner.scan(resume):
            if isinstance(item, Ref | Gone | Unreadable):
                yield replace(item, id=name_of(item.id.rpartition("/")[2]))
            else:
                yield item

    def fetch(self, id: str, known: str | None = None) -> RawDocument | NotModified:
        if not self.remembers:
            self.front.forget()
        found = self.inner.fetch(self.front.id_of(id), known)
        return replace(found, id=id) if isinstance(found, RawDocument) else found
