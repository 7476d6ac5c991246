"""A few documents of a large source, read again and compared by content: how much of the whole is wrong."""

import time
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from flows.audit import known_of, readable_index, sources_of
from flows.workshop import Workshop
from headwater.audit.examine import examine, ids_of, say_access
from headwater.audit.listing import Known
from headwater.audit.points import Say
from headwater.audit.sampling import INTERVAL, interval
from headwater.audit.values import (
    GONE,
    WRONG_ACCESS,
    WRONG_EMBEDDING,
    WRONG_VERSION,
    AuditReport,
    AuditSource,
    AuditSum,
    Finding,
    Sample,
    classes_of,
)
from headwater.clock import utc_now
from headwater.errors import GoneError, HeadwaterError
from headwater.index.base import Index
from headwater.ingest.look import content_hash
from headwater.ledger.base import DocumentRow
from headwater.model import digest
from headwater.publishing.publisher import LEASE_SECONDS, PUBLISH_LEASE, WAIT_SECONDS

SAY_SECONDS = 5.0


def sample(workshop: Workshop, source: str | None, *, asked: int, seed: int, say: Say = lambda _: None) -> AuditReport:
    """`asked` searchable documents of the configured sources, each as likely as any other; writes nothing."""
    started, now = time.monotonic(), utc_now()
    index = readable_index(workshop)
    configured = {one.name for one in workshop.settings.sources}
    names = sources_of(workshop, source)
    known = {name: known_of(workshop, name) for name in names if name in configured}
    population = sum(workshop.ledger.count(workshop.generation, name) for name in known)
    findings: list[Finding] = []
    read = unread = 0
    told = time.monotonic()
    for row in _drawn(workshop, list(known), min(asked, population), population, seed):
        found = _looked_at(workshop, index, known[row.source], row)
        if found is None:
            unread += 1
        else:
            read += 1
            findings += found
        if time.monotonic() - told > SAY_SECONDS:
            told = time.monotonic()
            say(f"{read + unread:,} documents read again")
    wrong = len({(finding.source, finding.document) for finding in findings})
    low, high = interval(wrong, read, population)
    parts = {"right": read - wrong, "wrong": wrong, "unreadable now": unread}
    return AuditReport(
        as_of=now,
        epoch=workshop.ledger.epoch(),
        generation=workshop.generation,
        sources=tuple(
            AuditSource(name, "sampled" if name in known else "none", _note(name in known)) for name in names
        ),
        classes=classes_of(findings),
        sums=(AuditSum("documents drawn", min(asked, population), parts),),
        took=time.monotonic() - started,
        sample=Sample(seed, asked, read, population, wrong, low, high, INTERVAL),
    )


def _note(configured: bool) -> str:
    return "" if configured else "not in the configuration (any more)"


def _drawn(workshop: Workshop, names: Sequence[str], many: int, population: int, seed: int) -> Iterator[DocumentRow]:
    """In the order of (source, id), so that a seed draws the same documents for as long as they are the same."""
    chosen = set(np.random.default_rng(seed).choice(population, size=many, replace=False).tolist()) if many else set()
    rows = (row for name in sorted(names) for row in workshop.ledger.documents(workshop.generation, name))
    # Kept, since a source takes longer to answer than a reading transaction of the ledger should last.
    yield from [row for number, row in enumerate(rows) if number in chosen]


def _looked_at(workshop: Workshop, index: Index, known: Known, row: DocumentRow) -> list[Finding] | None:
    """None when the source could not be asked for it."""
    try:
        raw = known.fetch(row.id, None)
    except GoneError:
        return [_finding(GONE, row, "its source says that it does not exist"), *_points(workshop, index, row)]
    except HeadwaterError:
        return None
    if raw is None:
        return None
    found = _points(workshop, index, row)
    if content_hash(raw) != row.content_hash:
        failing = " (it failed in that version)" if row.id in known.failing else ""
        found.append(_finding(WRONG_VERSION, row, f"the source has other content{failing}"))
    if raw.access != row.access:
        detail = f"{say_access(row.access)} may read it, its source lets {say_access(raw.access)}"
        found.append(_finding(WRONG_ACCESS, row, detail, leak=row.access.takes_from(raw.access)))
    if not known.is_current(row.fingerprint):
        found.append(_finding(WRONG_EMBEDDING, row, "processed otherwise than the settings ask now"))
    return found


def _points(workshop: Workshop, index: Index, row: DocumentRow) -> list[Finding]:
    def look() -> list[Finding]:
        (one,) = examine(index, workshop.ledger, workshop.generation, [(row.source, row.id)])
        # What another run has published since it was drawn is right by itself.
        return one.findings + (_texts(index, one.row) if one.row is not None else [])

    return look() and _while_nobody_publishes(workshop, look)


def _while_nobody_publishes(workshop: Workshop, look: Callable[[], list[Finding]]) -> list[Finding]:
    with workshop.ledger.lease(PUBLISH_LEASE, workshop.holder, seconds=LEASE_SECONDS, wait=WAIT_SECONDS):
        return look()


def _texts(index: Index, row: DocumentRow) -> list[Finding]:
    stored = [point.payload for point in index.retrieve(ids_of(row))]
    other = sum(digest(str(payload.get("embedded", ""))) != payload.get("embedded_hash") for payload in stored)
    said = f"{other} of {row.chunks} chunks have another text than their vectors"
    return [_finding(WRONG_EMBEDDING, row, said)] if other else []


def _finding(kind: str, row: DocumentRow, detail: str, *, leak: bool = False) -> Finding:
    return Finding(kind, row.source, row.id, detail, 0, leak)
