"""A service with pages, readers and a log of changes, which people edit and which misbehaves as it is told to."""

from collections import Counter
from collections.abc import Iterator, Set
from dataclasses import dataclass, field, replace
from typing import Any

from headwater.model import NOBODY, PUBLIC, Access
from tests.chaos.troubles import named

ANCHOR = "anchor"
"""Never deleted: a listing that is suddenly empty is taken for a fault of the source."""
IDS = tuple(f"{place}-{n}" for place in ("guide", "runbook", "faq") for n in range(5))
PAGE = 3
"""Entries on one page of a listing."""
SENTENCES = (
    "rotate the signing key once a quarter with the vault command, and tell the whole team about it.",
    "restore the backup before noon; the tide gauge is read before it and after it, and both are noted.",
    "invoices are sent on the first day of each month, and again where the harbour was closed on that day.",
    "the limit is ten crossings a minute for each key, counted by the hour, so that nobody waits for long.",
)
ACCESSES = (
    PUBLIC,
    NOBODY,
    Access(frozenset({"group:sre"})),
    Access(frozenset({"group:support"})),
    Access(frozenset({"group:sre", "group:support"})),
    Access(frozenset({"public"}), frozenset({"group:sre"})),
    Access(frozenset({"user:ann@example.com"})),
)


@dataclass(frozen=True, slots=True)
class Page:
    """`revision` marks each paragraph of the text; `version` changes with anything, and with the readers."""

    revision: int
    paragraphs: tuple[int, ...]
    access: Access
    version: int
    malformed: bool = False

    @property
    def content(self) -> str:
        if self.malformed:
            return "\x00\x01\x02 no text \x00\x00"
        return "# A page\n\n" + "\n\n".join(self._marked) + "\n"

    @property
    def html(self) -> str:
        return "".join(f"<p>{text}</p>" for text in self._marked)

    @property
    def _marked(self) -> list[str]:
        return [f"rev{self.revision}p{n} {SENTENCES[which]}" for n, which in enumerate(self.paragraphs)]


class TroubleError(Exception):
    """The service answers with this status, or as `troubles` has it."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


@dataclass(slots=True)
class Faults:
    """What goes wrong in the next run; `documents` are statuses by id, one for each request."""

    breaks_at: int | None = None
    """Number of the page of the listing that is answered with `status`."""
    status: int = 500
    stops_at: int | None = None
    """Number of the page after which the listing ends without being whole."""
    empty: bool = False
    omitted: frozenset[str] = frozenset()
    """Missing from a listing that calls itself whole."""
    repeated: frozenset[str] = frozenset()
    """Listed twice, first as they were before their last change."""
    unreadable: frozenset[str] = frozenset()
    beside: bool = False
    """Everything but listings, readers and documents (sections, people) is answered with `status`."""
    documents: dict[str, list[int]] = field(default_factory=dict)
    vanishing: set[str] = field(default_factory=set)
    """Deleted when they are asked for."""


class Wiki:
    """`listing` and `document` answer as JSON would be; everything else is what people do."""

    def __init__(self) -> None:
        self.pages: dict[str, Page] = {}
        self.before: dict[str, Page] = {}
        """Each page as it was before its last change."""
        self.changed: dict[str, int] = {}
        self.revisions: dict[str, set[int]] = {}
        """Every revision that a page of this name ever had."""
        self.clock = 0
        self.faults = Faults()
        self.whole_is_due = False
        """Whether changes alone are refused, so that everything is listed."""
        self.injected: Counter[str] = Counter()
        """What went wrong, and how often, of which a client may have been told."""
        self.write(ANCHOR, (0, 1), PUBLIC)

    # what people do ---------------------------------------------------------------------------------------

    def write(self, id: str, paragraphs: tuple[int, ...], access: Access, *, malformed: bool = False) -> None:
        self._put(id, Page(self.clock + 1, paragraphs, access, 0, malformed))

    def restrict(self, id: str, access: Access) -> None:
        self._put(id, replace(self.pages[id], access=access))

    def rename(self, id: str, new: str) -> None:
        self._put(new, self.pages[id])
        self.delete(id)

    def bring_back(self, id: str) -> None:
        self._put(id, self.before[id])

    def delete(self, id: str) -> None:
        self.clock += 1
        self.changed[id] = self.clock
        self.before[id] = self.pages.pop(id)

    def _put(self, id: str, page: Page) -> None:
        self.clock += 1
        if id in self.pages:
            self.before[id] = self.pages[id]
        self.pages[id] = replace(page, version=self.clock)
        self.changed[id] = self.clock
        self.revisions.setdefault(id, set()).add(page.revision)

    @property
    def editable(self) -> list[str]:
        return sorted(self.pages.keys() - {ANCHOR})

    @property
    def deleted(self) -> list[str]:
        return sorted(self.before.keys() - self.pages.keys())

    # what it answers --------------------------------------------------------------------------------------

    def listing(self, after: str, since: int | None) -> dict[str, Any]:
        """What comes after this id, of everything or of what changed after `since`; `next` is empty at the end."""
        faults = self.faults
        if since is not None and self.whole_is_due:
            since = None
        known = sorted(self.pages if since is None else (id for id, at in self.changed.items() if at > since))
        left = [id for id in known if id > after]
        number = (len(known) - len(left)) // PAGE
        if faults.breaks_at == number:
            self.injected[f"listing: {named(faults.status)}"] += 1
            raise TroubleError(faults.status)
        shown, last = ([] if faults.empty else left[:PAGE]), faults.empty or len(left) <= PAGE
        stops = faults.stops_at == number and not last
        again = sorted(faults.repeated & self.pages.keys()) if last else []
        self.note_listing(set(shown), empty=faults.empty, stops=stops)
        return {
            "items": [*self._entries(shown[: PAGE - 1] if stops else shown), *self._again(again)],
            "next": "" if last or stops else shown[-1],
            "whole": not stops,
            "everything": since is None,
            "now": self.clock,
        }

    def note_listing(self, shown: Set[str], *, empty: bool, stops: bool, repeats: bool = True) -> None:
        faults = self.faults
        found = {
            "listing: empty": empty,
            "listing: ends early": stops,
            "listing: lacks a document": len(shown & faults.omitted & self.pages.keys()),
            "listing: names one twice": repeats and len(shown & faults.repeated & self.pages.keys()),
            "listing: readers of one untold": len(shown & faults.unreadable & self.pages.keys()),
        }
        self.injected.update({name: int(times) for name, times in found.items() if times})

    def _entries(self, ids: list[str]) -> Iterator[list[Any]]:
        faults = self.faults
        for id in ids:
            if id in faults.omitted:
                continue
            page = self.pages.get(id)
            if page is None:
                yield ["gone", id]
            elif id in faults.unreadable:
                yield ["unreadable", id]
            else:
                yield _entry(id, self.before[id] if id in faults.repeated and id in self.before else page)

    def _again(self, ids: list[str]) -> Iterator[list[Any]]:
        hidden = self.faults.omitted | self.faults.unreadable
        yield from (_entry(id, self.pages[id]) for id in ids if id not in hidden)

    def document(self, id: str) -> dict[str, Any]:
        status = self.trouble_with(id)
        if status is not None:
            raise TroubleError(status)
        if id not in self.pages:
            raise TroubleError(404)
        page = self.pages[id]
        return {"version": str(page.version), "content": page.content, **_readers(page.access)}

    def trouble_with(self, id: str) -> int | None:
        """What becomes of the next request for this document; it may be gone with that."""
        if id in self.faults.vanishing and id in self.pages:
            self.injected["document: vanishes between listing and fetch"] += 1
            self.delete(id)
        waiting = self.faults.documents.get(id)
        if not waiting:
            return None
        status = waiting.pop(0)
        self.injected[f"document: {named(status)}"] += 1
        return status


class PlainWiki(Wiki):
    """For services that know of nobody who is shut out by name: such documents are for one group."""

    def _put(self, id: str, page: Page) -> None:
        Wiki._put(self, id, replace(page, access=ACCESSES[3]) if page.access.deny else page)


def _entry(id: str, page: Page) -> list[Any]:
    return ["page", id, str(page.version), _readers(page.access)]


def _readers(access: Access) -> dict[str, list[str]]:
    return {"allow": sorted(access.allow), "deny": sorted(access.deny)}
