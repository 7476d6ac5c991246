"""Documents that are not searchable in their newest version, or not verified, now or at a moment in the past."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from headwater.freshness.standing import Trouble
from headwater.ledger.base import Failure, Ledger

TOMBSTONES, WITHHELD = "tombstones", "withheld"
"""Names under which ingestion leaves, per source, what it does not find any more, and removals that wait."""
_QUARANTINED = "Quarantined"

Name = tuple[str, str]


def troubles_now(ledger: Ledger, generation: str, sources: list[str]) -> dict[Name, Trouble]:
    """(source, document) -> what is wrong."""
    return {**_tombstones(ledger, sources), **_failed(ledger.failures(generation))}


def troubles_of(ledger: Ledger, generation: str, names: Collection[Name]) -> dict[Name, Trouble]:
    """Of these documents, without reading of others; tombstones of their sources are among them."""
    sources = sorted({source for source, _ in names})
    return {**_tombstones(ledger, sources), **_failed(ledger.failures_named(generation, names))}


def _tombstones(ledger: Ledger, sources: Iterable[str]) -> dict[Name, Trouble]:
    return {
        (source, id): Trouble(outcome="tombstoned", since=datetime.fromisoformat(since), reason="")
        for source in sources
        for id, since in (ledger.learned(source, TOMBSTONES) or {}).items()
    }


def _failed(failures: Iterable[Failure]) -> dict[Name, Trouble]:
    found = {}
    for failure in failures:
        held = failure.error == _QUARANTINED
        reason = failure.reason if held else f"{failure.error}: {failure.reason}"
        found[failure.source, failure.document] = Trouble(
            outcome=_outcome(failure.reason) if held else "failing",
            since=failure.first_at,
            reason=reason,
            attempts=failure.attempts,
            retriable=failure.retriable,
        )
    return found


def troubles_at(ledger: Ledger, moment: datetime) -> dict[Name, Trouble]:
    """As far as the history of outcomes tells."""
    return {
        (one.source, one.document): Trouble(
            outcome=_outcome(one.reason) if one.outcome == "quarantined" else "failing",
            since=one.since,
            reason=one.reason,
            attempts=one.attempts,
        )
        for one in ledger.troubles_at(moment)
    }


def removals_withheld(ledger: Ledger, source: str) -> Mapping[str, object]:
    """Documents that would be removed if that were believed: `documents`, `live`, `since`; {} when there are none."""
    found = ledger.learned(source, WITHHELD) or {}
    return found if found.get("documents") else {}


def _outcome(reason: str) -> str:
    return "withheld" if reason.startswith(WITHHELD) else "quarantined"
