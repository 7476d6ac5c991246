"""The weekly digest: who gets one, and which of them are still to be sent."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from headwater.freshness.values import Finding, OwnerStanding, Report, Severity


@dataclass(frozen=True, slots=True)
class Round:
    """The newest round of digests: the moment it was due, and who did not get theirs yet; None before the first."""

    due: datetime | None = None
    pending: tuple[str, ...] = ()

    def begun(self, due: datetime, names: Iterable[str]) -> "Round":
        """The next round when that is due; the first is only noted, for nobody asked for it at any other time."""
        if self.due is None:
            return Round(due)
        return Round(due, tuple(names)) if due > self.due else self

    def without(self, name: str) -> "Round":
        return replace(self, pending=tuple(one for one in self.pending if one != name))

    def as_json(self) -> dict[str, Any]:
        return {"due": self.due.isoformat() if self.due else None, "pending": list(self.pending)}

    @staticmethod
    def of_json(value: Mapping[str, Any] | None) -> "Round":
        """Nothing where nothing was kept."""
        if not value or not value.get("due"):
            return Round()
        return Round(datetime.fromisoformat(value["due"]), tuple(value.get("pending", ())))


@dataclass(frozen=True, slots=True)
class Owed:
    """What is open, by owner, worst first; `reachable` can be written to, the others cannot, most findings first."""

    reachable: Mapping[str, tuple[OwnerStanding, Sequence[Finding]]] = field(default_factory=dict)
    others: Sequence[tuple[OwnerStanding, Sequence[Finding]]] = ()


def owed(report: Report, least: Severity, addresses: Iterable[str]) -> Owed:
    """Owners without an open finding get nothing."""
    found: dict[str, list[Finding]] = {}
    for finding in report.findings:
        if finding.severity >= least:
            found.setdefault(finding.owner, []).append(finding)
    standings = [(one, found[one.name]) for one in report.owners if one.name in found]
    known = frozenset(addresses)
    return Owed(
        {one.name: (one, findings) for one, findings in standings if one.name in known},
        sorted((pair for pair in standings if pair[0].name not in known), key=lambda pair: -len(pair[1])),
    )
