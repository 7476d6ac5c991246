"""Source, ledger and index compared with each other, and set right where they differ."""

import logging
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from flows.audit_repair import repair
from flows.processing import caution_of
from flows.workshop import Workshop
from headwater.audit.examine import Examined, examine, examine_strays
from headwater.audit.listing import FAILED, Compared, Known, compare
from headwater.audit.mend import batches
from headwater.audit.points import Moment, Name, Say, Sweep, sweep
from headwater.audit.values import (
    REMEMBERED_AS,
    SOURCE_SIDE,
    WRONG_ACCESS,
    AuditReport,
    AuditSource,
    AuditSum,
    Finding,
    classes_of,
    remembered,
)
from headwater.clock import utc_now
from headwater.errors import ConfigError, HeadwaterError, IndexMismatchError
from headwater.index.base import Index
from headwater.ingest.absence import TOMBSTONES, is_final
from headwater.ingest.fingerprint import is_current
from headwater.ingest.look import fetch
from headwater.model import RawDocument
from headwater.publishing.publisher import LEASE_SECONDS, PUBLISH_LEASE, WAIT_SECONDS

log = logging.getLogger("headwater")


@dataclass(slots=True)
class Looked:
    """One whole comparison; of `closed` documents only the source can say who else may read them."""

    stored: list[Finding] = field(default_factory=list)
    """Between ledger and index."""
    listed: list[Finding] = field(default_factory=list)
    """Between source and ledger."""
    strays: list[str] = field(default_factory=list)
    sources: list[AuditSource] = field(default_factory=list)
    sums: list[AuditSum] = field(default_factory=list)
    closed: set[Name] = field(default_factory=set)

    @property
    def findings(self) -> list[Finding]:
        return [*self.listed, *self.stored]


def audit(
    workshop: Workshop, source: str | None, *, with_sources: bool, mend: bool, say: Say = lambda _: None
) -> AuditReport:
    """Everything, or one source; `with_sources` also lists the sources, `mend` sets right what was found wrong."""
    started, now = time.monotonic(), utc_now()
    index = readable_index(workshop)
    names = sources_of(workshop, source)
    notes: list[str] = []
    first = _look(workshop, index, names, source, with_sources, notes, say)
    last = first
    if mend and first.findings:
        failed = {one.name for one in first.sources if one.listing == FAILED}
        notes += repair(
            workshop,
            index,
            stored=first.stored,
            listed=first.listed,
            strays=first.strays,
            runs=(_configured(workshop) - failed) if with_sources else set(),
            closed=first.closed,
            say=say,
        )
        say("looking again at everything")
        last = _look(workshop, index, names, source, with_sources, [], say)
    _remember(workshop, last, names)
    return AuditReport(
        as_of=now,
        epoch=workshop.ledger.epoch(),
        generation=workshop.generation,
        sources=tuple(last.sources),
        classes=classes_of(first.findings, last.findings if mend else None),
        sums=tuple(last.sums),
        took=time.monotonic() - started,
        repairs=tuple(notes),
    )


def readable_index(workshop: Workshop) -> Index:
    """The live index, of whatever model; IndexMismatchError when it is not this ledger's."""
    index = workshop.existing_index(workshop.generation)
    identity = index.identity() if index is not None else None
    if index is None or identity is None or identity.identity != workshop.ledger.identity():
        raise IndexMismatchError(
            "there is no index yet, or it belongs to another ledger",
            advice="Run `headwater ingest`, or restore index and ledger from one backup.",
        )
    return index


def sources_of(workshop: Workshop, source: str | None) -> list[str]:
    """The names to look at: one, or all that are configured or were ever ingested."""
    known = sorted(_configured(workshop) | {row.name for row in workshop.ledger.sources()})
    if source is None:
        return known
    if source not in known:
        raise ConfigError(f"there is no source {source!r}", advice=f"Sources: {', '.join(known) or 'none'}.")
    return [source]


def _configured(workshop: Workshop) -> set[str]:
    return {one.name for one in workshop.settings.sources}


def _look(
    workshop: Workshop,
    index: Index,
    names: Sequence[str],
    source: str | None,
    with_sources: bool,
    notes: list[str],
    say: Say,
) -> Looked:
    looked = Looked()
    ledger, generation = workshop.ledger, workshop.generation
    before = Moment.of(ledger)
    say("comparing the ledger with the index")
    swept = sweep(index, ledger, generation, source, say)
    compared = {name: _compared(workshop, name, with_sources, say) for name in names}
    # What is written meanwhile is counted on one side and not on the other: then there is no telling.
    still = Moment.of(ledger) == before and not ledger.open_publications()
    if not still:
        notes.append("Something was published meanwhile, so that totals were not counted a second time.")
    looked.sums = [*_sums_of_points(swept, still), *_sums_of_sources(workshop, compared, with_sources, still)]
    _examined(workshop, index, swept, looked)
    for name, found in compared.items():
        looked.sources.append(AuditSource(name, found.state, found.note))
        looked.listed += found.findings
    return looked


def _examined(workshop: Workshop, index: Index, swept: Sweep, looked: Looked) -> None:
    """A close look at what the sweep suspects, while nobody publishes."""
    looked.strays = swept.strays
    ledger, generation = workshop.ledger, workshop.generation
    found: list[Examined] = []
    for together in _under_lease(workshop, swept.suspects):
        found += examine(index, ledger, generation, together)
    found += examine_strays(index, ledger, swept.strays)
    working = {name for name, holder in ledger.holders() if holder != workshop.holder}
    for one in found:
        stopped = one.row is not None and not one.row.version
        if one.closed:
            looked.closed.add(one.name)
        for finding in one.findings:
            # A run that is taking rights away at this moment says so in the ledger afterwards.
            narrowing = stopped and finding.kind == WRONG_ACCESS and not finding.leak
            if not (narrowing and f"source:{finding.source}" in working):
                looked.stored.append(finding)


def _under_lease(workshop: Workshop, names: Iterable[Name]) -> Iterable[list[Name]]:
    for together in batches(names):
        with workshop.ledger.lease(PUBLISH_LEASE, workshop.holder, seconds=LEASE_SECONDS, wait=WAIT_SECONDS):
            yield together


def _compared(workshop: Workshop, name: str, with_sources: bool, say: Say) -> Compared:
    ledger, generation = workshop.ledger, workshop.generation
    if not with_sources or name not in _configured(workshop):
        note = "" if with_sources is False else "not in the configuration (any more)"
        rows = ledger.count(generation, name)
        found = Compared(state="none", note=note, total_rows=rows)
        found.rows["not comparable"] = rows
        return found
    say(f"{name}: listing the source")
    try:
        return compare(known_of(workshop, name), ledger.documents(generation, name))
    except HeadwaterError:
        raise
    except Exception as error:
        # Whatever is wrong with one connector, the others are still compared.
        log.exception("source %s could not be compared", name)
        rows = ledger.count(generation, name)
        found = Compared(state=FAILED, note=f"{type(error).__name__}: {error}", total_rows=rows)
        found.rows["not comparable"] = rows
        return found


def known_of(workshop: Workshop, name: str) -> Known:
    """What an ingest knows of a configured source before it begins."""
    ledger, source = workshop.ledger, workshop.source(name)
    connector = workshop.connector(source)

    def read(id: str, known: str | None) -> RawDocument | None:
        found = fetch(connector, id, known)
        return found if isinstance(found, RawDocument) else None

    return Known(
        connector=connector,
        fetch=read,
        is_final=is_final(connector),
        withholds=caution_of(source).withholds,
        tombstones=frozenset(ledger.learned(name, TOMBSTONES) or {}),
        blocked={block.document: block.reason for block in ledger.blocks() if block.source == name},
        failing={failure.document: failure.version for failure in ledger.failures(workshop.generation, name)},
        is_current=partial(is_current, fingerprint=workshop.fingerprints(source)),
    )


def _sums_of_points(swept: Sweep, still: bool) -> list[AuditSum]:
    places = {place.value: count for place, count in swept.places.items()}
    chunks = {name: places.get(name, 0) for name in ("belonging", "hidden")} | {"missing": swept.missing}
    return [
        AuditSum("points in the index", swept.counted if still else swept.points, places),
        AuditSum("chunks in the ledger", swept.chunks, {name: count for name, count in chunks.items() if count}),
    ]


def _sums_of_sources(
    workshop: Workshop, compared: dict[str, Compared], with_sources: bool, still: bool
) -> list[AuditSum]:
    sums: list[AuditSum] = []
    for name, found in compared.items() if with_sources else ():
        rows = workshop.ledger.count(workshop.generation, name) if still else found.total_rows
        if found.state not in ("none", FAILED):
            sums.append(AuditSum(f"{name}: documents listed", found.total_listed, dict(+found.listed)))
        sums.append(AuditSum(f"{name}: documents searchable", rows, dict(+found.rows)))
    return sums


def _remember(workshop: Workshop, looked: Looked, names: Sequence[str]) -> None:
    """For the freshness report; what a source that was not listed was found to have is kept until it is."""
    now = utc_now()
    listed = {one.name for one in looked.sources if one.listing not in ("none", FAILED)}
    for name in names:
        value: dict[str, Any] = remembered(looked.findings, name, now)
        if name not in listed:
            before = (workshop.ledger.learned(name, REMEMBERED_AS) or {}).get("found", {})
            value["found"] = {kind: before[kind] for kind in SOURCE_SIDE if kind in before} | value["found"]
        workshop.ledger.learn(name, REMEMBERED_AS, value)
