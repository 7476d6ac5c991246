"""Read-only views of what is live, as plain values ready for JSON."""

from collections import Counter
from typing import Any

from flows.steps import unconfigured
from flows.upcoming import lag_median, last_looks, operation_of
from flows.workshop import Workshop
from headwater.ingest.boilerplate_learning import recall
from headwater.likeness.update import duplicates
from headwater.metadata.survey import kept_survey
from headwater.model import PUBLIC_PRINCIPAL


def status_of(workshop: Workshop, *, documents: bool = False) -> dict[str, Any]:
    """What is live, what failed, what is blocked, who holds which lease, what runs next and ran last, what waits."""
    ledger, generation = workshop.ledger, workshop.generation
    count: Counter[str] = Counter()
    chunks: Counter[str] = Counter()
    listed = []
    for row in ledger.documents(generation):
        count[row.source] += 1
        chunks[row.source] += row.chunks
        if documents:
            listed.append({"source": row.source, "document": row.id, "title": row.title, "kind": row.kind})
    failures, blocks = ledger.failures(generation), ledger.blocks()
    failing, blocked = Counter(f.source for f in failures), Counter(b.source for b in blocks)
    alike = duplicates(ledger, generation)
    known = {row.name: row for row in ledger.sources()}
    looks, schedules = last_looks(ledger), {s.name: s.schedule for s in workshop.settings.sources}
    kinds = {s.name: s.kind for s in workshop.settings.sources} | {name: row.kind for name, row in known.items()}
    rows = [
        {
            "source": name,
            "kind": kind,
            "documents": count[name],
            "chunks": chunks[name],
            "failing": failing[name],
            "blocked": blocked[name],
            "left_out": [{"text": one.text, "pages": one.pages} for one in recall(ledger, name).blocks.values()],
            "duplicates": alike[name].documents if name in alike else 0,
            "clusters": alike[name].clusters if name in alike else 0,
            "coverage": _coverage(workshop, name),
            "last_complete": _text(known[name].last_complete) if name in known else None,
            "last_run": looks.get(name),
            "lag_median_seconds": lag_median(ledger, name),
            "schedule": schedules.get(name, ""),
        }
        for name, kind in kinds.items()
    ]
    found = {
        "epoch": ledger.epoch(),
        "generation": generation,
        "home": str(workshop.settings.home),
        "sources": rows,
        "failures": [
            {"source": f.source, "document": f.document, "reason": f"{f.error}: {f.reason}"} for f in failures
        ],
        "blocks": [{"source": b.source, "document": b.document, "reason": b.reason} for b in blocks],
        "working": [
            {"name": name, "pid": h.pid, "host": h.host, "command": h.command, "since": h.since.isoformat()}
            for name, h in ledger.holders()
        ],
        **operation_of(workshop),
        "notes": unconfigured(workshop),
    }
    return {**found, "documents": listed} if documents else found


def access_of(workshop: Workshop, asker: frozenset[str]) -> list[dict[str, Any]]:
    """Every live document that someone with these principals may read, and through which of them."""
    everyone = asker | {PUBLIC_PRINCIPAL}
    return [
        {
            "source": row.source,
            "document": row.id,
            "title": row.title,
            "through": sorted(row.access.allow & everyone),
        }
        for row in workshop.ledger.documents(workshop.generation)
        if row.access.admits(asker)
    ]


def _coverage(workshop: Workshop, source: str) -> dict[str, dict[str, int]]:
    """As it was counted after the last run that changed something; {} before any."""
    found = kept_survey(workshop.ledger, source)
    return found.coverage() if found is not None else {}


def _text(moment: Any) -> str | None:
    return moment.isoformat() if moment is not None else None
