"""What readers could find at one moment, and what no run may ever leave behind."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from flows.workshop import Workshop
from headwater.ledger.base import DocumentRow
from headwater.model import Access
from tests.chaos.reading import SOURCE
from tests.chaos.wiki import Wiki
from tests.ingest.library import ASKERS
from tests.support.compare import at_epoch

_MARK = re.compile(r"rev(\d+)p(\d+)")


@dataclass(frozen=True, slots=True)
class Found:
    """One document as it can be found; `marks` are (revision, paragraph) of each paragraph in its points."""

    accesses: frozenset[Access]
    publications: frozenset[int]
    positions: tuple[int, ...]
    marks: tuple[tuple[int, int], ...]

    @property
    def revision(self) -> int:
        return self.marks[0][0]

    def admits(self, asker: frozenset[str]) -> bool:
        return any(access.admits(asker) for access in self.accesses)


@dataclass(frozen=True, slots=True)
class State:
    """Everything that can be found, by document, and the ledger's rows."""

    found: Mapping[str, Found]
    rows: Mapping[str, DocumentRow]


def state_of(workshop: Workshop) -> State:
    points: dict[str, list[Mapping[str, object]]] = {}
    for point in workshop.index().scroll(at_epoch(workshop.ledger.epoch())):
        points.setdefault(str(point.payload["document"]), []).append(point.payload)
    found = {id: _found(payloads) for id, payloads in points.items()}
    return State(found, {row.id: row for row in workshop.ledger.documents(workshop.generation, SOURCE)})


def _found(payloads: list[Mapping[str, object]]) -> Found:
    marks = (mark for payload in payloads for mark in _MARK.findall(str(payload["content"])))
    return Found(
        accesses=frozenset(Access(_names(payload["allow"]), _names(payload["deny"])) for payload in payloads),
        publications=frozenset(int(str(payload["publication"])) for payload in payloads),
        positions=tuple(sorted(int(str(payload["position"])) for payload in payloads)),
        marks=tuple(sorted((int(revision), int(paragraph)) for revision, paragraph in marks)),
    )


def _names(stored: object) -> frozenset[str]:
    assert isinstance(stored, list)
    return frozenset(stored)


def check_whole(state: State, wiki: Wiki) -> None:
    """Each document once, in one version, with nothing missing, and known to the ledger."""
    assert state.found.keys() == state.rows.keys()
    for id, one in state.found.items():
        assert len(one.publications) == 1, (id, one)
        assert one.positions == tuple(range(state.rows[id].chunks)), (id, one)
        assert one.marks == tuple((one.revision, n) for n in range(len(one.marks))), (id, one)
        assert one.revision in wiki.revisions[id], (id, one)


def looser(one: Found, allowed: Iterable[Access]) -> list[frozenset[str]]:
    """Those who can find it although none of these lets them."""
    allowed = list(allowed)
    return [asker for asker in ASKERS if one.admits(asker) and not any(access.admits(asker) for access in allowed)]
