"""Read-only views of what is live, as plain values ready for JSON."""

from collections import Counter
from dataclasses import asdict, replace
from typing import Any

from flows.steps import unconfigured
from flows.workshop import Workshop
from headwater.errors import HeadwaterError
from headwater.index.points import point_ids
from headwater.ingest.look import content_hash
from headwater.ledger.base import DocumentRow
from headwater.model import PUBLIC_PRINCIPAL, NotModified

HISTORY_SHOWN = 50


def show_document(workshop: Workshop, row: DocumentRow) -> dict[str, Any]:
    """Everything about one live document; the shape documented for `show --json`."""
    ids = point_ids(row.publication, row.source, row.id, row.chunks)
    points = workshop.index().retrieve(ids)
    history = workshop.ledger.history(row.source, row.id, HISTORY_SHOWN)
    return {
        "source": row.source,
        "document": row.id,
        "title": row.title,
        "kind": row.kind,
        "uri": row.uri,
        "version": row.version,
        "content_hash": row.content_hash,
        "fingerprint": row.fingerprint,
        "publication": row.publication,
        "access": {"allow": sorted(row.access.allow), "deny": sorted(row.access.deny)},
        "metadata": dict(row.meta),
        "updated_at": row.updated_at.isoformat() if row.updated_at else None,
        "published_at": row.published_at.isoformat(),
        "verified_at": row.verified_at.isoformat(),
        "blocks": _blocks(workshop, row),
        "chunks": [
            {
                "chunk": point.payload["chunk"],
                "position": point.payload["position"],
                "heading_path": point.payload["metadata"].get("heading_path", []),
                "text": point.payload["content"],
                "embedded": point.payload["embedded"],
                "tokens": point.payload["tokens"],
                "citation": point.payload["metadata"].get("uri", ""),
                "metadata": point.payload["metadata"],
            }
            for point in points
        ],
        "history": [asdict(event) | {"at": event.at.isoformat()} for event in history],
    }


def _blocks(workshop: Workshop, row: DocumentRow) -> list[dict[str, Any]] | None:
    """Parsed again from the source; None when what lies there now is not what is live, or cannot be read."""
    try:
        raw = workshop.connector(workshop.source(row.source)).fetch(row.id)
        if isinstance(raw, NotModified) or content_hash(raw) != row.content_hash:
            return None
        media_type = str(row.meta["media_type"])
        document = workshop.parsing.submit(replace(raw, media_type=media_type)).result()
    except HeadwaterError:
        return None
    return [{key: value for key, value in asdict(block).items() if value} for block in document.blocks]


def status_of(workshop: Workshop, *, documents: bool = False) -> dict[str, Any]:
    """What is live, what failed, what is blocked, who holds which lease."""
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
    known = {row.name: row for row in ledger.sources()}
    kinds = {s.name: s.kind for s in workshop.settings.sources} | {name: row.kind for name, row in known.items()}
    rows = [
        {
            "source": name,
            "kind": kind,
            "documents": count[name],
            "chunks": chunks[name],
            "failing": failing[name],
            "blocked": blocked[name],
            "last_complete": _text(known[name].last_complete) if name in known else None,
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


def _text(moment: Any) -> str | None:
    return moment.isoformat() if moment is not None else None
