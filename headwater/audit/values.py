"""What an audit finds: classes of damage with examples, the sums behind them, and what was done about it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

ORPHAN, MISSING, WRONG_EPOCH, WRONG_VERSION = "orphan", "missing", "wrong_epoch", "wrong_version"
WRONG_ACCESS, WRONG_EMBEDDING, GONE, NEVER_INGESTED = "wrong_access", "wrong_embedding", "gone", "never_ingested"

CLASSES: Mapping[str, str] = {
    WRONG_ACCESS: "others may read it than its source and the ledger say",
    ORPHAN: "points that a search finds although they belong to no searchable document",
    WRONG_EPOCH: "points that are visible or hidden when they should not be",
    MISSING: "documents of which the index lacks chunks",
    GONE: "documents that are searchable and should not be any more",
    WRONG_VERSION: "documents that are searchable in another version than their source has",
    NEVER_INGESTED: "documents of the source that are not searchable, and did not fail either",
    WRONG_EMBEDDING: "documents that were processed, or embedded, otherwise than the settings ask",
}
"""In the order of a report, where severities are equal."""

SOURCE_SIDE = (GONE, WRONG_VERSION, NEVER_INGESTED, WRONG_EMBEDDING)
"""What only a comparison with the source and its settings finds."""

CRITICAL, WARNING, NOTICE = "critical", "warning", "notice"
_SEVERITIES = {
    WRONG_ACCESS: WARNING,
    ORPHAN: CRITICAL,
    WRONG_EPOCH: CRITICAL,
    MISSING: CRITICAL,
    GONE: WARNING,
    WRONG_VERSION: WARNING,
    NEVER_INGESTED: WARNING,
    WRONG_EMBEDDING: NOTICE,
}
_ORDER = (CRITICAL, WARNING, NOTICE)
EXAMPLES = 5
REMEMBERED = 200
REMEMBERED_AS = "audit"
"""Name under which the ledger learns, per source: {"at": iso, "found": {class: {"count": n, "documents": [...]}}}."""

FAILED, FINDINGS = 1, 3


@dataclass(frozen=True, slots=True)
class Finding:
    """One document in one class; `points` of it are concerned, `leak` when someone may read it who must not."""

    kind: str
    source: str
    document: str
    detail: str
    points: int = 0
    leak: bool = False

    @property
    def key(self) -> tuple[str, str, str]:
        return (self.kind, self.source, self.document)


@dataclass(frozen=True, slots=True)
class Example:
    """One of the documents of a class."""

    source: str
    document: str
    detail: str


@dataclass(frozen=True, slots=True)
class AuditClass:
    """`count` documents, `points` of theirs; `repaired` of them were right when they were looked at again."""

    name: str
    severity: str
    count: int
    points: int
    repaired: int
    examples: tuple[Example, ...]

    @property
    def left(self) -> int:
        return self.count - self.repaired


@dataclass(frozen=True, slots=True)
class AuditSum:
    """`total` was counted apart from its `parts`, which have to make it up."""

    name: str
    total: int
    parts: Mapping[str, int]

    @property
    def adds_up(self) -> bool:
        return sum(self.parts.values()) == self.total


@dataclass(frozen=True, slots=True)
class AuditSource:
    """How a source was compared: `listing` is complete, incomplete, failed, or none when it was not listed."""

    name: str
    listing: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Sample:
    """`wrong` of `read` documents, drawn without replacement of `population`; the interval is for the share of all."""

    seed: int
    asked: int
    read: int
    population: int
    wrong: int
    low: float
    high: float
    interval: str

    @property
    def share(self) -> float:
        return self.wrong / self.read if self.read else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditReport:
    """The worst class first; `took` in seconds, `repairs` are sentences about what was done or is left to a person."""

    as_of: datetime
    epoch: int
    generation: str
    sources: tuple[AuditSource, ...]
    classes: tuple[AuditClass, ...]
    sums: tuple[AuditSum, ...]
    took: float
    repairs: tuple[str, ...] = ()
    sample: Sample | None = None

    @property
    def exit_code(self) -> int:
        """0 nothing is wrong (any more), 1 something could not be compared or does not add up, 3 something is wrong."""
        if any(source.listing == "failed" for source in self.sources) or not all(one.adds_up for one in self.sums):
            return FAILED
        return FINDINGS if any(one.left for one in self.classes) else 0

    def as_json(self) -> dict[str, Any]:
        """The shape documented for `audit --json`."""
        return {
            "as_of": self.as_of.isoformat(),
            "epoch": self.epoch,
            "generation": self.generation,
            "sources": [asdict(source) for source in self.sources],
            "classes": [asdict(one) | {"left": one.left} for one in self.classes],
            "sums": [asdict(one) | {"adds_up": one.adds_up} for one in self.sums],
            "repairs": list(self.repairs),
            "sample": None if self.sample is None else asdict(self.sample) | {"share": round(self.sample.share, 6)},
            "seconds": round(self.took, 3),
        }


def classes_of(found: list[Finding], still: list[Finding] | None = None) -> tuple[AuditClass, ...]:
    """Every class, empty ones too; `still` is what was found again after the repair (None: nothing was repaired)."""
    left = None if still is None else {finding.key for finding in still}
    by_kind: dict[str, dict[tuple[str, str, str], Finding]] = {kind: {} for kind in CLASSES}
    for finding in [*found, *(still or ())]:
        same = by_kind[finding.kind].get(finding.key)
        # A leak is told before all else that is to be said of the same document.
        if same is None or (finding.leak and not same.leak):
            by_kind[finding.kind][finding.key] = finding
    made = [_class(kind, list(findings.values()), left) for kind, findings in by_kind.items()]
    return tuple(sorted(made, key=lambda one: (not one.count, _ORDER.index(one.severity))))


def _class(kind: str, findings: list[Finding], left: set[tuple[str, str, str]] | None) -> AuditClass:
    worst = sorted(findings, key=lambda finding: (not finding.leak, finding.source, finding.document))
    leaking = any(finding.leak for finding in findings)
    return AuditClass(
        name=kind,
        severity=CRITICAL if leaking else _SEVERITIES[kind],
        count=len(findings),
        points=sum(finding.points for finding in findings),
        repaired=0 if left is None else sum(finding.key not in left for finding in findings),
        examples=tuple(Example(one.source, one.document, one.detail) for one in worst[:EXAMPLES]),
    )


def remembered(found: list[Finding], source: str, at: datetime) -> dict[str, Any]:
    """What the ledger learns of a source; classes without a document are left out."""
    documents: dict[str, list[str]] = {}
    for kind in CLASSES:
        names = sorted({one.document for one in found if (one.kind, one.source) == (kind, source)})
        if names:
            documents[kind] = names
    return {
        "at": at.isoformat(),
        "found": {kind: {"count": len(names), "documents": names[:REMEMBERED]} for kind, names in documents.items()},
    }
