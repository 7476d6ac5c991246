"""What the last audit of a source found and nobody has mended since."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from headwater.freshness.document_findings import about
from headwater.freshness.values import DocumentStanding, Finding, FindingKind, Severity
from headwater.freshness.wording import counted
from headwater.ledger.base import Ledger

AUDIT = "audit"
"""Name under which an audit leaves its results, per source: {"at": ..., "found": {class: {"count", "documents"}}}."""

_CLASSES: Mapping[str, tuple[FindingKind, Severity, str]] = {
    "wrong_access": (FindingKind.WRONG_ACCESS, Severity.CRITICAL, "may be read by others than its source says"),
    "orphan": (FindingKind.ORPHAN, Severity.CRITICAL, "has passages in the index that belong to no known version"),
    "gone": (FindingKind.ORPHAN, Severity.CRITICAL, "is served although it is gone from its source"),
    "missing": (FindingKind.MISSING, Severity.CRITICAL, "lacks passages in the index"),
    "wrong_epoch": (FindingKind.MISSING, Severity.CRITICAL, "has passages that are wrongly shown or hidden"),
    "never_ingested": (FindingKind.MISSING, Severity.WARNING, "is at the source and was never ingested"),
    "wrong_version": (FindingKind.WRONG_VERSION, Severity.WARNING, "is served in another version than its source has"),
    "wrong_embedding": (FindingKind.WRONG_VERSION, Severity.WARNING, "was processed under other settings"),
}  # fmt: skip


def audit_findings(
    ledger: Ledger,
    source: str,
    standings: Callable[[str, str], DocumentStanding | None],
    blank: Callable[[str, str], DocumentStanding],
) -> Iterator[Finding]:
    """Of documents that were not published since that audit, worst class first; counts stand for the rest."""
    found = ledger.learned(source, AUDIT) or {}
    if not found.get("at"):
        return
    at = datetime.fromisoformat(str(found["at"]))
    step = f"Run `headwater audit {source} --repair`."
    for name, (kind, severity, words) in _CLASSES.items():
        one = found.get("found", {}).get(name) or {}
        documents = list(one.get("documents", ()))
        for document in documents:
            standing = standings(source, document)
            if standing is not None and standing.outcome_since is not None and standing.outcome_since > at:
                continue
            evidence = f"The audit of {at:%Y-%m-%d %H:%M} UTC found that it {words}."
            yield about(kind, severity, standing or blank(source, document), evidence, step, at)
        more = int(one.get("count", 0)) - len(documents)
        if more > 0:
            others = " more" if documents else ""
            evidence = (
                f"The audit of {at:%Y-%m-%d %H:%M} UTC found {counted(more, 'document')}{others} of which each {words}."
            )
            yield about(kind, severity, blank(source, ""), evidence, step, at)
